//! Signs of what runs now.

use super::super::root::HostRoot;
use super::super::root::cgroup::Place;
use super::super::root::process::Stat;
use super::words::{base, layout, script_changes_mig, words_change_mig};
use super::{blind, pods, sign};
use crate::domain::cluster::PodOnHost;
use crate::domain::ids::Pid;
use crate::domain::owner::{OwnerKind, OwnerSign};
use crate::domain::text::Text;

const SHELLS: [&str; 8] = [
    "sh", "bash", "dash", "ash", "zsh", "ksh", "python3", "python",
];

/// Programs that are signs, or can be.
const PROGRAMS: [&str; 10] = [
    "nvidia-mig-manager",
    "nvidia-mig-parted",
    "mig-parted",
    "nvidia-smi",
    "gpu-kubelet-plugin",
    "vGPUmonitor",
    "vgpu-device-plugin",
    "nvidia-vgpu-mgr",
    "nvidia-vgpud",
    "slurmd",
];

/// A thread's name is cut to this length (`TASK_COMM_LEN` without the final zero).
const COMM_BYTES: usize = 15;

/// A script longer than this is not read to its end.
const SCRIPT_BYTES: u64 = 256 << 10;

pub(super) fn signs(root: &HostRoot, on_host: &[PodOnHost]) -> Vec<OwnerSign> {
    let pids = match root.pids() {
        Ok(pids) => pids,
        Err(e) => return vec![blind(format!("/proc cannot be read: {e}"))],
    };
    let mut signs: Vec<OwnerSign> = pids
        .into_iter()
        .filter_map(|pid| of_process(root, on_host, pid))
        .collect();
    if root.is_host() && !root.has("proc/1/stat") {
        signs.push(blind(
            "/proc hides processes of other users (hidepid): an owner that runs would not show",
        ));
    }
    signs
}

fn of_process(root: &HostRoot, on_host: &[PodOnHost], pid: Pid) -> Option<OwnerSign> {
    let stat = root.stat(pid).ok()?;
    if !may_be_asked(&stat) {
        return None;
    }
    let argv = root.argv(pid).ok()?;
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let program = base(words.first()?);
    let found = |kind: OwnerKind, name: String| {
        sign(
            kind,
            name,
            format!("process {pid} `{}`", shortened(&words)),
            true,
            layout(&words).map(Text::new),
        )
    };
    match program {
        "gpu-kubelet-plugin" => Some(found(OwnerKind::DraDriver, "gpu.nvidia.com".into())),
        "vGPUmonitor" | "vgpu-device-plugin" => Some(found(OwnerKind::Hami, "hami".into())),
        "nvidia-vgpu-mgr" | "nvidia-vgpud" => Some(found(OwnerKind::VgpuHost, program.into())),
        "slurmd" => Some(found(OwnerKind::Slurm, "slurmd".into())),
        "nvidia-mig-manager" => match Who::of(root, on_host, pid) {
            Who::Unit(unit) => Some(found(OwnerKind::MigPartedUnit, unit)),
            Who::DaemonSet(name) | Who::Pod(name) => Some(found(OwnerKind::MigManager, name)),
            Who::Person | Who::Container => {
                Some(found(OwnerKind::MigManager, "nvidia-mig-manager".into()))
            }
        },
        _ if changes_mig(root, pid, program, &words) => {
            match Who::of(root, on_host, pid) {
                // MIG manager runs mig-parted, and its pod's own process speaks for it
                Who::DaemonSet(name) if base(&name) == "nvidia-mig-manager" => {
                    Some(found(OwnerKind::MigManager, name))
                }
                Who::DaemonSet(name) => Some(found(OwnerKind::DaemonSet, name)),
                Who::Unit(unit) if unit == "slurmd.service" => {
                    Some(found(OwnerKind::Slurm, "slurmd".into()))
                }
                Who::Unit(unit) if is_mig_parted_unit(&unit) => {
                    Some(found(OwnerKind::MigPartedUnit, unit))
                }
                Who::Unit(unit) => Some(found(OwnerKind::SystemdUnit, unit)),
                Who::Pod(name) => Some(found(OwnerKind::Unknown, name)),
                Who::Container => Some(found(OwnerKind::Unknown, "a container".into())),
                Who::Person => None,
            }
        }
        _ => None,
    }
}

/// NVIDIA's own units.
pub(super) fn is_mig_parted_unit(unit: &str) -> bool {
    unit == "nvidia-mig-manager.service" || unit.starts_with("nvidia-mig-parted")
}

