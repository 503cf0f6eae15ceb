//! What a driver says otherwise than the built-in table.

use super::{Board, BoardProfile};
use crate::domain::gpu::Engines;
use crate::domain::placement::Placement;

/// Memory differs between drivers, ECC states and even instances of one profile by up to this share, per cent; B200
/// listings disagree by 7.
const MEMORY_DRIFT: u64 = 4;

impl Board {
    /// What `live` says otherwise than this built-in board, one sentence each. Empty: they agree.
    ///
    /// Figures that either of them lacks are not compared, and memory only beyond what drivers differ by.
    pub fn differences(&self, live: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |what: &str, built_in: String, driver: String| {
            if built_in != driver {
                found.push(format!(
                    "{}: {what} is {driver} by the driver, {built_in} in the built-in table",
                    self.model
                ));
            }
        };
        // without placements the live board has no axis to compare
        if live.axis != 0 {
            differ(
                "the memory-slice axis",
                self.axis.to_string(),
                live.axis.to_string(),
            );
        }
        differ(
            "the number of compute slices",
            self.compute_slices.to_string(),
            live.compute_slices.to_string(),
        );
        for ours in &self.profiles {
            match live.profile(ours.id) {
                Some(theirs) => of_profile(&self.model, ours, theirs, &mut found),
                None => found.push(format!(
                    "{}: the driver does not list {} (profile {}); older drivers lack some profiles",
                    self.model, ours.name, ours.id
                )),
            }
        }
        for theirs in &live.profiles {
            if self.profile(theirs.id).is_none() {
                found.push(format!(
                    "{}: the driver lists {} (profile {}), which the built-in table lacks",
                    self.model, theirs.name, theirs.id
                ));
            }
        }
        found
    }
}

fn of_profile(model: &str, ours: &BoardProfile, theirs: &BoardProfile, found: &mut Vec<String>) {
    let mut differ = |what: &str, built_in: String, driver: String| {
        if built_in != driver {
            found.push(format!(
                "{model}: {what} of {} (profile {}) is {driver} by the driver, {built_in} in the built-in table",
                ours.name, ours.id
            ));
        }
    };
    if !ours.also.contains(&theirs.name) {
        differ("the name", ours.name.to_string(), theirs.name.to_string());
    }
    differ(
        "the number of compute slices",
        ours.slices.to_string(),
        theirs.slices.to_string(),
    );
    differ(
        "the most on one GPU",
        ours.max.to_string(),
        theirs.max.to_string(),
    );
    if let (Some(a), Some(b)) = (ours.sm, theirs.sm) {
        differ("the number of SMs", a.to_string(), b.to_string());
    }
    if let (Some(a), Some(b)) = (ours.engines, theirs.engines) {
        differ("the set of engines", engines(a), engines(b));
    }
    if let (Some(a), Some(b)) = (ours.memory, theirs.memory)
        && a.to_mib().abs_diff(b.to_mib()) * 100 > a.to_mib() * MEMORY_DRIFT
    {
        differ(
            "the memory",
            format!("{} MiB", a.to_mib()),
            format!("{} MiB", b.to_mib()),
        );
    }
    if !ours.placements.is_empty() && !theirs.placements.is_empty() {
        differ(
            "the set of placements",
            placements(&ours.placements),
            placements(&theirs.placements),
        );
    }
}

fn engines(e: Engines) -> String {
    format!(
        "DEC {} ENC {} CE {} JPG {} OFA {}",
        e.decoder, e.encoder, e.copy, e.jpeg, e.ofa
    )
}

/// As `nvidia-smi mig -lgipp` prints them: `{0,4}:4`.
fn placements(all: &[Placement]) -> String {
    let starts: Vec<_> = all.iter().map(|p| p.start.to_string()).collect();
    let size = all.first().map_or(0, |p| p.size);
    format!("{{{}}}:{size}", starts.join(","))
}
