//! `exporter SCENARIO[#HOST] [--state FILE] [--listen ADDRESS] [--interval SEC]`: dcgm-exporter of a simulated host.
//!
//! Prints its URL and serves until it is killed. With `--state` it tells of the same driver as a probe that was given the
//! same file. The address is on loopback unless told otherwise, with a free port.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use nvml_sim::driver::Driver;
use nvml_sim::exporter;
use nvml_sim::scenario::Scenario;

const USAGE: &str =
    "usage: exporter SCENARIO[#HOST] [--state FILE] [--listen ADDRESS] [--interval SEC]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("exporter: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let scenario = arguments.next().ok_or(USAGE)?;
    let mut state: Option<PathBuf> = None;
    let mut listen = "127.0.0.1:0".to_owned();
    let mut interval = exporter::INTERVAL;
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match flag.as_str() {
            "--state" => state = Some(value.into()),
            "--listen" => listen = value,
            "--interval" => {
                let seconds = value.parse().map_err(|_| USAGE)?;
                interval = Duration::try_from_secs_f64(seconds).map_err(|_| USAGE)?;
            }
            _ => return Err(USAGE.to_owned()),
        }
    }
    let scenario = Scenario::load(&scenario).map_err(|e| e.to_string())?;
    let host = scenario.hosts.first().ok_or("the scenario has no host")?;
    let driver = Driver::open(&scenario, &host.name, state.as_deref());
    let driver = Arc::new(driver.map_err(|e| e.to_string())?);
    let listener = TcpListener::bind(&listen).map_err(|e| format!("{listen}: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    println!("http://{address}/metrics");
    std::io::stdout().flush().map_err(|e| e.to_string())?;
    exporter::http::serve(&listener, move || exporter::text_every(&driver, interval));
    Ok(())
}