/// Whether the command line is worth reading, and safe to. The kernel reads it under the process's memory lock: one that
/// a driver has wedged with the lock held would take the reader with it. Scripts have one thread; of programs with more
/// only those that are looked for by name are asked.
fn may_be_asked(stat: &Stat) -> bool {
    let named = || {
        let mut known = PROGRAMS.iter().chain(&SHELLS);
        known.any(|name| name.get(..COMM_BYTES).unwrap_or(name) == stat.comm)
    };
    !stat.kernel && stat.state != 'D' && (stat.threads < 2 || named())
}

/// On whose behalf a process runs.
enum Who {
    DaemonSet(String),
    Pod(String),
    Container,
    Unit(String),
    /// A session, or nothing that systemd keeps running.
    Person,
}

impl Who {
    fn of(root: &HostRoot, on_host: &[PodOnHost], pid: Pid) -> Self {
        let Place {
            unit,
            container,
            pod,
        } = root.place(pid).unwrap_or_default();
        if let Some(uid) = pod {
            return match on_host.iter().find(|p| p.uid == uid) {
                Some(p) => {
                    let (maker, daemon) = pods::maker(&p.name);
                    let name = format!("{}/{maker}", p.namespace);
                    if daemon {
                        Self::DaemonSet(name)
                    } else {
                        Self::Pod(name)
                    }
                }
                None => Self::Pod(format!("pod {uid}")),
            };
        }
        match unit {
            _ if container.is_some() => Self::Container,
            Some(unit) if unit.ends_with(".service") && !is_login(&unit) => {
                Self::Unit(unit.as_str().to_owned())
            }
            _ => Self::Person,
        }
    }
}

/// Units under which people work where logind does not give each session a scope of its own.
fn is_login(unit: &str) -> bool {
    unit.starts_with("user@") || matches!(unit, "ssh.service" | "sshd.service")
}

/// Whether the process is a command that changes MIG, or a shell or interpreter with such a script.
fn changes_mig(root: &HostRoot, pid: Pid, program: &str, words: &[&str]) -> bool {
    if words_change_mig(words) {
        return true;
    }
    if !SHELLS.contains(&program) {
        return false;
    }
    if words
        .iter()
        .skip(1)
        .any(|w| w.contains(' ') && script_changes_mig(w))
    {
        return true;
    }
    let script = words.iter().skip(1).find(|w| !w.starts_with('-'));
    script
        .filter(|path| path.starts_with('/'))
        .is_some_and(|path| {
            // a container's script is in the container's root
            [
                format!("proc/{pid}/root{path}"),
                path.trim_start_matches('/').to_owned(),
            ]
            .iter()
            .find_map(|file| root.read_regular(file, SCRIPT_BYTES).ok())
            .is_some_and(|text| script_changes_mig(&text))
        })
}

