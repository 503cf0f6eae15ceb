//! What root may not be talked into.

use super::CliError;

/// Refuses flags that name files or libraries when this process is root because sudo made it so: the rule that allows
/// `migdeck probe` must not become a way to load anything as root.
///
/// Each pair is a flag and whether it was given.
///
/// # Errors
/// Such a flag was given to such a process.
pub fn forbid(flags: &[(&str, bool)]) -> Result<(), CliError> {
    let by_sudo = rustix::process::geteuid().is_root() && std::env::var_os("SUDO_UID").is_some();
    refuse(by_sudo, flags)
}

fn refuse(by_sudo: bool, flags: &[(&str, bool)]) -> Result<(), CliError> {
    match flags.iter().find(|(_, given)| *given) {
        Some((flag, _)) if by_sudo => Err(CliError::refused(format!(
            "{flag} is not taken from a user by a process that sudo made root"
        ))
        .hint(format!("run it as yourself, or leave {flag} out"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_by_sudo_takes_no_paths_and_everybody_else_does() {
        let given = [("--sim", false), ("--nvml-lib", true)];
        assert!(refuse(false, &given).is_ok());
        assert!(refuse(true, &[("--nvml-lib", false)]).is_ok());
        let error = refuse(true, &given).unwrap_err();
        assert_eq!(error.code, 3);
        assert!(error.message.contains("--nvml-lib"));
    }
}
