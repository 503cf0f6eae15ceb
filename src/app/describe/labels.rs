//! What GPU feature discovery labels, how old that is, and what it should say by what NVML tells.

use jiff::Timestamp;

use super::Sheet;
use crate::app::overview::{Piece, Tone, headline};
use crate::app::words;
use crate::domain::cluster::advertised::Strategy;
use crate::domain::fleet::Node;

impl Sheet<'_> {
    /// The labels under `nvidia.com/`, those first that can be compared.
    pub(super) fn labels(&mut self) {
        self.head("describe.labels");
        let facts = &self.on_node.node;
        if facts.labels.is_empty() {
            let text = self.texts.get("describe.no_labels").to_owned();
            self.note(text, Tone::Faint);
            return;
        }
        let age = self.age();
        self.fact("describe.gfd", age);
        let labels: Vec<(String, String)> = facts
            .labels
            .iter()
            .map(|(key, value)| {
                let key = key.strip_prefix("nvidia.com/").unwrap_or(key);
                (key.to_owned(), value.to_string())
            })
            .filter(|(key, _)| key != "gfd.timestamp")
            .collect();
        for (key, value) in labels {
            let mut line = vec![Piece::new(value.clone(), Tone::Plain)];
            if let Some(real) = real(self.node, facts.strategy(), &key)
                && !same(&key, &value, &real)
            {
                let text = self.texts.say("describe.nvml_says", &[("real", &real)]);
                line.push(Piece::new(text, Tone::Caution));
            }
            self.lines.push(super::Line::Fact(key, line));
        }
    }

    /// When they were made, and whether an instance is newer than they are.
    fn age(&self) -> Vec<Piece> {
        let facts = &self.on_node.node;
        let made = facts
            .label("gfd.timestamp")
            .and_then(|text| text.parse().ok())
            .and_then(|seconds| Timestamp::from_second(seconds).ok());
        let Some(made) = made else {
            return vec![Piece::new(
                self.texts.get("describe.gfd_untold"),
                Tone::Faint,
            )];
        };
        let age = words::age(made, self.now);
        let text = self.texts.say("describe.made", &[("age", &age)]);
        let mut line = vec![Piece::new(text, Tone::Plain)];
        let slots = self.node.gpus.iter().flat_map(|gpu| &gpu.slots);
        let newest = slots.filter_map(|slot| slot.instance.appeared).max();
        if newest.is_some_and(|at| at > made) {
            let text = self.texts.get("describe.older");
            line.push(Piece::new(text, Tone::Caution));
        }
        line
    }
}

/// What NVML tells of that which a label is about; `None`: it tells nothing of it, or nobody has asked.
fn real(node: &Node, strategy: Option<Strategy>, key: &str) -> Option<String> {
    if node.gpus.is_empty() {
        return None;
    }
    let devices = |profile: &str| -> Option<usize> {
        let mut n = 0;
        for gpu in node.gpus.iter().filter(|gpu| gpu.whole.is_none()) {
            gpu.inventory.value()?.instances.value()?;
            for ci in gpu.slots.iter().flat_map(|slot| &slot.instance.cis) {
                let name = ci.name.value()?.replace('+', ".");
                n += usize::from(profile.is_empty() || name == profile);
            }
        }
        Some(n)
    };
    let sliced = node.gpus.iter().any(|gpu| gpu.whole.is_none());
    match key {
        "gpu.count" if strategy == Some(Strategy::Single) && sliced => {
            devices("").map(|n| n.to_string())
        }
        "gpu.count" => Some(node.gpus.len().to_string()),
        "gpu.product" => headline::model(node.gpus.first()?),
        "cuda.driver-version.full" => headline::version(node).map(ToString::to_string),
        _ => {
            let profile = key.strip_prefix("mig-")?.strip_suffix(".count")?;
            devices(profile).map(|n| n.to_string())
        }
    }
}

/// Label values have no spaces, and a product's name may have a profile or a word on sharing behind it.
fn same(key: &str, label: &str, real: &str) -> bool {
    if key != "gpu.product" {
        return label == real;
    }
    let real = real.replace(' ', "-");
    let bare = label.strip_prefix("NVIDIA-").unwrap_or(label);
    let model = bare.split("-MIG-").next().unwrap_or(bare);
    model.trim_end_matches("-SHARED") == real && !bare.ends_with("-MIG-INVALID")
}
