//! A row a GPU: its slices drawn to scale, memory, temperature, power, use.

use jiff::Timestamp;

use crate::cli::style::{Role, Style};
use crate::cli::text::table::Cell;
use crate::cli::text::{cut, pad, width, wrap};
use crate::formats::status::{Free, Gpu, Health, Node, SlotState};

use super::legend::{Legend, NA};
use super::strip::{self, Piece};
use super::{age, gib};

/// Columns of the strip on a page that is wide enough for it, widest first.
const STRIPS: [(usize, usize); 3] = [(100, 48), (72, 32), (0, 24)];

pub(super) fn lines(node: &Node, now: Timestamp, legend: &mut Legend, style: Style) -> Vec<String> {
    let axis = node.gpus.iter().filter_map(|g| g.axis).max().unwrap_or(8);
    let room = STRIPS
        .iter()
        .find(|(from, _)| style.width >= *from)
        .map_or(24, |(_, strip)| *strip);
    let scale = strip::scale(axis, room);
    let strip_width = scale * axis as usize;
    let roomy = node.gpus.iter().filter_map(|g| g.memory.total).max() >= Some(100 << 30);
    let memory_width = if roomy { 11 } else { 9 };
    // the only activity of a whole GPU that NVML has is its utilisation, and that only without MIG
    let utilisation = node
        .gpus
        .iter()
        .any(|g| g.mig.current.as_ref().is_some_and(|m| *m == "disabled"));
    let mut heads = vec![
        pad("GPU", 3, false),
        pad(
            &format!("MEMORY SLICES 0..{}", axis - 1),
            strip_width,
            false,
        ),
        pad("MEM GiB", memory_width, true),
    ];
    if utilisation {
        heads.push("UTIL%".to_owned());
    }
    heads.extend([pad("C", 3, true), pad("W", 4, true), pad("USE", 4, false)]);
    let mut out = vec![style.paint(Role::Faint, heads.join(" ").trim_end())];
    for gpu in &node.gpus {
        out.extend(row(
            gpu,
            &Columns {
                scale,
                strip_width,
                memory_width,
                utilisation,
            },
            node,
            now,
            legend,
            style,
        ));
    }
    out
}

struct Columns {
    scale: usize,
    strip_width: usize,
    memory_width: usize,
    utilisation: bool,
}

fn row(
    gpu: &Gpu,
    columns: &Columns,
    node: &Node,
    now: Timestamp,
    legend: &mut Legend,
    style: Style,
) -> Vec<String> {
    let mut line = pad(&gpu.index.to_string(), 3, true);
    line.push(' ');
    line.push_str(&strip(gpu, columns, now, style));
    if gpu.mig.current.is_none() && gpu.calls.state == Health::Answering {
        legend.na(
            "MIG mode",
            &node.name,
            Some(gpu.index),
            &gpu.mig.absent,
            "current",
        );
    }
    let mut number = |text: String, to: usize| {
        line.push(' ');
        line.push_str(&pad(&text, to, true));
    };
    number(memory(node, gpu, legend), columns.memory_width);
    if columns.utilisation {
        let text = match gpu.telemetry.utilization {
            Some(percent) => percent.to_string(),
            None => legend.na(
                "UTIL%",
                &node.name,
                Some(gpu.index),
                &gpu.absent,
                "utilization",
            ),
        };
        number(text, 5);
    }
    number(
        match gpu.telemetry.temperature_c {
            Some(c) => c.to_string(),
            None => legend.na(
                "temperature",
                &node.name,
                Some(gpu.index),
                &gpu.absent,
                "temperature_c",
            ),
        },
        3,
    );
    number(
        match gpu.telemetry.power_w {
            Some(w) => format!("{w:.0}"),
            None => legend.na("power", &node.name, Some(gpu.index), &gpu.absent, "power_w"),
        },
        4,
    );
    line.push(' ');
    line.push_str(&pad(&used(gpu), 4, false));
    let before = 3
        + 1
        + columns.strip_width
        + 1
        + columns.memory_width
        + 4
        + 5
        + 5
        + 6 * usize::from(columns.utilisation);
    let (beside, below) = styled(
        &note(gpu, now),
        style.width.saturating_sub(before + 1),
        style,
    );
    line.push(' ');
    line.push_str(&beside);
    let mut lines = vec![line.trim_end().to_owned()];
    lines.extend(below);
    lines
}

