//! One connection to one cluster: which watches there are, and what they tell, as observations.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::access::{AccessError, Credentials};
use super::api::{Api, CallError};
use super::backoff::Backoff;
use super::follow::{Bench, follow};
use super::health::{State, Vitals};
use super::objects::{Budgets, Claims, Events, Nodes, Pods, Quotas, Slices};
use super::proxy::Proxy;
use super::rights::{self, Question};
use super::strategy::{self, Reach};
use super::watch::Watch;
use super::{pulse, served};
use crate::domain::cluster::NodeFacts;
use crate::domain::cluster::news::{Change, ClusterHello, ClusterNews, Gap, Scope, Serves};
use crate::domain::observation::{Fact, Health, Observation, SourceName, SourceState};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;

/// Notes that may wait for the session; watches that have more to tell wait with it.
const NOTES: usize = 64;

/// What to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// With which credential.
    pub credentials: Credentials,
    /// Where the user may not list pods of all namespaces: this one; `None`: that of the context.
    pub namespace: Option<String>,
    /// Ask for the initial events of watches, and for pages only where the server has none. Off: pages at once.
    pub streamed: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            credentials: Credentials::default(),
            namespace: None,
            streamed: true,
        }
    }
}

/// Who hears what the cluster tells.
pub trait Sink: Send {
    /// Takes an observation in, and waits while there is no room for it; false: nobody listens any more.
    fn tell(&mut self, observation: Observation) -> bool;

    /// There is a connection, by which other things that run in the cluster can be asked too.
    fn connected(&mut self, _proxy: Proxy) {}
}

impl<F: FnMut(Observation) -> bool + Send> Sink for F {
    fn tell(&mut self, observation: Observation) -> bool {
        self(observation)
    }
}

/// Which watch.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum WatchId {
    Nodes,
    Pods(Scope),
    Claims,
    Slices,
    Budgets,
    Quotas,
    Events,
}

/// What reaches the session.
#[derive(Debug)]
pub(super) enum Note {
    /// Something is new of the cluster.
    News(ClusterNews),
    /// How a watch does.
    State(WatchId, State),
    /// Whether the server answers.
    Pulse(Result<(), CallError>),
    /// What the server says beforehand that may not be read.
    Gaps(BTreeSet<Gap>),
}

/// Why a session has ended.
enum End {
    /// Nobody listens any more.
    Nobody,
    /// With other credentials it may go on: files are read again.
    Again,
}

/// Reads a cluster until nobody listens any more or this future is dropped.
pub async fn run(options: Options, mut sink: impl Sink) {
    let mut backoff = Backoff::default();
    let mut first = None;
    loop {
        match begin(&options.credentials).await {
            Ok((api, hello)) => {
                backoff.reset();
                sink.connected(Proxy::new(api.clone()));
                let session = Session::new(api, hello, &options, first.is_some());
                match session.run(&mut sink).await {
                    End::Nobody => return,
                    End::Again => first = Some(()),
                }
            }
            Err(why) => {
                let health = match first {
                    // it has told something: that stays, and is late
                    Some(()) => Health::Late {
                        since: Timestamp::now(),
                        why: why.text,
                    },
                    None => Health::Down {
                        since: Timestamp::now(),
                        why,
                    },
                };
                // who waits for a first word has it
                if !tell(&mut sink, source(health)) || !tell(&mut sink, BEAT) {
                    return;
                }
            }
        }
        tokio::time::sleep(backoff.next()).await;
    }
}

/// All that there is to see at once has been told.
const BEAT: Fact = Fact::Beat { n: 1, dropped: 0 };

fn source(health: Health) -> Fact {
    Fact::Source(SourceState {
        source: SourceName::Kubernetes,
        health,
    })
}

fn tell(sink: &mut impl Sink, fact: Fact) -> bool {
    let at = Timestamp::now();
    sink.tell(Observation { at, fact })
}

/// A client, and a first answer of the server.
async fn begin(credentials: &Credentials) -> Result<(Api, ClusterHello), Absence> {
    let (client, mut hello) = credentials.client().await.map_err(|error| {
        let code = match &error {
            AccessError::None => AbsentCode::NoSource,
            _ => AbsentCode::Failed,
        };
        Absence::new(code, error.to_string())
    })?;
    let api = Api::new(client);
    hello.version = pulse::version(&api).await.map_err(|error| {
        let code = match error.code() {
            Some(401) => AbsentCode::NoPermission,
            _ => AbsentCode::Failed,
        };
        Absence::new(code, format!("{}: {error}", hello.server))
    })?;
    Ok((api, hello))
}

struct Session {
    bench: Bench,
    inbox: mpsc::Receiver<Note>,
    hello: ClusterHello,
    /// The namespace for who may not read all.
    own: Text,
    streamed: bool,
    reach: Reach,
    serves: Serves,
    tasks: JoinSet<()>,
    watches: BTreeMap<WatchId, AbortHandle>,
    /// Scopes of pods whose successor has not told everything yet.
    retiring: BTreeSet<Scope>,
    nodes: BTreeSet<Text>,
    nodes_told: bool,
    vitals: Vitals,
    /// Gaps that were found beforehand; the rest show by refusals.
    gaps: BTreeSet<Gap>,
    reviewed: bool,
    told: Told,
}

