//! The probe as a process: what it writes, what it obeys, and when it ends. `record` and `replay` of what it wrote.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::run::{migdeck, repository};

/// Long enough for a test machine under load: whoever waits for this fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A probe that runs.
struct Probe {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<Value>,
    // the simulated host's state and files; removed with the test
    folder: tempfile::TempDir,
}

impl Probe {
    fn start(scenario: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_migdeck"));
        command
            .args(["probe", "--sim", scenario, "--sim-state"])
            .arg(folder.path().join("state"))
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (to, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if to.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            stdin: child.stdin.take(),
            child,
            lines,
            seen: Vec::new(),
            folder,
        }
    }

    /// The next record that `fits`; all others are kept in `seen`.
    fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            let line = self
                .lines
                .recv_timeout(rest)
                .unwrap_or_else(|e| panic!("{what}: {e}; seen {:#?}", self.kinds()));
            let record: Value = serde_json::from_str(&line).unwrap();
            self.seen.push(record.clone());
            if fits(&record) {
                return record;
            }
        }
    }

    fn beat(&mut self) -> Value {
        self.until("a beat", |record| record["kind"] == "beat")
    }

    fn kinds(&self) -> Vec<&str> {
        self.seen
            .iter()
            .filter_map(|r| r["kind"].as_str())
            .collect()
    }

    fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.seen.iter().filter(|r| r["kind"] == kind).collect()
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn ends(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the probe has not ended");
            thread::yield_now();
        }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn begins_with_hello_and_the_host_and_its_first_beat_is_whole() {
    let mut probe = Probe::start("bank#dgx-dev-01", &[]);
    let beat = probe.beat();
    assert_eq!((&beat["n"], &beat["dropped"]), (&json!(1), &json!(0)));
    assert_eq!(probe.kinds()[..2], ["hello", "host"]);
    assert_eq!(probe.of_kind("gpu").len(), 8);
    assert_eq!(probe.of_kind("sample").len(), 8);
    for kind in [
        "driver",
        "holders",
        "processes",
        "xids",
        "services",
        "allocations",
        "owner_signs",
        "cluster",
    ] {
        assert_eq!(probe.of_kind(kind).len(), 1, "{kind}: {:?}", probe.kinds());
    }
}

/// A GPU that has not answered within a beat is not waited for, and tells in the next one: what a machine under load
/// makes of a beat says nothing, so a steady stretch is waited for.
#[test]
fn a_steady_stream_is_samples_and_beats() {
    let mut probe = Probe::start("bank#dgx-prod-01", &["--beat", "0.1"]);
    let deadline = Instant::now() + PATIENCE;
    let mut steady = 0;
    while steady < 5 {
        probe.seen.clear();
        probe.beat();
        let samples = probe.of_kind("sample");
        let gpus: BTreeSet<&str> = samples.iter().filter_map(|s| s["gpu"].as_str()).collect();
        // the beat itself is the ninth
        let whole = gpus.len() == 8 && probe.seen.len() == 9;
        steady = if whole { steady + 1 } else { 0 };
        assert!(Instant::now() < deadline, "{:?}", probe.kinds());
    }
}

#[test]
fn a_gpu_that_hangs_leaves_the_others_live() {
    let begun = Instant::now();
    let mut probe = Probe::start("faults#hang", &["--call-deadline", "0.3", "--beat", "0.2"]);
    let beat = probe.beat();
    assert_eq!(beat["n"], 1);
    // with a deadline of 0.3 s the first beat is due after 0.45 s; the rest is the machine's load
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(probe.of_kind("sample").len(), 7, "{:?}", probe.kinds());
    let hung = |record: &Value| !record["state"]["hung"].is_null();
    if !probe.seen.iter().any(hung) {
        probe.until("a GPU that hangs", hung);
    }
    let hung = probe.seen.iter().find(|r| hung(r)).unwrap().clone();
    assert_eq!(hung["index"], 5);
    assert!(hung["pci"].is_string(), "known from /proc: {hung}");
    probe.seen.clear();
    probe.beat();
    probe.beat();
    assert!(probe.of_kind("sample").len() >= 7);
    // and nothing keeps it from ending
    drop(probe.stdin.take());
    assert!(probe.ends().success());
}

