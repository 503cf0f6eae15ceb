//! What a line of the kernel log says about GPUs and switches.
//!
//! Forms from `krcReportXid` of the open kernel modules, drivers 450 to 595, and from `error_nvswitch.h`.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::ids::PciAddress;

mod sxid;
mod xid;

pub(super) use sxid::Sxid;
pub(super) use xid::Xid;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Xid(Xid),
    Sxid(Sxid),
    /// A GPU has fallen off the bus; the line has no Xid.
    OffBus(PciAddress),
    /// First line of the report of a GPU that did not answer when the driver was loaded.
    ProbeOf(PciAddress),
    /// Last line of that report.
    ProbeOffBus,
    /// The kernel module of this version was loaded.
    DriverLoaded(Option<String>),
}

// a pattern that does not compile is a defect that the first test finds; as a value it never matches
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static OFF_BUS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"^NVRM: GPU (?:at )?(?:PCI:)?([0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?): GPU has fallen off the bus",
    )
});
static PROBE_OF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"^NVRM: The NVIDIA GPU ([0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?)")
});

/// How the lines of the driver and of the switch driver begin.
const OF_DRIVER: [&str; 2] = ["NVRM: ", "nvidia-nvswitch"];

/// Whether a line is the driver's own. Its words may stand in other lines too: those quote it, or pretend.
pub(super) fn is_of_driver(line: &str) -> bool {
    let line = without_time(line);
    OF_DRIVER.iter().any(|head| line.starts_with(head))
}

/// The line after the `[ 1234.567890] ` that a console's log has before it.
fn without_time(line: &str) -> &str {
    line.strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .filter(|(time, _)| time.chars().all(|c| matches!(c, '0'..='9' | '.' | ' ')))
        .map_or(line, |(_, rest)| rest)
}

/// What `line` says; `None` for all that is no concern here.
pub(super) fn said(line: &str) -> Option<Said> {
    let line = without_time(line);
    if line.starts_with("nvidia-nvswitch") {
        return sxid::sxid(line).map(Said::Sxid);
    }
    let words = line.strip_prefix("NVRM: ")?;
    if words.starts_with("Xid (") {
        return xid::xid(line).map(Said::Xid);
    }
    if let Some(module) = words.strip_prefix("loading NVIDIA UNIX") {
        return Some(Said::DriverLoaded(version(module)));
    }
    if words.contains("fallen off the bus and is not responding") {
        return Some(Said::ProbeOffBus);
    }
    if let Some(pci) = address(&OFF_BUS, line) {
        return Some(Said::OffBus(pci));
    }
    address(&PROBE_OF, line).map(Said::ProbeOf)
}

/// The first word that is a version: `535.161.08`, and not `x86_64`.
fn version(module: &str) -> Option<String> {
    let is_version =
        |word: &&str| word.contains('.') && word.chars().all(|c| c == '.' || c.is_ascii_digit());
    module
        .split_whitespace()
        .find(is_version)
        .map(str::to_owned)
}

fn address(pattern: &LazyLock<Option<Regex>>, line: &str) -> Option<PciAddress> {
    let found = pattern.as_ref()?.captures(line)?;
    found.get(1)?.as_str().parse().ok()
}

#[cfg(test)]
mod tests;
