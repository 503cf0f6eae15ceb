//! Who manages MIG on a host, in one line.

use crate::app::Texts;
use crate::domain::fleet::Node;
use crate::domain::owner::OwnerKind;

use super::{Piece, Tone};

/// Whether a layout here is somebody else's: migdeck only reads then.
pub fn is_owned(node: &Node) -> bool {
    !matches!(node.owner.kind, OwnerKind::Nobody | OwnerKind::Migdeck)
}

/// Who manages MIG, which layout it will apply, and whether migdeck may change it.
///
/// `daemon set kube-system/mig-init  re-applies dev-v3  migdeck leaves MIG alone`
pub fn line(node: &Node, texts: &Texts) -> Vec<Piece> {
    let owner = &node.owner;
    // before a first round nobody has looked
    if node.stream.beat.is_none() && owner.kind == OwnerKind::Unknown {
        return vec![Piece::new(texts.get("owner.not_yet"), Tone::Faint)];
    }
    let kind = texts.get(kind_key(owner.kind));
    let mut line = match owner.kind {
        OwnerKind::Nobody => {
            let mut line = vec![Piece::new(kind, Tone::Strong)];
            // without NVML nobody can change it so
            if node.driver.value().is_some() {
                line.push(Piece::new(texts.get("owner.free"), Tone::Faint));
            }
            return line;
        }
        OwnerKind::Migdeck => {
            return vec![
                Piece::new(kind, Tone::Strong),
                Piece::new(texts.get("owner.ours"), Tone::Faint),
            ];
        }
        OwnerKind::Unknown => {
            let why = owner.evidence.first();
            let mut line = vec![Piece::new(kind, Tone::Caution)];
            line.extend(why.map(|w| Piece::new(w.to_string(), Tone::Plain)));
            line
        }
        _ if owner.name.is_empty() => vec![Piece::new(kind, Tone::Strong)],
        _ => vec![
            Piece::new(kind, Tone::Plain),
            Piece::new(owner.name.to_string(), Tone::Strong),
        ],
    };
    match (&owner.layout, owner.kind) {
        (Some(layout), _) => line.push(Piece::new(
            texts.say("owner.layout", &[("layout", layout)]),
            Tone::Plain,
        )),
        (None, OwnerKind::Unknown) => {}
        // Slurm hands out what is there and makes none
        (None, OwnerKind::Slurm) => {}
        (None, _) => line.push(Piece::new(texts.get("owner.layout_unknown"), Tone::Faint)),
    }
    line.push(Piece::new(texts.get("owner.hands_off"), Tone::Faint));
    line
}

/// In a column: `daemon set mig-init`, `nobody`.
pub fn short(node: &Node, texts: &Texts) -> String {
    let owner = &node.owner;
    if node.stream.beat.is_none() && owner.kind == OwnerKind::Unknown {
        return "..".to_owned();
    }
    let name = owner.name.rsplit('/').next().unwrap_or_default();
    match owner.kind {
        OwnerKind::Nobody | OwnerKind::Unknown | OwnerKind::Migdeck => {
            texts.get(short_key(owner.kind)).to_owned()
        }
        kind if name.is_empty() => texts.get(kind_key(kind)).to_owned(),
        _ => name.to_owned(),
    }
}

/// Key of an owner's kind in texts.
pub const fn kind_key(kind: OwnerKind) -> &'static str {
    match kind {
        OwnerKind::Nobody => "owner.nobody",
        OwnerKind::MigManager => "owner.mig_manager",
        OwnerKind::MigPartedUnit => "owner.mig_parted_unit",
        OwnerKind::DraDriver => "owner.dra_driver",
        OwnerKind::Hami => "owner.hami",
        OwnerKind::VgpuHost => "owner.vgpu_host",
        OwnerKind::Slurm => "owner.slurm",
        OwnerKind::DaemonSet => "owner.daemon_set",
        OwnerKind::SystemdUnit => "owner.systemd_unit",
        OwnerKind::Migdeck => "owner.migdeck",
        OwnerKind::Unknown => "owner.unknown",
    }
}

const fn short_key(kind: OwnerKind) -> &'static str {
    match kind {
        OwnerKind::Nobody => "owner.short_nobody",
        OwnerKind::Migdeck => "owner.short_migdeck",
        _ => "owner.short_unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::host;
    use crate::app::texts::Language;
    use crate::domain::reading::Reading;

    fn said(node: &Node) -> String {
        let pieces = line(node, &Texts::of(Language::English));
        let words: Vec<String> = pieces.into_iter().map(|p| p.text).collect();
        words.join(" ")
    }

    #[test]
    fn an_owner_is_named_with_its_layout_and_what_migdeck_does() {
        let mut node = host("a");
        let text = said(&node);
        assert!(text.contains("kube-system/mig-init"), "{text}");
        assert!(text.contains("dev-v3"), "{text}");
        assert!(is_owned(&node));
        node.owner.layout = None;
        assert!(said(&node).contains("layout unknown"), "{}", said(&node));
    }

    #[test]
    fn unknown_says_why_and_counts_as_owned() {
        let mut node = host("a");
        node.owner.kind = OwnerKind::Unknown;
        node.owner.name = "".into();
        node.owner.layout = None;
        node.owner.evidence = vec!["two owners run: x and y".into()];
        assert!(said(&node).contains("two owners run"), "{}", said(&node));
        assert!(is_owned(&node));
    }

    #[test]
    fn before_the_first_round_nobody_is_accused_of_not_knowing() {
        let mut node = host("a");
        node.owner.kind = OwnerKind::Unknown;
        node.stream.beat = None;
        assert_eq!(said(&node), "not read yet");
        assert_eq!(short(&node, &Texts::of(Language::English)), "..");
    }

    #[test]
    fn nobody_leaves_the_layout_to_whoever_is_root() {
        let mut node = host("a");
        node.owner.kind = OwnerKind::Nobody;
        assert!(!is_owned(&node));
        assert!(said(&node).contains("nobody"));
        assert!(said(&node).contains("NVML"), "{}", said(&node));
        // without NVML there is no such way
        node.driver = Reading::not_yet();
        assert!(!said(&node).contains("NVML"), "{}", said(&node));
    }
}