#[test]
fn ends_with_its_controls_and_with_its_reader() {
    let mut probe = Probe::start("bank#dgx-mix-01", &["--beat", "3600"]);
    probe.beat();
    drop(probe.stdin.take());
    assert!(probe.ends().success());

    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_migdeck"))
        .args(["probe", "--sim", "bank#dgx-mix-01", "--beat", "3600"])
        .arg("--sim-state")
        .arg(folder.path().join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(r#""kind":"beat""#) {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0);
    }
    drop(out);
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "still running without a reader");
        thread::yield_now();
    }
}

#[test]
fn ends_after_the_beats_it_was_asked_for() {
    let mut probe = Probe::start("a30", &["--beat", "0.1", "--beats", "3"]);
    assert!(probe.ends().success());
    let last = probe.until("the third beat", |r| r["kind"] == "beat" && r["n"] == 3);
    assert_eq!(last["n"], 3);
    assert!(probe.lines.recv_timeout(PATIENCE).is_err());
}

#[test]
fn obeys_its_controls_and_survives_nonsense() {
    let mut probe = Probe::start("h100", &["--beat", "3600"]);
    probe.beat();
    probe.tell("this is no control line");
    probe.tell(r#"{"do":"dance"}"#);
    probe.tell(r#"{"do":"beat","seconds":0}"#);
    probe.tell(r#"{"do":"retry","gpu":"GPU-none"}"#);
    probe.tell(r#"{"do":"beat","seconds":0.1}"#);
    probe.beat();
    probe.tell(r#"{"do":"pause"}"#);
    let paused = probe.until("a pause", |r| r["kind"] == "paused");
    assert_eq!(paused["why"], "paused by the console");
    // a round that was under way may still end
    probe.beat();
    probe.beat();
    probe.seen.clear();
    let [first, second] = [probe.beat(), probe.beat()];
    assert_eq!(first["n"], second["n"], "no round is held");
    assert!(probe.of_kind("sample").is_empty());
    probe.tell(r#"{"do":"resume"}"#);
    let resumed = probe.until("the end of the pause", |r| r["kind"] == "paused");
    assert!(resumed["why"].is_null());
    // activity is told of instances, and one GPU of the host has MIG off
    let sliced = |r: &Value| {
        let instances = r["instances"].as_array();
        r["kind"] == "sample" && instances.is_some_and(|all| !all.is_empty())
    };
    let uuid = probe.until("a sample of instances", sliced)["gpu"].clone();
    probe.tell(&json!({"do": "detail", "gpu": uuid}).to_string());
    probe.until("activity in detail", |record| {
        record["kind"] == "sample"
            && record["gpu"] == uuid
            && record.to_string().contains("tensor_active")
    });
    drop(probe.stdin.take());
    assert!(probe.ends().success());
    let mut said = String::new();
    std::io::Read::read_to_string(&mut probe.child.stderr.take().unwrap(), &mut said).unwrap();
    for part in [
        "this is no control line",
        "dance",
        "a beat of 0 s",
        "GPU-none",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn lets_go_of_nvml_for_an_operation_and_comes_back() {
    let mut probe = Probe::start("a30", &["--beat", "0.1"]);
    probe.beat();
    let root = host_root(probe.folder.path());
    // the operation's process: one of the simulated host's
    let pid = some_process(&root);
    let stat = std::fs::read_to_string(root.join(format!("proc/{pid}/stat"))).unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let start: u64 = after_name
        .split_whitespace()
        .nth(19)
        .unwrap()
        .parse()
        .unwrap();
    let file = root.join("run/migdeck/quiesce");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let asked = json!({"op": "8c1d", "user": "kim", "pid": pid, "start_time": start});
    std::fs::write(&file, asked.to_string()).unwrap();
    let paused = probe.until("a pause", |r| r["kind"] == "paused");
    assert_eq!(paused["why"], "paused for operation 8c1d by kim");
    probe.beat();
    probe.beat();
    probe.seen.clear();
    probe.beat();
    probe.beat();
    assert!(probe.of_kind("sample").is_empty());
    std::fs::remove_file(&file).unwrap();
    let on = probe.until("the end of the pause", |r| r["kind"] == "paused");
    assert!(on["why"].is_null());
    probe.until("the driver again", |r| r["kind"] == "driver");
    probe.until("an inventory again", |r| r["kind"] == "gpu");
    probe.until("a sample again", |r| r["kind"] == "sample");
}

/// The folder that holds the simulated host's files.
fn host_root(folder: &Path) -> std::path::PathBuf {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .expect("a host root beside the state")
}

fn some_process(root: &Path) -> u32 {
    let entries = std::fs::read_dir(root.join("proc")).unwrap();
    entries
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .next()
        .expect("a process")
}

#[test]
fn killed_in_the_middle_it_leaves_a_simulated_driver_that_others_can_use() {
    let mut probe = Probe::start("bank#dgx-dev-01", &["--beat", "0.1"]);
    probe.beat();
    probe.child.kill().unwrap();
    assert!(!probe.ends().success());
    let state = probe.folder.path().join("state");
    let again = migdeck("probe --sim bank#dgx-dev-01 --beats 1 --sim-state")
        .arg(state)
        .ok();
    assert_eq!(again.out.matches(r#""kind":"sample""#).count(), 8);
}

#[test]
fn a_host_without_library_tells_what_it_can() {
    let out = migdeck("probe --sim faults#no-library --beats 1").ok().out;
    let records: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let nvml = records.iter().find(|r| r["source"] == "nvml").unwrap();
    assert_eq!(nvml["health"]["down"]["why"]["code"], "no_source");
    assert!(records.iter().any(|r| r["kind"] == "host"));
    assert_eq!(records.last().unwrap()["kind"], "beat");
}

/// The published schema, made strict: a key that it does not list is an error here (and allowed to others).
fn strict_schema() -> jsonschema::Validator {
    fn close(schema: &mut Value) {
        match schema {
            Value::Object(object) => {
                if object.contains_key("properties") {
                    object
                        .entry("additionalProperties")
                        .or_insert_with(|| json!(false));
                }
                object.values_mut().for_each(close);
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    let text = std::fs::read_to_string(repository("docs/schema/stream.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    close(&mut schema);
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

/// Checks each line, each against the schema of its own kind, so that an error says what is wrong with it.
fn check(stream: &str) -> usize {
    let whole = strict_schema();
    for line in stream.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<String> = whole
            .iter_errors(&record)
            .map(|e| format!("{e:.300} at {}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{line}");
    }
    stream.lines().count()
}

#[test]
fn every_record_of_every_scenario_is_as_the_schema_says() {
    for scenario in [
        "bank#dgx-dev-01",
        "bank#dgx-prod-01",
        "bank#dgx-mix-01",
        "h100",
        "a30",
        "blackwell",
        "r450",
        "faults#hang",
        "faults#no-permission",
        "faults#not-supported",
        "faults#gpu-lost",
        "faults#mismatch",
        "faults#no-library",
    ] {
        let stream = migdeck("probe --beats 3 --beat 0.15 --call-deadline 0.3 --sim")
            .arg(scenario)
            .ok()
            .out;
        assert!(check(&stream) > 8, "{scenario}");
    }
}

#[test]
fn what_is_recorded_is_replayed_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("dev.tape");
    let program = env!("CARGO_BIN_EXE_migdeck");
    let config = format!(
        "[[hosts]]\nname = \"dev\"\nprobe = [\"{program}\", \"probe\", \"--sim\", \"bank#dgx-dev-01\", \"--beat\", \"0.1\"]\n"
    );
    let record = || migdeck("record").arg(&tape).config(&config);
    let running = record();
    let mut recorder = running.command().stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let text = || std::fs::read_to_string(&tape).unwrap_or_default();
    while !text().contains(r#""kind":"beat""#) {
        assert!(Instant::now() < deadline, "nothing is recorded");
        thread::yield_now();
    }
    let pid = rustix::process::Pid::from_child(&recorder);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert!(recorder.wait().unwrap().success());
    let text = text();
    assert!(check(&text) > 20);
    let mode = std::os::unix::fs::PermissionsExt::mode(&tape.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let refused = record().go();
    assert_eq!(refused.code, 3);
    assert!(refused.err.contains("--force"), "{}", refused.err);
    assert_eq!(std::fs::read_to_string(&tape).unwrap(), text);

    let raw = migdeck("replay --raw").arg(&tape).ok();
    assert_eq!(raw.out, text);
    let fast = migdeck("replay --speed 1000").arg(&tape).ok();
    assert_eq!(fast.out, text);

    let status = migdeck("status --json --fleet").arg(&tape).ok().json();
    assert_eq!(status["nodes"][0]["name"], "dgx-dev-01");
    assert_eq!(status["nodes"][0]["gpus"].as_array().unwrap().len(), 8);

    // a tape whose recorder was killed: the torn line is left out and said
    let torn = &text[..text.len() - 10];
    std::fs::write(&tape, torn).unwrap();
    let replay = migdeck("replay --raw").arg(&tape).ok();
    assert_eq!(replay.out.lines().count(), text.lines().count() - 1);
    assert!(replay.err.contains("cut short"), "{}", replay.err);
}

/// A stream of the first version, with a record of every kind: later versions must read it as it was meant.
#[test]
fn the_golden_stream_is_read_and_written_as_it_stands() {
    use migdeck::domain::observation::{Fact, Observation};
    let text = std::fs::read_to_string(repository("tests/golden/stream.jsonl")).unwrap();
    check(&text);
    let mut kinds = std::collections::BTreeSet::new();
    for line in text.lines() {
        let before: Value = serde_json::from_str(line).unwrap();
        let record: Observation = serde_json::from_str(line).unwrap();
        assert_ne!(record.fact, Fact::Unknown, "{line}");
        assert_eq!(serde_json::to_value(&record).unwrap(), before);
        kinds.insert(before["kind"].as_str().unwrap().to_owned());
    }
    let schema = std::fs::read_to_string(repository("docs/schema/stream.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let published = schema["oneOf"].as_array().unwrap().len();
    assert_eq!(kinds.len(), published, "{kinds:?}");
}

#[test]
fn the_golden_stream_becomes_a_node() {
    let tape = repository("tests/golden/stream.jsonl");
    let status = migdeck("status --json --fleet").arg(&tape).ok().json();
    let node = &status["nodes"][0];
    assert_eq!(node["name"], "dgx-mix-01");
    let no_ci = node["gpus"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|gpu| gpu["instances"].as_array())
        .flatten()
        .filter(|instance| instance["state"] == "no_ci");
    assert_eq!(no_ci.count(), 1, "{node:#}");
}

/// A record's state of calls of that name.
fn state(name: &'static str) -> impl Fn(&Value) -> bool {
    move |record| !record["state"][name].is_null()
}

/// A scenario of one host `t` with two GPUs and a fault.
fn faulty(fault: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    let text = format!(
        r#"
name = "t"
[[hosts]]
name = "t"
board = "a100-40"
driver = "535.161.08"
cuda = "12.2"
gpus = [{{ mig = true, instances = ["9@0"] }}, {{ mig = true, instances = ["9@0", "9@4"] }}]
faults = [{{ {fault} }}]
"#
    );
    std::fs::write(&file, text).unwrap();
    let spec = format!("{}#t", file.display());
    (folder, spec)
}

#[test]
fn a_gpu_that_comes_back_very_late_is_left_alone_until_told() {
    // ten deadlines are the end of patience
    let mut probe = Probe::start("faults#slow", &["--call-deadline", "0.1", "--beat", "0.1"]);
    probe.until("a late call", state("hung"));
    let resting = probe.until("the rest after it", state("resting"));
    let rest = &resting["state"]["resting"];
    assert!(rest["until"].is_string(), "{rest}");
    assert_eq!(rest["why"]["code"], "hung");
    let index = resting["index"].as_u64().unwrap();
    probe.tell(&json!({"do": "retry", "gpu": index.to_string()}).to_string());
    let again = probe.until("that it is asked again", state("hung"));
    assert_eq!(again["index"], index);
}

#[test]
fn a_slow_gpu_is_told_as_slow_and_shown_in_parts() {
    let (_folder, spec) = faulty(r#"function = "nvmlDevice*", gpu = 1, latency_ms = 150"#);
    let mut probe = Probe::start(&spec, &["--call-deadline", "0.1", "--beat", "0.1"]);
    let slow = probe.until("a slow GPU", state("slow"));
    assert_eq!(slow["index"], 1);
    let seconds = slow["state"]["slow"]["seconds"].as_f64().unwrap();
    // one call, not the seven of the question that it belongs to
    assert!((0.15..0.9).contains(&seconds), "{slow}");
    let uuid = |record: &Value| {
        (record["kind"] == "gpu" && record["identity"]["index"] == 1)
            .then(|| record["identity"]["uuid"].clone())
    };
    let mut part = probe.seen.iter().find_map(uuid);
    if part.is_none() {
        part = uuid(&probe.until("who it is", |record| uuid(record).is_some()));
    }
    let part = part.unwrap();
    let sampled = probe.until("a sample", |r| r["kind"] == "sample" && r["gpu"] == part);
    let used = &sampled["fast"]["memory_used"];
    assert!(used.is_u64() || used["value"].is_u64(), "{sampled}");
    let whole = probe.until("its instances", |r| {
        uuid(r).is_some() && r.to_string().contains("\"gi\":")
    });
    assert!(!whole.to_string().contains("time-out"), "{whole}");
    // it rests at no time, and the other is not held up
    assert!(!probe.seen.iter().any(state("resting")));
    let beats = probe.of_kind("beat").len();
    let others = probe
        .of_kind("sample")
        .iter()
        .filter(|r| r["gpu"] != part)
        .count();
    assert!(others + 2 >= beats, "{others} samples in {beats} beats");
    let lines: Vec<String> = probe.seen.iter().map(Value::to_string).collect();
    check(&lines.join("\n"));
}

#[test]
fn a_hang_that_ends_soon_is_followed_by_the_next_beat() {
    let (_folder, spec) = faulty(
        r#"function = "nvmlDeviceGetTemperature", gpu = 1, after_seconds = 1, for_seconds = 2, hang = true"#,
    );
    let mut probe = Probe::start(&spec, &["--call-deadline", "0.5", "--beat", "0.1"]);
    let hung = probe.until("a hang", state("hung"));
    assert_eq!(hung["state"]["hung"]["call"], "nvmlDeviceGetTemperature");
    let answers = probe.until("its end", |r| {
        r["kind"] == "gpu_call" && r["state"] == "answering"
    });
    assert_eq!(answers["index"], 1);
    assert!(!probe.seen.iter().any(state("resting")));
    let times: Vec<jiff::Timestamp> = probe
        .seen
        .iter()
        .map(|r| r["at"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(times.is_sorted(), "time runs backwards: {times:#?}");
}

#[test]
fn a_start_that_hangs_names_its_call() {
    for call in ["nvmlSystemGetDriverVersion", "nvmlDeviceGetCount"] {
        let (_folder, spec) = faulty(&format!(r#"function = "{call}", hang = true"#));
        let mut probe = Probe::start(&spec, &["--call-deadline", "0.2", "--beat", "0.1"]);
        let nvml = probe.until("NVML that hangs", |r| r["source"] == "nvml");
        let why = nvml["health"]["hung"]["why"].to_string();
        assert!(why.contains(call) && !why.contains("persistence"), "{nvml}");
    }
    let (_folder, spec) = faulty(r#"function = "nvmlInit*", hang = true"#);
    let mut probe = Probe::start(&spec, &["--call-deadline", "0.2", "--beat", "0.1"]);
    let nvml = probe.until("NVML that hangs", |r| r["source"] == "nvml");
    let why = nvml["health"]["late"]["why"].to_string();
    assert!(
        why.contains("nvmlInit_v2") && why.contains("persistence"),
        "{nvml}"
    );
}

#[test]
fn the_end_of_a_line_that_is_too_long_is_no_command() {
    let mut probe = Probe::start("a30", &["--beat", "0.1"]);
    probe.beat();
    probe.tell(&format!("{}{}", "A".repeat(4096), r#"{"do":"pause"}"#));
    probe.tell(r#"{"do":"retry","gpu":"GPU-none"}"#);
    drop(probe.stdin.take());
    assert!(probe.ends().success());
    let mut said = String::new();
    std::io::Read::read_to_string(&mut probe.child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(
        said.contains("is longer than") && said.contains("GPU-none"),
        "{said}"
    );
    while let Ok(line) = probe.lines.recv_timeout(PATIENCE) {
        assert!(!line.contains(r#""kind":"paused""#), "{line}");
    }
}

#[test]
fn obeys_and_ends_though_nobody_reads_its_complaints() {
    let mut probe = Probe::start("a30", &["--beat", "0.1"]);
    probe.beat();
    // more than a pipe holds
    let nonsense = "z".repeat(4000);
    for _ in 0..600 {
        probe.tell(&nonsense);
    }
    probe.tell(r#"{"do":"pause"}"#);
    probe.until("a pause", |r| r["kind"] == "paused");
    drop(probe.stdin.take());
    assert!(probe.ends().success());
}