fn memory(node: &Node, gpu: &Gpu, legend: &mut Legend) -> String {
    match (gpu.memory.used, gpu.memory.total) {
        (Some(used), Some(total)) => format!("{}/{}", gib(used), gib(total)),
        (None, Some(total)) => {
            format!(
                "{}/{}",
                legend.na(
                    "memory",
                    &node.name,
                    Some(gpu.index),
                    &gpu.memory.absent,
                    "used"
                ),
                gib(total)
            )
        }
        (_, None) => legend.na(
            "memory",
            &node.name,
            Some(gpu.index),
            &gpu.memory.absent,
            "total",
        ),
    }
}

fn strip(gpu: &Gpu, columns: &Columns, now: Timestamp, style: Style) -> String {
    let pieces: Vec<Piece> = match gpu.calls.state {
        Health::Slow if gpu.mig.current.is_none() => vec![silent(gpu, now)],
        Health::Answering | Health::Slow => match mode(gpu) {
            Some(piece) => vec![piece],
            None => strip::pieces(gpu, columns.scale).unwrap_or_else(|| vec![undrawn(gpu)]),
        },
        Health::Hung | Health::Resting | Health::Failing => vec![silent(gpu, now)],
    };
    let mut out = String::new();
    let mut used = 0;
    for (text, role) in pieces {
        let text = cut(&text, columns.strip_width - used.min(columns.strip_width));
        used += width(&text);
        out.push_str(&role.map_or_else(|| text.clone(), |r| style.paint(r, &text)));
    }
    out + &" ".repeat(columns.strip_width.saturating_sub(used))
}

/// What stands in the strip where MIG is not on.
fn mode(gpu: &Gpu) -> Option<Piece> {
    match gpu.mig.current.as_deref() {
        Some("enabled") => None,
        Some(_) => {
            let state = gpu.state.unwrap_or(SlotState::Unknown);
            Some((
                format!("MIG off, whole GPU {}", strip::word(state)),
                Some(strip::role(state)),
            ))
        }
        None if gpu.instances.as_ref().is_some_and(|i| !i.is_empty()) => None,
        None => {
            let no_mig = gpu
                .mig
                .absent
                .reason("current")
                .is_some_and(|r| r.code == "not_supported");
            let state = gpu.state.unwrap_or(SlotState::Unknown);
            Some(if no_mig {
                (
                    format!("no MIG, whole GPU {}", strip::word(state)),
                    Some(strip::role(state)),
                )
            } else {
                ("MIG mode not known".to_owned(), Some(Role::Faint))
            })
        }
    }
}

fn undrawn(gpu: &Gpu) -> Piece {
    let text = match &gpu.instances {
        None => "instances not known".to_owned(),
        Some(all) if all.is_empty() => "MIG on, no instance".to_owned(),
        Some(all) => format!("{} instances, places not readable", all.len()),
    };
    (text, Some(Role::Faint))
}

fn silent(gpu: &Gpu, now: Timestamp) -> Piece {
    let since = gpu.calls.since.map(|t| age(t, now)).unwrap_or_default();
    let text = match gpu.calls.state {
        Health::Hung => format!("CALL STUCK {since}"),
        Health::Resting => format!("NOT ASKED {since}"),
        Health::Failing => format!("FAILING {since}"),
        Health::Slow => "ANSWERS LATE".to_owned(),
        Health::Answering => String::new(),
    };
    (text, Some(Role::Danger))
}

/// Instances that are busy or allocated, of all that there are; `1+/2` where more may be, `?/2` where none can be told.
fn used(gpu: &Gpu) -> String {
    match &gpu.instances {
        Some(all) if !all.is_empty() => {
            let taken = all
                .iter()
                .filter(|i| matches!(i.state, SlotState::Busy | SlotState::Allocated))
                .count();
            let hidden = all.iter().any(|i| i.state == SlotState::Unknown);
            match (taken, hidden) {
                (0, true) => format!("?/{}", all.len()),
                (_, true) => format!("{taken}+/{}", all.len()),
                (_, false) => format!("{taken}/{}", all.len()),
            }
        }
        Some(_) => "-".to_owned(),
        None => NA.to_owned(),
    }
}

