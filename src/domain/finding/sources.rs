//! Sources that do not tell.

use super::super::fleet::Node;
use super::super::observation::{Health, SourceName};
use super::super::reading::AbsentCode;
use super::said::say;
use super::{Finding, Severity, phrases};

/// Sources that are late, hang or are down. NVML that is down and a kubelet that cannot be read have their own rules.
pub(super) fn health(node: &Node) -> Vec<Finding> {
    node.sources
        .iter()
        .filter_map(|state| {
            let name = state.source.as_str();
            let subject = format!("{} {name}", node.name);
            match &state.health {
                Health::Live => None,
                Health::Late { since, why } => Some(
                    Finding::new(
                        "source-late",
                        Severity::Caution,
                        subject,
                        say!(phrases::SOURCE_LATE, source = name, why = why.to_string()),
                    )
                    .because([say!(phrases::SINCE, since = *since)])
                    .next(look(node, state.source)),
                ),
                Health::Hung { since, why } => Some(
                    Finding::new(
                        "source-hung",
                        Severity::Danger,
                        subject,
                        say!(phrases::SOURCE_HUNG, source = name, why = why.to_string()),
                    )
                    .because([say!(phrases::SINCE, since = *since)])
                    .next(look(node, state.source)),
                ),
                Health::Down { since, why } => {
                    let elsewhere = matches!(state.source, SourceName::Nvml | SourceName::Kubelet);
                    let not_there =
                        why.code == AbsentCode::NoSource && state.source != SourceName::Stream;
                    if elsewhere || not_there {
                        return None;
                    }
                    let severity = match (state.source, why.code) {
                        // without its stream nothing of a host is known any more
                        (SourceName::Stream, _) => Severity::Danger,
                        // a gap that a plain user always has
                        (_, AbsentCode::NoPermission) => Severity::Info,
                        _ => Severity::Caution,
                    };
                    Some(
                        Finding::new(
                            "source-down",
                            severity,
                            subject,
                            say!(phrases::SOURCE_DOWN, source = name, why = &why.text),
                        )
                        .because([say!(phrases::SINCE, since = *since)])
                        .next(look(node, state.source)),
                    )
                }
            }
        })
        .collect()
}

/// How to see what is wrong with a source.
fn look(node: &Node, source: SourceName) -> String {
    match source {
        SourceName::Nvml => "nvidia-smi -L".to_owned(),
        SourceName::Procfs => "ls -l /proc/driver/nvidia /dev/nvidia*".to_owned(),
        SourceName::Kernlog => "sudo dmesg -T | tail".to_owned(),
        SourceName::Kubelet => "sudo systemctl status kubelet".to_owned(),
        SourceName::Services => "systemctl list-units --all 'nvidia*'".to_owned(),
        SourceName::Kubernetes => format!("kubectl get node {} -o yaml", node.name),
        // as this machine asks it: the address that was given may be what is wrong
        SourceName::Dcgm | SourceName::Prometheus => match address(node, source) {
            Some(address) => format!("curl -sS '{address}' | head"),
            None => "kubectl get pods -A -o wide -l app=nvidia-dcgm-exporter".to_owned(),
        },
        // says how each host is reached
        SourceName::Stream => "migdeck config show".to_owned(),
    }
}

/// Where an exporter is asked, if it is anywhere.
fn address(node: &Node, source: SourceName) -> Option<&str> {
    let exporter = node.exporters.iter().find(|e| e.source == source)?;
    let address = exporter.address.as_str();
    // of a simulated host there is nothing to ask
    (address.starts_with("http") && !address.contains('\'')).then_some(address)
}

/// A stream that sends far more than it was asked for.
pub(super) fn flood(node: &Node) -> Vec<Finding> {
    let unread = node.stream.unread;
    let found = |since| {
        Finding::new(
            "source-floods",
            Severity::Caution,
            format!("{} {}", node.name, SourceName::Stream.as_str()),
            say!(phrases::FLOODS, unread = unread),
        )
        .because([say!(phrases::SINCE, since = since)])
        .next(look(node, SourceName::Stream))
    };
    node.stream.floods.into_iter().map(found).collect()
}
