//! `migdeck demo ..`: the same subcommands on simulated hosts.

use crate::config::Config;
use crate::wiring::demo::{Demo, DemoError, SCENARIOS};
use crate::wiring::hosts::this_program;

use super::args::{Demo as Args, Global, OnHosts};
use super::console::Opening;
use super::look::Look;
use super::{CliError, read, rights, table_of};

/// Starts the simulated hosts and runs the subcommand on them.
///
/// # Errors
/// No subcommand, no such scenario, a source flag that would mean a real host, or what the subcommand says.
pub fn run(args: Args, global: &Global, config: &Config) -> Result<u8, CliError> {
    // the probe refuses it anyway; here it can be said in time
    rights::forbid(&[("demo", true)])?;
    for (flag, given) in [
        ("--ssh", !global.ssh.is_empty()),
        ("--fleet", global.fleet.is_some()),
        ("--nvml-lib", global.nvml_lib.is_some()),
        ("--kubeconfig", global.kubeconfig.is_some()),
        ("--context", global.context.is_some()),
        ("--as", global.as_user.is_some()),
        ("--dcgm", !global.dcgm.is_empty()),
        ("--prometheus", !global.prometheus.is_empty()),
    ] {
        if given {
            return Err(CliError::usage(format!(
                "{flag} names something real, and the demo is simulated"
            ))
            .hint("leave `demo` or the flag out"));
        }
    }
    let scenarios: Vec<String> = if args.scenario.is_empty() {
        SCENARIOS.map(str::to_owned).to_vec()
    } else {
        args.scenario
    };
    let program = this_program()
        .map_err(|e| CliError::failed(format!("this program's own path is not known: {e}")))?;
    let told = |e: DemoError| match e {
        DemoError::Scenario(_) => CliError::usage(e.to_string()),
        DemoError::Folder(_) => CliError::failed(e.to_string()),
    };
    let demo = Demo::new(&scenarios, &program).map_err(told)?;
    let sources = read::Sources::Streams(demo.specs().to_vec());
    let look = Look::of(config);
    let Some(command) = args.command else {
        let opening = Opening {
            simulated: true,
            state: Some(demo.state().map_err(told)?),
            tour: args.tour,
            book: read::Books::Demo,
            ..Opening::on(demo.specs().to_vec(), global)
        };
        return super::console::run(opening, global, config);
    };
    match command {
        OnHosts::Read(command) => {
            let ways = read::Ways {
                book: read::Books::Demo,
                ..read::Ways::of(global, config)
            };
            read::run(command, &sources, &ways)
        }
        OnHosts::Table(table) => table_of(&table, || Ok(sources), look),
    }
}
