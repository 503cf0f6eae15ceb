//! The most important word on a GPU: what hangs, then what is broken, then what waits, then what is idle, then what fits.

use jiff::{SignedDuration, Timestamp};

use crate::app::{Texts, occupant, trouble, words};
use crate::domain::finding::xids::{Concern, concern};
use crate::domain::fleet::{Gpu, Node, SlotState};
use crate::domain::gpu::RecoveryAction;
use crate::domain::observation::CallState;
use crate::domain::reading::AbsentCode;
use crate::domain::slices;

use super::{Piece, Tone, worst};

/// Clock event reasons that mean trouble (nvml.h): HW slowdown, SW thermal, HW thermal, HW power brake.
const THROTTLED: u64 = 0x8 | 0x20 | 0x40 | 0x80;

/// How long a report is told of that left no instance in need of anything.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

/// What is to be said of a GPU, the most important first. Never empty for a GPU that answers and whose layout is known.
/// `again`: the key with which a GPU is asked again that is left alone.
pub fn of(
    node: &Node,
    gpu: &Gpu,
    now: Timestamp,
    texts: &Texts,
    offset: i32,
    again: &str,
) -> Vec<Piece> {
    let mut notes = Vec::new();
    calls(gpu, now, texts, (offset, again), &mut notes);
    health(gpu, texts, &mut notes);
    errors(node, gpu, texts, &mut notes);
    lately(node, gpu, now, &mut notes);
    mode(node, gpu, texts, &mut notes);
    instances(gpu, now, texts, &mut notes);
    room(gpu, texts, &mut notes);
    notes
}

fn calls(
    gpu: &Gpu,
    now: Timestamp,
    texts: &Texts,
    (offset, again): (i32, &str),
    notes: &mut Vec<Piece>,
) {
    match &gpu.calls {
        CallState::Answering => {
            if let Some(why) = gpu.inventory.reason()
                && why.code == AbsentCode::GpuLost
            {
                notes.push(Piece::new(texts.get("note.lost"), Tone::Danger));
            }
        }
        CallState::Hung { since, call } => {
            let age = words::age(*since, now);
            notes.push(Piece::new(
                texts.say("note.hung", &[("age", &age)]),
                Tone::Danger,
            ));
            notes.push(Piece::new(call.to_string(), Tone::Danger));
        }
        CallState::Slow { call, seconds, .. } => {
            let seconds = format!("{seconds:.1}");
            notes.push(Piece::new(
                texts.say("note.slow", &[("seconds", &seconds)]),
                Tone::Caution,
            ));
            notes.push(Piece::new(call.to_string(), Tone::Caution));
        }
        CallState::Resting { until, why, .. } => {
            notes.push(Piece::new(
                texts.get(match why.code {
                    AbsentCode::GpuLost => "note.lost",
                    AbsentCode::ResetRequired => "note.reset_required",
                    _ => "note.resting",
                }),
                Tone::Danger,
            ));
            notes.push(Piece::new(
                match until {
                    Some(until) => {
                        let at = worst::clock(*until, now, offset);
                        texts.say("note.resting_until", &[("at", &at)])
                    }
                    None => texts.say("note.resting_for_good", &[("key", &again)]),
                },
                Tone::Caution,
            ));
            notes.push(Piece::new(why.text.to_string(), Tone::Danger));
        }
        CallState::Failing { why, .. } => {
            notes.push(Piece::new(
                texts.get(match why.code {
                    AbsentCode::GpuLost => "note.lost",
                    AbsentCode::ResetRequired => "note.reset_required",
                    _ => "note.failing",
                }),
                Tone::Danger,
            ));
            notes.push(Piece::new(why.text.to_string(), Tone::Danger));
        }
    }
    let old = !matches!(gpu.calls, CallState::Answering | CallState::Slow { .. });
    if old && let Some(sampled) = gpu.sampled {
        let age = words::age(sampled, now);
        notes.push(Piece::new(
            texts.say("note.last_answer", &[("age", &age)]),
            Tone::Stale,
        ));
    }
}