/// What was told last, so that it is not told twice.
#[derive(Default)]
struct Told {
    health: Option<Health>,
    gaps: Option<BTreeSet<Gap>>,
    settled: bool,
}

impl Session {
    fn new(api: Api, hello: ClusterHello, options: &Options, again: bool) -> Self {
        let (notes, inbox) = mpsc::channel(NOTES);
        let bench = Bench {
            api,
            notes,
            up: Default::default(),
        };
        let own = options.namespace.as_deref().map(Text::new);
        let mut vitals = Vitals::default();
        vitals.pulse(Ok(()), Timestamp::now());
        Self {
            bench,
            inbox,
            own: own.unwrap_or_else(|| hello.namespace.clone()),
            hello,
            streamed: options.streamed,
            reach: Reach::Cluster,
            serves: Serves::default(),
            tasks: JoinSet::new(),
            watches: BTreeMap::new(),
            retiring: BTreeSet::new(),
            nodes: BTreeSet::new(),
            nodes_told: false,
            vitals,
            gaps: BTreeSet::new(),
            reviewed: false,
            told: Told {
                settled: again,
                ..Told::default()
            },
        }
    }

    async fn run(mut self, sink: &mut impl Sink) -> End {
        let hello = ClusterNews::Begun(self.hello.clone());
        if !tell(sink, news(hello)) {
            return End::Nobody;
        }
        self.look_around().await;
        if !tell(sink, news(ClusterNews::Serves(self.serves))) || !self.tell_gaps(sink) {
            return End::Nobody;
        }
        self.start();
        while let Some(note) = self.inbox.recv().await {
            let now = Timestamp::now();
            match note {
                Note::News(news) => {
                    self.note(&news);
                    if !tell(sink, self::news(news)) {
                        return End::Nobody;
                    }
                    self.watch_pods();
                }
                Note::State(_, State::Unauthorised(_)) => return End::Again,
                Note::Pulse(Err(error)) if error.code() == Some(401) => return End::Again,
                Note::State(id, state) => {
                    let live = state == State::Live;
                    self.vitals.told(&id, state, now);
                    if matches!((&id, live), (WatchId::Pods(_), true)) && !self.retire(sink) {
                        return End::Nobody;
                    }
                    if id == WatchId::Nodes && !live && !self.nodes_told {
                        // whoever cannot read nodes may still read pods
                        self.nodes_told = true;
                        self.watch_pods();
                    }
                }
                Note::Gaps(gaps) => {
                    self.gaps.extend(gaps);
                    self.reviewed = true;
                }
                Note::Pulse(answer) => {
                    let answer = answer.map_err(|e| Text::from(e.to_string()));
                    self.vitals.pulse(answer, now);
                }
            }
            if !self.tell_gaps(sink) || !self.tell_health(sink, now) {
                return End::Nobody;
            }
        }
        End::Nobody
    }

    /// What the server serves, and whether this user may read the pods of all namespaces: the rest can wait.
    async fn look_around(&mut self) {
        let api = &self.bench.api;
        let everywhere = WatchId::Pods(Scope::Everywhere);
        let pods = Question {
            of: &everywhere,
            verb: "list",
            namespace: None,
        };
        let (serves, may) = tokio::join!(served::ask(api), pods.ask(api));
        self.serves = serves.unwrap_or_default();
        // where the server does not say, it will when it is asked for them
        if let Ok((false, reason)) = may {
            self.gaps.insert(pods.gap(reason));
            self.reach = Reach::Namespace(self.own.clone());
        }
    }

    fn start(&mut self) {
        self.spawn(WatchId::Nodes);
        self.spawn(WatchId::Budgets);
        self.spawn(WatchId::Quotas);
        self.spawn(WatchId::Events);
        if self.serves.dra {
            self.spawn(WatchId::Claims);
            self.spawn(WatchId::Slices);
        }
        let of: Vec<WatchId> = self.watches.keys().cloned().collect();
        let own = match &self.reach {
            Reach::Cluster => None,
            Reach::Namespace(name) => Some(name.clone()),
        };
        let (api, notes) = (self.bench.api.clone(), self.bench.notes.clone());
        self.tasks.spawn(async move {
            let gaps = rights::gaps(&api, &of, own.as_deref()).await;
            let _ = notes.send(Note::Gaps(gaps)).await;
        });
        let bench = self.bench.clone();
        self.tasks.spawn(pulse::beat(bench));
    }

