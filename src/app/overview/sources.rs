//! How facts come in, in one line: what does not work first.

use jiff::Timestamp;

use crate::app::{Texts, words};
use crate::domain::fleet::{Exporter, Node};
use crate::domain::metric::Metric;
use crate::domain::observation::{Health, SourceName, SourceState};

use super::{Piece, Tone};

/// The sources of a host, those that do not answer first, with age and reason; then those that do, by name.
///
/// A source that is not there on this kind of host (no kubelet, no API server) is told without alarm.
pub fn line(node: &Node, now: Timestamp, texts: &Texts) -> Vec<Piece> {
    if node.sources.is_empty() {
        return vec![Piece::new(texts.get("app.waiting"), Tone::Faint)];
    }
    let mut states: Vec<&SourceState> = node.sources.iter().collect();
    states.sort_by_key(|s| rank(s));
    let mut line = Vec::new();
    if node.stream.floods.is_some() {
        let text = texts.say("sources.floods", &[("n", &node.stream.unread)]);
        line.push(Piece::new(text, Tone::Caution));
    }
    let mut live: Vec<&str> = Vec::new();
    let mut missing: Vec<&str> = Vec::new();
    for state in states {
        let name = state.source.as_str();
        match &state.health {
            Health::Live => match node.exporters.iter().find(|e| e.source == state.source) {
                Some(exporter) => line.push(Piece::new(aged(exporter, now), Tone::Plain)),
                None => live.push(name),
            },
            Health::Late { since, why } => {
                let age = words::age(*since, now);
                let text = format!("{name} {} {age}: {why}", texts.get("health.late"));
                line.push(Piece::new(text, Tone::Caution));
            }
            Health::Hung { since, why } => {
                let age = words::age(*since, now);
                let text = format!("{name} {} {age}: {why}", texts.get("health.hung"));
                line.push(Piece::new(text, Tone::Danger));
            }
            Health::Down { .. } if state.is_not_there() => missing.push(name),
            Health::Down { since, why } => {
                let age = words::age(*since, now);
                let tone = if state.source == SourceName::Nvml {
                    Tone::Danger
                } else {
                    Tone::Caution
                };
                let text = format!("{name} {} {age}: {}", texts.get("health.down"), why.text);
                line.push(Piece::new(text, tone));
            }
        }
    }
    if !live.is_empty() {
        let text = texts.say("sources.live", &[("names", &live.join(" "))]);
        line.push(Piece::new(text, Tone::Plain));
    }
    if !missing.is_empty() {
        let text = texts.say("sources.missing", &[("names", &missing.join(", "))]);
        line.push(Piece::new(text, Tone::Faint));
    }
    line
}

/// `dcgm 27s GR`: an exporter's values are never of this moment, and are not all of one kind.
fn aged(exporter: &Exporter, now: Timestamp) -> String {
    let mut text = exporter.source.as_str().to_owned();
    if let Some(at) = exporter.at {
        text = format!("{text} {}", words::age(at, now));
    }
    match exporter.activity {
        Some(Metric::SmActive) => text + " SM",
        Some(Metric::GrActive) => text + " GR",
        _ => text,
    }
}

fn rank(state: &SourceState) -> u8 {
    match &state.health {
        Health::Hung { .. } => 0,
        Health::Down { .. } => 1,
        Health::Late { .. } => 2,
        Health::Live => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{ago, host, now};
    use crate::app::texts::Language;
    use crate::domain::reading::{Absence, AbsentCode};

    fn said(node: &Node) -> Vec<String> {
        let texts = Texts::of(Language::English);
        line(node, now(), &texts)
            .into_iter()
            .map(|p| p.text)
            .collect()
    }

    #[test]
    fn what_does_not_answer_comes_first_with_age_and_reason() {
        let mut node = host("a");
        node.sources.push(SourceState {
            source: SourceName::Dcgm,
            health: Health::Late {
                since: ago(27),
                why: "connection timed out".into(),
            },
        });
        let said = said(&node);
        assert_eq!(said[0], "dcgm late 27s: connection timed out");
        assert!(said[1].contains("nvml procfs kernlog"), "{said:?}");
        assert!(!said[1].contains("dcgm"), "{said:?}");
    }

    #[test]
    fn an_exporter_tells_the_age_and_the_kind_of_its_values() {
        let mut node = host("a");
        node.sources.push(SourceState {
            source: SourceName::Dcgm,
            health: Health::Live,
        });
        let exporter = |activity| Exporter {
            source: SourceName::Dcgm,
            address: "http://a:9400/metrics".into(),
            at: Some(ago(27)),
            activity,
        };
        for (activity, text) in [
            (Some(Metric::GrActive), "dcgm 27s GR"),
            (Some(Metric::SmActive), "dcgm 27s SM"),
            (None, "dcgm 27s"),
        ] {
            node.exporters = vec![exporter(activity)];
            let said = said(&node);
            assert_eq!(said[0], text);
            assert!(said[1].contains("nvml"), "{said:?}");
        }
    }

    #[test]
    fn what_a_host_does_not_have_is_no_alarm_but_nvml_is() {
        let mut node = host("a");
        let none = |source| SourceState {
            source,
            health: Health::Down {
                since: ago(9),
                why: Absence::new(AbsentCode::NoSource, "not there"),
            },
        };
        node.sources = vec![none(SourceName::Kubelet), none(SourceName::Nvml)];
        let texts = Texts::of(Language::English);
        let line = line(&node, now(), &texts);
        assert_eq!(line[0].tone, Tone::Danger);
        assert!(line[0].text.starts_with("nvml down 9s"));
        assert_eq!(line[1].tone, Tone::Faint);
    }

    #[test]
    fn a_stream_that_floods_is_told_first() {
        let mut node = host("a");
        (node.stream.floods, node.stream.unread) = (Some(ago(9)), 4711);
        assert_eq!(said(&node)[0], "stream floods: 4711 records dropped unread");
    }

    #[test]
    fn nothing_told_is_not_nothing_there() {
        let node = Node::new("a".into(), now());
        assert_eq!(said(&node), ["waiting for the first answer"]);
    }
}
