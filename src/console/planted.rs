//! A panic on demand, in debug builds only: no test could bring one about from outside, and what a panic leaves behind in
//! a terminal is seen from outside only.

use std::io;

/// `worker`: a thread beside the loop panics once the console is drawn. `loop`: the loop does.
const VARIABLE: &str = "MIGDECK_PLANT_PANIC";

/// Panics where the environment asks for it.
///
/// # Errors
/// No thread can be had.
pub fn panic() -> io::Result<()> {
    match std::env::var(VARIABLE).as_deref() {
        Ok("worker") => std::thread::Builder::new()
            .name("planted".to_owned())
            .spawn(|| panic!("planted in a worker"))
            .map(drop),
        Ok("loop") => panic!("planted in the loop"),
        _ => Ok(()),
    }
}
