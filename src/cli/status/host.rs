//! Below the GPUs of a host: holders, errors, services, the cluster's view.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::cli::holders::Holding;
use crate::cli::style::{Role, Style};
use crate::cli::text::ranges;
use crate::cli::text::table::{self, Cell, Column};
use crate::formats::status::{K8s, Node, Xid};

use super::age;
use super::header::labelled;
use super::legend::Legend;

/// Errors that are shown; the rest is counted.
const XIDS: usize = 6;

/// What has gone wrong: it stands above the instances.
pub(super) fn troubles(node: &Node, now: Timestamp, style: Style) -> Vec<Vec<String>> {
    vec![stuck(node, style), xids(node, now, style)]
}

/// Who else is there: it stands below the instances.
pub(super) fn surroundings(node: &Node, legend: &mut Legend, style: Style) -> Vec<Vec<String>> {
    let mut around = services(node, legend, style);
    around.extend(k8s(node, legend, style));
    vec![holders(node, legend, style), around]
}

/// Those that no process on an instance explains.
fn holders(node: &Node, legend: &mut Legend, style: Style) -> Vec<String> {
    if let Some(why) = node.absent.reason("holders") {
        legend.because("some holders", &node.name, None, &why.text);
    }
    let (idle, unknown): (Vec<Holding>, Vec<Holding>) = Holding::of(node)
        .into_iter()
        .filter(|h| !h.works)
        .partition(|h| h.unknown_on.is_empty());
    let mut out = Vec::new();
    if !idle.is_empty() {
        out.push(style.paint(
            Role::Faint,
            "HOLDERS without work of their own (all: migdeck holders)",
        ));
        out.extend(crate::cli::holders::table(&idle, style));
    }
    if !unknown.is_empty() {
        let gpus: BTreeSet<u32> = unknown.iter().flat_map(|h| h.unknown_on.clone()).collect();
        let head = format!(
            "HOLDERS that may work: GPU {} tells no processes",
            ranges(&gpus)
        );
        out.push(style.paint(Role::Faint, &head));
        out.extend(crate::cli::holders::table(&unknown, style));
    }
    out
}

fn stuck(node: &Node, style: Style) -> Vec<String> {
    if node.stuck.is_empty() {
        return Vec::new();
    }
    let mut out = vec![style.paint(
        Role::Danger,
        "STUCK in the kernel (uninterruptible; no signal reaches them)",
    )];
    out.extend(node.stuck.iter().map(|p| {
        let user = p.user.as_ref().map_or("?", |u| u.as_str());
        crate::cli::text::cut(&format!("  {} {user} {}", p.pid, p.command), style.width)
    }));
    out
}

fn xids(node: &Node, now: Timestamp, style: Style) -> Vec<String> {
    if node.xids.is_empty() && node.xids_lost == 0 {
        return Vec::new();
    }
    let columns = [
        Column::left("ERROR"),
        Column::right("AGO").expendable(1),
        Column::left("WHERE"),
        Column::flexible("MEANING", 16),
        Column::flexible("PROCESS", 8).expendable(2),
        Column::flexible("ACTION", 16),
    ];
    let rows: Vec<Vec<Cell>> = node
        .xids
        .iter()
        .rev()
        .take(XIDS)
        .map(|x| {
            let family = if x.family == "sxid" { "SXid" } else { "Xid" };
            vec![
                Cell::new(format!("{family} {}", x.code), Role::Caution),
                age(x.at, now).into(),
                place(x).into(),
                x.name
                    .as_ref()
                    .map_or(x.message.as_str(), |n| n.as_str())
                    .into(),
                process(x).into(),
                x.action.as_ref().map_or("", |a| a.as_str()).into(),
            ]
        })
        .collect();
    let mut out = if rows.is_empty() {
        Vec::new()
    } else {
        table::lines(&columns, &rows, style)
    };
    if node.xids.len() > XIDS {
        out.push(format!("and {} earlier", node.xids.len() - XIDS));
    }
    if node.xids_lost > 0 {
        out.push(format!(
            "{} kernel log records were lost before they could be read: there may have been more errors",
            node.xids_lost
        ));
    }
    out
}

fn place(x: &Xid) -> String {
    let mut place = match (x.gpu_index, &x.pci) {
        (Some(index), _) => format!("GPU {index}"),
        (None, Some(pci)) => pci.to_string(),
        (None, None) => "?".to_owned(),
    };
    if let Some(gi) = x.gi {
        place.push_str(&format!(" gi {gi}"));
    }
    if let Some(ci) = x.ci {
        place.push_str(&format!(" ci {ci}"));
    }
    place
}

fn process(x: &Xid) -> String {
    match (x.pid, &x.process) {
        (Some(pid), Some(name)) => format!("{pid} {name}"),
        (Some(pid), None) => pid.to_string(),
        (None, Some(name)) => name.to_string(),
        (None, None) => String::new(),
    }
}

