//! What migdeck is here, what it may do, what it cannot see, and how to see it: sections of labelled lines.

use crate::domain::fleet::Node;
use crate::domain::observation::{Health, SourceName};
use crate::domain::reading::Reading;
use crate::domain::text::Text;

use super::overview::hidden;
use super::words::age;
use super::{Model, Texts};

/// How a line is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Begins a section.
    Head,
    /// A fact.
    Plain,
    /// A fact that is absent.
    Absent,
    /// Something is missing or wrong.
    Caution,
    /// To be copied as it is: never wrapped into something else.
    Verbatim,
}

/// A line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Label; empty where it goes on from above.
    pub label: String,
    /// Text.
    pub text: String,
    /// How it is to be taken.
    pub kind: Kind,
}

struct Lines<'a> {
    texts: &'a Texts,
    all: Vec<Line>,
}

impl Lines<'_> {
    fn head(&mut self, text: String) {
        self.all.push(Line {
            label: String::new(),
            text,
            kind: Kind::Head,
        });
    }

    fn put(&mut self, label: &str, text: impl Into<String>, kind: Kind) {
        let label = if label.is_empty() {
            String::new()
        } else {
            self.texts.get(label).to_owned()
        };
        self.all.push(Line {
            label,
            text: text.into(),
            kind,
        });
    }

    /// A label for the first of several lines.
    fn list(&mut self, label: &str, lines: impl IntoIterator<Item = String>, kind: Kind) {
        let mut label = label;
        for text in lines {
            self.put(label, text, kind);
            label = "";
        }
    }

    fn reading(&mut self, label: &str, reading: &Reading<Text>) {
        match reading {
            Reading::Value(text) => self.put(label, text.as_str(), Kind::Plain),
            Reading::Absent(why) => {
                let text = format!("{}: {}", self.texts.get("telemetry.na"), why.text);
                self.put(label, text, Kind::Absent);
            }
        }
    }
}

/// All lines, in order.
pub fn lines(model: &Model) -> Vec<Line> {
    let mut out = Lines {
        texts: &model.texts,
        all: Vec::new(),
    };
    console(model, &mut out);
    cluster(model, &mut out);
    for node in &model.fleet().nodes {
        host(model, node, &mut out);
    }
    for name in &model.session.hosts {
        let known = model
            .fleet()
            .nodes
            .iter()
            .any(|n| n.name == *name || n.name.as_str() == name.as_str());
        // a host that has not said its name yet is known by the one it was asked under
        if !known && model.fleet().nodes.len() < model.session.hosts.len() {
            out.head(model.texts.say("about.node", &[("name", name)]));
            out.put(
                "about.rights",
                model.texts.get("about.not_reached"),
                Kind::Absent,
            );
        }
    }
    out.all
}

fn console(model: &Model, out: &mut Lines<'_>) {
    let texts = &model.texts;
    let session = &model.session;
    out.head(texts.say("about.title", &[("version", &session.version)]));
    let user = match session.user.is_empty() {
        true => texts.get("about.unknown_user").to_owned(),
        false => texts.say("about.as_user", &[("user", &session.user)]),
    };
    let started = texts.say(
        "about.started",
        &[("age", &age(session.started, model.now))],
    );
    out.put("about.you", format!("{user}  {started}"), Kind::Plain);
    if session.simulated {
        out.put("", texts.get("about.simulated"), Kind::Caution);
    }
    if let Some(file) = &session.saved {
        out.put("", texts.say("about.saved", &[("file", file)]), Kind::Plain);
    }
    let look = texts.say(
        "about.look_is",
        &[
            ("theme", &model.theme),
            ("language", &texts.language().code()),
        ],
    );
    out.put("about.look", look, Kind::Plain);
    if model.faults.is_empty() {
        out.put("about.faults", texts.get("about.no_faults"), Kind::Plain);
    }
    let faults = model.faults.iter().map(ToString::to_string);
    out.list("about.faults", faults, Kind::Caution);
    let as_user = |node: &std::sync::Arc<Node>| node.hello.as_ref().is_some_and(|h| h.uid != 0);
    if let Some(advice) = &session.advice
        && model.fleet().nodes.iter().any(as_user)
    {
        let mut then = "about.advice";
        let mut label = "about.hidden";
        if let Some(install) = &advice.first {
            let why = texts.say("about.install", &[("file", &install.weak)]);
            out.put(label, why, Kind::Caution);
            out.put("", install.command.as_str(), Kind::Verbatim);
            (label, then) = ("", "about.advice_then");
        }
        out.put(label, texts.get(then), Kind::Caution);
        out.put("", advice.line.as_str(), Kind::Verbatim);
    }
    out.put("about.exit", texts.get("about.exit_hint"), Kind::Plain);
}

