//! Services of a host in short: what matters to its GPUs, and what is not as it should be.

use crate::app::Texts;
use crate::domain::fleet::Node;
use crate::domain::reading::Reading;
use crate::domain::service::{Service, ServiceKind};

use super::{Piece, Tone};

/// `FM 535.54.03, driver 535.161.08: VERSIONS DIFFER`, `DCGM DOWN`, then all that are well in one piece, then those that
/// are off.
pub fn line(node: &Node, texts: &Texts) -> Vec<Piece> {
    let mut bad = Vec::new();
    let mut well: Vec<&str> = Vec::new();
    let mut off: Vec<&str> = Vec::new();
    for service in &node.services {
        let name = short(service.kind);
        match state(node, service, texts) {
            State::Well => well.push(name),
            State::Off => off.push(name),
            State::Waits => {}
            State::Bad(piece) => bad.push(piece),
        }
    }
    if let Reading::Value(specs) = &node.cdi
        && !specs.is_empty()
    {
        if node.findings.iter().any(|f| f.id.starts_with("cdi")) {
            bad.push(Piece::new(texts.get("services.cdi_differs"), Tone::Caution));
        } else {
            well.push("CDI");
        }
    }
    // what a mode change asks about comes first: what has no room is what matters least
    let rank = |name: &&str| {
        ["FM", "DCGM", "CDI", "persistence"]
            .iter()
            .position(|n| n == name)
    };
    well.sort_by_key(|name| rank(name).unwrap_or(usize::MAX));
    bad.sort_by_key(|p| std::cmp::Reverse(p.tone));
    if !well.is_empty() {
        let text = texts.say("services.ok", &[("names", &well.join(" "))]);
        bad.push(Piece::new(text, Tone::Plain));
    }
    if !off.is_empty() {
        let text = texts.say("services.off", &[("names", &off.join(" "))]);
        bad.push(Piece::new(text, Tone::Faint));
    }
    bad
}

enum State {
    Well,
    Off,
    /// It runs when the host boots or something calls it, and ends.
    Waits,
    Bad(Piece),
}

fn state(node: &Node, service: &Service, texts: &Texts) -> State {
    let name = short(service.kind);
    let active = match &service.active {
        Reading::Value(active) => *active,
        Reading::Absent(_) => return State::Bad(Piece::new(format!("{name} n/a"), Tone::Faint)),
    };
    let enabled = service.enabled.value() == Some(&true);
    let once = matches!(
        service.kind,
        ServiceKind::CdiRefresh | ServiceKind::MigManager
    );
    match (active, enabled) {
        (false, _) if once => return State::Waits,
        (false, true) => {
            let text = texts.say("services.down", &[("name", &name)]);
            return State::Bad(Piece::new(text, Tone::Caution));
        }
        (false, false) => return State::Off,
        (true, _) => {}
    }
    let driver = node.driver.value().and_then(|d| d.version.value());
    match (&service.version, driver) {
        (Some(version), Some(driver))
            if service.kind == ServiceKind::FabricManager && version != driver =>
        {
            let args: [(&str, &dyn std::fmt::Display); 2] =
                [("version", version), ("driver", driver)];
            let text = texts.say("services.fm_differs", &args);
            State::Bad(Piece::new(text, Tone::Danger))
        }
        _ => State::Well,
    }
}

/// What people call it.
pub const fn short(kind: ServiceKind) -> &'static str {
    match kind {
        ServiceKind::FabricManager => "FM",
        ServiceKind::Persistence => "persistence",
        ServiceKind::Dcgm => "DCGM",
        ServiceKind::Nvsm => "nvsm",
        ServiceKind::Kubelet => "kubelet",
        ServiceKind::Containerd => "containerd",
        ServiceKind::MigManager => "mig-manager",
        ServiceKind::Slurmd => "slurmd",
        ServiceKind::CdiRefresh => "cdi-refresh",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{host, value};
    use crate::app::texts::Language;

    fn said(node: &Node) -> Vec<String> {
        line(node, &Texts::of(Language::English))
            .into_iter()
            .map(|p| p.text)
            .collect()
    }

    #[test]
    fn what_should_run_and_does_not_stands_first() {
        let mut node = host("a");
        node.services[2].active = value(false);
        assert_eq!(said(&node)[0], "DCGM DOWN");
        node.services[2].enabled = value(false);
        assert_eq!(said(&node)[1], "off DCGM");
    }

    #[test]
    fn a_fabric_manager_of_another_version_is_named_with_both() {
        let mut node = host("a");
        node.services[0].version = Some("535.54.03".into());
        let first = said(&node).remove(0);
        assert!(
            first.contains("535.54.03") && first.contains("535.161.08"),
            "{first}"
        );
    }
}
