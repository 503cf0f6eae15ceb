//! A process of its own that loads the simulated library as the real one and reads with migdeck's sampler, command by
//! command: the library takes scenario and state from its environment, once a process.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use migdeck::domain::observation::Fact;
use migdeck::domain::text::Text;
use migdeck::domain::xid::{XidEvent, XidFamily, XidSource};
use migdeck::ports::gpu_api::{GpuApi, GpuEvent};
use migdeck::sources::nvml;
use migdeck::sources::nvml::sampler::Sampler;
use migdeck::sources::nvml::watch::CallWatch;

/// Names the library to be read, in the process that reads it.
const LIBRARY: &str = "MIGDECK_TEST_LIBRARY";
/// Before every answer; the test harness writes lines of its own.
const ANSWER: &str = "answer ";

/// A second after the epoch for each beat: time is an argument of the sampler.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_000_000 + second).unwrap()
}

/// The reading process, as its parent holds it.
pub struct Reader {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Code and text of the refusal, if the library could not be opened.
    pub refusal: Option<nvml::OpenFailure>,
}

impl Reader {
    /// Opens `library` on a host of a scenario.
    pub fn start(library: &Path, spec: &str, state: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "nvml::reader::reads_when_told_to",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(LIBRARY, library)
            .env("NVML_SIM_SCENARIO", spec)
            .env("NVML_SIM_STATE", state)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut reader = Self {
            child,
            input,
            output,
            refusal: None,
        };
        let failure: Option<(Vec<(String, String)>, migdeck::domain::reading::Absence)> =
            serde_json::from_str(&reader.answer()).unwrap();
        reader.refusal = failure.map(|(tried, why)| nvml::OpenFailure { tried, why });
        reader
    }

    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.output.read_line(&mut line).unwrap(),
                0,
                "the reading process has ended"
            );
            // The harness may have begun a line without ending it.
            if let Some((_, answer)) = line.split_once(ANSWER) {
                return answer.trim_end().to_owned();
            }
        }
    }

    fn tell(&mut self, command: &str) -> Vec<Fact> {
        writeln!(self.input, "{command}").unwrap();
        let answer = self.answer();
        serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{command}: {e}: {answer}"))
    }

    pub fn driver(&mut self) -> Fact {
        self.tell("driver").remove(0)
    }

    pub fn beat(&mut self, gpu: u32, second: i64) -> Vec<Fact> {
        self.tell(&format!("beat {gpu} {second}"))
    }

    /// Hands one event of the driver to its sampler; an Xid comes back.
    pub fn take_event(&mut self) -> Option<XidEvent> {
        match self.tell("event").pop() {
            Some(Fact::Xids { mut events, .. }) => events.pop(),
            _ => None,
        }
    }

    /// Lets go of NVML.
    pub fn release(&mut self) {
        self.tell("release");
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(answer: &impl serde::Serialize) {
    let line = format!("\n{ANSWER}{}\n", serde_json::to_string(answer).unwrap());
    std::io::stdout().write_all(line.as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

/// Not a test by itself: what a [`Reader`]'s process runs.
#[test]
fn reads_when_told_to() {
    let Some(library) = std::env::var_os(LIBRARY) else {
        return;
    };
    let api = match nvml::open(Some(Path::new(&library))) {
        Ok(api) => api,
        Err(failure) => return say(&Some((failure.tried, failure.why))),
    };
    say(&None::<()>);
    let mut samplers: Vec<Sampler> = (0..api.count().unwrap())
        .map(|gpu| Sampler::new(Arc::clone(&api), gpu, CallWatch::default()))
        .collect();
    let mut api = Some(api);
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let facts: Vec<Fact> = match words[..] {
            ["driver"] => vec![nvml::driver_facts(&**api.as_ref().unwrap()).unwrap()],
            ["beat", gpu, second] => {
                samplers[gpu.parse::<usize>().unwrap()].beat(at(second.parse().unwrap()), true)
            }
            ["event"] => event(&**api.as_ref().unwrap(), &mut samplers),
            ["release"] => {
                samplers.clear();
                api = None;
                Vec::new()
            }
            _ => panic!("unknown command `{line}`"),
        };
        say(&facts);
    }
}

fn event(api: &dyn GpuApi, samplers: &mut [Sampler]) -> Vec<Fact> {
    match api.wait_event(Duration::ZERO).unwrap() {
        Some(GpuEvent::MigConfigChange { gpu }) => {
            samplers[gpu as usize].mig_changed();
            Vec::new()
        }
        Some(GpuEvent::Xid { code, gi, ci, .. }) => vec![Fact::Xids {
            events: vec![XidEvent {
                family: XidFamily::Xid,
                code: code as u32,
                pci: None,
                at: at(0),
                boot_usec: None,
                boot: None,
                gi,
                ci,
                pid: None,
                name: None,
                message: Text::new(""),
                severity_word: None,
                link: None,
                source: XidSource::NvmlEvent,
            }],
            lost: 0,
        }],
        None => Vec::new(),
    }
}
