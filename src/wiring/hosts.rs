//! How the probe of each host is started: here, through sudo, over ssh, or as configured.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::config::{Config, Host, Reach};
use crate::sources::http::{Address, BadAddress};
use crate::sources::procfs::names_of_users;
use crate::sources::root::HostRoot;

use super::exporters::{Exporter, Way};
use super::headless::{Argv, Spec};

/// ssh gives up on a connection after this; so do we.
const CONNECT: Duration = Duration::from_secs(5);
/// How long sudo may take to say whether a rule allows the probe (it may ask a directory server).
const SUDO_ASKED: Duration = Duration::from_millis(1000);

/// The subcommand that writes a stream. The sudo rule names exactly this.
const PROBE: &str = "probe";

/// This program, by its absolute path.
///
/// # Errors
/// The system does not tell.
pub fn this_program() -> std::io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    // an upgrade has replaced the file while this process runs: the new one is at the old name
    match path.to_str().and_then(|p| p.strip_suffix(" (deleted)")) {
        Some(old) => Ok(PathBuf::from(old)),
        None => Ok(path),
    }
}

/// A stream for each configured host, and the configured exporters. `program` is [`this_program`]. Nothing is asked yet.
///
/// # Errors
/// The address of an exporter is none.
pub fn specs(config: &Config, program: &Path) -> Result<Vec<Spec>, BadAddress> {
    let hosts = &config.hosts.value;
    let mut specs: Vec<Spec> = hosts
        .iter()
        .map(|host| spec(host, config, program))
        .collect();
    for host in hosts {
        if let Some(url) = &host.dcgm {
            specs.push(exporter(page(url)?, Some(host.name.clone())));
        }
    }
    for url in &config.dcgm.value {
        specs.push(exporter(page(url)?, None));
    }
    for url in &config.prometheus.value {
        let way = Way::Prometheus(Address::parse(url, "/")?);
        specs.push(exporter(way, None));
    }
    Ok(specs)
}

fn page(url: &str) -> Result<Way, BadAddress> {
    Address::parse(url, "/metrics").map(Way::Page)
}

fn exporter(way: Way, host: Option<String>) -> Spec {
    Spec::Exporter(Exporter { way, host })
}

fn spec(host: &Host, config: &Config, program: &Path) -> Spec {
    let (argv, connect) = match &host.reach {
        Reach::Local => (local(config, program), Duration::ZERO),
        Reach::Ssh(destination) => (Argv::Known(ssh(host, destination)), CONNECT),
        Reach::Probe(argv) => (
            Argv::Known(argv.iter().map(OsString::from).collect()),
            CONNECT,
        ),
    };
    Spec::Probe {
        name: host.name.clone(),
        argv,
        connect,
    }
}

fn local(config: &Config, program: &Path) -> Argv {
    match &config.nvml_lib.value {
        // a library that the user chose is never loaded by root
        Some(library) => {
            let mut argv = as_user(program);
            argv.extend(["--nvml-lib".into(), library.into()]);
            Argv::Known(argv)
        }
        None if config.sudo.value && !rustix::process::geteuid().is_root() => {
            Argv::AsksSudo(program.to_owned())
        }
        None => Argv::Known(as_user(program)),
    }
}

/// The probe of this program with this user's rights.
pub fn as_user(program: &Path) -> Vec<OsString> {
    vec![program.into(), PROBE.into()]
}

/// The probe of this program through sudo, where a rule allows it without a password. Takes up to a second.
pub fn through_sudo_if_allowed(program: &Path) -> Vec<OsString> {
    let mut argv: Vec<OsString> = Vec::new();
    if sudo_allows(program) {
        argv.extend(["sudo", "-n"].map(OsString::from));
    }
    argv.extend(as_user(program));
    argv
}

/// How to see what this user's rights hide, where the probe that is started so runs with them.
pub fn rights_advice(argv: &[OsString], program: &Path) -> Option<SudoAdvice> {
    let hides = argv == as_user(program) && !rustix::process::geteuid().is_root();
    hides.then(|| sudo_advice(program))
}

/// What lets this user see everything with this program.
pub fn sudo_advice(program: &Path) -> SudoAdvice {
    let uid = rustix::process::geteuid();
    // only simulated hosts hide anything from root: there it is about whoever became root
    let user = std::env::var("USER").ok().filter(|_| uid.is_root());
    let user =
        user.unwrap_or_else(|| in_sudoers(uid.as_raw(), &names_of_users(&HostRoot::new("/"))));
    advice_for(&user, program)
}

/// A user as sudo knows him, whatever the environment says: by name, and by number where `names` has none.
fn in_sudoers(uid: u32, names: &BTreeMap<u32, String>) -> String {
    let name = names.get(&uid).filter(|name| name.chars().all(is_plain));
    name.map_or_else(|| format!("#{uid}"), Clone::clone)
}

