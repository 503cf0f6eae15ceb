//! A cluster of its own with the hosts of a scenario, as the documented command brings it up, and the program on it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use futures::future::join_all;
use nvml_sim::scenario::Scenario;
use tokio::sync::oneshot;

use super::shared::GUARD;
use crate::common::cluster::agent::NodeAgent;
use crate::common::cluster::bring_in::bring_in;
use crate::common::cluster::describe::describe;
use crate::common::cluster::{Cluster, block_on};
use crate::common::pty::{self, Start};

/// A cluster whose nodes' hosts can be read as well.
pub struct Bank {
    pub cluster: Arc<Cluster>,
    pub scenario: Scenario,
    pub agents: Vec<Arc<NodeAgent>>,
    config: PathBuf,
    _folder: tempfile::TempDir,
    end: Option<oneshot::Sender<()>>,
    follows: Option<JoinHandle<()>>,
}

impl Bank {
    /// Brings the scenario up; its agents follow it from a thread of their own.
    pub fn start(mut scenario: Scenario) -> Self {
        let cluster = Arc::new(Cluster::start(&GUARD));
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("migdeck.toml");
        let (ready, made) = sync_channel(1);
        let (end, mut ended) = oneshot::channel();
        let (inside, at) = (Arc::clone(&cluster), config.clone());
        let follows = std::thread::spawn(move || {
            // their client belongs to the runtime that it was made in
            block_on(async {
                let agents = bring_in(&inside, &mut scenario).await.unwrap();
                describe(&scenario, &agents, &pty::program(), &at).unwrap();
                ready.send((scenario, agents.clone())).unwrap();
                tokio::select! {
                    _ = join_all(agents.iter().map(|a| a.follow())) => {}
                    _ = &mut ended => {}
                }
            });
        });
        let Ok((scenario, agents)) = made.recv() else {
            let why = follows.join();
            panic!("the scenario is not brought in: {why:?}");
        };
        Self {
            cluster,
            scenario,
            agents,
            config,
            _folder: folder,
            end: Some(end),
            follows: Some(follows),
        }
    }

    /// `migdeck ARGS..` on hosts and cluster.
    pub fn migdeck(&self, args: &str) -> Start {
        pty::migdeck(args)
            .arg("--config")
            .arg(&self.config)
            .arg("--kubeconfig")
            .arg(self.cluster.kubeconfig())
    }

    /// What a subcommand writes, without a terminal.
    pub fn output(&self, args: &str) -> String {
        let home = tempfile::tempdir().unwrap();
        let output = std::process::Command::new(pty::program())
            .args(args.split_whitespace())
            .arg("--config")
            .arg(&self.config)
            .arg("--kubeconfig")
            .arg(self.cluster.kubeconfig())
            .env_remove("KUBECONFIG")
            .env("HOME", home.path())
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(follows) = self.follows.take() {
            let _ = follows.join();
        }
    }
}
