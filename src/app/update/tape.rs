//! A tape that is played: what it is told. How it does comes back as a message.

use crate::app::effect::Play;
use crate::app::{Command, Effect, Model};

/// Slowest and fastest, times the speed of recording.
const SPEEDS: (f64, f64) = (1.0 / 64.0, 256.0);

pub(super) fn run(model: &Model, command: Command) -> Vec<Effect> {
    let Some(playback) = &model.playback else {
        return Vec::new();
    };
    let play = match command {
        Command::TapePause if playback.paused => Play::Resume,
        Command::TapePause => Play::Pause,
        Command::TapeFaster => Play::Speed((playback.speed * 2.0).min(SPEEDS.1)),
        Command::TapeSlower => Play::Speed((playback.speed / 2.0).max(SPEEDS.0)),
        _ => return Vec::new(),
    };
    vec![Effect::Play(play)]
}