fn ssh(host: &Host, destination: &str) -> Vec<OsString> {
    let fixed = ["ssh", "-T", "-o", "BatchMode=yes"];
    let mut argv: Vec<OsString> = fixed.map(OsString::from).to_vec();
    // of two values for one option, ssh takes the first
    for option in &host.ssh_options {
        argv.extend(["-o".into(), option.into()]);
    }
    let rest = ["-o", "ConnectTimeout=5", "--", destination];
    argv.extend(rest.map(OsString::from));
    if host.sudo {
        argv.extend(["sudo", "-n"].map(OsString::from));
    }
    // ssh joins its arguments and a shell on the other side takes them apart again
    argv.push(shell_word(&host.remote_path).into());
    argv.push(PROBE.into());
    argv
}

/// Whether a character stands for itself in a shell's word and in a path in a sudoers file.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._-+@%".contains(c)
}

/// `word` such that a POSIX shell reads it as one word.
fn shell_word(word: &str) -> String {
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Whether a rule lets this user run `program probe` as root without a password.
fn sudo_allows(program: &Path) -> bool {
    let asked = [
        OsStr::new("-n"),
        OsStr::new("-l"),
        program.as_os_str(),
        OsStr::new(PROBE),
    ];
    let child = Command::new("sudo")
        .args(asked)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        return false;
    };
    let until = Instant::now() + SUDO_ASKED;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < until => {
                std::thread::park_timeout(Duration::from_millis(5));
            }
            Ok(None) | Err(_) => {
                // refused for a process of root's, which then ends by itself
                let _ = child.kill();
                return false;
            }
        }
    }
}

/// Whether a stream is this host's, read by a probe with this user's rights.
pub fn runs_here_as_user(spec: &Spec, program: &Path) -> bool {
    matches!(spec, Spec::Probe { argv: Argv::Known(argv), .. } if *argv == as_user(program))
}

/// Bits of a mode that let others than the owner write.
const OTHERS_WRITE: u32 = 0o022;

/// Where a program is installed for everybody.
const INSTALLED: &str = "/usr/local/bin/migdeck";

/// How an administrator lets a user see everything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SudoAdvice {
    /// This line in a sudoers file.
    Line(String),
    /// A rule for the program where it is would let others than root choose what runs as root.
    InstallFirst {
        /// The program, or the folder above it, that others can replace.
        weak: PathBuf,
        /// Installs it where they cannot.
        install: String,
        /// The line for there.
        line: String,
    },
}

/// What lets `user` see everything with this program.
fn advice_for(user: &str, program: &Path) -> SudoAdvice {
    let Some(weak) = replaceable(program, |path| {
        let there = path.symlink_metadata()?;
        Ok((there.uid(), there.mode()))
    }) else {
        return SudoAdvice::Line(sudoers_line(user, program));
    };
    SudoAdvice::InstallFirst {
        weak: weak.to_owned(),
        install: format!(
            "sudo install -o root -g root -m 755 {} {INSTALLED}",
            shell_word(&program.display().to_string())
        ),
        line: sudoers_line(user, Path::new(INSTALLED)),
    }
}

/// The line of a sudoers file that lets `user` run this program's probe as root, and nothing else. In a path, sudoers
/// reads `*`, `,` and the like as its own: they stand for themselves after a backslash.
fn sudoers_line(user: &str, program: &Path) -> String {
    let mut path = String::new();
    for c in program.display().to_string().chars() {
        if !is_plain(c) {
            path.push('\\');
        }
        path.push(c);
    }
    format!("{user} ALL=(root) NOPASSWD: {path} {PROBE}")
}

