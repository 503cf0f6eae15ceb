//! Exporters and Prometheus servers that are read for as long as somebody looks, all on one thread: each answer is
//! mapped and told, each that stays away is late.
//!
//! What they tell is asked for once an interval, whatever the beat of the hosts is: they have nothing new before.

mod pace;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore};

use crate::domain::exporter::Collected;
use crate::domain::ids::{ExporterId, StreamId};
use crate::domain::observation::{Health, SourceName};
use crate::domain::text::Text;
use crate::sources::http::{Address, Client, Limits};
use crate::sources::prometheus;
use crate::store::Of;

use super::backoff::chance;
use super::sim::SimExporter;

pub(super) use pace::Pace;

/// An exporter's page: eight GPUs of seven instances are 300 to 600 kB.
pub(super) const PAGE: Limits = Limits {
    deadline: Duration::from_secs(10),
    bytes: 16 << 20,
};
/// One of Prometheus' answers.
pub(super) const ANSWER: Limits = Limits {
    deadline: Duration::from_secs(20),
    bytes: prometheus::MOST_BYTES,
};
/// Exporters that are asked at the same time.
pub(super) const AT_ONCE: usize = 8;
/// Of so many their intervals are found out; more are taken to have the default.
pub(super) const LEARNED: usize = 8;
/// The first questions to so many more are spread over this.
pub(super) const SPREAD: Duration = Duration::from_secs(10);
/// Where an exporter's text comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// An exporter's page.
    Page(Address),
    /// A Prometheus.
    Prometheus(Address),
    /// The exporter of a simulated host: scenario and state.
    Simulated {
        /// Scenario and host.
        scenario: String,
        /// Its state.
        state: PathBuf,
    },
}

/// An exporter to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exporter {
    /// Where.
    pub way: Way,
    /// The host that it is said to be of, by the name that host is asked under.
    pub host: Option<String>,
}

impl Exporter {
    /// What kind of source it is.
    pub fn source(&self) -> SourceName {
        match self.way {
            Way::Prometheus(_) => SourceName::Prometheus,
            Way::Page(_) | Way::Simulated { .. } => SourceName::Dcgm,
        }
    }

    /// Its address as it is shown.
    pub fn address(&self) -> Text {
        match &self.way {
            Way::Page(address) | Way::Prometheus(address) => address.shown(),
            Way::Simulated { scenario, .. } => Text::from(format!("simulated {scenario}")),
        }
    }

    /// Which of the streams it is of; `stream` finds one by the name it is asked under.
    pub fn of(&self, stream: impl Fn(&str) -> Option<StreamId>) -> Of {
        match (&self.way, &self.host) {
            (Way::Prometheus(_), _) => Of::Many,
            (_, Some(host)) => stream(host).map_or(Of::Some, Of::Stream),
            (_, None) => Of::Some,
        }
    }
}

/// What an exporter tells.
#[derive(Clone, PartialEq, Debug)]
pub enum Told {
    /// All that it tells now, host by host.
    Collected(Vec<Collected>),
    /// It does not answer, or tells nothing of now.
    Health(Health),
}

/// Exporters that are read. Dropping it ends all of that and waits for nothing.
#[derive(Debug)]
pub struct Exporters {
    stop: Arc<Notify>,
    again: Arc<Notify>,
}

impl Exporters {
    /// Starts reading. `tell` gets what they tell, on a thread of theirs; false: nobody listens any more.
    ///
    /// # Errors
    /// There is no thread, or TLS cannot be set up.
    pub fn start(
        exporters: Vec<(ExporterId, Exporter)>,
        tell: impl Fn(ExporterId, Told) -> bool + 'static + Send,
    ) -> io::Result<Self> {
        let this = Self {
            stop: Arc::default(),
            again: Arc::default(),
        };
        let (stop, again) = (Arc::clone(&this.stop), Arc::clone(&this.again));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("exporters".to_owned())
            .spawn(move || {
                let local = tokio::task::LocalSet::new();
                local.block_on(&runtime, async {
                    follow_all(exporters, std::rc::Rc::new(tell), &again);
                    stop.notified().await;
                });
                drop(local);
                // a name that is being looked up is not waited for
                runtime.shutdown_background();
            })?;
        Ok(this)
    }

    /// Asks them all again now.
    pub fn refresh(&self) {
        self.again.notify_waiters();
    }
}

impl Drop for Exporters {
    fn drop(&mut self) {
        self.stop.notify_one();
    }
}

