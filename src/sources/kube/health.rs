//! How the API server does, from how each watch does and whether it answers at all.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::session::WatchId;
use crate::domain::observation::Health;
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;

/// How a watch does.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum State {
    /// It follows, and has told everything once.
    Live,
    /// It is broken.
    Late(Text),
    /// The user may not.
    Forbidden(Text),
    /// The server does not know whom it speaks with.
    Unauthorised(Text),
    /// The server has no such objects.
    Unserved,
}

/// All of them together.
#[derive(Debug, Default)]
pub(super) struct Vitals {
    watches: BTreeMap<WatchId, Option<State>>,
    /// Why the server does not answer, and since when.
    silent: Option<(Timestamp, Text)>,
    /// Since when each broken watch is.
    since: BTreeMap<WatchId, Timestamp>,
    /// When the first connection was tried.
    begun: Option<Timestamp>,
    /// The last time that it answered.
    heard: Option<Timestamp>,
}

impl Vitals {
    /// A watch begins.
    pub(super) fn expect(&mut self, id: WatchId) {
        self.watches.entry(id).or_default();
    }

    /// A watch is over.
    pub(super) fn forget(&mut self, id: &WatchId) {
        self.watches.remove(id);
        self.since.remove(id);
    }

    /// A watch tells how it does.
    pub(super) fn told(&mut self, id: &WatchId, state: State, now: Timestamp) {
        let Some(known) = self.watches.get_mut(id) else {
            return;
        };
        match &state {
            State::Late(_) | State::Unauthorised(_) => {
                self.since.entry(id.clone()).or_insert(now);
            }
            State::Live | State::Forbidden(_) | State::Unserved => {
                self.since.remove(id);
                self.heard = Some(now);
            }
        }
        *known = Some(state);
    }

    /// The server has answered, or has not.
    pub(super) fn pulse(&mut self, answer: Result<(), Text>, now: Timestamp) {
        self.begun.get_or_insert(now);
        match answer {
            Ok(()) => {
                self.silent = None;
                self.heard = Some(now);
            }
            Err(why) => {
                let since = self.silent.as_ref().map(|(since, _)| *since);
                let since = since.or(self.heard).unwrap_or(now);
                self.silent = Some((since, why));
            }
        }
    }

    /// Whether every watch has told something, be it that it cannot.
    pub(super) fn is_settled(&self) -> bool {
        self.watches.values().all(Option::is_some)
    }

    /// What may not be read, in the server's words.
    pub(super) fn forbidden(&self) -> impl Iterator<Item = (&WatchId, &Text)> {
        self.watches.iter().filter_map(|(id, state)| match state {
            Some(State::Forbidden(why)) => Some((id, why)),
            _ => None,
        })
    }

    /// How the source as a whole does.
    pub(super) fn health(&self, now: Timestamp) -> Health {
        let broken = self.watches.iter().filter_map(|(id, state)| match state {
            Some(State::Late(why) | State::Unauthorised(why)) => {
                Some((self.since.get(id).copied().unwrap_or(now), why.clone()))
            }
            _ => None,
        });
        let worst = self.silent.iter().cloned().chain(broken);
        let Some((since, why)) = worst.min_by_key(|(since, _)| *since) else {
            return Health::Live;
        };
        match self.heard {
            Some(_) => Health::Late { since, why },
            None => Health::Down {
                since: self.begun.unwrap_or(now),
                why: Absence::new(AbsentCode::Failed, why),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn late(health: &Health) -> Option<(i64, &str)> {
        match health {
            Health::Late { since, why } => Some((since.as_second(), why.as_str())),
            _ => None,
        }
    }

    #[test]
    fn one_broken_watch_makes_it_late_since_that_broke() {
        let mut vitals = Vitals::default();
        let (nodes, quotas) = (WatchId::Nodes, WatchId::Quotas);
        vitals.expect(nodes.clone());
        vitals.expect(quotas.clone());
        assert!(!vitals.is_settled());
        vitals.told(&nodes, State::Live, at(1));
        vitals.told(&quotas, State::Forbidden(Text::new("no")), at(1));
        assert!(vitals.is_settled());
        assert_eq!(vitals.health(at(2)), Health::Live, "a gap is not lateness");
        assert_eq!(vitals.forbidden().count(), 1);
        vitals.told(&nodes, State::Late(Text::new("reset")), at(5));
        vitals.told(&nodes, State::Late(Text::new("refused")), at(9));
        assert_eq!(late(&vitals.health(at(10))), Some((5, "refused")));
        vitals.told(&nodes, State::Live, at(12));
        assert_eq!(vitals.health(at(12)), Health::Live);
    }

    #[test]
    fn a_server_that_never_answered_is_down_and_one_that_did_is_late_since_it_last_did() {
        let mut vitals = Vitals::default();
        vitals.pulse(Err(Text::new("refused")), at(3));
        vitals.pulse(Err(Text::new("refused")), at(5));
        assert!(matches!(vitals.health(at(6)), Health::Down { since, .. } if since == at(3)));
        vitals.pulse(Ok(()), at(7));
        assert_eq!(vitals.health(at(7)), Health::Live);
        vitals.pulse(Err(Text::new("no answer")), at(20));
        assert_eq!(late(&vitals.health(at(21))), Some((7, "no answer")));
    }

    #[test]
    fn a_watch_that_was_given_up_says_nothing_more() {
        let mut vitals = Vitals::default();
        vitals.expect(WatchId::Nodes);
        vitals.told(&WatchId::Nodes, State::Late(Text::new("x")), at(1));
        vitals.forget(&WatchId::Nodes);
        vitals.told(&WatchId::Nodes, State::Late(Text::new("x")), at(2));
        assert_eq!(vitals.health(at(3)), Health::Live);
    }
}
