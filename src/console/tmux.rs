//! Text for the tmux that this runs in. As tmux comes (`set-clipboard external`) it takes no text that a program writes to
//! its terminal; its own command has it in its buffer, and it offers it to the terminal that it is in.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long tmux may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether it has taken `text`. Waits for that: not for the loop.
pub fn take(text: &str) -> bool {
    // versions before 3.2 do not know -w, by which it offers the text to the terminal
    [&["load-buffer", "-w", "-"][..], &["load-buffer", "-"]]
        .iter()
        .any(|arguments| matches!(run("tmux", arguments, text), Ok(true)))
}

fn run(program: &str, arguments: &[&str], text: &str) -> io::Result<bool> {
    // a file, as a pipe that nobody reads could hold this thread
    let mut input: File = tempfile::tempfile()?;
    input.write_all(text.as_bytes())?;
    input.rewind()?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(status.success()),
            None if Instant::now() < until => {
                std::thread::park_timeout(Duration::from_millis(5));
            }
            None => {
                child.kill()?;
                return child.wait().map(|_| false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_not_there_or_hangs_has_not_taken_it() {
        let text = "x".repeat(1 << 20);
        assert!(run("cat", &[], &text).unwrap());
        assert!(!run("false", &[], &text).unwrap());
        assert!(run("/nowhere/tmux", &[], &text).is_err());
        let begun = Instant::now();
        assert!(!run("sleep", &["1000"], &text).unwrap());
        assert!(begun.elapsed() < PATIENCE * 10);
    }
}
