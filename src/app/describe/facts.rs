//! State, MIG, instances, pods and operands of a node.

use std::collections::BTreeMap;

use super::Sheet;
use crate::app::overview::{Piece, Tone, owner};
use crate::app::words;
use crate::domain::cluster::advertised::Strategy;
use crate::domain::cluster::{Condition, PodFacts};
use crate::domain::fleet::Gpu;
use crate::domain::reading::Reading;

/// Names that are written; the rest is counted.
const NAMES: usize = 6;

impl Sheet<'_> {
    /// Whether it is ready, takes pods, and what is not as it should be.
    pub(super) fn state(&mut self) {
        let facts = &self.on_node.node;
        if !facts.is_told() {
            let text = match self.gap("nodes") {
                Some(gap) => self.texts.say("describe.not_allowed", &[("gap", &gap)]),
                None => self.texts.get("describe.only_pods").to_owned(),
            };
            self.note(text, Tone::Caution);
            return;
        }
        let mut ready = vec![match facts.is_ready() {
            Some(true) => Piece::new("Ready", Tone::Ok),
            Some(false) => Piece::new("NotReady", Tone::Danger),
            None => Piece::new(self.texts.get("describe.untold"), Tone::Faint),
        }];
        let condition = facts.conditions.iter().find(|c| c.kind == "Ready");
        if let Some(condition) = condition {
            let since = condition.since.map(|at| self.since(at));
            ready.extend(since.map(|text| Piece::new(text, Tone::Plain)));
            if facts.is_ready() == Some(false) {
                ready.push(Piece::new(why(condition), Tone::Plain));
            }
        }
        if let Some(kubelet) = &facts.kubelet {
            ready.push(Piece::new(format!("kubelet {kubelet}"), Tone::Faint));
        }
        self.fact("describe.state", ready);
        if facts.cordoned {
            let text = self.texts.get("describe.cordoned");
            self.fact("", vec![Piece::new(text, Tone::Caution)]);
        }
        for other in facts.conditions.iter().filter(|c| c.kind != "Ready") {
            let mut pieces = vec![Piece::new(
                format!("{} {}", other.kind, other.status),
                Tone::Caution,
            )];
            let since = other.since.map(|at| self.since(at));
            pieces.extend(since.map(|text| Piece::new(text, Tone::Plain)));
            pieces.push(Piece::new(why(other), Tone::Plain));
            self.fact("describe.condition", pieces);
        }
        let taints: Vec<Piece> = facts
            .taints
            .iter()
            .map(|taint| {
                let equals = if taint.value.is_empty() { "" } else { "=" };
                let text = format!("{}{equals}{}:{}", taint.key, taint.value, taint.effect);
                Piece::new(text, Tone::Plain)
            })
            .collect();
        let none = || vec![Piece::new(self.texts.get("describe.none"), Tone::Faint)];
        let taints = if taints.is_empty() { none() } else { taints };
        self.fact("describe.taints", taints);
    }

    /// Strategy, wanted layout and its state, owner, driver upgrade, what is paused.
    pub(super) fn mig(&mut self) {
        self.head("describe.mig");
        let facts = &self.on_node.node;
        let text = |sheet: &Self, key| sheet.texts.get(key).to_owned();
        let strategy = match facts.strategy() {
            Some(Strategy::Single) => Piece::new("single", Tone::Plain),
            Some(Strategy::Mixed) => Piece::new("mixed", Tone::Plain),
            Some(Strategy::None) => Piece::new(text(self, "describe.strategy_none"), Tone::Plain),
            None => Piece::new(text(self, "describe.strategy_untold"), Tone::Faint),
        };
        let mut line = vec![strategy];
        if let Some(capable) = facts.label("mig.capable") {
            line.push(Piece::new(format!("mig.capable {capable}"), Tone::Faint));
        }
        self.fact("describe.strategy", line);
        let config = match facts.label("mig.config") {
            Some(config) => vec![Piece::new(config.to_string(), Tone::Strong)],
            None => vec![Piece::new(text(self, "describe.no_label"), Tone::Faint)],
        };
        self.fact("describe.config", config);
        let state = match facts.label("mig.config.state") {
            Some(state) => {
                let tone = match state.as_str() {
                    "success" => Tone::Ok,
                    "failed" => Tone::Danger,
                    _ => Tone::Caution,
                };
                let mut line = vec![Piece::new(state.to_string(), tone)];
                line.push(match facts.mig_state_written {
                    Some(at) => {
                        let age = words::age(at, self.now);
                        let text = self.texts.say("describe.written", &[("age", &age)]);
                        Piece::new(text, Tone::Plain)
                    }
                    None => Piece::new(text(self, "describe.no_time"), Tone::Faint),
                });
                line
            }
            None => vec![Piece::new(text(self, "describe.no_label"), Tone::Faint)],
        };
        self.fact("describe.config_state", state);
        let owner = owner::line(self.node, self.texts);
        self.fact("describe.owner", owner);
        if let Some(state) = facts.label("gpu-driver-upgrade-state") {
            let tone = match state.as_str() {
                "upgrade-done" => Tone::Ok,
                _ => Tone::Caution,
            };
            self.fact(
                "describe.upgrade",
                vec![Piece::new(state.to_string(), tone)],
            );
        } else {
            let none = vec![Piece::new(text(self, "describe.no_label"), Tone::Faint)];
            self.fact("describe.upgrade", none);
        }
        let paused: Vec<Piece> = facts
            .labels
            .iter()
            .filter(|(_, value)| value.starts_with("paused"))
            .filter_map(|(key, _)| key.strip_prefix("nvidia.com/gpu.deploy."))
            .map(|name| Piece::new(name, Tone::Caution))
            .collect();
        if !paused.is_empty() {
            self.fact("describe.paused", paused);
        }
    }

    /// What NVML lists, GPUs that are alike together.
    pub(super) fn instances(&mut self) {
        self.head("describe.here");
        if self.node.gpus.is_empty() {
            let why = match &self.node.driver {
                Reading::Absent(why) => why.text.to_string(),
                Reading::Value(_) => self.texts.get("gpus.none").to_owned(),
            };
            self.note(why, Tone::Faint);
            return;
        }
        let mut alike: Vec<(String, Tone, Vec<u32>)> = Vec::new();
        for gpu in &self.node.gpus {
            let (text, tone) = self.content(gpu);
            match alike.iter_mut().find(|(known, ..)| *known == text) {
                Some((_, _, gpus)) => gpus.push(gpu.index),
                None => alike.push((text, tone, vec![gpu.index])),
            }
        }
        for (text, tone, gpus) in alike {
            let label = format!("GPU {}", words::ranges(&gpus.into_iter().collect()));
            let line = super::Line::Fact(label, vec![Piece::new(text, tone)]);
            self.lines.push(line);
        }
    }

    fn content(&self, gpu: &Gpu) -> (String, Tone) {
        if gpu.whole.is_some() {
            return (self.texts.get("describe.whole").to_owned(), Tone::Plain);
        }
        let told = gpu.inventory.value().map(|i| &i.instances);
        match (&gpu.inventory, told) {
            (Reading::Absent(why), _) | (_, Some(Reading::Absent(why))) => {
                return (format!("n/a: {}", why.text), Tone::Caution);
            }
            _ => {}
        }
        let mut devices: BTreeMap<&str, usize> = BTreeMap::new();
        let mut without = 0;
        for slot in &gpu.slots {
            if slot.instance.cis.is_empty() {
                without += 1;
            }
            for ci in &slot.instance.cis {
                *devices
                    .entry(ci.name.value().map_or("?", |n| n.as_str()))
                    .or_default() += 1;
            }
        }
        let mut parts: Vec<String> = devices
            .iter()
            .map(|(name, n)| format!("{n}x {name}"))
            .collect();
        if without > 0 {
            parts.push(self.texts.say("describe.without_ci", &[("n", &without)]));
        }
        if parts.is_empty() {
            return (self.texts.get("describe.empty").to_owned(), Tone::Caution);
        }
        (parts.join("  "), Tone::Plain)
    }

    /// Pods with GPUs, and those that wait for what it has.
    pub(super) fn pods(&mut self) {
        self.head("describe.pods");
        let living = self.on_node.living().filter(|pod| pod.uses_gpus());
        let names: Vec<String> = living.map(|pod| name(pod)).collect();
        let here = self.named(&names);
        self.fact("describe.with_gpus", here);
        if let Some(gap) = self.gap("pods") {
            let text = self.texts.say("describe.not_allowed", &[("gap", &gap)]);
            self.fact("", vec![Piece::new(text, Tone::Caution)]);
        }
        let Some(cluster) = self.cluster else {
            return;
        };
        let waiting: Vec<String> = cluster
            .unbound
            .iter()
            .filter(|pod| self.on_node.offers(pod))
            .map(|pod| name(pod))
            .collect();
        let waiting = self.named(&waiting);
        self.fact("describe.waiting", waiting);
    }

    /// Pods that give GPUs out, label and measure them.
    pub(super) fn operands(&mut self) {
        self.head("describe.operands");
        let mut any = false;
        let pods = self.on_node.pods.to_vec();
        for pod in pods.iter().filter(|pod| !pod.uses_gpus()) {
            any = true;
            let Some(app) = &pod.app else { continue };
            let (text, tone) = match (pod.ready, pod.phase.as_str()) {
                (Some(true), _) => (self.texts.get("describe.ready"), Tone::Ok),
                (Some(false), _) => (self.texts.get("describe.not_ready"), Tone::Danger),
                (None, "Running") => (self.texts.get("describe.ready_untold"), Tone::Faint),
                (None, _) => ("", Tone::Plain),
            };
            let mut line = vec![Piece::new(pod.phase.to_string(), Tone::Plain)];
            line.push(Piece::new(text, tone));
            line.push(Piece::new(name(pod), Tone::Faint));
            line.retain(|p| !p.text.is_empty());
            let label = app
                .trim_start_matches("nvidia-")
                .trim_end_matches("-daemonset");
            self.lines.push(super::Line::Fact(label.to_owned(), line));
        }
        if !any {
            let text = self.texts.get("describe.no_operands").to_owned();
            self.note(text, Tone::Faint);
        }
    }

    fn named(&self, names: &[String]) -> Vec<Piece> {
        if names.is_empty() {
            return vec![Piece::new(self.texts.get("describe.none"), Tone::Faint)];
        }
        let mut text = names[..names.len().min(NAMES)].join(", ");
        if names.len() > NAMES {
            let more = self
                .texts
                .say("describe.more", &[("n", &(names.len() - NAMES))]);
            text = format!("{text} {more}");
        }
        vec![
            Piece::new(names.len().to_string(), Tone::Strong),
            Piece::new(text, Tone::Plain),
        ]
    }
}

fn name(pod: &PodFacts) -> String {
    format!("{}/{}", pod.namespace, pod.name)
}

fn why(condition: &Condition) -> String {
    match condition.message.is_empty() {
        true => condition.reason.to_string(),
        false => format!("{}: {}", condition.reason, condition.message),
    }
}
