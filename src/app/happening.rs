//! What has happened, as a sentence.

use std::fmt::Display;

use super::Texts;
use crate::domain::event::{Happening, Seen};
use crate::domain::ids::GiId;
use crate::domain::placement::Placement;
use crate::domain::text::Text;

/// What happened, in one sentence.
pub fn sentence(texts: &Texts, what: &Happening) -> String {
    use Happening as H;
    let say = |key: &str, args: &[(&str, &dyn Display)]| texts.say(key, args);
    match what {
        H::Booted => texts.get("events.booted").to_owned(),
        H::DriverLoaded { version: Some(v) } => say("events.driver_version", &[("version", v)]),
        H::DriverLoaded { version: None } => texts.get("events.driver").to_owned(),
        H::GpuAppeared => texts.get("events.gpu_appeared").to_owned(),
        H::GpuVanished => texts.get("events.gpu_vanished").to_owned(),
        H::ModeChanged { current, pending } => {
            let word = |on: bool| if on { "events.on" } else { "events.off" };
            let now = texts.get(word(*current));
            if current == pending {
                say("events.mode", &[("now", &now)])
            } else {
                let then = texts.get(word(*pending));
                say("events.mode_pending", &[("now", &now), ("then", &then)])
            }
        }
        H::InstanceAppeared {
            gi,
            profile,
            placement,
        } => say(
            "events.instance_appeared",
            &[("instance", &instance(*gi, profile.as_ref(), *placement))],
        ),
        H::InstanceVanished {
            gi,
            profile,
            placement,
        } => say(
            "events.instance_vanished",
            &[("instance", &instance(*gi, profile.as_ref(), *placement))],
        ),
        H::InstanceUnlisted {
            gi,
            profile,
            placement,
        } => say(
            "events.instance_unlisted",
            &[("instance", &instance(*gi, profile.as_ref(), *placement))],
        ),
        H::ComputeChanged { gi, before, after } => say(
            "events.compute_changed",
            &[("gi", gi), ("before", before), ("after", after)],
        ),
        H::PodWarned {
            namespace,
            pod,
            reason,
            message,
            count,
        } => {
            let key = match count {
                1 => "events.pod_warned",
                _ => "events.pod_warned_often",
            };
            say(
                key,
                &[
                    ("namespace", namespace),
                    ("pod", pod),
                    ("reason", reason),
                    ("message", message),
                    ("count", count),
                ],
            )
        }
        H::CallHung { call } => say("events.call_hung", &[("call", call)]),
        H::CallsFail { why } => say("events.calls_fail", &[("why", why)]),
        H::CallsAnswer => texts.get("events.calls_answer").to_owned(),
        H::SourceLost { source, state, why } => {
            let key = format!("health.{state}");
            // a state of a newer version stands as it is
            let state = texts.find(&key).unwrap_or(state);
            say(
                "events.source_lost",
                &[
                    ("source", &source.as_str()),
                    ("state", &state),
                    ("why", why),
                ],
            )
        }
        H::SourceBack { source } => say("events.source_back", &[("source", &source.as_str())]),
        H::OwnerChanged { before, after } => {
            say("events.owner", &[("before", before), ("after", after)])
        }
        H::Paused { why } => say("events.paused", &[("why", why)]),
        H::Resumed => texts.get("events.resumed").to_owned(),
        H::Unknown => texts.get("events.unknown").to_owned(),
    }
}

/// `GI 3 1g.5gb@0`.
fn instance(gi: GiId, profile: Option<&Text>, placement: Option<Placement>) -> String {
    let mut out = format!("GI {gi}");
    if let Some(profile) = profile {
        out.push(' ');
        out.push_str(profile);
    }
    if let Some(placement) = placement {
        out.push_str(&format!("@{}", placement.start));
    }
    out
}

/// The key of how it is known.
pub const fn seen(seen: Seen) -> &'static str {
    match seen {
        Seen::Watched => "events.seen_watched",
        Seen::Host => "events.seen_host",
        Seen::Logged => "events.seen_logged",
        Seen::Cluster => "events.seen_cluster",
        Seen::Between => "events.seen_between",
    }
}