/// The cluster that is read besides, and what of it may not be read.
fn cluster(model: &Model, out: &mut Lines<'_>) {
    let Some(cluster) = &model.fleet().cluster else {
        return;
    };
    // a simulated host brings its own, which has no server
    let hello = cluster.hello.as_ref();
    if hello.is_none() && cluster.health == Some(Health::Live) {
        return;
    }
    let texts = &model.texts;
    let name = hello.map_or("-", |h| h.context.as_str());
    out.head(texts.say("about.cluster", &[("name", &name)]));
    match hello {
        Some(hello) => {
            let version = hello.version.as_ref().map_or("", |v| v.as_str());
            let text = format!("{} {version}", hello.server);
            out.put("about.server", text.trim_end(), Kind::Plain);
        }
        None => out.put("about.server", texts.get("about.not_reached"), Kind::Absent),
    }
    let (word, since, why) = match &cluster.health {
        None | Some(Health::Live) => ("", None, None),
        Some(Health::Late { since, why }) => ("health.late", Some(*since), Some(why)),
        Some(Health::Hung { since, why }) => ("health.hung", Some(*since), Some(why)),
        Some(Health::Down { since, why }) => ("health.down", Some(*since), Some(&why.text)),
    };
    if let (Some(since), Some(why)) = (since, why) {
        let text = texts.say(
            "about.source_down",
            &[
                ("source", &SourceName::Kubernetes.as_str()),
                ("word", &texts.get(word)),
                ("age", &age(since, model.now)),
                ("why", why),
            ],
        );
        out.put("", text, Kind::Caution);
    }
    let gaps = cluster.gaps.iter();
    let gaps = gaps.map(|gap| super::gaps::sentence(gap, texts));
    out.list("about.no_permission", gaps, Kind::Caution);
    if !cluster.gaps.is_empty() {
        out.put("", "migdeck rbac", Kind::Verbatim);
    }
}

fn host(model: &Model, node: &Node, out: &mut Lines<'_>) {
    let texts = &model.texts;
    out.head(texts.say("about.node", &[("name", &node.name)]));
    match &node.hello {
        Some(hello) => {
            let who = match hello.uid {
                0 => texts.get("about.root").to_owned(),
                uid => texts.say("about.uid", &[("uid", &uid)]),
            };
            let beat = texts.say("about.beat", &[("seconds", &hello.beat_seconds)]);
            out.put("about.rights", format!("{who}, {beat}"), Kind::Plain);
            if hello.version != model.session.version {
                out.put("about.probe", hello.version.as_str(), Kind::Caution);
            }
        }
        None => out.put("about.rights", texts.get("about.not_reached"), Kind::Absent),
    }
    driver(node, out);
    unseen(model, node, out);
    stream(node, out);
}

fn driver(node: &Node, out: &mut Lines<'_>) {
    let driver = match &node.driver {
        Reading::Value(driver) => driver,
        Reading::Absent(why) => {
            let na = out.texts.get("telemetry.na");
            let text = match node.host.as_ref().and_then(|h| h.driver.value()) {
                Some(module) => format!("{module}  NVML {na}: {}", why.text),
                None => format!("{na}: {}", why.text),
            };
            out.put("about.driver", text, Kind::Absent);
            return;
        }
    };
    out.reading("about.driver", &driver.version);
    out.reading("about.nvml", &driver.nvml);
    out.reading("about.cuda", &driver.cuda);
    out.put("about.library", driver.library.as_str(), Kind::Plain);
    if let Some(limits) = &driver.limits {
        out.put("about.limits", limits.as_str(), Kind::Caution);
    }
}

/// What these rights, or sources that are not there, keep from being seen.
fn unseen(model: &Model, node: &Node, out: &mut Lines<'_>) {
    let texts = &model.texts;
    let mut gaps = hidden::gaps(node, texts);
    for source in &node.sources {
        let (key, since, why) = match &source.health {
            Health::Live => continue,
            Health::Late { since, why } => ("health.late", since, why),
            Health::Hung { since, why } => ("health.hung", since, why),
            // a host without such a thing has no fault
            Health::Down { why, .. } if source.is_not_there() => {
                gaps.push(texts.say(
                    "about.source_missing",
                    &[("source", &source.source.as_str()), ("why", &why.text)],
                ));
                continue;
            }
            Health::Down { since, why } => ("health.down", since, &why.text),
        };
        if source.source == SourceName::Nvml && node.driver.value().is_none() {
            // stands with the driver
            continue;
        }
        gaps.push(texts.say(
            "about.source_down",
            &[
                ("source", &source.source.as_str()),
                ("word", &texts.get(key)),
                ("age", &age(*since, model.now)),
                ("why", why),
            ],
        ));
    }
    if gaps.is_empty() && node.hello.is_some() {
        out.put(
            "about.hidden",
            texts.get("about.nothing_hidden"),
            Kind::Plain,
        );
    }
    out.list("about.hidden", gaps, Kind::Caution);
}

