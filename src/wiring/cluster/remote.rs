//! Telemetry that comes through the API server: of an exporter in each node's pod, or of a Prometheus behind its service.
//!
//! ```text
//!   hub --notices--> remote: which exporters there are, which may be asked, whether Prometheus is better
//!                      |--> a task an exporter: asks once an interval, sleeps between
//!                      <-- words of all tasks --> out
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, channel};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::domain::cluster::news::ClusterNews;
use crate::domain::exporter::{ExporterNews, ExporterTold};
use crate::domain::ids::ExporterId;
use crate::domain::observation::{Fact, SourceName};
use crate::domain::text::Text;
use crate::sources::kube::{Optional, Proxy};
use crate::sources::stream::Listener;

use super::super::exporters::{AT_ONCE, LEARNED, SPREAD, Told};
use super::followers::{Asked as _, Prometheus, Scraped, Task};
use super::hub::{Key, Notice, Out, Place, Places};
use super::telemetry::{Telemetry, Wanted};
use crate::wiring::backoff::chance;

/// Numbers of exporters below this are those that are asked by URL.
const FIRST: u32 = 1 << 16;
/// Above so many exporters one Prometheus is asked instead, if there is one.
const MANY: usize = 32;
/// How long whoever waits for a first word waits for exporters.
const FIRST_WORD: Duration = Duration::from_secs(3);
/// What is forbidden or not there is looked for again after this.
const AGAIN: Duration = Duration::from_secs(60);
/// Words that may wait.
const WORDS: usize = 16;

/// What a task says of its exporter.
pub(super) type Word = (ExporterId, Told);

/// Reads telemetry for as long as notices come.
pub(super) async fn run<L: Listener>(
    mut notices: UnboundedReceiver<Notice>,
    out: Out<L>,
    wanted: Telemetry,
    again: Arc<Notify>,
) {
    let (to, mut words) = channel(WORDS);
    let mut remote = Remote {
        out,
        wanted,
        again,
        to,
        gate: Arc::new(Semaphore::new(AT_ONCE)),
        proxy: None,
        tasks: JoinSet::new(),
        next: FIRST,
        places: Places::new(),
        followed: BTreeMap::new(),
        prometheus: None,
        denied: BTreeSet::new(),
        allowed: BTreeSet::new(),
        looked: false,
        due: None,
        awaited: BTreeSet::new(),
        beat: None,
    };
    while remote.step(&mut notices, &mut words).await {}
}

struct Remote<L> {
    out: Out<L>,
    wanted: Telemetry,
    /// Asks all again now.
    again: Arc<Notify>,
    to: Sender<Word>,
    gate: Arc<Semaphore>,
    proxy: Option<Proxy>,
    tasks: JoinSet<()>,
    next: u32,
    places: Places,
    followed: BTreeMap<Key, Followed>,
    prometheus: Option<(ExporterId, AbortHandle)>,
    /// Namespaces in which exporters may not be asked, and in which they may.
    denied: BTreeSet<Text>,
    allowed: BTreeSet<Text>,
    /// Prometheus was looked for, with this end: it is `prometheus`, or there is none.
    looked: bool,
    /// When what was forbidden or not there is looked for again.
    due: Option<Instant>,
    /// Exporters that have not said anything yet.
    awaited: BTreeSet<ExporterId>,
    /// Until when whoever waits for a first word waits at most.
    beat: Option<Instant>,
}

/// An exporter that is asked.
struct Followed {
    id: ExporterId,
    place: watch::Sender<Option<Place>>,
    task: AbortHandle,
}

