//! The instances of a GPU: drawn at their places, and a line each.

use crate::app::{activity, occupant, words};
use crate::domain::fleet::{Gpu, Node, Slot, SlotState};
use crate::domain::reading::{Absence, Reading};
use crate::domain::slices::{Part, Slices, slices};

use super::Writer;
use super::page::{Page, cut, width};

/// The strip with its ruler, and the room and the loss between the instances in words.
pub(super) fn strip(gpu: &Gpu, page: &mut Page) {
    match slices(gpu) {
        Reading::Value(slices) => {
            let scale = (72 / slices.axis.max(1) as usize).clamp(2, 9);
            let ruler: String = (0..slices.axis).map(|n| format!("{n:<scale$}")).collect();
            page.row(&format!("  {ruler}"));
            page.row(&format!("  {}", draw(gpu, &slices, scale)));
        }
        Reading::Absent(why) => page.line(&format!("  strip n/a: {}", why.text)),
    }
}

/// `[3g.20gb busy    ]____xxxx`.
pub(super) fn draw(gpu: &Gpu, slices: &Slices, scale: usize) -> String {
    slices
        .stretches
        .iter()
        .map(|(at, what)| {
            let columns = at.size as usize * scale;
            match what {
                Part::Slot(n) => {
                    let Some(slot) = gpu.slots.get(*n) else {
                        return "?".repeat(columns);
                    };
                    let inside = columns.saturating_sub(2);
                    let label = label(gpu, slot, inside);
                    let fill = " ".repeat(inside.saturating_sub(width(&label)));
                    format!("[{label}{fill}]")
                }
                Part::Hole => "_".repeat(columns),
                Part::Lost => "x".repeat(columns),
                Part::Untold => ".".repeat(columns),
            }
        })
        .collect()
}

/// As much as fits; of a GPU that does not answer the state is not known now.
fn label(gpu: &Gpu, slot: &Slot, room: usize) -> String {
    let stale = crate::app::telemetry::stale_since(gpu).is_some();
    let (word, letter) = if stale {
        ("?", "?")
    } else {
        (word(slot.state), letter(slot.state))
    };
    let profile = slot.instance.profile.value().map_or("?", |p| p.as_str());
    let compute = profile.split('.').next().unwrap_or(profile);
    let fits = [
        format!("{profile} {word}"),
        format!("{profile} {letter}"),
        format!("{compute} {letter}"),
        letter.to_owned(),
    ];
    fits.iter()
        .find(|l| width(l) <= room)
        .map_or_else(|| cut(letter, room), String::clone)
}

/// The state in one character.
pub(super) const fn letter(state: SlotState) -> &'static str {
    match state {
        SlotState::Busy => "B",
        SlotState::Allocated => "a",
        SlotState::Free => "f",
        SlotState::NoCi => "e",
        SlotState::Sick => "!",
        SlotState::Unknown => "?",
    }
}

/// The state in a word.
pub(super) const fn word(state: SlotState) -> &'static str {
    match state {
        SlotState::Busy => "busy",
        SlotState::Allocated => "allocated",
        SlotState::Free => "free",
        SlotState::NoCi => "no CI",
        SlotState::Sick => "SICK",
        SlotState::Unknown => "unknown",
    }
}

/// A line an instance.
pub(super) fn table(writer: &Writer<'_>, node: &Node, gpu: &Gpu, page: &mut Page) {
    let metric = activity::column(gpu);
    let head = writer.texts.get(activity::head(metric)).to_owned();
    let mut reasons: Vec<Absence> = Vec::new();
    let rows: Vec<Vec<String>> = gpu
        .slots
        .iter()
        .map(|slot| {
            let activity = activity::of(slot, metric);
            if let (Some(why), false) = (activity.percent.reason(), activity.idle_by_nature) {
                note(&mut reasons, why);
            }
            let who = occupant::of_slot(node, gpu, slot);
            if let occupant::Who::Unknown(why) = &who.who {
                note(&mut reasons, why);
            }
            vec![
                place(slot),
                gi_ci(slot),
                profile(slot),
                word(slot.state).to_owned(),
                memory(slot),
                activity.cell(),
                who.cell(),
            ]
        })
        .collect();
    page.table(
        &[
            "PLACE",
            "GI/CI",
            "PROFILE",
            "STATE",
            "MEM GiB",
            &head,
            "POD or PROCESS",
        ],
        &rows,
    );
    for why in reasons {
        page.line(&format!("n/a: {}", why.text));
    }
}

fn note(reasons: &mut Vec<Absence>, why: &Absence) {
    if !reasons.contains(why) {
        reasons.push(why.clone());
    }
}

/// `4:2`.
pub(super) fn place(slot: &Slot) -> String {
    match &slot.instance.placement {
        Reading::Value(at) => at.to_string(),
        Reading::Absent(_) => "n/a".to_owned(),
    }
}

/// `3/0`, `3/0,1,2`, `3/-`.
fn gi_ci(slot: &Slot) -> String {
    let cis: Vec<String> = slot.instance.cis.iter().map(|c| c.ci.to_string()).collect();
    let cis = if cis.is_empty() {
        "-".to_owned()
    } else {
        cis.join(",")
    };
    format!("{}/{cis}", slot.instance.gi)
}

pub(super) fn profile(slot: &Slot) -> String {
    let profile = slot.instance.profile.value();
    profile.map_or_else(|| "n/a".to_owned(), ToString::to_string)
}

/// `4.4/9.6`.
pub(super) fn memory(slot: &Slot) -> String {
    let gib = |r: &Reading<crate::domain::units::Bytes>| match r {
        Reading::Value(bytes) => words::gib(bytes.0),
        Reading::Absent(_) => "n/a".to_owned(),
    };
    match &slot.sample {
        Some(sample) => format!("{}/{}", gib(&sample.memory_used), gib(&sample.memory_total)),
        None => format!("n/a/{}", gib(&slot.instance.memory)),
    }
}
