//! `migdeck man`: the manual page, for `migdeck man | man -l -`.

use clap::CommandFactory;

use super::args::Cli;
use super::{CliError, look};

/// Writes the page, and a page for each subcommand behind it.
///
/// # Errors
/// Standard output cannot be written.
pub fn run() -> Result<u8, CliError> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let mut render = |command: clap::Command| {
        let title = command
            .get_bin_name()
            .unwrap_or("migdeck")
            .replace(' ', "-");
        clap_mangen::Man::new(command)
            .title(title)
            .render(&mut page)
            .map_err(|e| CliError::failed(format!("the manual page cannot be made: {e}")))
    };
    let subcommands: Vec<clap::Command> = command
        .get_subcommands()
        .filter(|c| !c.is_hide_set() && c.get_name() != "help")
        .cloned()
        .collect();
    render(command)?;
    for subcommand in subcommands {
        render(subcommand)?;
    }
    look::print(&String::from_utf8_lossy(&page))?;
    Ok(0)
}