/// What else there is to say, the most urgent first.
fn note(gpu: &Gpu, now: Timestamp) -> Vec<Cell> {
    let mut notes: Vec<Cell> = Vec::new();
    if let Some(call) = &gpu.calls.call {
        notes.push(Cell::new(call.as_str(), Role::Danger));
    }
    if let Some(reason) = &gpu.calls.reason {
        notes.push(Cell::new(reason.text.as_str(), Role::Danger));
    }
    if gpu.calls.state != Health::Answering
        && let Some(sampled) = gpu.sampled
    {
        notes.push(format!("last answer {} ago", age(sampled, now)).into());
    }
    if gpu.mig.current != gpu.mig.pending
        && let Some(pending) = &gpu.mig.pending
    {
        notes.push(Cell::new(format!("MIG pending {pending}"), Role::Caution));
    }
    if let Some(action) = gpu.telemetry.recovery.as_ref().filter(|a| **a != "none") {
        notes.push(Cell::new(
            format!("recovery {}", action.replace('_', " ")),
            Role::Danger,
        ));
    }
    if gpu.telemetry.remap_pending == Some(true) {
        notes.push(Cell::new("row remap pending", Role::Caution));
    }
    let down = gpu
        .telemetry
        .nvlinks
        .iter()
        .flatten()
        .filter(|up| !**up)
        .count();
    // with MIG on an A100's links are trained off, all of them; some down is a fault
    if down > 0 && gpu.telemetry.nvlinks.iter().flatten().any(|up| *up) {
        notes.push(Cell::new(format!("{down} NVLinks down"), Role::Caution));
    }
    if gpu.mig.current.as_deref() == Some("enabled")
        && gpu.instances.as_ref().is_some_and(Vec::is_empty)
    {
        notes.push(Cell::new("no instance: no CUDA here", Role::Caution));
    }
    notes.extend(room(gpu));
    notes
}

/// Profiles that still fit; those with media extensions or without are the same slices once more.
fn fitting(gpu: &Gpu) -> impl Iterator<Item = &Free> {
    gpu.free
        .iter()
        .flatten()
        .filter(|f| !f.profile.contains(['+', '-']))
}

/// The largest profile that still fits, how many others do, and slices that none can use.
fn room(gpu: &Gpu) -> Option<Cell> {
    let instances = gpu.instances.as_ref()?;
    let axis = gpu.axis?;
    if gpu.mig.current.as_deref() != Some("enabled") {
        return None;
    }
    let largest = fitting(gpu).max_by_key(|f| f.size);
    let mut text = match largest {
        Some(f) => {
            let starts: Vec<String> = f.starts.iter().map(ToString::to_string).collect();
            let others = fitting(gpu)
                .filter(|o| o.profile_id != f.profile_id)
                .count();
            let more = match others {
                0 => String::new(),
                n => format!(" +{n}"),
            };
            format!("room {}@{}{more}", f.profile, starts.join(","))
        }
        None if gpu.free.is_none() => return None,
        None => "full".to_owned(),
    };
    let taken = |slice: u32| {
        instances.iter().any(|i| {
            matches!((i.start, i.size), (Some(start), Some(size)) if (start..start + size).contains(&slice))
        })
    };
    let lost: Vec<String> = (0..axis)
        .filter(|s| !taken(*s) && strip::takes(gpu, *s) == Some(false))
        .map(|s| s.to_string())
        .collect();
    if !lost.is_empty() {
        text.push_str(&format!(", lost {}", lost.join(",")));
    }
    Some(text.into())
}

/// Notes behind the row as long as they fit whole; the rest below it.
fn styled(notes: &[Cell], room: usize, style: Style) -> (String, Vec<String>) {
    let paint = |text: &str, note: &Cell| {
        note.role
            .map_or_else(|| text.to_owned(), |r| style.paint(r, text))
    };
    let mut beside = String::new();
    let mut used = 0;
    let mut below = Vec::new();
    for note in notes {
        let gap = if beside.is_empty() { 0 } else { 2 };
        let wide = width(&note.text);
        if below.is_empty() && used + gap + wide <= room {
            beside.push_str(&" ".repeat(gap));
            beside.push_str(&paint(&note.text, note));
            used += gap + wide;
        } else {
            let lines = wrap(note.text.split(' '), " ", style.width - 4);
            below.extend(lines.iter().map(|l| format!("    {}", paint(l, note))));
        }
    }
    (beside, below)
}
