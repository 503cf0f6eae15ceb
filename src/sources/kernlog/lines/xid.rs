//! A GPU's report: `NVRM: Xid (PCI:0000:01:00): 31, pid=5, name=python3, Ch 00000008, ..`.

use std::sync::LazyLock;

use regex::Regex;

use super::pattern;
use crate::domain::ids::{CiId, GiId, PciAddress, Pid};

/// A GPU's Xid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sources::kernlog) struct Xid {
    pub pci: PciAddress,
    pub code: u32,
    pub gi: Option<GiId>,
    pub ci: Option<CiId>,
    pub pid: Option<Pid>,
    pub name: Option<String>,
    pub message: String,
}

static XID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"^NVRM: Xid \((?:PCI:)?([0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2})(?:\.[0-7])?(?: GPU-I:(\d+))?(?: GPU-CI:(\d+))?\): (\d+), ?(.*)",
    )
});

static PID: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"^pid=(\d+|'?<unknown>'?)(?:, ?|$)(.*)"));

/// Longest name of a thread: `TASK_COMM_LEN` without the final zero.
const NAME_BYTES: usize = 15;

/// How messages begin that follow a thread's name. Only to find the end of a name that has `, ` in it.
const MESSAGE_HEADS: [&str; 18] = [
    "Ch ",
    "channel ",
    "Channel ",
    "Contained",
    "Uncontained",
    "GPU ",
    "Graphics ",
    "Timeout ",
    "Row Remapper",
    "DBE",
    "An uncorrectable",
    "NVLink",
    "Failed",
    "Fault",
    "Error",
    "PBDMA",
    "RLW",
    "MMU",
];

pub(super) fn xid(line: &str) -> Option<Xid> {
    let found = XID.as_ref()?.captures(line)?;
    let text = |n: usize| found.get(n).map(|m| m.as_str());
    let mut message = text(5)?;
    let mut pid = None;
    let mut name = None;
    if let Some(head) = PID.as_ref()?.captures(message) {
        pid = head.get(1).and_then(|m| m.as_str().parse().ok()).map(Pid);
        message = head.get(2).map_or("", |m| m.as_str());
        if let Some(rest) = message.strip_prefix("name=") {
            let (who, what) = split_name(rest);
            name = Some(who)
                .filter(|n| !matches!(*n, "<unknown>" | "'<unknown>'" | ""))
                .map(str::to_owned);
            message = what;
        }
    }
    Some(Xid {
        pci: text(1)?.parse().ok()?,
        code: text(4)?.parse().ok()?,
        gi: text(2).and_then(|n| n.parse().ok()).map(GiId),
        ci: text(3).and_then(|n| n.parse().ok()).map(CiId),
        pid,
        name,
        message: message.trim_end().to_owned(),
    })
}

/// Name and message of `NAME, MESSAGE`. A thread chooses its name and may put `, ` into it: of the places where the
/// name can end, the last one that a known message follows is taken, else the first.
fn split_name(text: &str) -> (&str, &str) {
    let ends: Vec<usize> = text
        .match_indices(", ")
        .map(|(at, _)| at)
        .take_while(|at| *at <= NAME_BYTES)
        .collect();
    let fits = |at: &&usize| {
        let rest = &text[**at + 2..];
        MESSAGE_HEADS.iter().any(|head| rest.starts_with(head))
    };
    match ends.iter().rev().find(fits).or(ends.first()) {
        Some(&at) => (&text[..at], &text[at + 2..]),
        None => match text.split_once(", ") {
            Some(parts) => parts,
            None => (text, ""),
        },
    }
}
