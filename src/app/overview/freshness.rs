//! Whether what is shown of a host is of now.

use jiff::{SignedDuration, Timestamp};

use crate::app::{Texts, words};
use crate::domain::fleet::Node;
use crate::domain::observation::{Health, SourceName};
use crate::domain::text::Text;

use super::{Piece, Tone};

/// Beats that may be missing before a host without other news is late.
const MISSED: f64 = 4.0;

/// Whether what is shown of a host is of now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Freshness {
    /// Nothing has come yet.
    Connecting,
    /// No probe reads it; what the API server says of it is of now.
    Unprobed(Text),
    /// Its probe has spoken, and its first round is not over.
    Reading,
    /// It is of now.
    Live,
    /// Its probe let go of the GPUs, for this reason.
    Released(Text),
    /// Nothing has come since.
    Late {
        /// The last news.
        since: Timestamp,
        /// What is known of the reason.
        why: Option<Text>,
    },
    /// Its probe does not answer.
    Hung {
        /// Since when.
        since: Timestamp,
        /// In which call.
        why: Text,
    },
    /// There is no probe.
    Down {
        /// Since when.
        since: Timestamp,
        /// Why.
        why: Text,
    },
}

/// How fresh a host is.
pub fn of(node: &Node, now: Timestamp) -> Freshness {
    let stream = node
        .sources
        .iter()
        .find(|s| s.source == SourceName::Stream)
        .map(|s| &s.health);
    match stream {
        Some(Health::Down { since, why }) => Freshness::Down {
            since: *since,
            why: why.text.clone(),
        },
        Some(Health::Hung { since, why }) => Freshness::Hung {
            since: *since,
            why: why.clone(),
        },
        Some(Health::Late { since, why }) => Freshness::Late {
            since: *since,
            why: Some(why.clone()),
        },
        Some(Health::Live) | None => by_records(node, now),
    }
}

fn by_records(node: &Node, now: Timestamp) -> Freshness {
    if let Some(why) = node.unprobed() {
        let mut sources = node.sources.iter();
        let told = sources.find(|s| s.source == SourceName::Kubernetes);
        return match told.map(|s| &s.health) {
            Some(Health::Late { since, why }) => Freshness::Late {
                since: *since,
                why: Some(why.clone()),
            },
            _ => Freshness::Unprobed(why.text.clone()),
        };
    }
    let Some(hello) = &node.hello else {
        return by_exporter(node);
    };
    if let Some(why) = &node.paused {
        return Freshness::Released(why.clone());
    }
    let patience = SignedDuration::from_secs_f64((hello.beat_seconds * MISSED).clamp(4.0, 3600.0));
    if now.duration_since(node.at) > patience {
        return Freshness::Late {
            since: node.at,
            why: None,
        };
    }
    match node.stream.beat {
        None => Freshness::Reading,
        Some(_) => Freshness::Live,
    }
}

/// A host that no probe reads is as fresh as what an exporter tells of it.
fn by_exporter(node: &Node) -> Freshness {
    let is_one = |source: SourceName| node.exporters.iter().any(|e| e.source == source);
    let source = node.sources.iter().find(|s| is_one(s.source));
    match source.map(|s| &s.health) {
        None => Freshness::Connecting,
        Some(Health::Live) => Freshness::Live,
        Some(Health::Late { since, why }) => Freshness::Late {
            since: *since,
            why: Some(why.clone()),
        },
        Some(Health::Hung { since, why }) => Freshness::Hung {
            since: *since,
            why: why.clone(),
        },
        Some(Health::Down { since, why }) => Freshness::Down {
            since: *since,
            why: why.text.clone(),
        },
    }
}

impl Freshness {
    /// Whether values on screen may be old.
    pub const fn is_old(&self) -> bool {
        !matches!(
            self,
            Self::Live | Self::Reading | Self::Connecting | Self::Unprobed(_)
        )
    }

    /// In a column: `live`, `late 12s`, `down 3m`.
    pub fn word(&self, texts: &Texts, now: Timestamp) -> Piece {
        let aged = |key: &str, since: &Timestamp| {
            format!("{} {}", texts.get(key), words::age(*since, now))
        };
        match self {
            Self::Connecting => Piece::new(texts.get("fresh.connecting"), Tone::Faint),
            Self::Unprobed(_) => Piece::new(texts.get("fresh.unprobed"), Tone::Faint),
            Self::Reading => Piece::new(texts.get("fresh.reading"), Tone::Faint),
            Self::Live => Piece::new(texts.get("health.live"), Tone::Plain),
            Self::Released(_) => Piece::new(texts.get("fresh.released"), Tone::Caution),
            Self::Late { since, .. } => Piece::new(aged("health.late", since), Tone::Caution),
            Self::Hung { since, .. } => Piece::new(aged("health.hung", since), Tone::Danger),
            Self::Down { since, .. } => Piece::new(aged("health.down", since), Tone::Danger),
        }
    }

    /// Why it is not of now, where that is known.
    pub fn why(&self) -> Option<&Text> {
        match self {
            Self::Connecting | Self::Reading | Self::Live => None,
            Self::Unprobed(why)
            | Self::Released(why)
            | Self::Hung { why, .. }
            | Self::Down { why, .. } => Some(why),
            Self::Late { why, .. } => why.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{ago, host, now};
    use crate::app::texts::Language;
    use crate::domain::observation::SourceState;
    use crate::domain::reading::{Absence, AbsentCode, Reading};
    use crate::domain::shared::Shared;

    fn word(node: &Node) -> String {
        of(node, now())
            .word(&Texts::of(Language::English), now())
            .text
    }

    #[test]
    fn a_host_is_connecting_then_reading_then_live_then_late() {
        let mut node = Node::new("a".into(), now());
        assert_eq!(word(&node), "connecting");
        node.hello = host("a").hello;
        assert_eq!(word(&node), "reading");
        node.stream.beat = Some(0);
        assert_eq!(word(&node), "live");
        node.at = ago(3);
        assert_eq!(word(&node), "live");
        node.at = ago(12);
        assert_eq!(word(&node), "late 12s");
    }

    #[test]
    fn a_node_that_only_the_api_server_tells_of_is_not_connecting_and_late_with_it() {
        let mut node = Node::new("a".into(), now());
        node.driver = Reading::absent(AbsentCode::NoSource, "no probe reads this host");
        node.cluster = Reading::Value(Shared::default());
        assert_eq!(word(&node), "k8s only");
        assert!(!of(&node, now()).is_old());
        node.sources = vec![SourceState {
            source: SourceName::Kubernetes,
            health: Health::Late {
                since: ago(12),
                why: "connection refused".into(),
            },
        }];
        assert_eq!(word(&node), "late 12s");
    }

    #[test]
    fn what_the_link_says_of_itself_wins() {
        let mut node = host("a");
        node.sources = vec![SourceState {
            source: SourceName::Stream,
            health: Health::Down {
                since: ago(180),
                why: Absence::new(AbsentCode::Failed, "ssh: connect to host a: timed out"),
            },
        }];
        assert_eq!(word(&node), "down 3m");
        assert!(of(&node, now()).why().is_some());
    }

    #[test]
    fn a_probe_that_let_go_is_not_live_although_it_speaks() {
        let mut node = host("a");
        node.paused = Some("operation 8c1d by kim".into());
        assert_eq!(word(&node), "released");
    }

    #[test]
    fn a_slow_beat_is_given_its_time() {
        let mut node = host("a");
        if let Some(hello) = &mut node.hello {
            hello.beat_seconds = 10.0;
        }
        node.at = ago(12);
        assert_eq!(word(&node), "live");
    }
}