fn health(gpu: &Gpu, texts: &Texts, notes: &mut Vec<Piece>) {
    if let Some(slow) = &gpu.slow {
        let action = match slow.recovery.value() {
            None | Some(RecoveryAction::None) => None,
            Some(RecoveryAction::GpuReset) => Some(("note.recovery_reset", Tone::Danger)),
            Some(RecoveryAction::NodeReboot) => Some(("note.recovery_reboot", Tone::Danger)),
            Some(RecoveryAction::DrainP2p) => Some(("note.recovery_p2p", Tone::Caution)),
            Some(RecoveryAction::DrainAndReset) => Some(("note.recovery_drain", Tone::Caution)),
            Some(RecoveryAction::Other(_)) => Some(("note.recovery_other", Tone::Danger)),
        };
        let mut say = |key: &str, tone| notes.push(Piece::new(texts.get(key), tone));
        if let Some((key, tone)) = action {
            say(key, tone);
        }
        if slow.memory.remap_failed.value() == Some(&true) {
            say("note.remap_failed", Tone::Danger);
        } else if slow.memory.remap_pending.value() == Some(&true) {
            say("note.remap_pending", Tone::Caution);
        }
    }
    let throttle = gpu.fast.as_ref().and_then(|f| f.throttle.value());
    if throttle.is_some_and(|mask| mask & THROTTLED != 0) {
        notes.push(Piece::new(texts.get("note.throttled"), Tone::Caution));
    }
    if let Some(slow) = &gpu.slow {
        let links = slow.nvlinks.value().map_or(&[][..], Vec::as_slice);
        let down = links.iter().filter(|up| !**up).count();
        // with MIG on an A100's links are trained off, all of them; some down is a fault
        if down > 0 && down < links.len() {
            let text = texts.say("note.links", &[("down", &down), ("all", &links.len())]);
            notes.push(Piece::new(text, Tone::Caution));
        }
        if let (Some(now), Some(most)) = (slow.pcie.width.value(), slow.pcie.width_max.value())
            && now < most
        {
            let text = texts.say("note.pcie", &[("now", now), ("most", most)]);
            notes.push(Piece::new(text, Tone::Caution));
        }
    }
}

/// The newest report that still matters: of an instance that is sick, or of the GPU as a whole while something on it is.
fn errors(node: &Node, gpu: &Gpu, texts: &Texts, notes: &mut Vec<Piece>) {
    let sick: Vec<_> = gpu
        .slots
        .iter()
        .filter(|s| s.state == SlotState::Sick)
        .collect();
    let whole_sick = gpu
        .whole
        .as_ref()
        .is_some_and(|w| w.state == SlotState::Sick);
    if sick.is_empty() && !whole_sick {
        return;
    }
    let report = node
        .xids
        .iter()
        .rev()
        .filter(|x| x.pci.is_some() && x.pci == gpu.pci())
        .find(|x| concern(x) == Concern::Gpu || concern(x) == Concern::Instance);
    let place = match sick.as_slice() {
        [one] if gpu.slots.len() > 1 => format!(" gi {}", one.instance.gi),
        _ => String::new(),
    };
    let text = match report {
        Some(xid) => format!("Xid {}{place}", xid.code),
        None => format!("{}{place}", texts.get("state.sick")),
    };
    notes.push(Piece::new(text, Tone::Danger));
}

/// A report that took a program on one instance its work and left the instance well: whose pod somebody will ask about.
fn lately(node: &Node, gpu: &Gpu, now: Timestamp, notes: &mut Vec<Piece>) {
    for slot in gpu.slots.iter().filter(|s| s.state != SlotState::Sick) {
        let report = trouble::of_slot(node, gpu, slot)
            .find(|x| concern(x) == Concern::Nobody && now.duration_since(x.at) < LATELY);
        if let Some(xid) = report {
            let text = format!("Xid {} gi {}", xid.code, slot.instance.gi);
            notes.push(Piece::new(text, Tone::Caution));
        }
    }
}

fn mode(node: &Node, gpu: &Gpu, texts: &Texts, notes: &mut Vec<Piece>) {
    let Some(inventory) = gpu.inventory.value() else {
        return;
    };
    let Some(mode) = inventory.mig.value() else {
        return;
    };
    if mode.current != mode.pending {
        let key = if mode.pending {
            "note.pending_on"
        } else {
            "note.pending_off"
        };
        notes.push(Piece::new(texts.get(key), Tone::Caution));
    }
    if mode.current && inventory.instances.value().is_some_and(Vec::is_empty) {
        // the finding knows whether an owner is still expected to build its layout
        let waiting = worst::of_gpu(node, gpu).any(|f| {
            f.id.as_str() == "mig-on-empty"
                && f.severity < crate::domain::finding::Severity::Caution
        });
        notes.push(if waiting {
            Piece::new(texts.get("note.empty_since_boot"), Tone::Info)
        } else {
            Piece::new(texts.get("note.empty"), Tone::Caution)
        });
    }
}

fn instances(gpu: &Gpu, now: Timestamp, texts: &Texts, notes: &mut Vec<Piece>) {
    let without: Vec<String> = gpu
        .slots
        .iter()
        .filter(|s| s.state == SlotState::NoCi)
        .map(|s| s.instance.gi.to_string())
        .collect();
    if !without.is_empty() {
        let text = texts.say("note.no_ci", &[("gi", &without.join(","))]);
        notes.push(Piece::new(text, Tone::Caution));
    }
    let idle = gpu
        .slots
        .iter()
        .filter(|s| s.state == SlotState::Allocated)
        .filter_map(|s| s.idle)
        .min_by_key(|i| i.since);
    if let Some(idle) = idle {
        let age = occupant::idle_age(idle, now);
        // of a watch that has just begun there is nothing to say
        if now.duration_since(idle.since).as_mins() > 0 {
            let text = texts.say("occupant.idle", &[("age", &age)]);
            notes.push(Piece::new(text, Tone::Plain));
        }
    }
}

