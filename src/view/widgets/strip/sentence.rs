//! What is said across a strip where boxes would claim to know what nobody knows.

use jiff::Timestamp;

use crate::app::times::when;
use crate::app::words::age;
use crate::domain::fleet::Gpu;
use crate::domain::observation::CallState;
use crate::domain::reading::{AbsentCode, Reading};
use crate::view::{Ctx, Role};

/// A sentence in several lengths, longest first.
pub(super) struct Sentence {
    pub(super) variants: Vec<String>,
    pub(super) role: Role,
}

/// The sentence, where there is one instead of boxes.
pub(super) fn instead_of_boxes(ctx: &Ctx<'_>, gpu: &Gpu) -> Option<Sentence> {
    match &gpu.calls {
        CallState::Hung { since, .. } => Some(silent(ctx, gpu, "strip.hung", *since)),
        CallState::Resting { since, why, .. } | CallState::Failing { since, why }
            if why.code == AbsentCode::GpuLost =>
        {
            Some(silent(ctx, gpu, "strip.gone", *since))
        }
        CallState::Resting { since, .. } => Some(silent(ctx, gpu, "strip.resting", *since)),
        CallState::Failing { since, .. } => Some(silent(ctx, gpu, "strip.failing", *since)),
        CallState::Slow { since, .. } if !has_told_instances(gpu) => {
            Some(silent(ctx, gpu, "strip.slow", *since))
        }
        CallState::Slow { .. } | CallState::Answering => unread(ctx, gpu),
    }
}

fn has_told_instances(gpu: &Gpu) -> bool {
    let inventory = gpu.inventory.value();
    gpu.whole.is_some() || inventory.is_some_and(|i| i.instances.value().is_some())
}

/// `? CALL STUCK 47s, last answer 03:11:57`.
fn silent(ctx: &Ctx<'_>, gpu: &Gpu, key: &str, since: Timestamp) -> Sentence {
    let what = ctx.say(key, &[("age", &age(since, ctx.model.now))]);
    let mut variants = Vec::new();
    match gpu.sampled {
        Some(last) => {
            let clock = when(last, ctx.model.now, ctx.model.session.offset_seconds);
            variants.push(ctx.say("strip.last_answer", &[("what", &what), ("clock", &clock)]));
        }
        None => variants.push(ctx.say("strip.no_answer", &[("what", &what)])),
    }
    variants.push(format!("! {what}"));
    Sentence {
        variants,
        role: Role::Danger,
    }
}

fn unread(ctx: &Ctx<'_>, gpu: &Gpu) -> Option<Sentence> {
    let unknown = |key: &str| {
        Some(Sentence {
            variants: vec![ctx.text(key).to_owned()],
            role: Role::Unknown,
        })
    };
    let inventory = match &gpu.inventory {
        Reading::Value(inventory) => inventory,
        Reading::Absent(why) if why.code == AbsentCode::NotYet => {
            return unknown("strip.not_read");
        }
        Reading::Absent(_) => return unknown("strip.unknown"),
    };
    if gpu.whole.is_some() {
        return None;
    }
    match (&inventory.mig, &inventory.instances) {
        (Reading::Absent(_), _) if gpu.slots.is_empty() => unknown("strip.mode_unknown"),
        (_, Reading::Absent(_)) => unknown("strip.instances_unknown"),
        _ => None,
    }
}
