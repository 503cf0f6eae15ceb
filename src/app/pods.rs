//! What is told of a pod, wherever it is told: in a row, below the list, in a window, in a ticket.

use jiff::Timestamp;

use super::Texts;
use super::occupant::{idle_age, pod_name};
use super::words::age;
use crate::domain::cluster::PodFacts;
use crate::domain::cluster::openings::{Openings, Sitting, There, Way, openings};
use crate::domain::cluster::pending::prospects;
use crate::domain::fleet::Fleet;
use crate::domain::owner::OwnerKind;
use crate::domain::pods::{Held, KnownPod};
use crate::domain::text::Text;

/// Something that is told of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Key of its label in texts.
    pub label: &'static str,
    /// What is told.
    pub text: String,
    /// Somebody should look.
    pub caution: bool,
}

/// `namespace/name`, or as much as is known.
pub fn name(pod: &KnownPod<'_>) -> String {
    match (pod.namespace(), pod.name(), pod.uid()) {
        (Some(namespace), Some(name), _) => format!("{namespace}/{name}"),
        (None, Some(name), _) => name.to_string(),
        (_, None, Some(uid)) => format!("pod {uid}"),
        (_, None, None) => "pod of unknown name".to_owned(),
    }
}

/// A resource without NVIDIA's prefix.
pub fn short(resource: &str) -> &str {
    resource.strip_prefix("nvidia.com/").unwrap_or(resource)
}

/// `mig-3g.20gb, 2x gpu`; claims by their names. Empty: it asks for nothing that is counted.
pub fn asks(facts: &PodFacts) -> String {
    let amounts = facts.requests.iter().map(|(resource, n)| match n {
        1 => short(resource).to_owned(),
        n => format!("{n}x {}", short(resource)),
    });
    let claims = facts.claims.iter().map(|c| format!("claim:{}", c.name));
    amounts.chain(claims).collect::<Vec<_>>().join(", ")
}

/// Whether its state is one that somebody should look at.
pub fn is_sore(facts: &PodFacts) -> bool {
    !matches!(
        facts.status().as_str(),
        "Running" | "Succeeded" | "Completed" | "ContainerCreating" | "PodInitializing"
    )
}

/// `GPU 2 3g.20gb@4`, `GPU 1`, `GPU unknown MIG-7089..`: where a device is.
pub fn place(held: &Held<'_>, texts: &Texts) -> String {
    let replica = held
        .told
        .and_then(|d| d.replica)
        .map(|n| format!(" ::{n}"))
        .unwrap_or_default();
    match (held.gpu, held.slot) {
        (Some(gpu), Some(slot)) => {
            let instance = &slot.instance;
            let profile = instance.profile.value().map_or("?", |p| p.as_str());
            let start = instance.placement.value().map(|p| format!("@{}", p.start));
            format!(
                "GPU {} {profile}{}{replica}",
                gpu.index,
                start.unwrap_or_default()
            )
        }
        (Some(gpu), None) => format!("GPU {}{replica}", gpu.index),
        (None, _) => {
            let told = held.told;
            let profile = told.and_then(|d| d.profile.as_ref());
            let profile = profile.map(|p| format!(" {p}")).unwrap_or_default();
            let id = told.map_or("", |d| tail(&d.id));
            format!("{}{profile} ..{id}{replica}", texts.get("pods.gpu_unknown"))
        }
    }
}

/// The end of an id, which tells ids apart.
fn tail(id: &str) -> &str {
    let at = id.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
    &id[at..]
}

/// What stands for the devices of a pod that is not known to have any.
pub fn no_device<'t>(pod: &KnownPod<'_>, texts: &'t Texts) -> &'t str {
    match pod.facts {
        Some(facts) if facts.has_ended() => texts.get("pods.given_back"),
        Some(facts) if facts.is_pending() => texts.get("pods.waits"),
        // the request is all that is known: which devices, nobody tells
        _ => texts.get("pods.not_told"),
    }
}