impl<L: Listener> Remote<L> {
    /// Waits for something, and does what follows from it; false: nobody listens any more.
    async fn step(
        &mut self,
        notices: &mut UnboundedReceiver<Notice>,
        words: &mut Receiver<Word>,
    ) -> bool {
        tokio::select! {
            notice = notices.recv() => match notice {
                None => return false,
                Some(Notice::Connected(proxy)) => {
                    // with another credential other things may be permitted
                    self.proxy = Some(proxy);
                    self.allowed.clear();
                    self.denied.clear();
                    self.looked = false;
                    self.stop();
                    if !self.plan().await {
                        return false;
                    }
                }
                Some(Notice::Exporters(places)) => {
                    self.places = places;
                    if !self.plan().await {
                        return false;
                    }
                }
                Some(Notice::Settled) => self.beat = Some(Instant::now() + FIRST_WORD),
            },
            Some((id, told)) = words.recv() => {
                self.awaited.remove(&id);
                let told = match told {
                    Told::Collected(hosts) => ExporterTold::Collected(hosts),
                    Told::Health(health) => ExporterTold::Health(health),
                };
                if !self.tell(id, told) {
                    return false;
                }
            }
            () = async {
                tokio::select! {
                    () = until(self.due) => {}
                    // somebody asks for it
                    () = self.again.notified() => {}
                }
            } => {
                self.due = None;
                self.denied.clear();
                self.looked = self.prometheus.is_some();
                if !self.plan().await {
                    return false;
                }
            }
            () = until(self.beat), if self.beat.is_some() => self.awaited.clear(),
        }
        if self.beat.is_some() && self.awaited.is_empty() {
            self.beat = None;
            return self.out.tell(Fact::Beat { n: 1, dropped: 0 });
        }
        true
    }

    fn tell(&self, id: ExporterId, told: ExporterTold) -> bool {
        let news = Box::new(ExporterNews { id, told });
        self.out.news(ClusterNews::Exporter(news))
    }

    /// Lets what is asked follow what there is, what is permitted and what is wanted.
    async fn plan(&mut self) -> bool {
        let Some(proxy) = self.proxy.clone() else {
            return true;
        };
        if self.wanted.exporters && !self.ask_rights(&proxy).await {
            return false;
        }
        let better = match &self.wanted.prometheus {
            Wanted::Off => false,
            Wanted::Service(_) => true,
            Wanted::Auto => {
                self.wanted.exporters && (self.places.len() > MANY || !self.denied.is_empty())
            }
        };
        if better && !self.looked && !self.find_prometheus(&proxy).await {
            return false;
        }
        if (better && self.prometheus.is_none()) || !self.denied.is_empty() {
            self.due.get_or_insert(Instant::now() + AGAIN);
        }
        self.follow(&proxy)
    }

    /// Asks for each namespace with exporters once whether they may be asked.
    async fn ask_rights(&mut self, proxy: &Proxy) -> bool {
        let namespaces: BTreeSet<Text> = self.places.keys().map(|k| k.namespace.clone()).collect();
        for namespace in namespaces {
            if self.allowed.contains(&namespace) || self.denied.contains(&namespace) {
                continue;
            }
            let may = proxy.may(Optional::Exporters, Some(&namespace)).await;
            let gap = match may {
                Ok(Err(gap)) => Some(gap),
                // a server that does not say will when it is asked for them
                Ok(Ok(())) | Err(_) => None,
            };
            match gap {
                Some(_) => self.denied.insert(namespace.clone()),
                None => self.allowed.insert(namespace.clone()),
            };
            let whose = Text::from(format!("exporters in {namespace}"));
            if !self.out.gap(&whose, gap) {
                return false;
            }
        }
        true
    }

    /// Looks for a Prometheus that has dcgm-exporter's series, and begins to ask it.
    async fn find_prometheus(&mut self, proxy: &Proxy) -> bool {
        self.looked = true;
        let whose = Text::new("prometheus");
        let candidates = match &self.wanted.prometheus {
            Wanted::Service(service) => vec![service.clone()],
            _ => match proxy.may(Optional::Services, None).await {
                Ok(Err(gap)) => return self.out.gap(&whose, Some(gap)),
                _ => proxy.services().await.unwrap_or_default(),
            },
        };
        let named = matches!(self.wanted.prometheus, Wanted::Service(_));
        let mut gap = None;
        for service in candidates {
            if let Ok(Err(missing)) = proxy
                .may(Optional::Prometheus, Some(&service.namespace))
                .await
            {
                gap = Some(missing);
                continue;
            }
            let prometheus = Prometheus {
                proxy: proxy.clone(),
                service,
            };
            // one that somebody has named is shown also while it has nothing
            if named || prometheus.has_series().await {
                gap = None;
                self.ask_prometheus(prometheus);
                break;
            }
        }
        self.out.gap(&whose, gap)
    }

