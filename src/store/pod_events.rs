//! Warnings about pods, as many as are worth keeping.

use std::collections::HashMap;

use crate::domain::cluster::PodEvent;
use crate::domain::cluster::news::Change;
use crate::domain::ids::ObjectUid;

/// The newest of each pod that are kept.
const OF_A_POD: usize = 10;
/// Of all pods together. Above, those go first that are of no pod that concerns GPUs, then the oldest.
const OF_ALL: usize = 2_000;

/// By pod, the newest last.
#[derive(Debug, Default)]
pub(super) struct PodEvents {
    by_pod: HashMap<ObjectUid, Vec<PodEvent>>,
    kept: usize,
}

impl PodEvents {
    /// Takes in what is new, and gives the pods that it is about.
    pub(super) fn take(
        &mut self,
        change: Change<PodEvent>,
        is_known: impl Fn(&ObjectUid) -> bool,
    ) -> Vec<ObjectUid> {
        let mut about = Vec::new();
        let (set, gone) = match change {
            Change::All(all) => {
                about.extend(self.by_pod.drain().map(|(pod, _)| pod));
                (all, Vec::new())
            }
            Change::Some { set, gone } => (set, gone),
            Change::Unwatched => {
                self.kept = 0;
                return self.by_pod.drain().map(|(pod, _)| pod).collect();
            }
        };
        for uid in gone {
            // an hour has passed, or somebody cleans up
            for (pod, events) in &mut self.by_pod {
                let before = events.len();
                events.retain(|event| event.uid != uid);
                if events.len() != before {
                    about.push(pod.clone());
                }
            }
        }
        for event in set {
            about.push(event.pod.clone());
            let events = self.by_pod.entry(event.pod.clone()).or_default();
            events.retain(|known| known.uid != event.uid);
            let at = events.partition_point(|known| known.last <= event.last);
            events.insert(at, event);
            if events.len() > OF_A_POD {
                events.remove(0);
            }
        }
        self.by_pod.retain(|_, events| !events.is_empty());
        self.prune(is_known);
        about
    }

    fn prune(&mut self, is_known: impl Fn(&ObjectUid) -> bool) {
        self.kept = self.by_pod.values().map(Vec::len).sum();
        if self.kept <= OF_ALL {
            return;
        }
        self.by_pod.retain(|pod, _| is_known(pod));
        let mut pods: Vec<_> = self.by_pod.iter().collect();
        pods.sort_by_key(|(_, events)| std::cmp::Reverse(events.last().and_then(|e| e.last)));
        let mut room = OF_ALL;
        let kept: std::collections::HashSet<ObjectUid> = pods
            .into_iter()
            .take_while(|(_, events)| {
                let fits = events.len() <= room;
                room = room.saturating_sub(events.len());
                fits
            })
            .map(|(pod, _)| pod.clone())
            .collect();
        self.by_pod.retain(|pod, _| kept.contains(pod));
        self.kept = self.by_pod.values().map(Vec::len).sum();
    }

    /// Of these pods, the newest last.
    pub(super) fn of<'a>(&self, pods: impl Iterator<Item = &'a ObjectUid>) -> Vec<PodEvent> {
        if self.by_pod.is_empty() {
            return Vec::new();
        }
        let of = |pod: &ObjectUid| self.by_pod.get(pod).cloned();
        let mut all: Vec<PodEvent> = pods.filter_map(of).flatten().collect();
        all.sort_by_key(|event| event.last);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Text;
    use jiff::Timestamp;

    fn event(uid: &str, pod: &str, at: i64) -> PodEvent {
        PodEvent {
            uid: ObjectUid::new(uid),
            pod: ObjectUid::new(pod),
            namespace: Text::new("svc"),
            name: Text::new(pod),
            kind: Text::new("Warning"),
            reason: Text::new("BackOff"),
            message: Text::new("restarts"),
            count: 1,
            first: None,
            last: Timestamp::from_second(at).ok(),
            from: None,
        }
    }

    fn some(set: Vec<PodEvent>, gone: &[&str]) -> Change<PodEvent> {
        let gone = gone.iter().map(|uid| ObjectUid::new(uid)).collect();
        Change::Some { set, gone }
    }

    fn uids(events: &PodEvents, pod: &str) -> Vec<String> {
        let pod = ObjectUid::new(pod);
        let all = events.of([&pod].into_iter());
        all.iter().map(|e| e.uid.as_str().to_owned()).collect()
    }

    #[test]
    fn an_event_that_happens_again_is_one_and_the_newest_are_kept() {
        let mut events = PodEvents::default();
        events.take(
            Change::All(vec![event("a", "p", 1), event("b", "p", 2)]),
            |_| true,
        );
        events.take(some(vec![event("a", "p", 3)], &[]), |_| true);
        assert_eq!(uids(&events, "p"), ["b", "a"]);
        let more = (10..30).map(|n| event(&n.to_string(), "p", n)).collect();
        events.take(some(more, &[]), |_| true);
        assert_eq!(uids(&events, "p").len(), OF_A_POD);
        assert_eq!(uids(&events, "p").last().unwrap(), "29");
        let about = events.take(some(Vec::new(), &["29"]), |_| true);
        assert_eq!(about, [ObjectUid::new("p")]);
        assert_eq!(uids(&events, "p").last().unwrap(), "28");
    }

    #[test]
    fn a_storm_of_other_pods_leaves_what_concerns_gpus() {
        let mut events = PodEvents::default();
        let known = |pod: &ObjectUid| pod.as_str() == "gpu";
        events.take(some(vec![event("x", "gpu", 0)], &[]), known);
        let storm = (0..3 * OF_ALL as i64).map(|n| event(&n.to_string(), &format!("p{n}"), n));
        events.take(some(storm.collect(), &[]), known);
        assert_eq!(uids(&events, "gpu"), ["x"]);
        assert!(events.kept <= OF_ALL, "{}", events.kept);
        let own = (0..3 * OF_ALL as i64).map(|n| event(&n.to_string(), &format!("p{n}"), n));
        events.take(some(own.collect(), &[]), |_| true);
        assert!(events.kept <= OF_ALL, "{}", events.kept);
        assert!(uids(&events, "gpu").is_empty(), "the oldest goes");
    }
}