/// All that is known of a pod.
pub fn lines(pod: &KnownPod<'_>, fleet: &Fleet, texts: &Texts, now: Timestamp) -> Vec<Line> {
    let mut out = Vec::new();
    let mut line = |label, text: String, caution| {
        out.push(Line {
            label,
            text,
            caution,
        });
    };
    let waiting = pod.facts.filter(|facts| facts.is_pending());
    if let Some(facts) = waiting {
        // what it misses comes first: that is why one looks
        let asked = asks(facts);
        if !asked.is_empty() {
            line("pods.asks", asked, false);
        }
        waits(facts, fleet, (texts, now), &mut line);
    }
    match pod.facts {
        Some(facts) => line("pods.state", state(facts, texts, now), is_sore(facts)),
        None => line("pods.state", texts.get("pods.no_api").to_owned(), false),
    }
    let devices = pod.devices();
    for held in &devices {
        line("pods.device", device(held, texts), held.gpu.is_none());
    }
    if devices.is_empty() && !pod.waits() {
        line("pods.device", no_device(pod, texts).to_owned(), false);
    }
    if let Some(facts) = pod.facts.filter(|_| waiting.is_none()) {
        let asked = asks(facts);
        if !asked.is_empty() {
            line("pods.asks", asked, false);
        }
    }
    if let Some(node) = pod.node {
        line("pods.node", node.name.to_string(), false);
    }
    if let Some(facts) = pod.facts {
        if let Some(owner) = &facts.owner {
            line(
                "pods.owner",
                format!("{} {}", owner.kind, owner.name),
                false,
            );
        }
        line("pods.uid", facts.uid.to_string(), false);
    }
    out
}

/// `CrashLoopBackOff (Running), 7 restarts, 3h old`.
fn state(facts: &PodFacts, texts: &Texts, now: Timestamp) -> String {
    let status = facts.status();
    let mut text = status.to_string();
    if *status != facts.phase {
        text.push_str(&format!(" ({})", facts.phase));
    }
    if let Some(at) = facts.deleting {
        let key = if at > now {
            "pods.gone_in"
        } else {
            "pods.gone_since"
        };
        let span = if at > now { age(now, at) } else { age(at, now) };
        text.push_str(&format!(", {}", texts.say(key, &[("age", &span)])));
    }
    if let Some(n) = facts.restarts.filter(|n| *n > 0) {
        text.push_str(&format!(", {}", texts.say("pods.restarted", &[("n", &n)])));
    }
    if let Some(created) = facts.created {
        let old = age(created, now);
        text.push_str(&format!(", {}", texts.say("pods.old", &[("age", &old)])));
    }
    text
}

/// `GPU 2 3g.20gb@4  MIG-..  container main  (pod-status, checkpoint)`.
fn device(held: &Held<'_>, texts: &Texts) -> String {
    let mut text = place(held, texts);
    let uuid = match (held.told, held.slot) {
        (Some(told), _) => Some(told.id.to_string()),
        (None, Some(slot)) => {
            let ci = held.link.and_then(|l| l.ci);
            let mut cis = slot.instance.cis.iter();
            let ci = cis.find(|c| ci.is_none() || ci == Some(c.ci));
            ci.and_then(|c| c.uuid.value()).map(ToString::to_string)
        }
        (None, None) => held.gpu.and_then(|g| g.uuid()).map(ToString::to_string),
    };
    if let Some(uuid) = uuid {
        text.push_str(&format!("  {uuid}"));
    }
    let container = held.link.and_then(|l| l.container.as_ref());
    let container = container.or_else(|| held.told?.container.as_ref());
    if let Some(container) = container {
        text.push_str(&format!("  {container}"));
    }
    if let Some(health) = held.told.and_then(|d| d.health.as_ref())
        && *health != "Healthy"
    {
        text.push_str(&format!("  {health}"));
    }
    let evidence: Vec<&str> = held.evidence().iter().map(Text::as_str).collect();
    text.push_str(&format!("  ({})", evidence.join(", ")));
    text
}