    /// Begins a watch, unless it runs.
    fn spawn(&mut self, id: WatchId) {
        if self.watches.contains_key(&id) {
            return;
        }
        self.vitals.expect(id.clone());
        let bench = self.bench.clone();
        let streamed = self.streamed;
        let namespaced = |group: &str, resource: &str| match &self.reach {
            Reach::Cluster => format!("{group}/{resource}"),
            Reach::Namespace(name) => format!("{group}/namespaces/{name}/{resource}"),
        };
        let dra = "/apis/resource.k8s.io/v1";
        macro_rules! watch {
            ($kind:ty, $path:expr, $fields:expr, $news:expr) => {{
                let watch = Watch::<$kind>::new($path, $fields, streamed);
                self.tasks.spawn(follow(id.clone(), bench, watch, $news))
            }};
        }
        let none = String::new();
        let handle = match &id {
            WatchId::Nodes => watch!(Nodes, "/api/v1/nodes".into(), none, ClusterNews::Nodes),
            WatchId::Claims => {
                let path = namespaced(dra, "resourceclaims");
                watch!(Claims, path, none, ClusterNews::Claims)
            }
            WatchId::Slices => {
                let path = format!("{dra}/resourceslices");
                watch!(Slices, path, none, ClusterNews::Slices)
            }
            WatchId::Budgets => {
                let path = namespaced("/apis/policy/v1", "poddisruptionbudgets");
                watch!(Budgets, path, none, ClusterNews::Budgets)
            }
            WatchId::Quotas => {
                let path = namespaced("/api/v1", "resourcequotas");
                watch!(Quotas, path, none, ClusterNews::Quotas)
            }
            WatchId::Events => {
                let path = namespaced("/api/v1", "events");
                let fields = strategy::WARNINGS.to_owned();
                watch!(Events, path, fields, ClusterNews::Events)
            }
            WatchId::Pods(scope) => {
                let (path, fields) = strategy::query(scope);
                let scope = scope.clone();
                watch!(Pods, path, fields, move |change| ClusterNews::Pods {
                    scope: scope.clone(),
                    change,
                })
            }
        };
        self.watches.insert(id, handle);
    }

    /// Notes which nodes there are.
    fn note(&mut self, news: &ClusterNews) {
        let name = |node: &NodeFacts| node.name.clone();
        match news {
            ClusterNews::Nodes(Change::All(all)) => {
                self.nodes = all.iter().filter_map(name).collect();
                self.nodes_told = true;
            }
            ClusterNews::Nodes(Change::Some { set, .. }) => {
                // one that has gone keeps its watch: nothing comes of it, and a node often comes back
                self.nodes.extend(set.iter().filter_map(name));
            }
            _ => {}
        }
    }

    /// Lets the watches of pods follow the nodes.
    fn watch_pods(&mut self) {
        if !self.nodes_told {
            return;
        }
        let now: BTreeSet<Scope> = self.scopes().cloned().collect();
        let wanted = match &self.reach {
            // nodes cannot be read, or none has GPUs yet: what asks for some shows all the same
            Reach::Cluster if self.nodes.is_empty() && now.is_empty() => [Scope::Everywhere].into(),
            reach => strategy::scopes(reach, &self.nodes, &now),
        };
        for scope in wanted.difference(&now) {
            self.spawn(WatchId::Pods(scope.clone()));
        }
        self.retiring.extend(now.difference(&wanted).cloned());
    }

    fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.watches.keys().filter_map(|id| match id {
            WatchId::Pods(scope) if !self.retiring.contains(scope) => Some(scope),
            _ => None,
        })
    }

    /// Ends watches whose successors have told everything.
    fn retire(&mut self, sink: &mut impl Sink) -> bool {
        if self.retiring.is_empty() || !self.vitals.is_settled() {
            return true;
        }
        for scope in std::mem::take(&mut self.retiring) {
            let id = WatchId::Pods(scope.clone());
            if let Some(task) = self.watches.remove(&id) {
                task.abort();
            }
            self.vitals.forget(&id);
            let change = Change::Unwatched;
            if !tell(sink, news(ClusterNews::Pods { scope, change })) {
                return false;
            }
        }
        true
    }

    fn tell_gaps(&mut self, sink: &mut impl Sink) -> bool {
        let mut gaps = self.gaps.clone();
        for (id, why) in self.vitals.forbidden() {
            let namespace = match (&self.reach, id) {
                (Reach::Namespace(name), _) => Some(name.as_str()),
                (Reach::Cluster, _) => None,
            };
            let refused = rights::gap(id, "list", namespace, Some(why.clone()));
            if !gaps.iter().any(|g| g.permission == refused.permission) {
                gaps.insert(refused);
            }
        }
        if self.told.gaps.as_ref() == Some(&gaps) {
            return true;
        }
        self.told.gaps = Some(gaps.clone());
        let gaps = gaps.into_iter().collect();
        tell(sink, news(ClusterNews::Gaps { gaps }))
    }

    fn tell_health(&mut self, sink: &mut impl Sink, now: Timestamp) -> bool {
        let health = self.vitals.health(now);
        if self.told.health.as_ref() != Some(&health) {
            self.told.health = Some(health.clone());
            if !tell(sink, source(health)) {
                return false;
            }
        }
        let settled = self.nodes_told && self.reviewed && self.vitals.is_settled();
        if settled && !self.told.settled {
            self.told.settled = true;
            return tell(sink, BEAT);
        }
        true
    }
}

fn news(news: ClusterNews) -> Fact {
    Fact::ClusterNews(Box::new(news))
}
