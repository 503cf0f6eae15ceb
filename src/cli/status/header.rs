//! The top of a host: what it is, who owns MIG there, how its sources do, what is wrong.

use jiff::Timestamp;

use crate::cli::style::{Role, Style};
use crate::cli::text::{pad, width, wrap};
use crate::formats::absent::Reason;
use crate::formats::status::{Finding, Node, Source, SourceHealth, Status};

use super::age;

/// Columns that labels such as `OWNER` take.
pub(super) const INDENT: usize = 9;
/// Stands on every page of a simulated host.
const SIMULATED: &str = "SIMULATED";
/// Findings that are shown; the rest is counted.
const FINDINGS: usize = 6;

/// `label` once, then `words` wrapped beside it.
pub(super) fn labelled<'a>(
    label: &str,
    words: impl IntoIterator<Item = &'a str>,
    gap: &str,
    style: Style,
) -> Vec<String> {
    let label = style.paint(Role::Faint, &pad(label, INDENT, false));
    wrap(words, gap, style.width - INDENT)
        .into_iter()
        .enumerate()
        .map(|(n, line)| match n {
            0 => format!("{label}{line}"),
            _ => format!("{}{line}", " ".repeat(INDENT)),
        })
        .collect()
}

pub(super) fn lines(node: &Node, status: &Status, style: Style) -> Vec<String> {
    let mut out = title(node, status, style);
    out.extend(machine(node, style));
    out.extend(owner(node, style));
    out.extend(sources(node, status, style));
    if let Some(why) = &node.paused {
        out.extend(labelled("PAUSED", why.split(' '), " ", style));
    }
    for gap in &node.gaps {
        out.extend(labelled("HIDDEN", gap.split(' '), " ", style));
    }
    if let Some(limits) = &node.system.driver_limits {
        out.extend(labelled("DRIVER", limits.split(' '), " ", style));
    }
    out.extend(findings(&node.findings, style));
    out
}

fn title(node: &Node, status: &Status, style: Style) -> Vec<String> {
    let mut parts = vec![match status.unreached(node) {
        Some(_) => "not reached".to_owned(),
        None => models(node),
    }];
    if let Some(driver) = &node.system.driver {
        parts.push(format!("driver {driver}"));
    }
    if let Some(cuda) = &node.system.cuda {
        parts.push(format!("CUDA {cuda}"));
    }
    if let Some(booted) = node.system.booted {
        parts.push(format!("up {}", age(booted, status.at)));
    }
    let marks = if node.simulated {
        SIMULATED.len() + 2
    } else {
        0
    };
    let words = std::iter::once(node.name.as_str()).chain(parts.iter().map(String::as_str));
    let mut lines = wrap(words, "  ", style.width - marks).into_iter();
    let first = lines.next().unwrap_or_default();
    let mut head = match first.strip_prefix(node.name.as_str()) {
        Some(rest) => style.paint(Role::Heading, &node.name) + rest,
        None => first.clone(),
    };
    if node.simulated {
        let fill = style.width.saturating_sub(width(&first) + SIMULATED.len());
        head.push_str(&" ".repeat(fill));
        head.push_str(&style.paint(Role::Caution, SIMULATED));
    }
    std::iter::once(head)
        .chain(lines.map(|l| format!("{}{l}", " ".repeat(INDENT))))
        .collect()
}

/// `8x A100-SXM4-40GB`; several models are all named.
fn models(node: &Node) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for gpu in &node.gpus {
        let model = gpu.model.as_ref().map_or("GPU of unknown model", |m| {
            m.strip_prefix("NVIDIA ").unwrap_or(m)
        });
        match counted.iter_mut().find(|(name, _)| name == model) {
            Some((_, n)) => *n += 1,
            None => counted.push((model.to_owned(), 1)),
        }
    }
    if counted.is_empty() {
        let unprobed = node.k8s.is_some() && node.absent.reason("driver").is_some_and(is_unprobed);
        return if unprobed {
            "GPUs not looked at: no probe".to_owned()
        } else {
            "no GPU seen".to_owned()
        };
    }
    counted
        .iter()
        .map(|(name, n)| format!("{n}x {name}"))
        .collect::<Vec<_>>()
        .join(" + ")
}

/// Nobody looks at this host: another reason would come from whoever does.
fn is_unprobed(why: &Reason) -> bool {
    why.code == "no_source" && why.text.starts_with("no probe reads this host")
}

