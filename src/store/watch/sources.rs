//! Sources that are lost and come back, without a flood from one that flaps.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::event::{Happening, Seen};
use crate::domain::fleet::Node;
use crate::domain::observation::{Health, SourceName};
use crate::domain::text::Text;

use super::event;
use super::record::Record;

/// Losses closer to each other than this belong together.
const TOGETHER: SignedDuration = SignedDuration::from_mins(10);
/// So many losses in a row have events of their own; from then on the last one counts them.
const APART: u32 = 3;

/// How sources do.
#[derive(Debug, Default)]
pub(super) struct Sources(BTreeMap<SourceName, State>);

#[derive(Clone, Copy, Debug)]
struct State {
    lost: bool,
    /// Its loss was told.
    told: bool,
    losses: u32,
    /// First and last loss of those that belong together.
    first: Timestamp,
    last: Timestamp,
}

impl Sources {
    pub(super) fn look(&mut self, node: &Node, record: &mut Record) {
        for source in &node.sources {
            let (name, health) = (source.source, &source.health);
            let lost = *health != Health::Live;
            let Some(state) = self.0.get_mut(&name) else {
                // one that was never there is not lost
                let state = State {
                    lost,
                    told: false,
                    losses: 0,
                    first: node.at,
                    last: node.at,
                };
                self.0.insert(name, state);
                continue;
            };
            if state.lost == lost {
                continue;
            }
            state.lost = lost;
            if let Some((word, why)) = words(health) {
                state.loss(name, node.at, word, why, record);
            } else if std::mem::take(&mut state.told) {
                let back = Happening::SourceBack { source: name };
                record.push(event(node.at, back, Seen::Watched));
            }
        }
    }
}

impl State {
    fn loss(
        &mut self,
        source: SourceName,
        at: Timestamp,
        word: &str,
        why: Text,
        record: &mut Record,
    ) {
        if at.duration_since(self.last) > TOGETHER || self.losses == 0 {
            self.losses = 0;
            self.first = at;
        }
        self.losses += 1;
        self.last = at;
        self.told = true;
        let state = Text::new(word);
        if self.losses <= APART {
            let lost = Happening::SourceLost { source, state, why };
            return record.push(event(at, lost, Seen::Watched));
        }
        record
            .take_last(|e| matches!(&e.what, Happening::SourceBack { source: s } if *s == source));
        record.take_last(
            |e| matches!(&e.what, Happening::SourceLost { source: s, .. } if *s == source),
        );
        let why = Text::from(format!(
            "{why}; lost {} times since {:.0}",
            self.losses, self.first
        ));
        let lost = event(
            at,
            Happening::SourceLost { source, state, why },
            Seen::Watched,
        );
        if self.losses.is_power_of_two() {
            record.push(lost);
        } else {
            record.replace(lost);
        }
    }
}

/// The state in one word, and why; `None`: it is live.
fn words(health: &Health) -> Option<(&'static str, Text)> {
    match health {
        Health::Live => None,
        Health::Late { why, .. } => Some(("late", why.clone())),
        Health::Hung { why, .. } => Some(("hung", why.clone())),
        Health::Down { why, .. } => Some(("down", why.text.clone())),
    }
}