fn services(node: &Node, legend: &mut Legend, style: Style) -> Vec<String> {
    let mut words: Vec<String> = node
        .services
        .iter()
        .map(|s| {
            let unit = s.unit.strip_suffix(".service").unwrap_or(&s.unit);
            let version = s.version.as_ref().map(|v| format!(" {v}"));
            // these run when the host boots or something calls them, and end
            let once = matches!(s.kind.as_str(), "cdi_refresh" | "mig_manager");
            let active = match s.active {
                Some(false) if once && s.enabled == Some(true) => "enabled".to_owned(),
                Some(true) => "active".to_owned(),
                Some(false) if s.enabled == Some(true) => "ENABLED BUT NOT ACTIVE".to_owned(),
                Some(false) => "not active".to_owned(),
                None => legend.na("services", &node.name, None, &s.absent, "active"),
            };
            format!("{unit}{} {active}", version.unwrap_or_default())
        })
        .collect();
    match &node.cdi {
        Some(specs) if specs.is_empty() => {}
        Some(specs) => words.push(format!(
            "CDI {} devices in {} spec{}",
            specs.iter().map(|s| s.devices.len()).sum::<usize>(),
            specs.len(),
            if specs.len() == 1 { "" } else { "s" }
        )),
        None => {
            let na = legend.na("CDI specs", &node.name, None, &node.absent, "cdi");
            words.push(format!("CDI {na}"));
        }
    }
    let last = words.len().saturating_sub(1);
    let parts: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(n, w)| if n < last { format!("{w},") } else { w.clone() })
        .collect();
    labelled("SERVICES", parts.iter().map(String::as_str), " ", style)
}

fn k8s(node: &Node, legend: &mut Legend, style: Style) -> Vec<String> {
    let Some(k8s) = &node.k8s else {
        let na = legend.na("Kubernetes", &node.name, None, &node.absent, "k8s");
        return labelled("K8S", [na.as_str()], " ", style);
    };
    let name = k8s.name.as_ref().map_or("?", |n| n.as_str());
    let strategy = k8s
        .strategy
        .as_ref()
        .map_or("no mig.strategy label".to_owned(), |s| {
            format!("strategy {s}")
        });
    let cordoned = if k8s.cordoned { "  CORDONED" } else { "" };
    let head = format!("node {name}  {strategy}{cordoned}");
    let mut out = labelled("K8S", [head.as_str()], " ", style);
    out.extend(resources(k8s, style));
    let shown: Vec<String> = k8s
        .labels
        .iter()
        .filter_map(|(key, value)| Some(format!("{}={value}", worth_showing(key)?)))
        .collect();
    let more = match k8s.labels.len() - shown.len() {
        0 => None,
        n => Some(format!("and {n} more in --json")),
    };
    let words = std::iter::once("nvidia.com/")
        .chain(shown.iter().map(String::as_str))
        .chain(more.as_deref());
    out.extend(labelled("LABELS", words, "  ", style));
    out
}

/// The key without its prefix; `None` for what repeats another label or the tables above: the details of each profile,
/// and the driver's version in its second spelling.
fn worth_showing(key: &str) -> Option<&str> {
    let key = key.strip_prefix("nvidia.com/")?;
    let of_profile = key.starts_with("mig-") && !key.ends_with(".count");
    let second = [
        "cuda.driver-version.",
        "cuda.runtime-version.",
        "gpu.deploy.",
    ];
    (!of_profile && !second.iter().any(|s| key.starts_with(s))).then_some(key)
}

fn resources(k8s: &K8s, style: Style) -> Vec<String> {
    let mut names: Vec<_> = k8s.capacity.keys().chain(k8s.allocatable.keys()).collect();
    names.sort_by_key(|name| (std::cmp::Reverse(k8s.capacity.get(*name)), *name));
    names.dedup();
    if names.is_empty() {
        return labelled("", ["no GPU resource is advertised"], " ", style);
    }
    let narrow = style.width < 72;
    let columns = [
        Column::left(if narrow {
            "  RESOURCE"
        } else {
            "         RESOURCE"
        }),
        Column::right("CAPACITY"),
        Column::right("ALLOCATABLE"),
        Column::right("REQUESTED"),
    ];
    let of = |map: &std::collections::BTreeMap<crate::domain::text::Text, u64>, name| {
        map.get(name)
            .map_or_else(|| "-".to_owned(), ToString::to_string)
    };
    let rows: Vec<Vec<Cell>> = names
        .into_iter()
        .map(|name| {
            vec![
                format!("{}{name}", if narrow { "  " } else { "         " }).into(),
                of(&k8s.capacity, name).into(),
                of(&k8s.allocatable, name).into(),
                k8s.requested
                    .get(name)
                    .copied()
                    .unwrap_or(0)
                    .to_string()
                    .into(),
            ]
        })
        .collect();
    table::lines(&columns, &rows, style)
}
