//! The thread that ends the program when its terminal is gone.
//!
//! Nothing else can be relied on then: SIGHUP may be ignored since before the start (`nohup`, some ways of `sudo`), the
//! loop may be stuck in writing, and whoever still reads or writes a dead terminal spins or prints into nothing. So the
//! process leaves at once, restores nothing and says nothing; probes end with their pipes.

use std::io;
use std::sync::Arc;

use super::tty::Tty;

/// As a shell reports an end by SIGHUP.
const EXIT: i32 = 128 + signal_hook::consts::SIGHUP;

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
    signal_hook::low_level::exit(EXIT)
}
