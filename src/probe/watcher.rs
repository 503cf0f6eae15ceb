//! The thread that looks whether the others come back, and whether somebody asks for NVML to be let go of.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::host::Stages;
use super::quiesce;
use super::session::Session;

/// Between two looks: an operation that waits for probes to let go does not wait long, and an idle host is left idle.
const LONGEST: Duration = Duration::from_millis(250);
const SHORTEST: Duration = Duration::from_millis(20);

/// Starts it.
pub(super) fn start(session: &Arc<Session>, stages: Stages) -> io::Result<()> {
    let session = Arc::clone(session);
    super::start("watcher", move || watch(&session, &stages))
}

fn watch(session: &Session, stages: &Stages) {
    let pause = (session.call_deadline() / 4).clamp(SHORTEST, LONGEST);
    let mut quiesced = None;
    while !session.rounds().has_ended() {
        let asked = quiesce::asked(session.ground().root());
        if asked != quiesced {
            session.set_quiesced(asked.clone());
            quiesced = asked;
        }
        let now = Timestamp::now();
        for lane in session.lanes() {
            lane.watch(now, false, session.rounds(), session.outlet());
        }
        session.watch_start(now);
        session.watch_missing();
        stages.watch(now, session);
        thread::sleep(pause);
    }
}
