//! A live cluster of simulated GPU nodes on this machine: `cargo run --release --example cluster -- --dir DIR`.
//!
//! etcd, API server, scheduler and controllers are real. Nodes, their GPUs, kubelets and exporters are simulated. It prints
//! one JSON line when all is ready, and stays until it is interrupted; nothing of it stays after it, however it ends.

// a guard that cannot be told is the end
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use nvml_sim::scenario::Scenario;
use serde_json::json;
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;
use tokio::sync::mpsc;

#[path = ".."]
mod common {
    #[allow(dead_code)]
    pub mod cluster;
}

use common::cluster::agent::NodeAgent;
use common::cluster::bring_in::bring_in;
use common::cluster::describe::describe;
use common::cluster::{Cluster, guard, hosts, life, programs};

/// How long a server that was killed from outside stays away.
const AWAY: Duration = Duration::from_secs(30);
/// Between two looks whether all servers run.
const LOOK: Duration = Duration::from_secs(1);

/// A live cluster of simulated GPU nodes on this machine
#[derive(Parser)]
#[command(name = "cluster")]
struct Args {
    /// Folder for kubeconfig, configuration and logs: empty or not there yet. It goes when the cluster ends
    #[arg(long)]
    dir: PathBuf,
    /// Number of nodes [default: those of the scenario]; further ones are copies of its production server
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    nodes: Option<u16>,
    /// Built-in scenario or TOML file, `#host` for one host of it
    #[arg(long, default_value = "bank")]
    scenario: String,
    /// Version of all kubelets, as v1.36.4 (from 1.36 on they tell devices to the API server) [default: the scenario's]
    #[arg(long)]
    kubelet: Option<String>,
    /// No pods come and go by themselves
    #[arg(long)]
    still: bool,
    /// Adds no addresses to lo: exporters are reached by URL only
    #[arg(long)]
    loopback: bool,
    /// The migdeck that the configuration names [default: built beside this program]
    #[arg(long)]
    migdeck: Option<PathBuf>,
}

fn main() -> ExitCode {
    guard::serve();
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("cluster: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    let begun = Instant::now();
    let mut scenario = Scenario::load(&args.scenario).map_err(|e| e.to_string())?;
    hosts::resize(&mut scenario, args.nodes.map(usize::from))?;
    for host in &mut scenario.hosts {
        if let Some(kubelet) = &args.kubelet {
            host.system.kubelet.clone_from(kubelet);
        }
    }
    let migdeck = match &args.migdeck {
        Some(named) => named
            .canonicalize()
            .map_err(|e| format!("{}: {e}", named.display()))?,
        None => build()?,
    };
    let programs = programs::folder()?;
    let folder =
        std::path::absolute(&args.dir).map_err(|e| format!("{}: {e}", args.dir.display()))?;
    let cluster = Cluster::bring_up(&folder, programs, args.loopback, &[])?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    // dropped before the cluster, whose API server its tasks ask
    runtime.block_on(async {
        let agents = bring_in(&cluster, &mut scenario).await?;
        let config = folder.join("migdeck.toml");
        describe(&scenario, &agents, &migdeck, &config)?;
        for agent in &agents {
            let agent = Arc::clone(agent);
            tokio::spawn(async move { agent.follow().await });
        }
        if !args.still {
            let client = cluster.admin().await;
            tokio::spawn(async move { life::live(&client).await });
        }
        let mut line = json!({ "kubeconfig": cluster.kubeconfig(), "config": config, "ready": true });
        if let Some(why) = &cluster.block().refused {
            let mut urls = serde_json::Map::new();
            for agent in &agents {
                urls.insert(agent.name().to_owned(), json!(agent.exporters().await));
            }
            line["exporters"] = urls.into();
            eprintln!("cluster: {why}");
            eprintln!("cluster: the API server passes nothing on to exporters; they are reached by the URLs in `exporters`");
        }
        eprintln!("cluster: {} nodes ready after {:.1} s", agents.len(), begun.elapsed().as_secs_f64());
        println!("{line}");
        let _ = std::io::stdout().flush();
        until_interrupted(&cluster, &agents).await
    })
}

/// The program that the configuration names.
fn build() -> Result<PathBuf, String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--locked", "--quiet", "--bin", "migdeck"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    if !built.is_ok_and(|s| s.success()) {
        return Err("migdeck cannot be built; name one by --migdeck".to_owned());
    }
    let this = std::env::current_exe().map_err(|e| e.to_string())?;
    let beside = this
        .parent()
        .and_then(Path::parent)
        .map(|f| f.join("migdeck"));
    beside
        .filter(|p| p.is_file())
        .ok_or_else(|| "migdeck does not lie beside this program; name it by --migdeck".to_owned())
}

async fn until_interrupted(cluster: &Cluster, agents: &[Arc<NodeAgent>]) -> Result<(), String> {
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP, SIGUSR1]).map_err(|e| e.to_string())?;
    std::thread::spawn(move || signals.forever().all(|signal| tell.send(signal).is_ok()));
    let mut gone: Option<(&str, Instant)> = None;
    loop {
        tokio::select! {
            signal = told.recv() => match signal {
                Some(SIGUSR1) => agents.iter().for_each(|a| a.hang_up()),
                _ => return Ok(()),
            },
            () = tokio::time::sleep(LOOK) => {}
        }
        match gone {
            None => {
                gone = programs::SERVERS
                    .into_iter()
                    .find(|s| !cluster.runs(s))
                    .map(|s| (s, Instant::now()));
                if let Some((server, _)) = gone {
                    eprintln!(
                        "cluster: {server} has ended; it starts again in {} s",
                        AWAY.as_secs()
                    );
                }
            }
            Some((server, since)) if since.elapsed() >= AWAY => {
                cluster.run(server)?;
                gone = None;
            }
            Some(_) => {}
        }
    }
}
