//! What is wrong on a host, as short as it can be said.

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use crate::app::times::{in_sentence as with_short_times, in_short as clock};
use crate::app::{Command, Model, Texts, hints, words};
use crate::domain::finding::said::{Fact, Said, filled};
use crate::domain::finding::subject::names_gpu;
use crate::domain::finding::{Finding, Severity};
use crate::domain::fleet::{Gpu, Node};

/// The findings of a host that deserve a line above its GPUs: all that somebody should look at; where there are none,
/// those that are good to know.
pub fn of(node: &Node) -> &[Finding] {
    let bad = node
        .findings
        .iter()
        .take_while(|f| f.severity >= Severity::Caution)
        .count();
    match bad {
        0 => &node.findings,
        n => &node.findings[..n],
    }
}

/// The worst that there is.
pub fn severity(node: &Node) -> Option<Severity> {
    node.findings.iter().map(|f| f.severity).max()
}

/// What a finding concerns, without its host: `GPU 5 gi 2`; empty for the host itself.
pub fn subject<'a>(finding: &'a Finding, node: &Node) -> &'a str {
    finding
        .subject
        .strip_prefix(node.name.as_str())
        .map_or(finding.subject.as_str(), str::trim_start)
}

/// Findings of one rule that say the same of several GPUs.
#[derive(Clone, PartialEq, Debug)]
pub struct Group<'a> {
    /// The first of them.
    pub finding: &'a Finding,
    /// What they concern: `GPU 0-7`; empty for the host itself.
    pub subject: String,
    /// How many there are.
    pub n: usize,
}

/// Findings in their order, with those that say the same of several GPUs in one.
pub fn grouped<'a>(node: &Node, findings: &'a [Finding]) -> Vec<Group<'a>> {
    let index = |f: &Finding| subject(f, node).strip_prefix("GPU ")?.parse::<u32>().ok();
    let mut groups: Vec<(Group<'a>, BTreeSet<u32>)> = Vec::new();
    for finding in findings {
        let gpu = index(finding);
        let same = |g: &&mut (Group<'a>, BTreeSet<u32>)| {
            !g.1.is_empty()
                && gpu.is_some()
                && g.0.finding.id == finding.id
                && g.0.finding.severity == finding.severity
                && g.0.finding.text == finding.text
        };
        if let Some((group, gpus)) = groups.iter_mut().find(same) {
            gpus.extend(gpu);
            group.n += 1;
            group.subject = format!("GPU {}", words::ranges(gpus));
        } else {
            let group = Group {
                finding,
                subject: subject(finding, node).to_owned(),
                n: 1,
            };
            groups.push((group, gpu.into_iter().collect()));
        }
    }
    groups.into_iter().map(|(group, _)| group).collect()
}

/// What a finding says, in the language: its sentence, a line of what it rests on, what to do next. The one place that
/// decides it for all screens.
pub fn said(said: &Said, texts: &Texts, now: Timestamp, offset: i32) -> String {
    let own = said.key.as_ref().and_then(|key| texts.find(key));
    let Some(sentence) = own else {
        return with_short_times(&said.text, now, offset);
    };
    let value = |name: &str| {
        let (_, fact) = said.facts.iter().find(|(known, _)| *known == name)?;
        Some(match fact {
            Fact::Plain(text) => text.to_string(),
            Fact::At(at) => clock(*at, now, offset),
            Fact::Said(inner) => self::said(inner, texts, now, offset),
            Fact::Several(all, between) => {
                let all: Vec<_> = all
                    .iter()
                    .map(|one| self::said(one, texts, now, offset))
                    .collect();
                all.join(between)
            }
        })
    };
    filled(sentence, value)
}