fn stream(node: &Node, out: &mut Lines<'_>) {
    let tally = node.stream;
    let texts = out.texts;
    let (text, kind) = match tally.beat {
        Some(beat) => (
            texts.say(
                "about.counts",
                &[
                    ("beat", &beat),
                    ("dropped", &tally.dropped),
                    ("unknown", &tally.unknown),
                ],
            ),
            match (tally.dropped, tally.unknown) {
                (0, 0) => Kind::Plain,
                _ => Kind::Caution,
            },
        ),
        None => (texts.get("about.no_beat").to_owned(), Kind::Absent),
    };
    out.put("about.stream", text, kind);
    if node.xids_lost > 0 {
        let text = texts.say("about.lost_log", &[("n", &node.xids_lost)]);
        out.put("", text, Kind::Caution);
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Line, lines};
    use crate::app::fixture;
    use crate::app::session::{Advice, Install};
    use crate::domain::gpu::Listing;
    use crate::domain::reading::{Absence, AbsentCode, Reading};

    fn find<'a>(all: &'a [Line], what: &str) -> &'a Line {
        all.iter()
            .find(|l| l.text.contains(what))
            .unwrap_or_else(|| panic!("no `{what}` in {all:#?}"))
    }

    #[test]
    fn a_host_that_hides_nothing_says_so() {
        let model = fixture::model(vec![fixture::node("a")]);
        let all = lines(&model);
        assert_eq!(find(&all, "root (uid 0)").kind, Kind::Plain);
        assert_eq!(
            find(&all, "nothing that this probe knows of").kind,
            Kind::Plain
        );
        assert_eq!(find(&all, "SIMULATED").kind, Kind::Caution);
        find(&all, "libnvidia-ml.so.1");
        find(&all, "0 records dropped");
    }

    #[test]
    fn what_is_hidden_is_named_with_the_line_that_would_show_it() {
        let mut node = fixture::node("a");
        if let Some(hello) = &mut node.hello {
            hello.uid = 1042;
            hello.gaps = vec!["the kernel log is root's".into()];
        }
        node.holders_hidden = Some(Absence::new(AbsentCode::NoPermission, "only own files"));
        node.stream.dropped = 3;
        node.xids_lost = 7;
        let mut model = fixture::model(vec![node]);
        let line = "kim ALL=(root) NOPASSWD: /usr/bin/migdeck probe";
        model.session.advice = Some(Advice {
            first: None,
            line: line.into(),
        });
        model.faults = vec!["thread `streams` panicked".into()];
        let all = lines(&model);
        find(&all, "uid 1042, not root");
        find(&all, "the kernel log is root's");
        find(&all, "only own files");
        assert_eq!(find(&all, "NOPASSWD").kind, Kind::Verbatim);
        assert_eq!(find(&all, "3 records dropped").kind, Kind::Caution);
        find(&all, "7 kernel log records");
        assert_eq!(find(&all, "panicked").kind, Kind::Caution);
    }

    #[test]
    fn what_nvml_refuses_is_named_with_its_gpus() {
        let mut node = fixture::node("a");
        let denied = Reading::absent(AbsentCode::NoPermission, "not permitted");
        for gpu in &mut node.gpus[..2] {
            gpu.processes = denied.clone();
        }
        if let Reading::Value(inventory) = &mut node.gpus[0].inventory {
            inventory.listing = Listing::ByDevice {
                why: Absence::new(AbsentCode::NoPermission, "not permitted"),
            };
        }
        let sample = node.gpus[0]
            .slots
            .iter_mut()
            .find_map(|s| s.sample.as_mut());
        sample.unwrap().memory_used = Reading::absent(AbsentCode::NoPermission, "not permitted");
        let all = lines(&fixture::model(vec![node]));
        for what in [
            "without a compute instance (GPU 0)",
            "memory in use of instances (GPU 0)",
            "processes and their memory (GPU 0-1)",
        ] {
            assert_eq!(find(&all, what).kind, Kind::Caution);
        }
        assert!(!all.iter().any(|l| l.text.contains("nothing that this")));
    }

    #[test]
    fn what_is_to_be_run_does_not_stand_among_what_is_to_be_written() {
        let mut node = fixture::node("a");
        if let Some(hello) = &mut node.hello {
            hello.uid = 1042;
        }
        let mut model = fixture::model(vec![node]);
        model.session.advice = Some(Advice {
            first: Some(Install {
                weak: "/home/kim".into(),
                command: "sudo install x".into(),
            }),
            line: "kim ALL=x".into(),
        });
        let all = lines(&model);
        let at = |what: &str| all.iter().position(|l| l.text.contains(what)).unwrap();
        let order = [
            at("/home/kim"),
            at("sudo install"),
            at("visudo"),
            at("ALL=x"),
        ];
        assert!(order.is_sorted(), "{all:#?}");
        assert_eq!(order[3], order[0] + 3);
    }

    #[test]
    fn a_host_that_was_not_reached_is_listed() {
        let mut model = fixture::model(vec![fixture::node("a")]);
        model.session.hosts.push("b".into());
        find(&lines(&model), "host b");
        find(&lines(&model), "not reached yet");
    }
}