/// The largest profile that still fits, and slices that none can use.
fn room(gpu: &Gpu, texts: &Texts, notes: &mut Vec<Piece>) {
    let on = gpu
        .inventory
        .value()
        .and_then(|i| i.mig.value())
        .is_some_and(|m| m.current);
    let (Some(free), Some(of)) = (
        slices::free(gpu).value().cloned(),
        slices::slices(gpu).value().cloned(),
    ) else {
        return;
    };
    if !on || gpu.slots.is_empty() {
        return;
    }
    // those with attributes are the same slices once more
    let plain = || free.iter().filter(|f| !f.profile.contains(['+', '-']));
    match plain().max_by_key(|f| f.size) {
        Some(largest) => {
            let starts: Vec<String> = largest.starts.iter().map(ToString::to_string).collect();
            let starts = starts.join(",");
            let args: [(&str, &dyn std::fmt::Display); 2] =
                [("profile", &largest.profile), ("starts", &starts)];
            notes.push(Piece::new(texts.say("note.fits", &args), Tone::Ok));
        }
        None => notes.push(Piece::new(texts.get("note.full"), Tone::Faint)),
    }
    let lost: Vec<String> = of
        .stretches
        .iter()
        .filter(|(_, part)| *part == slices::Part::Lost)
        .flat_map(|(at, _)| at.start..at.end())
        .map(|s| s.to_string())
        .collect();
    if !lost.is_empty() {
        let text = texts.say("note.slices_lost", &[("slices", &lost.join(","))]);
        notes.push(Piece::new(text, Tone::Faint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{ago, gpu, instance, node, now, slot, value};
    use crate::app::texts::Language;
    use crate::domain::fleet::Idle;
    use crate::domain::reading::Absence;

    fn said(node: &Node, index: usize) -> Vec<String> {
        let texts = Texts::of(Language::English);
        of(node, &node.gpus[index], now(), &texts, 0, "ctrl-r")
            .into_iter()
            .map(|p| p.text)
            .collect()
    }

    #[test]
    fn a_call_that_does_not_come_back_is_told_with_its_age_and_function() {
        let node = node("a");
        assert_eq!(
            said(&node, 3),
            ["CALL STUCK 47s", "nvmlDeviceGetHandleByIndex_v2"]
        );
    }

    #[test]
    fn a_resting_gpu_says_until_when() {
        let mut node = node("a");
        node.gpus[3].calls = CallState::Resting {
            since: ago(60),
            until: Some(now() + jiff::SignedDuration::from_secs(55)),
            why: Absence::new(AbsentCode::Hung, "a call hung"),
        };
        let said = said(&node, 3);
        assert_eq!(said[..2], ["NOT ASKED", "asked again 03:05"]);
    }

    #[test]
    fn an_empty_gpu_has_no_cuda_and_a_gpu_instance_without_ci_is_named() {
        let node = node("a");
        assert_eq!(said(&node, 2)[0], "CUDA unusable");
        assert_eq!(said(&node, 0)[0], "gi 9 has no CI");
    }

    #[test]
    fn a_pending_mode_comes_before_what_fits() {
        let mut node = node("a");
        if let crate::domain::reading::Reading::Value(inventory) = &mut node.gpus[0].inventory {
            inventory.mig = value(crate::domain::gpu::MigMode {
                current: true,
                pending: false,
            });
        }
        assert_eq!(said(&node, 0)[0], "MIG off pending");
    }

    #[test]
    fn idle_comes_before_room_and_room_names_slices_that_nothing_can_use() {
        let mut node = node("a");
        let mut kept = slot(instance(7, "1g.5gb", 0, 1), SlotState::Allocated, vec![]);
        kept.idle = Some(Idle {
            since: ago(31 * 3600),
            exact: false,
        });
        node.gpus[0] = gpu(0, true, vec![kept]);
        let first = said(&node, 0);
        assert_eq!(first[0], "idle >=31h");
        assert_eq!(first[1], "3g.20gb@4 fits");
        node.gpus[0] = gpu(
            0,
            true,
            (0..7)
                .map(|n| slot(instance(7 + n, "1g.5gb", n, 1), SlotState::Free, vec![]))
                .collect(),
        );
        assert_eq!(said(&node, 0), ["nothing fits", "slice 7 lost"]);
    }

    #[test]
    fn what_is_broken_comes_before_what_waits() {
        let mut node = node("a");
        if let Some(slow) = &mut node.gpus[2].slow {
            slow.memory.remap_pending = value(true);
            slow.recovery = value(RecoveryAction::GpuReset);
            slow.pcie.width = value(8);
        }
        if let Some(fast) = &mut node.gpus[2].fast {
            fast.throttle = value(0x40);
        }
        assert_eq!(
            said(&node, 2),
            [
                "reset asked for",
                "row remap pending",
                "throttled",
                "PCIe x8 of x16",
                "CUDA unusable"
            ]
        );
    }
}