fn follow_all(
    exporters: Vec<(ExporterId, Exporter)>,
    tell: std::rc::Rc<dyn Fn(ExporterId, Told) -> bool>,
    again: &Arc<Notify>,
) {
    let addresses = exporters.iter().filter_map(|(_, e)| match &e.way {
        Way::Page(address) | Way::Prometheus(address) => Some(address),
        Way::Simulated { .. } => None,
    });
    let client = Client::new(addresses).map_err(|e| e.to_string());
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let many = exporters.len() > LEARNED;
    for (n, (id, exporter)) in exporters.into_iter().enumerate() {
        let follower = Follower {
            id,
            pace: Pace::new(exporter.source(), exporter.address(), !many),
            way: exporter.way,
            client: client.clone(),
            gate: Arc::clone(&gate),
            simulated: None,
        };
        let first = match many && n >= LEARNED {
            true => SPREAD.mul_f64(chance()),
            false => Duration::ZERO,
        };
        tokio::task::spawn_local(follower.run(Arc::clone(again), std::rc::Rc::clone(&tell), first));
    }
}

/// One exporter, and how to ask it.
struct Follower {
    id: ExporterId,
    pace: Pace,
    way: Way,
    client: Result<Client, String>,
    gate: Arc<Semaphore>,
    simulated: Option<SimExporter>,
}

impl Follower {
    async fn run(
        mut self,
        again: Arc<Notify>,
        tell: std::rc::Rc<dyn Fn(ExporterId, Told) -> bool>,
        first: Duration,
    ) {
        let mut wait = first;
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = again.notified() => {}
            }
            let asked = Timestamp::now();
            let answer = self.ask().await;
            let (told, next) = self.pace.took(answer, asked);
            if let Some(told) = told
                && !tell(self.id, told)
            {
                return;
            }
            wait = next;
        }
    }

    async fn ask(&mut self) -> Result<Told, String> {
        match self.way.clone() {
            Way::Page(address) => {
                let client = self.client.clone()?;
                let turn = self.gate.acquire().await.map_err(|e| e.to_string())?;
                let page = client.get(&address, PAGE).await;
                drop(turn);
                self.pace.page(&page.map_err(|e| e.to_string())?)
            }
            Way::Prometheus(address) => {
                let client = self.client.clone()?;
                let ask = async |path: String| {
                    let Some(question) = address.below(&path) else {
                        return Err("its address cannot be asked".to_owned());
                    };
                    let answer = client.get(&question, ANSWER).await;
                    answer.map(Vec::from).map_err(|e| e.to_string())
                };
                self.pace.prometheus(ask).await
            }
            Way::Simulated { scenario, state } => {
                if self.simulated.is_none() {
                    self.simulated = Some(SimExporter::open(&scenario, &state)?);
                }
                let page = self.simulated.as_ref().map(SimExporter::page);
                self.pace.page(page.unwrap_or_default().as_bytes())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_comes_out_and_ends_with_the_reader() {
        use std::sync::mpsc::channel;
        let folder = tempfile::tempdir().unwrap();
        let simulated = Exporter {
            way: Way::Simulated {
                scenario: "bank#dgx-dev-01".to_owned(),
                state: folder.path().join("state"),
            },
            host: None,
        };
        let nobody = Exporter {
            way: Way::Simulated {
                scenario: "a30".to_owned(),
                state: folder.path().join("other"),
            },
            host: None,
        };
        let (to, told) = channel();
        let all = vec![(ExporterId(0), simulated), (ExporterId(1), nobody)];
        let exporters = Exporters::start(all, move |id, told| to.send((id, told)).is_ok()).unwrap();
        let mut first = std::collections::BTreeMap::new();
        while first.len() < 2 {
            let (id, told) = told.recv_timeout(Duration::from_secs(60)).unwrap();
            first.entry(id).or_insert(told);
        }
        let Some(Told::Collected(hosts)) = first.get(&ExporterId(0)) else {
            panic!("{first:?}");
        };
        assert_eq!(hosts[0].host, Some(Text::new("dgx-dev-01")));
        assert!(hosts[0].parts.len() > 20);
        let Some(Told::Health(Health::Down { why, .. })) = first.get(&ExporterId(1)) else {
            panic!("{first:?}");
        };
        assert_eq!(why.text.as_str(), "no exporter runs on this host");
        drop(exporters);
        // the thread ends, and with it the channel
        while told.recv_timeout(Duration::from_secs(60)).is_ok() {}
        assert!(told.try_recv().is_err());
    }
}
