//! Who manages MIG on a node.

use serde::{Deserialize, Serialize};

use super::cluster::NodeFacts;
use super::text::Text;

pub mod by_cluster;

/// The kinds of owners.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// No sign of anybody: NVML on the host may change it.
    Nobody,
    /// GPU Operator's MIG manager (label protocol).
    MigManager,
    /// The host's own mig-manager or mig-parted unit.
    MigPartedUnit,
    /// The DRA driver for NVIDIA GPUs.
    DraDriver,
    /// HAMi.
    Hami,
    /// A vGPU host.
    VgpuHost,
    /// Slurm's daemon.
    Slurm,
    /// A DaemonSet of the site's own.
    DaemonSet,
    /// A systemd unit of the site's own.
    SystemdUnit,
    /// The guard file says that migdeck does.
    Migdeck,
    /// There are signs that contradict, or nothing could be read: treated as owned.
    Unknown,
}

impl OwnerKind {
    /// The word for it in JSON and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::MigManager => "mig_manager",
            Self::MigPartedUnit => "mig_parted_unit",
            Self::DraDriver => "dra_driver",
            Self::Hami => "hami",
            Self::VgpuHost => "vgpu_host",
            Self::Slurm => "slurm",
            Self::DaemonSet => "daemon_set",
            Self::SystemdUnit => "systemd_unit",
            Self::Migdeck => "migdeck",
            Self::Unknown => "unknown",
        }
    }
}

/// One sign of ownership, with where it was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnerSign {
    /// Whose sign it is.
    pub kind: OwnerKind,
    /// Name of the owner as people know it, such as `kube-system/mig-init` or a unit.
    pub name: Text,
    /// Where it was seen: a process, a unit file, a plugin socket, a pod log folder, the guard file.
    pub evidence: Text,
    /// True while it runs; false for a trace (a unit that is installed, a pod log folder).
    pub running: bool,
    /// The layout that it will apply, where that is known.
    pub layout: Option<Text>,
    /// True for the guard file's word, which wins over every other sign.
    #[serde(default)]
    pub decisive: bool,
}

/// Who owns MIG on a node, decided from the signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// The kind.
    pub kind: OwnerKind,
    /// Its name, empty for nobody.
    pub name: Text,
    /// The layout that it will apply; `None`: unknown.
    pub layout: Option<Text>,
    /// What the decision rests on.
    pub evidence: Vec<Text>,
}

/// Who owns MIG, given all signs of one node.
///
/// The guard file wins. Then what runs wins over what has merely left a trace: a unit that is installed or a pod's log
/// folder says less than a process. Signs of one strength that name different owners contradict each other, and the
/// answer is [`OwnerKind::Unknown`], which is treated as owned. Without any sign nobody does.
pub fn decide(signs: &[OwnerSign]) -> Owner {
    let decisive: Vec<&OwnerSign> = signs.iter().filter(|s| s.decisive).collect();
    if !decisive.is_empty() {
        return settle(&decisive, signs);
    }
    let named = |s: &&OwnerSign| !matches!(s.kind, OwnerKind::Unknown | OwnerKind::Nobody);
    let running: Vec<&OwnerSign> = signs.iter().filter(named).filter(|s| s.running).collect();
    if !running.is_empty() {
        return settle(&running, signs);
    }
    let traces: Vec<&OwnerSign> = signs.iter().filter(named).collect();
    if !traces.is_empty() {
        return settle(&traces, signs);
    }
    if signs.iter().any(|s| s.kind == OwnerKind::Unknown) {
        return unknown(signs);
    }
    Owner {
        kind: OwnerKind::Nobody,
        name: Text::new(""),
        layout: None,
        evidence: Vec::new(),
    }
}

