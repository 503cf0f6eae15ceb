//! `migdeck completions SHELL`.

use clap::CommandFactory;
use clap_complete::{generate, shells};

use super::args::{Cli, Shell};
use super::{CliError, look};

/// Writes the script.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(shell: Shell) -> Result<u8, CliError> {
    let mut command = without_hidden(&Cli::command());
    let mut script = Vec::new();
    let out = &mut script;
    match shell {
        Shell::Bash => generate(shells::Bash, &mut command, "migdeck", out),
        Shell::Zsh => generate(shells::Zsh, &mut command, "migdeck", out),
        Shell::Fish => generate(shells::Fish, &mut command, "migdeck", out),
    }
    look::print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

/// What nobody types needs no completion.
fn without_hidden(command: &clap::Command) -> clap::Command {
    clap::Command::new("migdeck")
        .args(command.get_arguments().cloned())
        .subcommands(
            command
                .get_subcommands()
                .filter(|c| !c.is_hide_set())
                .cloned(),
        )
}
