//! What comes of the watches goes through here: out, and to those who ask what else runs in the cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use crate::domain::cluster::PodFacts;
use crate::domain::cluster::news::{Change, ClusterNews, Gap, Scope};
use crate::domain::ids::{ObjectUid, StreamId};
use crate::domain::observation::{Fact, Observation};
use crate::domain::text::Text;
use crate::sources::kube::{Proxy, Sink};
use crate::sources::stream::{Listener, StreamMsg};

/// An exporter of the cluster, whichever pod runs it just now.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Key {
    /// The node.
    pub(super) node: Text,
    pub(super) namespace: Text,
    /// What makes its pods.
    pub(super) owner: Text,
}

/// A pod that can be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) namespace: Text,
    pub(super) pod: Text,
    pub(super) port: u16,
}

/// Exporters; `None`: there is no pod of it that runs.
pub(super) type Places = BTreeMap<Key, Option<Place>>;

/// What those are told who ask beside the watches.
#[derive(Debug)]
pub(super) enum Notice {
    /// There is a connection.
    Connected(Proxy),
    /// These exporters there are now.
    Exporters(Places),
    /// The watches have told everything once. Whoever waits for a first word is told when exporters have spoken too.
    Settled,
}

/// Where observations go.
pub(super) struct Out<L> {
    id: StreamId,
    to: L,
    gaps: Arc<Mutex<Gaps>>,
}

impl<L: Clone> Clone for Out<L> {
    fn clone(&self) -> Self {
        Self {
            id: self.id,
            to: self.to.clone(),
            gaps: Arc::clone(&self.gaps),
        }
    }
}

/// What may not be read: by the watches, and beside them.
#[derive(Debug, Default)]
struct Gaps {
    of_watches: Vec<Gap>,
    /// By whose they are.
    beside: BTreeMap<Text, Gap>,
}

impl<L: Listener> Out<L> {
    pub(super) fn new(id: StreamId, to: L) -> Self {
        Self {
            id,
            to,
            gaps: Arc::default(),
        }
    }

    pub(super) fn tell(&self, fact: Fact) -> bool {
        let at = Timestamp::now();
        self.pass(Observation { at, fact })
    }

    pub(super) fn news(&self, news: ClusterNews) -> bool {
        self.tell(Fact::ClusterNews(Box::new(news)))
    }

    fn pass(&self, observation: Observation) -> bool {
        let message = StreamMsg::Observation(Box::new(observation));
        self.to.tell(self.id, message)
    }

    /// Something beside the watches may not be read, or may again.
    pub(super) fn gap(&self, whose: &Text, gap: Option<Gap>) -> bool {
        let mut gaps = self.lock();
        if gaps.beside.get(whose) == gap.as_ref() {
            return true;
        }
        match gap {
            Some(gap) => drop(gaps.beside.insert(whose.clone(), gap)),
            None => drop(gaps.beside.remove(whose)),
        }
        let all = gaps.all();
        drop(gaps);
        self.news(ClusterNews::Gaps { gaps: all })
    }

    fn lock(&self) -> MutexGuard<'_, Gaps> {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gaps {
    fn all(&self) -> Vec<Gap> {
        let mut all = self.of_watches.clone();
        for gap in self.beside.values() {
            if !all.contains(gap) {
                all.push(gap.clone());
            }
        }
        all
    }
}

/// The sink of the watches.
pub(super) struct Hub<L> {
    pub(super) out: Out<L>,
    /// Who asks beside the watches; `None`: nobody.
    pub(super) notices: Option<UnboundedSender<Notice>>,
    pub(super) seen: Seen,
}

impl<L: Listener> Sink for Hub<L> {
    fn tell(&mut self, observation: Observation) -> bool {
        let Some(notices) = &self.notices else {
            return self.out.pass(observation);
        };
        let Observation { at, fact } = observation;
        let fact = match fact {
            Fact::ClusterNews(mut news) => {
                match &mut *news {
                    ClusterNews::Gaps { gaps } => {
                        let mut all = self.out.lock();
                        all.of_watches = std::mem::take(gaps);
                        *gaps = all.all();
                    }
                    ClusterNews::Pods { scope, change } if self.seen.take(scope, change) => {
                        // whoever was to hear it may have ended, and then nobody reads anything any more
                        let _ = notices.send(Notice::Exporters(self.seen.places()));
                    }
                    _ => {}
                }
                Fact::ClusterNews(news)
            }
            Fact::Beat { .. } => return notices.send(Notice::Settled).is_ok(),
            fact => fact,
        };
        self.out.pass(Observation { at, fact })
    }

    fn connected(&mut self, proxy: Proxy) {
        if let Some(notices) = &self.notices {
            let _ = notices.send(Notice::Connected(proxy));
        }
    }
}

