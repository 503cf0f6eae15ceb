//! The thread that ends the program when its terminal is gone.
//!
//! Nothing else can be relied on then: SIGHUP may be ignored since before the start (`nohup`, some ways of `sudo`), the
//! loop may be stuck in writing, and whoever still reads or writes a dead terminal spins or prints into nothing. So the
//! process leaves at once, restores nothing and says nothing; probes end with their pipes, and what might not is killed. Its temporary folders go with it
//! where that takes no time.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::tty::Tty;
use crate::sources::stream::started;
use crate::wiring::scratch;

/// As a shell reports an end by SIGHUP.
const EXIT: i32 = 128 + signal_hook::consts::SIGHUP;

/// How long the end may wait for temporary folders to be removed.
const BOUND: Duration = Duration::from_millis(200);

/// Starts watching.
///
/// # Errors
/// No thread can be had.
pub fn watch(tty: Arc<Tty>) -> io::Result<()> {
    std::thread::Builder::new()
        .name("hang-up".to_owned())
        .spawn(move || {
            tty.wait_for_hang_up();
            leave_at_once();
        })
        .map(drop)
}

/// Ends the process without restoring or printing anything.
pub fn leave_at_once() -> ! {
    tidy_up();
    signal_hook::low_level::exit(EXIT)
}

/// Kills what would not end with its pipes, and removes the temporary folders of this process before it ends, on a thread that is not waited for long.
pub fn tidy_up() {
    started::kill_those_that_would_stay();
    let (done, ended) = channel();
    let work = move || {
        scratch::clear_in_haste(BOUND / 2);
        let _ = done.send(());
    };
    let started = std::thread::Builder::new()
        .name("tidy".to_owned())
        .spawn(work);
    if started.is_ok() {
        // a file system that answers no more keeps nobody
        let _ = ended.recv_timeout(BOUND);
    }
}
