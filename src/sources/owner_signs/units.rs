//! Signs of units: NVIDIA's own, Slurm's, and those of the site that change MIG.

use std::collections::BTreeSet;

use super::super::root::HostRoot;
use super::super::root::units::{FOLDERS, Groups, enabled};
use super::processes::is_mig_parted_unit;
use super::sign;
use super::words::{layout, line_changes_mig, script_changes_mig};
use crate::domain::owner::{OwnerKind, OwnerSign};
use crate::domain::reading::Reading;
use crate::domain::service::{Service, ServiceKind};
use crate::domain::text::Text;

const FILE_BYTES: u64 = 64 << 10;

/// What a host runs at boot beside units.
const BOOT_SCRIPTS: [&str; 3] = ["etc/rc.local", "etc/rc.d/rc.local", "etc/crontab"];

pub(super) fn signs(root: &HostRoot, services: &[Service]) -> Vec<OwnerSign> {
    let mut signs: Vec<OwnerSign> = services.iter().filter_map(|s| known(root, s)).collect();
    signs.extend(homemade(root));
    signs.extend(boot_scripts(root));
    signs
}

/// Services that are signs by themselves.
fn known(root: &HostRoot, service: &Service) -> Option<OwnerSign> {
    let kind = match service.kind {
        ServiceKind::MigManager => OwnerKind::MigPartedUnit,
        ServiceKind::Slurmd => OwnerKind::Slurm,
        _ => return None,
    };
    let layout = (kind == OwnerKind::MigPartedUnit)
        .then(|| selected_config(root, &service.unit))
        .flatten();
    of_unit(
        kind,
        &service.unit,
        &service.active,
        &service.enabled,
        "",
        layout,
    )
}

/// A sign if the unit runs or will; what is merely installed is none.
fn of_unit(
    kind: OwnerKind,
    unit: &str,
    active: &Reading<bool>,
    enabled: &Reading<bool>,
    because: &str,
    layout: Option<Text>,
) -> Option<OwnerSign> {
    let running = active.value() == Some(&true);
    let state = match (running, enabled) {
        (true, _) => "runs",
        (false, Reading::Value(true)) => "is enabled: it runs at boot",
        (false, Reading::Absent(_)) => "is installed; whether it is enabled cannot be read",
        (false, Reading::Value(false)) => return None,
    };
    Some(sign(
        kind,
        unit,
        format!("unit {unit} {state}{because}"),
        running,
        layout,
    ))
}

/// The configuration that NVIDIA's unit applies: `MIG_PARTED_SELECTED_CONFIG`, as MIG manager writes it into
/// `override.conf` on a DGX host. A drop-in wins over the unit's file.
fn selected_config(root: &HostRoot, unit: &str) -> Option<Text> {
    let drop_ins = FOLDERS.iter().flat_map(|folder| {
        let drop_in = format!("{folder}/{unit}.d");
        let mut files: Vec<String> = root
            .names(&drop_in)
            .unwrap_or_default()
            .into_iter()
            .filter(|name| name.ends_with(".conf"))
            .map(|name| format!("{drop_in}/{name}"))
            .collect();
        files.reverse();
        files
    });
    let files = FOLDERS.iter().map(|folder| format!("{folder}/{unit}"));
    drop_ins.chain(files).find_map(|file| {
        let text = root.read_regular(&file, FILE_BYTES).ok()?;
        text.lines()
            .filter(|line| !line.trim_start().starts_with(['#', ';']))
            .filter_map(|line| {
                let (_, value) = line.split_once("MIG_PARTED_SELECTED_CONFIG=")?;
                let value = value.trim_matches(['"', '\'']);
                let end = value.find([' ', '"', '\'']).unwrap_or(value.len());
                Some(&value[..end]).filter(|v| !v.is_empty())
            })
            .next_back()
            .map(Text::new)
    })
}

/// Units of the site that run something that changes MIG, in the unit's file or in a script that it starts.
fn homemade(root: &HostRoot) -> Vec<OwnerSign> {
    let groups = Groups::read(root);
    let mut seen = BTreeSet::new();
    let mut signs = Vec::new();
    for folder in FOLDERS {
        for unit in root.names(folder).unwrap_or_default() {
            if !unit.ends_with(".service") || is_mig_parted_unit(&unit) {
                continue;
            }
            // the administrator's file hides the package's of the same name
            if !seen.insert(unit.clone()) {
                continue;
            }
            let Ok(text) = root.read_regular(&format!("{folder}/{unit}"), FILE_BYTES) else {
                continue;
            };
            let Some((because, layout)) = reason(root, &text) else {
                continue;
            };
            let timer = format!("{}.timer", unit.trim_end_matches(".service"));
            let linked = match enabled(root, &unit) {
                Reading::Value(false) => enabled(root, &timer),
                other => other,
            };
            signs.extend(of_unit(
                OwnerKind::SystemdUnit,
                &unit,
                &groups.active(root, &unit),
                &linked,
                &because,
                layout,
            ));
        }
    }
    signs
}

/// Why a unit's file counts, and the layout that it names.
fn reason(root: &HostRoot, text: &str) -> Option<(String, Option<Text>)> {
    for line in text.lines() {
        let Some((key, command)) = line.trim_start().split_once('=') else {
            continue;
        };
        if !key.starts_with("Exec") {
            continue;
        }
        // prefixes of systemd.service(5)
        let command = command.trim_start_matches(['@', '-', ':', '+', '!']);
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        let layout = layout(&words).map(Text::new);
        if line_changes_mig(command) {
            return Some((format!(": {} changes MIG", key.trim()), layout));
        }
        let script = words
            .iter()
            .filter(|w| w.starts_with('/'))
            .find(|path| is_script_that_changes_mig(root, path));
        if let Some(script) = script {
            return Some((format!(": {script} changes MIG"), layout));
        }
    }
    None
}