/// Exporters' pods, each with the watch that told of it last: only that one can say that it is gone.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<ObjectUid, (Scope, Key, Option<Place>)>);

impl Seen {
    /// Takes in what is new of pods; true: of exporters, too.
    fn take(&mut self, scope: &Scope, change: &Change<PodFacts>) -> bool {
        let (set, gone): (&[PodFacts], &[ObjectUid]) = match change {
            Change::All(all) => {
                let there = |uid: &ObjectUid| all.iter().any(|pod| pod.uid == *uid);
                let before = self.0.len();
                self.0.retain(|uid, (of, _, _)| of != scope || there(uid));
                return self.set(scope, all) | (self.0.len() != before);
            }
            Change::Some { set, gone } => (set, gone),
            Change::Unwatched => {
                let before = self.0.len();
                self.0.retain(|_, (of, _, _)| of != scope);
                return self.0.len() != before;
            }
        };
        let mut news = self.set(scope, set);
        for uid in gone {
            if self.0.get(uid).is_some_and(|(of, _, _)| of == scope) {
                news |= self.0.remove(uid).is_some();
            }
        }
        news
    }

    fn set(&mut self, scope: &Scope, pods: &[PodFacts]) -> bool {
        let mut news = false;
        for pod in pods {
            let (Some(port), Some(node)) = (pod.exporter, &pod.node) else {
                continue;
            };
            let key = Key {
                node: node.clone(),
                namespace: pod.namespace.clone(),
                owner: pod
                    .owner
                    .as_ref()
                    .map_or(&pod.name, |owner| &owner.name)
                    .clone(),
            };
            let runs = pod.phase == "Running" && pod.deleting.is_none();
            let place = runs.then(|| Place {
                namespace: pod.namespace.clone(),
                pod: pod.name.clone(),
                port,
            });
            let seen = (scope.clone(), key, place);
            news |= self.0.get(&pod.uid) != Some(&seen);
            self.0.insert(pod.uid.clone(), seen);
        }
        news
    }

    /// Exporters, each with a pod that runs if there is one: while one is replaced there are two.
    fn places(&self) -> Places {
        let mut places = Places::new();
        for (_, key, place) in self.0.values() {
            let known = places.entry(key.clone()).or_default();
            if known.is_none() {
                known.clone_from(place);
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cluster::OwnerRef;

    fn pod(name: &str, phase: &str) -> PodFacts {
        let pod = serde_json::json!({
            "uid": name, "namespace": "gpu-operator", "name": name, "phase": phase, "requests": {},
            "node": "dgx-1", "exporter": 9400
        });
        let mut pod: PodFacts = serde_json::from_value(pod).unwrap();
        pod.owner = Some(OwnerRef {
            kind: Text::new("DaemonSet"),
            name: Text::new("nvidia-dcgm-exporter"),
        });
        pod
    }

    fn some(set: Vec<PodFacts>, gone: &[&str]) -> Change<PodFacts> {
        let gone = gone.iter().map(|uid| ObjectUid::new(uid)).collect();
        Change::Some { set, gone }
    }

    fn names(seen: &Seen) -> Vec<Option<String>> {
        let places = seen.places().into_values();
        places.map(|p| p.map(|p| p.pod.to_string())).collect()
    }

    #[test]
    fn one_that_is_replaced_is_the_same_exporter_in_another_pod() {
        let scope = Scope::Node(Text::new("dgx-1"));
        let mut seen = Seen::default();
        assert!(seen.take(&scope, &Change::All(vec![pod("a", "Running")])));
        assert!(!seen.take(&scope, &some(vec![pod("a", "Running")], &[])));
        assert_eq!(names(&seen), [Some("a".to_owned())]);
        let mut leaving = pod("a", "Running");
        leaving.deleting = Some(Timestamp::UNIX_EPOCH);
        assert!(seen.take(&scope, &some(vec![leaving], &[])));
        assert_eq!(names(&seen), [None], "it is there, and cannot be asked");
        assert!(seen.take(&scope, &some(vec![pod("b", "Running")], &["a"])));
        assert_eq!(names(&seen), [Some("b".to_owned())]);
    }

    #[test]
    fn only_the_watch_that_told_of_it_says_that_it_is_gone() {
        let (node, all) = (Scope::Node(Text::new("dgx-1")), Scope::Everywhere);
        let mut seen = Seen::default();
        seen.take(&node, &Change::All(vec![pod("a", "Running")]));
        seen.take(&all, &Change::All(vec![pod("a", "Running")]));
        assert!(!seen.take(&node, &Change::Unwatched));
        assert!(seen.take(&all, &Change::All(Vec::new())));
        assert_eq!(names(&seen), [None; 0]);
    }
}
