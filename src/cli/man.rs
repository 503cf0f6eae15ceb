//! `migdeck man`: the manual pages, for `migdeck man | man -l -`.

use clap::CommandFactory;

use super::args::Cli;
use super::{CliError, look};

/// Writes the page of the subcommand `of`; of none, the program's own and those of all subcommands behind it.
///
/// # Errors
/// There is no such subcommand, or standard output cannot be written.
pub fn run(of: &[String]) -> Result<u8, CliError> {
    // there is `--help`, and a page that is referred to must exist
    let mut command = without_help(Cli::command());
    command.build();
    let mut pages = Vec::new();
    if of.is_empty() {
        render_all(&command, &mut pages)?;
    } else {
        render(find(&command, of)?, &mut pages)?;
    }
    look::print(&String::from_utf8_lossy(&pages))?;
    Ok(0)
}

fn without_help(command: clap::Command) -> clap::Command {
    command
        .disable_help_subcommand(true)
        .mut_subcommands(without_help)
}

fn find<'a>(command: &'a clap::Command, of: &[String]) -> Result<&'a clap::Command, CliError> {
    of.iter().try_fold(command, |command, name| {
        command
            .get_subcommands()
            .find(|c| !c.is_hide_set() && c.get_name() == name)
            .ok_or_else(|| {
                CliError::usage(format!("there is no subcommand `{}`", of.join(" ")))
                    .hint("`migdeck --help` lists them")
            })
    })
}

fn render_all(command: &clap::Command, pages: &mut Vec<u8>) -> Result<(), CliError> {
    render(command, pages)?;
    command
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
        .try_for_each(|c| render_all(c, pages))
}

fn render(command: &clap::Command, pages: &mut Vec<u8>) -> Result<(), CliError> {
    let title = command
        .get_bin_name()
        .unwrap_or("migdeck")
        .replace(' ', "-");
    clap_mangen::Man::new(command.clone())
        .title(title)
        .render(pages)
        .map_err(|e| CliError::failed(format!("the manual page cannot be made: {e}")))
}