fn machine(node: &Node, style: Style) -> Vec<String> {
    let parts: Vec<&str> = [&node.system.machine, &node.system.os, &node.system.kernel]
        .into_iter()
        .flatten()
        .map(|t| t.as_str())
        .collect();
    labelled("", parts, ", ", style)
}

fn owner(node: &Node, style: Style) -> Vec<String> {
    let owner = &node.owner;
    let who = match owner.kind.as_str() {
        "nobody" => "nobody manages MIG here".to_owned(),
        "unknown" => format!("unknown {}", owner.name).trim_end().to_owned(),
        kind => format!("{} {}", kind.replace('_', " "), owner.name),
    };
    let layout = match (&owner.layout, owner.kind.as_str()) {
        (Some(layout), _) => format!(", re-applies {layout}"),
        (None, "nobody" | "unknown") => String::new(),
        (None, _) => ", layout unknown".to_owned(),
    };
    let text = format!("{who}{layout}");
    let mut out = labelled("OWNER", text.split(' '), " ", style);
    for evidence in &owner.evidence {
        out.extend(labelled("", evidence.split(' '), " ", style));
    }
    out
}

/// What an exporter tells of activity, and as of when: SM, else GR.
fn exported(node: &Node, source: &str) -> Option<(&'static str, Timestamp)> {
    let named = match source {
        "dcgm" => "dcgm-exporter",
        "prometheus" => "prometheus",
        _ => return None,
    };
    let instances = node.gpus.iter().flat_map(|g| g.instances.iter().flatten());
    let told = instances.flat_map(|i| &i.activity.metrics);
    let newest = |key: &str| {
        let mine = told
            .clone()
            .filter(|(known, p)| known.as_str() == key && p.source.as_str() == named);
        mine.map(|(_, p)| p.at).max()
    };
    let kind = |(kind, key)| newest(key).map(|at| (kind, at));
    [("SM", "sm_active"), ("GR", "gr_active")]
        .into_iter()
        .find_map(kind)
}

fn sources(node: &Node, status: &Status, style: Style) -> Vec<String> {
    let mine: Vec<&Source> = status
        .sources
        .iter()
        .filter(|s| s.node == node.name)
        .collect();
    let words: Vec<String> = mine
        .iter()
        .map(|s| match s.state {
            SourceHealth::Live => match exported(node, &s.name) {
                Some((kind, at)) => format!("{} {} {kind}", s.name, age(at, status.at)),
                None => format!("{} live", s.name),
            },
            _ if s.is_not_there() => format!("{} not here", s.name),
            other => {
                let since = s.since.map(|t| format!(" {}", age(t, status.at)));
                let word = match other {
                    SourceHealth::Late => "LATE",
                    SourceHealth::Hung => "HUNG",
                    SourceHealth::Live | SourceHealth::Down => "down",
                };
                format!("{} {word}{}", s.name, since.unwrap_or_default())
            }
        })
        .collect();
    let mut out = labelled("SOURCES", words.iter().map(String::as_str), "  ", style);
    for source in mine {
        // a finding that quotes the reason stands right below
        let quoted = |reason: &str| {
            node.findings
                .iter()
                .take(FINDINGS)
                .any(|f| f.text.contains(reason))
        };
        if let Some(reason) = source.reason.as_ref().filter(|r| !quoted(r)) {
            let text = format!("{}: {reason}", source.name);
            out.extend(labelled("", text.split(' '), " ", style));
        }
    }
    out
}

fn findings(all: &[Finding], style: Style) -> Vec<String> {
    let mut out = Vec::new();
    for finding in all.iter().take(FINDINGS) {
        let (mark, role) = match finding.severity.as_str() {
            "danger" => ("!! ", Role::Danger),
            "caution" => ("!  ", Role::Caution),
            _ => ("-  ", Role::Faint),
        };
        let text = format!("{}: {}", finding.subject, finding.text);
        for (n, line) in wrap(text.split(' '), " ", style.width - 3)
            .into_iter()
            .enumerate()
        {
            out.push(match n {
                0 => style.paint(role, mark) + &line,
                _ => format!("   {line}"),
            });
        }
        if let Some(next) = &finding.next {
            out.push(style.paint(Role::Faint, &format!("   next: {next}")));
        }
    }
    if all.len() > FINDINGS {
        out.push(format!(
            "   and {} more findings: `migdeck status --json` has all",
            all.len() - FINDINGS
        ));
    }
    out
}
