//! A switch's report: `nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48 LTSSM Fault Up`.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern;
use crate::domain::ids::PciAddress;

/// A switch's SXid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sources::kernlog) struct Sxid {
    pub pci: PciAddress,
    pub code: u32,
    /// `Fatal`, `Non-fatal`, `Correctable`; `None` in the lines that follow the first of one report.
    pub word: Option<String>,
    pub link: Option<u32>,
    pub message: String,
}

static SXID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"^nvidia-nvswitch\d*: SXid \((?:PCI:)?([0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-7])?)\): (\d+), ?(.*)",
    )
});

static SXID_HEAD: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^(Fatal|Non-fatal|Correctable), (?:Link (\d+) )?(.*)"));

pub(super) fn sxid(line: &str) -> Option<Sxid> {
    let found = SXID.as_ref()?.captures(line)?;
    let text = |n: usize| found.get(n).map(|m| m.as_str());
    let message = text(3)?.trim_end();
    let head = SXID_HEAD.as_ref()?.captures(message);
    let part = |n: usize| head.as_ref()?.get(n).map(|m| m.as_str());
    Some(Sxid {
        pci: text(1)?.parse().ok()?,
        code: text(2)?.parse().ok()?,
        word: part(1).map(str::to_owned),
        link: part(2).and_then(|n| n.parse().ok()),
        message: part(3).unwrap_or(message).to_owned(),
    })
}
