//! The command line: arguments, one file a subcommand, printing.

pub mod apart;
pub mod args;
pub mod completions;
pub mod config;
pub mod console;
pub mod demo;
pub mod doctor;
pub mod error;
pub mod fits;
pub mod holders;
pub mod layouts;
pub mod look;
pub mod man;
mod own_files;
pub mod pods;
pub mod probe;
pub mod profiles;
pub mod rbac;
pub mod read;
pub mod record;
pub mod replay;
pub mod rights;
mod signals;
pub mod status;
mod strip;
pub mod style;
pub mod text;
pub mod validate;
pub mod which;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::config::{Config, Files, Overrides, resolve};
use args::{Cli, Command, Global, Table};
pub use error::CliError;
use look::Look;

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // standard error may be closed: there is nobody left to tell
            let _ = writeln!(std::io::stderr(), "migdeck: {error}");
            ExitCode::from(error.code)
        }
    }
}

fn run(cli: Cli) -> Result<u8, CliError> {
    rights::forbid(&[
        ("--nvml-lib", cli.global.nvml_lib.is_some()),
        ("--state-dir", cli.global.state_dir.is_some()),
    ])?;
    let Some(command) = cli.command else {
        let config = configured(&cli.global)?;
        console::terminal()?;
        let specs = match read::Sources::unasked(&cli.global, &config)? {
            read::Sources::Streams(specs) => specs,
            read::Sources::Tape(spec) => vec![spec],
            read::Sources::Saved(_) => {
                return Err(CliError::usage(
                    "a saved `status --json` holds what the pages show, not what the console needs",
                )
                .hint(
                    "migdeck status --fleet FILE   shows it; a tape of `migdeck record` opens here too",
                ));
            }
        };
        let opening = console::Opening::on(specs, &cli.global);
        return console::run(opening, &cli.global, &config);
    };
    match command {
        Command::Completions { shell } => completions::run(shell),
        Command::Man { of } => man::run(&of),
        Command::Config { action } => config::run(action, &cli.global),
        Command::Rbac(args) => rbac::run(&args),
        Command::Probe(args) => probe::run(args, cli.global.nvml_lib.as_deref()),
        Command::Apart(args) => apart::run(&args),
        Command::Replay(args) if args.is_for_the_console() => {
            let tape = args.spec()?;
            let config = configured(&cli.global)?;
            let opening = console::Opening {
                speed: args.speed(),
                ..console::Opening::on(vec![tape], &cli.global)
            };
            console::run(opening, &cli.global, &config)
        }
        Command::Replay(args) => replay::run(&args),
        Command::Table(table) => {
            let config = configured(&cli.global)?;
            let sources = || read::Sources::live(&cli.global, &config);
            table_of(&table, sources, Look::of(&config))
        }
        Command::Read(command) => {
            let config = configured(&cli.global)?;
            let sources = read::Sources::live(&cli.global, &config)?;
            read::run(command, &sources, &read::Ways::of(&cli.global, &config))
        }
        Command::Demo(demo) => {
            let config = configured(&cli.global)?;
            demo::run(demo, &cli.global, &config)
        }
    }
}

/// Runs a subcommand that knows the boards. `sources` are asked where it is about a GPU that is there.
fn table_of(
    table: &Table,
    sources: impl FnOnce() -> Result<read::Sources, CliError>,
    look: Look,
) -> Result<u8, CliError> {
    let (text, code, json) = match table {
        Table::Profiles(args) => {
            let subject = match &args.of {
                Some(which) => Some(which.subject(sources, args.wait.seconds)?),
                None => None,
            };
            let text = match &subject {
                Some(subject) => profiles::of_board(subject, args.json, look.style)?,
                None => profiles::of_boards(args.json, look.style)?,
            };
            (text, 0, args.json)
        }
        Table::Layouts(args) => {
            let subject = args.of.subject(sources, args.wait.seconds)?;
            let text = layouts::of_board(
                &subject,
                args.maximal,
                !args.no_media,
                args.json,
                look.style,
            )?;
            (text, 0, args.json)
        }
        Table::Validate(args) => {
            let subject = args.of.subject(sources, args.wait.seconds)?;
            let (text, code) = validate::on_board(&args.layout, &subject, args.json, look.style)?;
            (text, code, args.json)
        }
    };
    if json {
        look::print(&text)?;
    } else {
        look.page(text)?;
    }
    Ok(code)
}

/// Files and flags resolved.
fn configured(global: &Global) -> Result<Config, CliError> {
    resolve(&files(global), overrides(global)).map_err(|problems| {
        CliError::usage(format!("the configuration has errors\n{problems}"))
            .hint("`migdeck config check` reads it again")
    })
}

fn files(global: &Global) -> Files {
    match &global.config {
        Some(path) => Files::Only(path.clone()),
        None => Files::usual(),
    }
}

fn overrides(global: &Global) -> Overrides {
    Overrides {
        nvml_lib: global.nvml_lib.clone(),
        no_sudo: global.no_sudo,
        colour: global.colour.map(Into::into),
        ascii: global.ascii,
        ssh: global.ssh.clone(),
        dcgm: global.dcgm.clone(),
        prometheus: global.prometheus.clone(),
        refresh: global.refresh,
        theme: global.theme.clone(),
        keymap: global.keymap.clone(),
        language: global.lang.clone(),
        mouse: global.mouse,
        bell: global.bell,
    }
}