/// A command line short enough for one line of evidence.
fn shortened(words: &[&str]) -> String {
    const MOST: usize = 80;
    let line = words.join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ObjectUid;
    use std::fs;

    const UID: &str = "2b7669e8-6828-4310-9a1f-0eaad6933466";
    const IN_POD: &str = "0::/kubepods.slice/kubepods-pod2b7669e8_6828_4310_9a1f_0eaad6933466.slice/cri-containerd-4f1c2a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a.scope";

    fn put(root: &HostRoot, path: &str, text: &str) {
        let file = root.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn pod(name: &str) -> PodOnHost {
        PodOnHost {
            uid: ObjectUid::new(UID),
            namespace: "kube-system".into(),
            name: name.into(),
        }
    }

    /// The sign of one process, in a pod of that name or, with a cgroup, anywhere.
    fn seen(argv: &[&str], cgroup: &str, pods: &[PodOnHost]) -> Option<OwnerSign> {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        put(&root, "proc/7/cmdline", &format!("{}\0", argv.join("\0")));
        put(&root, "proc/7/cgroup", cgroup);
        let comm = base(argv[0]);
        let comm = comm.get(..COMM_BYTES).unwrap_or(comm);
        put(
            &root,
            "proc/7/stat",
            &format!("7 ({comm}) S 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 9 0 100 0 0"),
        );
        put(
            &root,
            "opt/mig-init/apply.sh",
            "#!/bin/bash\n# makes the layout\nfor g in 0 1; do nvidia-smi mig -i $g -cgi 9,9 -C; done\n",
        );
        put(&root, "opt/look.sh", "nvidia-smi mig -lgi\n");
        let mut signs = signs(&root, pods);
        assert!(signs.len() < 2);
        signs.pop()
    }

    #[test]
    fn a_daemonset_is_known_by_the_script_it_runs() {
        let argv = ["/bin/bash", "/opt/mig-init/apply.sh", "--layout", "dev-v3"];
        let sign = seen(&argv, IN_POD, &[pod("mig-init-d8x4p")]).unwrap();
        assert_eq!(sign.kind, OwnerKind::DaemonSet);
        assert_eq!(sign.name, "kube-system/mig-init");
        assert_eq!(sign.layout.as_deref(), Some("dev-v3"));
        assert!(sign.running);
        assert!(
            sign.evidence
                .starts_with("process 7 `/bin/bash /opt/mig-init")
        );
        // a pod whose maker is not known is an owner that is not known, not none
        let sign = seen(&argv, IN_POD, &[]).unwrap();
        assert_eq!(sign.kind, OwnerKind::Unknown);
        assert!(sign.name.contains(UID));
    }

    #[test]
    fn the_same_program_is_another_owner_in_another_place() {
        let service = |unit: &str| format!("0::/system.slice/{unit}");
        let kind = |argv: &[&str], cgroup: &str, pods: &[PodOnHost]| {
            seen(argv, cgroup, pods).map(|s| (s.kind, s.name.as_str().to_owned()))
        };
        assert_eq!(
            kind(
                &["nvidia-mig-manager"],
                IN_POD,
                &[pod("nvidia-mig-manager-x7k2d")]
            ),
            Some((
                OwnerKind::MigManager,
                "kube-system/nvidia-mig-manager".into()
            ))
        );
        assert_eq!(
            kind(
                &["/usr/bin/nvidia-mig-manager"],
                &service("nvidia-mig-manager.service"),
                &[]
            ),
            Some((
                OwnerKind::MigPartedUnit,
                "nvidia-mig-manager.service".into()
            ))
        );
        let parted = ["nvidia-mig-parted", "apply", "-f", "x", "-c", "all-1g.5gb"];
        assert_eq!(
            kind(&parted, IN_POD, &[pod("nvidia-mig-manager-x7k2d")]),
            Some((
                OwnerKind::MigManager,
                "kube-system/nvidia-mig-manager".into()
            ))
        );
        assert_eq!(
            kind(
                &["/bin/sh", "-c", "nvidia-smi mig -cgi 9,9 -C; sleep 9"],
                &service("our-mig.service"),
                &[]
            ),
            Some((OwnerKind::SystemdUnit, "our-mig.service".into()))
        );
    }

    #[test]
    fn a_person_at_a_shell_is_no_owner_and_neither_is_who_looks() {
        let session = "0::/user.slice/user-1042.slice/session-3.scope";
        for cgroup in [session, "0::/system.slice/sshd.service"] {
            let sign = seen(&["nvidia-smi", "mig", "-cgi", "9,9"], cgroup, &[]);
            assert_eq!(sign, None, "{cgroup}");
        }
        let look = ["/bin/sh", "/opt/look.sh"];
        assert_eq!(seen(&look, IN_POD, &[pod("mig-init-d8x4p")]), None);
        assert_eq!(seen(&["vim", "/opt/mig-init/apply.sh"], IN_POD, &[]), None);
    }

    #[test]
    fn drivers_and_daemons_are_known_by_name() {
        for (program, kind) in [
            ("/usr/bin/gpu-kubelet-plugin", OwnerKind::DraDriver),
            ("/k8s-vgpu/bin/vGPUmonitor", OwnerKind::Hami),
            ("/usr/bin/nvidia-vgpu-mgr", OwnerKind::VgpuHost),
            ("/usr/sbin/slurmd", OwnerKind::Slurm),
        ] {
            assert_eq!(seen(&[program, "-D"], "0::/", &[]).unwrap().kind, kind);
        }
        assert_eq!(seen(&["compute-domain-kubelet-plugin"], IN_POD, &[]), None);
    }

    #[test]
    fn what_may_be_wedged_is_not_asked() {
        let stat = |comm: &str, state: char, threads: u64| Stat {
            comm: comm.into(),
            state,
            kernel: false,
            threads,
            start_ticks: 0,
        };
        assert!(may_be_asked(&stat("apply.sh", 'S', 1)));
        assert!(may_be_asked(&stat("nvidia-mig-mana", 'S', 30)));
        assert!(!may_be_asked(&stat("nvidia-smi", 'D', 1)));
        assert!(!may_be_asked(&stat("tritonserver", 'S', 90)));
    }

    #[test]
    fn evidence_cannot_command_a_terminal() {
        let sign = seen(&["/usr/sbin/slurmd", "\u{1b}]0;owned\u{7}"], "0::/", &[]).unwrap();
        assert!(
            sign.evidence.contains("\\u{1b}]0;owned\\u{7}"),
            "{}",
            sign.evidence
        );
    }
}