/// What a pod waits for: the scheduler's words first, then what the nodes and the GPUs have.
fn waits(
    facts: &PodFacts,
    fleet: &Fleet,
    (texts, now): (&Texts, Timestamp),
    line: &mut impl FnMut(&'static str, String, bool),
) {
    match &facts.unschedulable {
        Some(words) => line("pods.scheduler", words.to_string(), true),
        None => line(
            "pods.scheduler",
            texts.get("pods.scheduler_silent").to_owned(),
            false,
        ),
    }
    let nodes = fleet.nodes.iter().filter_map(|n| n.cluster.value());
    let found = prospects(facts, nodes.map(|on_node| &**on_node));
    if !found.fits.is_empty() {
        let nodes = joined(&found.fits);
        line(
            "pods.free",
            texts.say("pods.fits", &[("nodes", &nodes)]),
            false,
        );
    }
    if !found.closed.is_empty() {
        let nodes = joined(&found.closed);
        line(
            "pods.free",
            texts.say("pods.closed", &[("nodes", &nodes)]),
            true,
        );
    }
    if found.fits.is_empty() && found.closed.is_empty() {
        for (resource, more) in &found.misses {
            let resource = short(resource);
            let text = texts.say("pods.misses", &[("more", more), ("resource", &resource)]);
            line("pods.free", text, true);
        }
    }
    for (resource, _) in facts.requests.iter() {
        let all = fleet.nodes.iter().map(|n| &**n);
        if let Some(found) = openings(resource, all) {
            slices(&found, fleet, (texts, now), line);
        }
    }
}

fn slices(
    found: &Openings,
    fleet: &Fleet,
    (texts, now): (&Texts, Timestamp),
    line: &mut impl FnMut(&'static str, String, bool),
) {
    if found.there.is_empty() {
        let text = texts.say("pods.no_slice", &[("profile", &found.profile)]);
        line("pods.slices", text, true);
    }
    for there in &found.there {
        line("pods.slices", of_node(found, there, texts), false);
    }
    for sitting in &found.idle {
        line("pods.unused", unused(sitting, texts, now), false);
    }
    for way in &found.ways {
        line("pods.layout", change(found, way, fleet, texts), false);
    }
    if found.ways.is_empty() {
        let text = texts.say("pods.no_way", &[("profile", &found.profile)]);
        line("pods.layout", text, true);
    }
    if found.unread > 0 {
        line(
            "pods.layout",
            texts.say("pods.unread", &[("n", &found.unread)]),
            true,
        );
    }
}

/// `dgx-prod-01: 16x 3g.20gb, all taken`, `dgx-lab-02: 2x 3g.20gb, free on GPU 1, 4, advertises 1`.
fn of_node(found: &Openings, there: &There, texts: &Texts) -> String {
    let all = there.free.len() + there.taken;
    let gpus = crate::app::words::ranges(&there.free.iter().copied().collect());
    let mut text = format!("{}: {all}x {}", there.node, found.profile);
    let free = if there.free.is_empty() {
        texts.get("pods.all_taken").to_owned()
    } else {
        texts.say("pods.free_on", &[("gpus", &gpus)])
    };
    text.push_str(&format!(", {free}"));
    let real = u64::try_from(all).unwrap_or(u64::MAX);
    if let Some(n) = there.advertised.filter(|n| *n != real) {
        text.push_str(&format!(", {}", texts.say("pods.advertises", &[("n", &n)])));
    }
    text
}

/// `jupyter/kim-0 on dgx-dev-01 GPU 2, idle 9h`: whom one could ask for a slice.
fn unused(sitting: &Sitting, texts: &Texts, now: Timestamp) -> String {
    let pods: Vec<String> = sitting
        .pods
        .iter()
        .map(|p| pod_name(p).to_string())
        .collect();
    let places = [
        ("pods", &pods.join(", ") as &dyn std::fmt::Display),
        ("node", &sitting.node),
        ("gpu", &sitting.gpu),
    ];
    let mut text = texts.say("pods.has_unused", &places);
    if let Some(idle) = sitting.idle {
        let age = idle_age(idle, now);
        text.push_str(&format!(
            ", {}",
            texts.say("occupant.idle", &[("age", &age)])
        ));
    }
    text
}

/// `dgx-lab-02 GPU 5: 3g.20gb@4 fits beside what is there`.
fn change(found: &Openings, way: &Way, fleet: &Fleet, texts: &Texts) -> String {
    let (node, gpu) = (&way.node, way.gpu);
    let slice = format!("{}@{}", found.profile, way.start);
    let mut text = if way.gone.is_empty() {
        texts.say(
            "pods.way_free",
            &[("node", node), ("gpu", &gpu), ("slice", &slice)],
        )
    } else {
        let gone: Vec<String> = way
            .gone
            .iter()
            .map(|i| format!("{}@{}", i.profile, i.start))
            .collect();
        let gone = gone.join(" ");
        texts.say(
            "pods.way_instead",
            &[
                ("node", node),
                ("gpu", &gpu),
                ("slice", &slice),
                ("gone", &gone),
            ],
        )
    };
    // who may do it, where that is not whoever reads this
    let owner = super::at::node(fleet, node).map(|n| &n.owner);
    if let Some(owner) = owner
        && !matches!(
            owner.kind,
            OwnerKind::Nobody | OwnerKind::Migdeck | OwnerKind::Unknown
        )
    {
        let said = texts.say("pods.owned_by", &[("owner", &owner.name)]);
        text.push_str(&format!(", {said}"));
    }
    text
}

fn joined(names: &[Text]) -> String {
    let names: Vec<&str> = names.iter().map(Text::as_str).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;
