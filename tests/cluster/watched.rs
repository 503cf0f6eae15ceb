//! A cluster as migdeck reads it: the source itself, and the store that joins what it tells.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Instant;

use migdeck::domain::cluster::PodFacts;
use migdeck::domain::fleet::{Fleet, Node};
use migdeck::domain::ids::StreamId;
use migdeck::domain::observation::{Fact, Health};
use migdeck::sources::kube::Credentials;
use migdeck::sources::stream::StreamMsg;
use migdeck::store::Store;
use migdeck::wiring::cluster::{Options, Reader, Telemetry};

use crate::common::cluster::PATIENCE;

const STREAM: StreamId = StreamId(0);

/// A cluster that is being read.
pub struct Watched {
    reader: Reader,
    messages: Receiver<(StreamId, StreamMsg)>,
    store: Store,
    /// Whether everything has been told once.
    pub settled: bool,
}

/// Files, written into a folder that goes with the value.
pub struct Kubeconfig {
    _folder: tempfile::TempDir,
    pub path: PathBuf,
}

impl Kubeconfig {
    pub fn write(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kubeconfig");
        std::fs::write(&path, text).unwrap();
        Self {
            _folder: folder,
            path,
        }
    }
}

/// What reads with this kubeconfig.
pub fn options(kubeconfig: &Path) -> Options {
    Options {
        credentials: Credentials {
            files: vec![kubeconfig.to_owned()],
            ..Credentials::default()
        },
        ..Options::default()
    }
}

impl Watched {
    /// The watches alone.
    pub fn start(options: Options) -> Self {
        Self::with(options, Telemetry::OFF)
    }

    pub fn with(options: Options, telemetry: Telemetry) -> Self {
        let (to, messages) = sync_channel(64);
        let mut store = Store::new();
        store.expect_cluster(STREAM);
        Self {
            reader: Reader::start(STREAM, options, telemetry, to).unwrap(),
            messages,
            store,
            settled: false,
        }
    }

    /// Asks for what is not followed by itself, as a person does with ctrl-r.
    pub fn refresh(&self) {
        self.reader.refresh();
    }

    pub fn fleet(&mut self) -> Arc<Fleet> {
        self.store.fleet()
    }

    /// Takes in what is told until the fleet is as wanted, and says how long that took.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&Fleet) -> bool) -> Arc<Fleet> {
        let begun = Instant::now();
        loop {
            let fleet = self.store.fleet();
            if wanted(&fleet) {
                return fleet;
            }
            let rest = PATIENCE.saturating_sub(begun.elapsed());
            match self.messages.recv_timeout(rest) {
                Ok((_, message)) => self.take(message),
                Err(RecvTimeoutError::Timeout) => panic!("not seen: {what}\n{fleet:#?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the source has ended"),
            }
        }
    }

    /// Waits until everything has been told once.
    pub fn settle(&mut self) -> Arc<Fleet> {
        let begun = Instant::now();
        while !self.settled {
            let rest = PATIENCE.saturating_sub(begun.elapsed());
            let (_, message) = self.messages.recv_timeout(rest).unwrap_or_else(|_| {
                panic!("not everything is told: {:#?}", self.store.fleet().cluster)
            });
            self.take(message);
        }
        self.store.fleet()
    }

    fn take(&mut self, message: StreamMsg) {
        let StreamMsg::Observation(observation) = message else {
            panic!("a cluster does not end");
        };
        self.settled |= matches!(observation.fact, Fact::Beat { .. });
        self.store.apply(STREAM, *observation);
    }
}

/// A node of the fleet.
pub fn node<'a>(fleet: &'a Fleet, name: &str) -> Option<&'a Arc<Node>> {
    fleet.nodes.iter().find(|node| node.name == name)
}

/// A pod on a node.
pub fn pod<'a>(fleet: &'a Fleet, on: &str, name: &str) -> Option<&'a PodFacts> {
    let on_node = node(fleet, on)?.cluster.value()?;
    on_node
        .pods
        .iter()
        .find(|pod| pod.name == name)
        .map(|pod| &**pod)
}

/// A pod that waits.
pub fn unbound<'a>(fleet: &'a Fleet, name: &str) -> Option<&'a PodFacts> {
    let cluster = fleet.cluster.as_ref()?;
    let mut pods = cluster.unbound.iter();
    pods.find(|pod| pod.name == name).map(|pod| &**pod)
}

/// How the API server does.
pub fn health(fleet: &Fleet) -> Option<Health> {
    fleet.cluster.as_ref()?.health.clone()
}

/// What may not be read.
pub fn gaps(fleet: &Fleet) -> Vec<String> {
    let cluster = fleet.cluster.as_ref().unwrap();
    cluster
        .gaps
        .iter()
        .map(|gap| gap.permission.to_string())
        .collect()
}