/// The first of a program and the folders above it that somebody else than root can write, so that what is there can be
/// replaced; also what cannot be asked. `owner_and_mode` asks, without following links: a link's mode lets everybody
/// write, and what it leads to may change. An access control list shows in the mode's bits of the group.
fn replaceable(
    program: &Path,
    owner_and_mode: impl Fn(&Path) -> std::io::Result<(u32, u32)>,
) -> Option<&Path> {
    program.ancestors().find(|path| {
        !owner_and_mode(path).is_ok_and(|(owner, mode)| owner == 0 && mode & OTHERS_WRITE == 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Files, Overrides, resolve};
    use crate::domain::ids::StreamId;
    use crate::store::Of;

    fn argv(spec: &Spec) -> Vec<&str> {
        match spec {
            Spec::Probe {
                argv: Argv::Known(argv),
                ..
            } => argv.iter().map(|a| a.to_str().unwrap()).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn config(flags: Overrides) -> Config {
        resolve(&Files::Layers(Vec::new()), flags).unwrap()
    }

    #[test]
    fn a_host_over_ssh_can_not_be_asked_for_a_password_nor_be_an_option() {
        let mut config = config(Overrides {
            ssh: vec!["kim@dgx".into()],
            ..Overrides::default()
        });
        config.hosts.value[0].remote_path = "/opt/our tools/migdeck".into();
        config.hosts.value[0].sudo = true;
        let specs = specs(&config, Path::new("/usr/bin/migdeck")).unwrap();
        assert_eq!(
            argv(&specs[0]),
            [
                "ssh",
                "-T",
                "-o",
                "BatchMode=yes",
                "-o",
                "ConnectTimeout=5",
                "--",
                "kim@dgx",
                "sudo",
                "-n",
                "'/opt/our tools/migdeck'",
                "probe"
            ]
        );
    }

    #[test]
    fn options_for_ssh_stand_above_ours_but_not_above_asking_nothing() {
        let mut config = config(Overrides {
            ssh: vec!["a".into()],
            ..Overrides::default()
        });
        config.hosts.value[0].ssh_options = vec!["ConnectTimeout=30".into()];
        let specs = specs(&config, Path::new("/usr/bin/migdeck")).unwrap();
        assert_eq!(
            argv(&specs[0])[..8],
            [
                "ssh",
                "-T",
                "-o",
                "BatchMode=yes",
                "-o",
                "ConnectTimeout=30",
                "-o",
                "ConnectTimeout=5"
            ]
        );
    }

    #[test]
    fn exporters_stand_behind_the_hosts_that_they_are_of() {
        let mut config = config(Overrides {
            ssh: vec!["a".into(), "b".into()],
            dcgm: vec!["c:9400".into()],
            prometheus: vec!["http://p:9090".into()],
            ..Overrides::default()
        });
        config.hosts.value[1].dcgm = Some("http://b:9400/metrics".into());
        let specs = specs(&config, Path::new("/usr/bin/migdeck")).unwrap();
        let exporters: Vec<(String, Of)> = super::super::headless::exporters(&specs)
            .into_iter()
            .map(|(_, exporter, of)| (exporter.address().to_string(), of))
            .collect();
        assert_eq!(
            exporters,
            [
                ("http://b:9400/metrics".to_owned(), Of::Stream(StreamId(1))),
                ("http://c:9400/metrics".to_owned(), Of::Some),
                ("http://p:9090/".to_owned(), Of::Many),
            ]
        );
    }

    #[test]
    fn a_chosen_library_is_loaded_without_sudo() {
        let config = config(Overrides {
            nvml_lib: Some("/opt/nvidia/libnvidia-ml.so.1".into()),
            ..Overrides::default()
        });
        let specs = specs(&config, Path::new("/usr/bin/migdeck")).unwrap();
        assert_eq!(
            argv(&specs[0]),
            [
                "/usr/bin/migdeck",
                "probe",
                "--nvml-lib",
                "/opt/nvidia/libnvidia-ml.so.1"
            ]
        );
    }

    #[test]
    fn the_sudo_rule_names_one_path_and_one_argument() {
        assert_eq!(
            sudoers_line("kim", Path::new("/usr/bin/migdeck")),
            "kim ALL=(root) NOPASSWD: /usr/bin/migdeck probe"
        );
        assert_eq!(
            sudoers_line("kim", Path::new("/opt/a*, b/migdeck")),
            r"kim ALL=(root) NOPASSWD: /opt/a\*\,\ b/migdeck probe"
        );
    }

    #[test]
    fn a_rule_is_for_the_user_by_name_or_by_number() {
        let names = [(1042, "kim".to_owned()), (7, "a, b".to_owned())].into();
        let rule = |uid| sudoers_line(&in_sudoers(uid, &names), Path::new("/usr/bin/migdeck"));
        assert!(rule(1042).starts_with("kim ALL="));
        assert!(rule(65534).starts_with("#65534 ALL="));
        assert!(rule(7).starts_with("#7 ALL="));
    }

    #[test]
    fn a_program_is_as_safe_as_the_folders_above_it() {
        let weak = |changed: &str, owner: u32, mode: u32| {
            let ask = |path: &Path| match path.to_str() {
                Some(asked) if asked == changed => Ok((owner, mode)),
                _ => Ok((0, 0o40755)),
            };
            replaceable(Path::new("/opt/tools/migdeck"), ask).map(Path::to_owned)
        };
        assert_eq!(weak("", 0, 0), None);
        for place in ["/opt/tools/migdeck", "/opt/tools", "/opt", "/"] {
            assert_eq!(weak(place, 1000, 0o40755), Some(place.into()));
            assert_eq!(weak(place, 0, 0o40775), Some(place.into()));
            assert_eq!(weak(place, 0, 0o41777), Some(place.into()));
        }
        let unreadable = |_: &Path| Err(std::io::ErrorKind::PermissionDenied.into());
        let program = Path::new("/opt/migdeck");
        assert_eq!(replaceable(program, unreadable), Some(program));
    }

    #[test]
    fn no_rule_is_suggested_for_a_program_that_others_can_replace() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("migdeck");
        std::fs::write(&program, "").unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(&program, open).unwrap();
        let SudoAdvice::InstallFirst {
            weak,
            line,
            install,
        } = advice_for("kim", &program)
        else {
            panic!("a rule for {}", program.display());
        };
        assert_eq!(weak, program);
        assert_eq!(
            line,
            "kim ALL=(root) NOPASSWD: /usr/local/bin/migdeck probe"
        );
        assert!(install.contains(program.to_str().unwrap()), "{install}");
    }
}