/// The same for a console at its time, in its zone and language. What the console itself can do is told by its key.
pub fn told(model: &Model, what: &Said) -> String {
    let by_key = match what.key.as_ref().map(|key| key.as_str()) {
        Some("said.rights.next") if model.session.advice.is_some() => {
            Some(("hidden.how", Command::About))
        }
        Some("said.asked-when-told") => Some(("finding_line.asked_by", Command::Refresh)),
        _ => None,
    };
    if let Some((text, command)) = by_key {
        return model
            .texts
            .say(text, &[("key", &hints::told(model, command))]);
    }
    said(what, &model.texts, model.now, model.session.offset_seconds)
}

/// Findings about a GPU or an instance of it, alone or among others.
pub fn of_gpu<'a>(node: &'a Node, gpu: &Gpu) -> impl Iterator<Item = &'a Finding> {
    let index = gpu.index;
    node.findings
        .iter()
        .filter(move |f| names_gpu(node, index, &f.subject))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{model, node};
    use crate::app::session::Advice;

    #[test]
    fn what_the_console_can_do_is_told_by_its_key() {
        let mut model = model(vec![node("a")]);
        let said = |key: &str| Said {
            key: Some(key.into()),
            ..Said::foreign("sudo x")
        };
        assert_eq!(told(&model, &said("said.rights.next")), "sudo x");
        model.session.advice = Some(Advice {
            first: None,
            line: "x".into(),
        });
        let how = told(&model, &said("said.rights.next"));
        assert_eq!(how, "A shows the exact sudoers line");
        let again = told(&model, &said("said.asked-when-told"));
        assert!(again.contains("ctrl-r"), "{again}");
    }

    #[test]
    fn a_gpu_has_its_own_findings_and_not_those_of_ten() {
        let mut node = node("a");
        assert!(of_gpu(&node, &node.gpus[3]).any(|f| f.id.as_str() == "gpu-call-hung"));
        node.gpus[3].index = 33;
        assert_eq!(of_gpu(&node, &node.gpus[3]).count(), 0);
        // one cause on several is of each of them
        node.findings[0].subject = "a GPU 0-1,33".into();
        assert_eq!(of_gpu(&node, &node.gpus[3]).count(), 1);
    }

    #[test]
    fn what_is_the_same_of_several_gpus_is_said_once() {
        let mut node = node("a");
        let mut one = node.findings[0].clone();
        node.findings.clear();
        for (subject, text) in [
            ("a GPU 0", "empty"),
            ("a GPU 1", "empty"),
            ("a GPU 2", "no room"),
            ("a GPU 3", "empty"),
            ("a", "empty"),
            ("a GPU 4 gi 2", "empty"),
        ] {
            (one.subject, one.text) = (subject.into(), text.into());
            node.findings.push(one.clone());
        }
        let said: Vec<_> = grouped(&node, &node.findings)
            .into_iter()
            .map(|g| (g.subject, g.n))
            .collect();
        let expected = [("GPU 0-1,3", 3), ("GPU 2", 1), ("", 1), ("GPU 4 gi 2", 1)];
        let expected = expected.map(|(s, n)| (s.to_owned(), n));
        assert_eq!(said, expected);
    }

    #[test]
    fn an_idle_instance_is_named_and_of_several_their_gpus() {
        let mut node = node("a");
        let idle = |node: &Node| {
            let found = crate::domain::finding::findings(node);
            let idle = found.iter().find(|f| f.id.as_str() == "allocated-idle");
            subject(idle.unwrap(), node).to_owned()
        };
        assert_eq!(idle(&node), "GPU 0-1");
        let whole = node.gpus.remove(1);
        assert_eq!(idle(&node), "GPU 0 gi 8");
        node.gpus[0] = whole;
        assert_eq!(idle(&node), "GPU 1");
    }

    #[test]
    fn what_is_good_to_know_waits_until_nothing_is_wrong() {
        let mut node = node("a");
        assert!(of(&node).iter().all(|f| f.severity >= Severity::Caution));
        node.findings.retain(|f| f.severity == Severity::Info);
        assert_eq!(of(&node).len(), node.findings.len());
    }
}