fn is_script_that_changes_mig(root: &HostRoot, path: &str) -> bool {
    root.read_regular(path, FILE_BYTES)
        .is_ok_and(|text| text.starts_with("#!") && script_changes_mig(&text))
}

/// Old ways to run something at boot. Who they are is not a kind of its own: an owner that is not known.
fn boot_scripts(root: &HostRoot) -> Vec<OwnerSign> {
    let cron = root.names("etc/cron.d").unwrap_or_default();
    BOOT_SCRIPTS
        .iter()
        .map(|path| (*path).to_owned())
        .chain(cron.into_iter().map(|name| format!("etc/cron.d/{name}")))
        .filter(|path| {
            root.read_regular(path, FILE_BYTES)
                .is_ok_and(|text| script_changes_mig(&text))
        })
        .map(|path| {
            sign(
                OwnerKind::Unknown,
                format!("/{path}"),
                format!("/{path} changes MIG"),
                false,
                None,
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn put(root: &HostRoot, path: &str, text: &str) {
        let file = root.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn host() -> (tempfile::TempDir, HostRoot) {
        let dir = tempfile::tempdir().unwrap();
        let root = HostRoot::new(dir.path());
        fs::create_dir_all(root.path("sys/fs/cgroup/system.slice")).unwrap();
        (dir, root)
    }

    fn service(active: bool, enabled: bool) -> Service {
        Service {
            kind: ServiceKind::MigManager,
            unit: "nvidia-mig-manager.service".into(),
            active: Reading::Value(active),
            enabled: Reading::Value(enabled),
            version: None,
        }
    }

    #[test]
    fn nvidias_unit_counts_if_it_runs_or_will_and_names_its_layout() {
        let (_dir, root) = host();
        assert!(
            signs(&root, &[service(false, false)]).is_empty(),
            "merely installed"
        );
        put(
            &root,
            "etc/systemd/system/nvidia-mig-manager.service.d/override.conf",
            "[Service]\n# Environment=\"MIG_PARTED_SELECTED_CONFIG=old\"\nEnvironment=\"MIG_PARTED_SELECTED_CONFIG=all-3g.20gb\"\n",
        );
        put(
            &root,
            "usr/lib/systemd/system/nvidia-mig-manager.service",
            "[Service]\nEnvironment=MIG_PARTED_SELECTED_CONFIG=all-disabled A=b\n",
        );
        let sign = &signs(&root, &[service(false, true)])[0];
        assert_eq!((sign.kind, sign.running), (OwnerKind::MigPartedUnit, false));
        assert_eq!(sign.layout.as_deref(), Some("all-3g.20gb"));
        assert!(sign.evidence.contains("runs at boot"));
        assert!(signs(&root, &[service(true, false)])[0].running);
        fs::remove_dir_all(root.path("etc")).unwrap();
        let sign = &signs(&root, &[service(true, true)])[0];
        assert_eq!(sign.layout.as_deref(), Some("all-disabled"));
    }

    #[test]
    fn a_unit_of_the_site_is_known_by_what_it_runs() {
        for exec in [
            "ExecStart=/usr/bin/nvidia-smi mig -i 0 -cgi 9,9 -C",
            "ExecStartPre=-/bin/sh -c 'nvidia-smi mig -dci; nvidia-smi mig -dgi'",
            "ExecStart=+/usr/local/sbin/make-slices --layout night",
        ] {
            let (_dir, root) = host();
            put(
                &root,
                "usr/local/sbin/make-slices",
                "#!/bin/bash\nnvidia-smi mig -cgi 19\n",
            );
            put(
                &root,
                "etc/systemd/system/slices.service",
                &format!("[Service]\n{exec}\n"),
            );
            assert!(signs(&root, &[]).is_empty(), "not enabled: {exec}");
            put(
                &root,
                "etc/systemd/system/multi-user.target.wants/slices.service",
                "",
            );
            let found = signs(&root, &[]);
            assert_eq!(found.len(), 1, "{exec}");
            assert_eq!(found[0].kind, OwnerKind::SystemdUnit);
            assert_eq!(found[0].name, "slices.service");
            if exec.contains("--layout") {
                assert_eq!(found[0].layout.as_deref(), Some("night"));
                assert!(found[0].evidence.contains("/usr/local/sbin/make-slices"));
            }
        }
    }

    #[test]
    fn a_unit_that_a_timer_starts_counts_and_one_that_looks_does_not() {
        let (_dir, root) = host();
        put(
            &root,
            "etc/systemd/system/slices.service",
            "[Service]\nExecStart=/usr/bin/nvidia-smi -i 0 -mig 1\n",
        );
        put(
            &root,
            "etc/systemd/system/look.service",
            "[Unit]\nDescription=runs nvidia-smi mig -cgi\n[Service]\nExecStart=/usr/bin/nvidia-smi mig -lgi\n",
        );
        for unit in ["slices.timer", "look.service"] {
            put(
                &root,
                &format!("etc/systemd/system/timers.target.wants/{unit}"),
                "",
            );
        }
        let found = signs(&root, &[]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "slices.service");
    }

    #[test]
    fn what_runs_at_boot_in_old_ways_is_an_unknown_owner() {
        let (_dir, root) = host();
        put(
            &root,
            "etc/cron.d/mig",
            "@reboot root nvidia-smi mig -cgi 9,9 -C\n",
        );
        let found = signs(&root, &[]);
        assert_eq!((found.len(), found[0].kind), (1, OwnerKind::Unknown));
        assert_eq!(found[0].name, "/etc/cron.d/mig");
    }
}
