//! How the probe of each host is started: here, through sudo, over ssh, or as configured.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::config::{Config, Host, Reach};

use super::headless::Spec;

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

/// A stream for each configured host. `program` is [`this_program`].
pub fn specs(config: &Config, program: &Path) -> Vec<Spec> {
    config
        .hosts
        .value
        .iter()
        .map(|host| spec(host, config, program))
        .collect()
}

fn spec(host: &Host, config: &Config, program: &Path) -> Spec {
    let (argv, connect) = match &host.reach {
        Reach::Local => (local(config, program), Duration::ZERO),
        Reach::Ssh(destination) => (ssh(host, destination), CONNECT),
        Reach::Probe(argv) => (argv.iter().map(OsString::from).collect(), CONNECT),
    };
    Spec::Probe {
        name: host.name.clone(),
        argv,
        connect,
    }
}

fn local(config: &Config, program: &Path) -> Vec<OsString> {
    let mut argv: Vec<OsString> = Vec::new();
    match &config.nvml_lib.value {
        // a library that the user chose is never loaded by root
        Some(library) => {
            argv.extend([program.into(), PROBE.into(), "--nvml-lib".into()]);
            argv.push(library.into());
        }
        None => {
            if config.sudo.value && !rustix::process::geteuid().is_root() && sudo_allows(program) {
                argv.extend(["sudo", "-n"].map(OsString::from));
            }
            argv.extend([program.into(), PROBE.into()]);
        }
    }
    argv
}

fn ssh(host: &Host, destination: &str) -> Vec<OsString> {
    let mut argv: Vec<OsString> = [
        "ssh",
        "-T",
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=5",
        "--",
        destination,
    ]
    .map(OsString::from)
    .to_vec();
    if host.sudo {
        argv.extend(["sudo", "-n"].map(OsString::from));
    }
    // ssh joins its arguments and a shell on the other side takes them apart again
    argv.push(shell_word(&host.remote_path).into());
    argv.push(PROBE.into());
    argv
}

/// `word` such that a POSIX shell reads it as one word.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
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
    matches!(spec, Spec::Probe { argv, .. } if argv.iter().map(OsString::as_os_str).eq([program.as_os_str(), OsStr::new(PROBE)]))
}

/// The line of a sudoers file that lets `user` see everything with this program.
pub fn sudoers_line(user: &str, program: &Path) -> String {
    format!("{user} ALL=(root) NOPASSWD: {} {PROBE}", program.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Files, Overrides, resolve};

    fn argv(spec: &Spec) -> Vec<&str> {
        match spec {
            Spec::Probe { argv, .. } => argv.iter().map(|a| a.to_str().unwrap()).collect(),
            Spec::Tape(_) => panic!("a tape"),
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
        let specs = specs(&config, Path::new("/usr/bin/migdeck"));
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
    fn a_chosen_library_is_loaded_without_sudo() {
        let config = config(Overrides {
            nvml_lib: Some("/tmp/lib.so".into()),
            ..Overrides::default()
        });
        let specs = specs(&config, Path::new("/usr/bin/migdeck"));
        assert_eq!(
            argv(&specs[0]),
            ["/usr/bin/migdeck", "probe", "--nvml-lib", "/tmp/lib.so"]
        );
    }

    #[test]
    fn the_sudo_rule_names_one_path_and_one_argument() {
        assert_eq!(
            sudoers_line("kim", Path::new("/usr/bin/migdeck")),
            "kim ALL=(root) NOPASSWD: /usr/bin/migdeck probe"
        );
    }
}
