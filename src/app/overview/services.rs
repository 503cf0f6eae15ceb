//! Services of a host in short: what matters to its GPUs, and what is not as it should be.

use crate::app::Texts;
use crate::domain::fleet::Node;
use crate::domain::reading::Reading;
use crate::domain::service::{Service, ServiceKind};

use super::{Piece, Tone};

/// `FM 535.161.08`, `DCGM off`, `FM 535.54.03 differs from the driver`: those that are not well first.
pub fn line(node: &Node, texts: &Texts) -> Vec<Piece> {
    let mut line: Vec<Piece> = node
        .services
        .iter()
        .filter_map(|service| piece(node, service, texts))
        .collect();
    match &node.cdi {
        Reading::Value(specs) if !specs.is_empty() => {
            let devices: usize = specs.iter().map(|s| s.devices.len()).sum();
            line.push(if node.findings.iter().any(|f| f.id.starts_with("cdi")) {
                Piece::new(texts.get("services.cdi_differs"), Tone::Caution)
            } else {
                let text = texts.say("services.cdi", &[("devices", &devices)]);
                Piece::new(text, Tone::Plain)
            });
        }
        _ => {}
    }
    line.sort_by_key(|p| std::cmp::Reverse(p.tone));
    line
}

fn piece(node: &Node, service: &Service, texts: &Texts) -> Option<Piece> {
    let name = short(service.kind);
    let active = match &service.active {
        Reading::Value(active) => *active,
        Reading::Absent(_) => return Some(Piece::new(format!("{name} n/a"), Tone::Faint)),
    };
    let enabled = service.enabled.value() == Some(&true);
    // these run when the host boots or something calls them, and end
    let once = matches!(
        service.kind,
        ServiceKind::CdiRefresh | ServiceKind::MigManager
    );
    if !active && once {
        return None;
    }
    if !active {
        return Some(if enabled {
            let text = texts.say("services.down", &[("name", &name)]);
            Piece::new(text, Tone::Caution)
        } else {
            let text = texts.say("services.off", &[("name", &name)]);
            Piece::new(text, Tone::Faint)
        });
    }
    let driver = node.driver.value().and_then(|d| d.version.value());
    match (&service.version, driver) {
        (Some(version), Some(driver))
            if service.kind == ServiceKind::FabricManager && version != driver =>
        {
            let args: [(&str, &dyn std::fmt::Display); 2] =
                [("version", version), ("driver", driver)];
            Some(Piece::new(
                texts.say("services.fm_differs", &args),
                Tone::Danger,
            ))
        }
        _ => Some(Piece::new(
            texts.say("services.ok", &[("name", &name)]),
            Tone::Plain,
        )),
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
        assert!(said(&node).contains(&"DCGM off".to_owned()));
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