/// The owner that `strongest` agree on, or unknown.
fn settle(strongest: &[&OwnerSign], all: &[OwnerSign]) -> Owner {
    let appliers: Vec<&OwnerSign> = strongest
        .iter()
        .copied()
        .filter(|s| s.kind != OwnerKind::Slurm)
        .collect();
    // Slurm hands out what somebody else has made: beside one who makes layouts it does not contradict
    let voices = if appliers.is_empty() {
        strongest
    } else {
        &appliers
    };
    let Some(first) = voices.first() else {
        return unknown(all);
    };
    let agreed = voices
        .iter()
        .all(|s| s.kind == first.kind && same_name(s.kind, &s.name, &first.name));
    if !agreed {
        return unknown(all);
    }
    // the fullest spelling, `gpu-operator/nvidia-mig-manager` rather than `nvidia-mig-manager`
    let name = voices
        .iter()
        .map(|s| &s.name)
        .max_by_key(|name| name.len())
        .unwrap_or(&first.name);
    let is_winners = |s: &&OwnerSign| voices.iter().any(|v| std::ptr::eq(*v, *s));
    let winners = all.iter().filter(is_winners);
    let others = all.iter().filter(|s| !is_winners(s));
    Owner {
        kind: first.kind,
        name: name.clone(),
        layout: one_layout(all.iter().filter(|s| s.kind == first.kind)),
        evidence: evidence(winners.chain(others)),
    }
}

/// Two DaemonSets or two units are two owners; the other kinds exist once on a node, however they are spelled.
fn same_name(kind: OwnerKind, a: &Text, b: &Text) -> bool {
    match kind {
        OwnerKind::DaemonSet | OwnerKind::SystemdUnit => a == b,
        _ => true,
    }
}

fn unknown(signs: &[OwnerSign]) -> Owner {
    let mut names: Vec<&str> = signs
        .iter()
        .map(|s| s.name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    Owner {
        kind: OwnerKind::Unknown,
        name: Text::from(names.join(" or ")),
        layout: None,
        evidence: evidence(signs.iter()),
    }
}

/// The owner with what the node object says of the layout it will apply: MIG manager asserts the configuration that the
/// label `nvidia.com/mig.config` names, at each of its starts.
pub fn with_node(mut owner: Owner, node: &NodeFacts) -> Owner {
    let label = |name: &str| node.labels.get(&Text::new(name));
    if owner.kind == OwnerKind::MigManager
        && owner.layout.is_none()
        && let Some(config) = label("nvidia.com/mig.config")
    {
        let state = label("nvidia.com/mig.config.state");
        owner.evidence.push(Text::from(match state {
            Some(state) => format!("label nvidia.com/mig.config={config}, state {state}"),
            None => format!("label nvidia.com/mig.config={config}, no state yet"),
        }));
        owner.layout = Some(config.clone());
    }
    owner
}

/// The layout, if those who know one know the same.
fn one_layout<'a>(signs: impl Iterator<Item = &'a OwnerSign>) -> Option<Text> {
    let mut layouts = signs.filter_map(|s| s.layout.as_ref());
    let first = layouts.next()?;
    layouts.all(|l| l == first).then(|| first.clone())
}