    fn ask_prometheus(&mut self, prometheus: Prometheus) {
        let id = self.number();
        let told = ExporterTold::Awaited {
            source: SourceName::Prometheus,
            address: prometheus.address(),
            node: None,
        };
        // who does not listen any more is noticed with the next word
        self.tell(id, told);
        self.awaited.insert(id);
        let task = self.task(id, SourceName::Prometheus, Duration::ZERO, true);
        let handle = self.tasks.spawn_local(task.run(prometheus));
        self.prometheus = Some((id, handle));
    }

    /// Begins, moves and ends the reading of exporters.
    fn follow(&mut self, proxy: &Proxy) -> bool {
        let asked = self.wanted.exporters && self.prometheus.is_none();
        let mut wanted = self.places.clone();
        wanted.retain(|key, _| asked && self.allowed.contains(&key.namespace));
        let gone: Vec<Key> = self
            .followed
            .keys()
            .filter(|key| !wanted.contains_key(*key))
            .cloned()
            .collect();
        for key in gone {
            if let Some(followed) = self.followed.remove(&key) {
                followed.task.abort();
                self.awaited.remove(&followed.id);
                if !self.tell(followed.id, ExporterTold::Gone) {
                    return false;
                }
            }
        }
        let many = wanted.len() > LEARNED;
        for (key, place) in wanted {
            if let Some(followed) = self.followed.get(&key) {
                if *followed.place.borrow() == place {
                    continue;
                }
                let told = awaited(&key, place.as_ref());
                followed.place.send_replace(place);
                let id = followed.id;
                if !self.tell(id, told) {
                    return false;
                }
                continue;
            }
            let id = self.number();
            if !self.tell(id, awaited(&key, place.as_ref())) {
                return false;
            }
            self.awaited.insert(id);
            let first = match many && self.followed.len() >= LEARNED {
                true => SPREAD.mul_f64(chance()),
                false => Duration::ZERO,
            };
            let task = self.task(id, SourceName::Dcgm, first, !many);
            let (place, places) = watch::channel(place);
            let scraped = Scraped {
                proxy: proxy.clone(),
                gate: Arc::clone(&self.gate),
                places,
            };
            let task = self.tasks.spawn_local(task.run(scraped));
            self.followed.insert(key, Followed { id, place, task });
        }
        true
    }

    /// Ends all tasks: those that go on begin anew by another connection.
    fn stop(&mut self) {
        for followed in std::mem::take(&mut self.followed).into_values() {
            followed.task.abort();
            self.awaited.remove(&followed.id);
            self.tell(followed.id, ExporterTold::Gone);
        }
        if let Some((id, task)) = self.prometheus.take() {
            task.abort();
            self.awaited.remove(&id);
            self.tell(id, ExporterTold::Gone);
        }
    }

    fn number(&mut self) -> ExporterId {
        self.next += 1;
        ExporterId(self.next)
    }

    fn task(&self, id: ExporterId, source: SourceName, first: Duration, learns: bool) -> Task {
        Task {
            id,
            source,
            first,
            learns,
            to: self.to.clone(),
            again: Arc::clone(&self.again),
        }
    }
}

fn awaited(key: &Key, place: Option<&Place>) -> ExporterTold {
    ExporterTold::Awaited {
        source: SourceName::Dcgm,
        address: match place {
            Some(place) => place.address(),
            None => Text::from(format!("{}/{}", key.namespace, key.owner)),
        },
        node: Some(key.node.clone()),
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
