//! What several benches begin with.

use std::io::empty;
use std::time::Duration;

use migdeck::probe::{Controls, Options, run};

/// The first two beats of the simulated host in `beat.toml`, as the lines of a real probe.
pub fn lines() -> Vec<String> {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/beat.toml#a100");
    let options = Options {
        sim: Some(scenario.to_owned()),
        beat: Duration::from_millis(100),
        beats: Some(2),
        ..Options::default()
    };
    let controls = Controls {
        lines: Box::new(empty()),
        end_with_them: false,
    };
    let mut out = Vec::new();
    run(options, &mut out, controls).unwrap_or_else(|e| panic!("{e}"));
    let text = String::from_utf8_lossy(&out);
    text.lines().map(str::to_owned).collect()
}