fn evidence<'a>(signs: impl Iterator<Item = &'a OwnerSign>) -> Vec<Text> {
    let mut seen: Vec<Text> = Vec::new();
    for sign in signs {
        if !seen.contains(&sign.evidence) {
            seen.push(sign.evidence.clone());
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(kind: OwnerKind, name: &str, running: bool) -> OwnerSign {
        OwnerSign {
            kind,
            name: Text::new(name),
            evidence: Text::from(format!("{name} running={running}")),
            running,
            layout: None,
            decisive: false,
        }
    }

    #[test]
    fn no_sign_is_nobody() {
        let owner = decide(&[]);
        assert_eq!(owner.kind, OwnerKind::Nobody);
        assert_eq!(owner.name, "");
    }

    #[test]
    fn mig_manager_applies_what_its_label_names() {
        let mut node = NodeFacts::default();
        node.labels
            .insert(Text::new("nvidia.com/mig.config"), Text::new("all-3g.20gb"));
        node.labels.insert(
            Text::new("nvidia.com/mig.config.state"),
            Text::new("success"),
        );
        let decided = decide(&[sign(
            OwnerKind::MigManager,
            "gpu-operator/nvidia-mig-manager",
            true,
        )]);
        let owner = with_node(decided, &node);
        assert_eq!(owner.layout.unwrap(), "all-3g.20gb");
        assert_eq!(
            owner.evidence[1],
            "label nvidia.com/mig.config=all-3g.20gb, state success"
        );
        // whoever else owns MIG does not heed the label
        let daemon_set = decide(&[sign(OwnerKind::DaemonSet, "kube-system/mig-init", true)]);
        assert_eq!(with_node(daemon_set, &node).layout, None);
    }

    #[test]
    fn what_runs_beats_a_trace_and_keeps_it_as_evidence() {
        let owner = decide(&[
            sign(OwnerKind::DaemonSet, "kube-system/mig-init", false),
            sign(OwnerKind::MigManager, "nvidia-mig-manager", true),
            sign(
                OwnerKind::MigManager,
                "gpu-operator/nvidia-mig-manager",
                true,
            ),
        ]);
        assert_eq!(owner.kind, OwnerKind::MigManager);
        assert_eq!(owner.name, "gpu-operator/nvidia-mig-manager");
        assert_eq!(owner.evidence.len(), 3);
        assert_eq!(owner.evidence[0], "nvidia-mig-manager running=true");
        assert_eq!(owner.evidence[2], "kube-system/mig-init running=false");
    }

    #[test]
    fn a_trace_alone_decides() {
        let owner = decide(&[sign(OwnerKind::DaemonSet, "kube-system/mig-init", false)]);
        assert_eq!(owner.kind, OwnerKind::DaemonSet);
    }

    #[test]
    fn contradictions_are_unknown_never_nobody() {
        for (a, b) in [
            (
                sign(OwnerKind::MigManager, "nvidia-mig-manager", true),
                sign(OwnerKind::DraDriver, "gpu.nvidia.com", true),
            ),
            (
                sign(OwnerKind::DaemonSet, "kube-system/mig-init", true),
                sign(OwnerKind::DaemonSet, "ml/mig-setup", true),
            ),
            (
                sign(OwnerKind::SystemdUnit, "mig.service", false),
                sign(OwnerKind::Hami, "hami", false),
            ),
        ] {
            let owner = decide(&[a.clone(), b.clone()]);
            assert_eq!(owner.kind, OwnerKind::Unknown, "{a:?} {b:?}");
            assert_eq!(owner.evidence.len(), 2);
            assert!(owner.name.contains(" or "), "{}", owner.name);
        }
    }

    #[test]
    fn what_could_not_be_read_is_treated_as_owned() {
        let mut hidden = sign(OwnerKind::Unknown, "", false);
        hidden.evidence = Text::new("processes of others are hidden");
        assert_eq!(decide(&[hidden.clone()]).kind, OwnerKind::Unknown);
        // but a sign that could be read says more
        let owner = decide(&[hidden, sign(OwnerKind::Slurm, "slurmd", true)]);
        assert_eq!(owner.kind, OwnerKind::Slurm);
    }

    #[test]
    fn the_guard_file_wins_over_what_runs() {
        let mut guard = sign(OwnerKind::Migdeck, "migdeck", false);
        guard.decisive = true;
        guard.layout = Some(Text::new("0-7: 2x3g.20gb"));
        let running = sign(OwnerKind::MigManager, "nvidia-mig-manager", true);
        let owner = decide(&[running.clone(), guard.clone()]);
        assert_eq!(owner.kind, OwnerKind::Migdeck);
        assert_eq!(owner.layout.unwrap(), "0-7: 2x3g.20gb");
        // a guard file that cannot be trusted leaves the question open
        guard.kind = OwnerKind::Unknown;
        guard.layout = None;
        assert_eq!(decide(&[running, guard]).kind, OwnerKind::Unknown);
    }

    #[test]
    fn slurm_beside_the_unit_that_makes_its_layout_is_no_contradiction() {
        let owner = decide(&[
            sign(OwnerKind::Slurm, "slurmd", true),
            sign(OwnerKind::MigPartedUnit, "nvidia-mig-manager.service", true),
        ]);
        assert_eq!(owner.kind, OwnerKind::MigPartedUnit);
        assert_eq!(owner.evidence.len(), 2);
    }

    #[test]
    fn layouts_that_differ_are_not_known() {
        let mut a = sign(OwnerKind::MigPartedUnit, "u", true);
        let mut b = a.clone();
        a.layout = Some(Text::new("all-1g.5gb"));
        assert_eq!(
            decide(&[a.clone(), b.clone()]).layout.unwrap(),
            "all-1g.5gb"
        );
        b.layout = Some(Text::new("all-2g.10gb"));
        assert_eq!(decide(&[a, b]).layout, None);
    }
}
