//! Numbers as people read them, the same on every screen.

use jiff::{SignedDuration, Timestamp};

pub use crate::domain::finding::subject::ranges;

/// How long ago `then` was, in its largest unit: `47s`, `12m`, `31h`, `3d`. Hours up to two days: a night is told.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    duration(now.duration_since(then))
}

/// A time span in its largest unit.
pub fn duration(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// GiB with one digit: `4.4`.
pub fn gib(bytes: u64) -> String {
    crate::domain::units::Bytes(bytes).to_string()
}

/// `4.4/9.6`.
pub fn used_of(used: u64, total: u64) -> String {
    format!("{}/{}", gib(used), gib(total))
}
