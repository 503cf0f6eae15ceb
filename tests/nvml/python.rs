//! Programs that are not ours against the simulated library: NVIDIA's Python bindings and nvitop.
//!
//! They run in the environment that `tests/all` prepares; without it these tests fail and say so.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nvml_sim::driver::{CiSnapshot, Driver, GiSnapshot, GpuSnapshot};
use nvml_sim::library;
use nvml_sim::scenario::Scenario;
use nvml_sim::scenario::model::Host;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A host on which programs see the simulated library, and the state that they share.
pub(super) struct Machine {
    /// Scenario, or file, with `#host`.
    spec: String,
    folder: TempDir,
}

impl Machine {
    /// With the library as the host's driver version ships it.
    pub(super) fn new(spec: impl Into<String>) -> Self {
        let machine = Self {
            spec: spec.into(),
            folder: tempfile::tempdir().unwrap(),
        };
        let built = target_folder().join("deps/libnvidia_ml_sim.so");
        let folder = machine.folder.path();
        library::install(&built, &machine.driver(), folder)
            .unwrap_or_else(|e| panic!("the simulated library was not built: {e}"));
        machine
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Runs a program of the Python environment.
    fn program(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program, arguments).output().unwrap()
    }

    /// A program of the Python environment, to be run on this machine.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        self.place(Command::new(python().join("bin").join(program)), arguments)
    }

    /// `migdeck` on this machine, as its user runs it.
    pub(super) fn migdeck(&self, arguments: &[&str]) -> Output {
        let program = Command::new(env!("CARGO_BIN_EXE_migdeck"));
        self.place(program, arguments).output().unwrap()
    }

    fn place(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .args(arguments)
            .env("LD_LIBRARY_PATH", self.folder.path())
            .env("NVML_SIM_SCENARIO", &self.spec)
            .env("NVML_SIM_STATE", self.state())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("NO_COLOR", "1")
            .env("TERM", "dumb")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs a script of `tests/nvml` that must succeed; its output.
    fn script(&self, name: &str) -> String {
        let output = self.program("python", &[&script_path(name)]);
        let (out, err) = texts(&output);
        assert!(
            output.status.success(),
            "{name} on {}:\n{out}\n{err}",
            self.spec
        );
        out
    }

    /// The host as nvidia-ml-py sees it.
    pub(super) fn walk(&self) -> Value {
        let text = self.script("walk.py");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}: {text}", self.spec))
    }

    /// The driver that the programs spoke to, seen from within.
    fn driver(&self) -> Driver {
        let scenario = Scenario::load(&self.spec).unwrap();
        let host = scenario.hosts[0].name.clone();
        Driver::open(&scenario, &host, Some(&self.state())).unwrap()
    }
}

fn target_folder() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_path_buf()
}

fn python() -> PathBuf {
    let folder = target_folder().join("../python");
    assert!(
        folder.join("made-from").exists(),
        "the Python environment of these tests is missing: run tests/all once, which makes it in target/python"
    );
    folder
}

fn script_path(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/nvml")
        .join(name);
    path.to_str().unwrap().to_owned()
}

fn texts(output: &Output) -> (String, String) {
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Hosts of a scenario that ships with the simulator.
pub(super) fn hosts(scenario: &str) -> Vec<Host> {
    Scenario::builtin(scenario).unwrap().hosts
}

/// MIG on one GPU in the shape of `walk.py`: what both sides must agree on.
fn expected(gpu: &GpuSnapshot) -> Value {
    let mut devices: Vec<_> = gpu
        .instances
        .iter()
        .flat_map(|gi| gi.cis.iter().map(move |ci| (gi, ci)))
        .collect();
    devices.sort_by_key(|(_, ci)| ci.index);
    let instances = if gpu.mig {
        instances(gpu)
    } else {
        json!({"error": 3, "text": "Not Supported"})
    };
    json!({
        "index": gpu.index,
        "uuid": gpu.uuid,
        "minor": gpu.minor,
        "mig": {"current": u8::from(gpu.mig), "pending": u8::from(gpu.pending)},
        "gpu_instances": instances,
        "mig_devices": devices.iter().map(|(gi, ci)| json!({
            "slot": ci.index,
            "gi": gi.gi,
            "ci": ci.ci,
            "uuid": ci.uuid,
            "name": ci.name,
            "sm": ci.sm,
            "memory_mib": gi.memory_mib,
        })).collect::<Vec<_>>(),
    })
}

fn instances(gpu: &GpuSnapshot) -> Value {
    let compute = |ci: &CiSnapshot| {
        json!({
            "ci": ci.ci,
            "profile": ci.profile,
            "placement": {"start": ci.start, "size": ci.size},
        })
    };
    let instance = |gi: &GiSnapshot| {
        json!({
            "gi": gi.gi,
            "profile": gi.profile,
            "placement": {"start": gi.start, "size": gi.size},
            "compute_instances": gi.cis.iter().map(compute).collect::<Vec<_>>(),
        })
    };
    gpu.instances.iter().map(instance).collect()
}

/// The same parts of what `walk.py` printed.
fn seen(gpu: &Value) -> Value {
    let devices = gpu["mig_devices"].as_array().map(|devices| {
        devices
            .iter()
            .map(|device| {
                let name = device["name"].as_str().unwrap();
                json!({
                    "slot": device["slot"],
                    "gi": device["gi"],
                    "ci": device["ci"],
                    "uuid": device["uuid"],
                    "name": name.split_once(" MIG ").unwrap().1,
                    "sm": device["attributes"]["sm"],
                    "memory_mib": device["attributes"]["memory_mib"],
                })
            })
            .collect::<Vec<_>>()
    });
    json!({
        "index": gpu["index"],
        "uuid": gpu["uuid"],
        "minor": gpu["minor"],
        "mig": gpu["mig"],
        "gpu_instances": gpu["gpu_instances"],
        "mig_devices": devices,
    })
}

fn agree(spec: &str) {
    let machine = Machine::new(spec);
    let walk = machine.walk();
    let driver = machine.driver();
    assert_eq!(walk["driver"], driver.host().driver.as_str());
    let gpus = walk["gpus"].as_array().unwrap();
    let within = driver.peek().gpus;
    assert_eq!(gpus.len(), within.len(), "{spec}");
    for (gpu, within) in gpus.iter().zip(&within) {
        assert_eq!(seen(gpu), expected(within), "{spec} GPU {}", within.index);
    }
}

#[test]
fn nvidia_ml_py_sees_every_instance_of_every_host() {
    for scenario in ["bank", "h100", "a30", "blackwell"] {
        for host in hosts(scenario) {
            agree(&format!("{scenario}#{}", host.name));
        }
    }
}

#[test]
fn nvidia_ml_py_sees_a_whole_host_also_where_single_calls_fail() {
    for host in ["not-supported", "in-use", "sticky-destroy"] {
        agree(&format!("faults#{host}"));
    }
}

#[test]
fn refusals_come_as_themselves() {
    let lost = Machine::new("faults#gpu-lost").walk();
    let gpus = lost["gpus"].as_array().unwrap();
    assert_eq!(gpus[3]["error"], 15, "GPU is lost: {}", gpus[3]);
    assert_eq!(gpus[2]["mig_devices"].as_array().map(Vec::len), Some(2));

    let user = Machine::new("faults#no-permission").walk();
    let gpu = &user["gpus"][0];
    assert_eq!(gpu["gpu_instances"]["error"], 4, "{gpu}");
    assert_eq!(gpu["memory"]["error"], 4, "{gpu}");
    assert_eq!(
        gpu["mig_devices"].as_array().map(Vec::len),
        Some(2),
        "MIG devices need no privilege: {gpu}"
    );

    let board = Machine::new("faults#not-supported").walk();
    assert_eq!(board["gpus"][0]["power_mw"]["error"], 3);
    assert_eq!(board["gpus"][0]["serial"]["error"], 3);
}

#[test]
fn a_library_that_cannot_start_says_why() {
    for (host, code) in [("mismatch", 18), ("no-library", 12)] {
        let output =
            Machine::new(format!("faults#{host}")).program("python", &[&script_path("walk.py")]);
        let (out, err) = texts(&output);
        let answer: Value =
            serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out} {err}"));
        assert_eq!(answer["error"], code, "{answer}");
    }
}

#[test]
fn an_old_driver_lacks_what_came_later() {
    for host in hosts("r450") {
        let machine = Machine::new(format!("r450#{}", host.name));
        let walk = machine.walk();
        let within = machine.driver().peek().gpus;
        assert!(within.iter().any(|gpu| !gpu.instances.is_empty()));
        for (gpu, within) in walk["gpus"].as_array().unwrap().iter().zip(&within) {
            let instances = gpu["gpu_instances"].as_array().map_or(0, Vec::len);
            assert_eq!(instances, within.instances.len(), "{gpu}");
            assert!(
                gpu["memory"].get("reserved").is_none(),
                "told apart from R510 on"
            );
            assert_eq!(
                gpu["processes"]["error"], 13,
                "the bindings know the list from R460 on"
            );
            for device in gpu["mig_devices"].as_array().unwrap() {
                let uuid = device["uuid"].as_str().unwrap();
                assert!(uuid.starts_with("MIG-GPU-") && uuid.contains('/'), "{uuid}");
            }
        }
    }
}

#[test]
fn nvidia_ml_py_creates_and_destroys_and_is_refused() {
    let machine = Machine::new(script_path("changes.toml"));
    let out = machine.script("changes.py");
    assert_eq!(
        out.lines().filter(|line| line.starts_with("ok ")).count(),
        6,
        "{out}"
    );
    let gpus = machine.driver().peek().gpus;
    let modes: Vec<_> = gpus.iter().map(|gpu| (gpu.mig, gpu.pending)).collect();
    assert_eq!(
        modes,
        [(true, true), (true, true), (false, true), (true, true)],
        "what one process changed, another one sees"
    );
    let placed: Vec<_> = gpus[1].instances.iter().map(|gi| gi.start).collect();
    assert_eq!(placed, [0], "the idle instance is gone, the used one stays");
}

#[test]
fn pointers_buffers_and_versions_are_checked() {
    let out = Machine::new(script_path("changes.toml")).script("pointers.py");
    assert_eq!(
        out.lines().filter(|line| line.starts_with("ok ")).count(),
        7,
        "{out}"
    );
}

#[test]
fn a_call_that_hangs_keeps_no_other_from_being_answered() {
    let out = Machine::new("faults#hang").script("hang.py");
    assert_eq!(out, "ok 7\n");
}

#[test]
fn gpm_tells_the_activity_of_an_instance() {
    let out = Machine::new("h100").script("gpm.py");
    assert!(out.starts_with("ok "), "{out}");
}

#[test]
fn nvitop_lists_the_mig_devices() {
    for spec in [
        "bank#dgx-dev-01",
        "bank#dgx-prod-01",
        "bank#dgx-mix-01",
        "h100",
    ] {
        let machine = Machine::new(spec);
        let text = machine.script("viewer.py");
        let gpus: Vec<Value> =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{spec}: {e}: {text}"));
        let within = machine.driver().peek().gpus;
        assert_eq!(gpus.len(), within.len(), "{spec}");
        for (gpu, within) in gpus.iter().zip(&within) {
            assert_eq!(gpu["uuid"], within.uuid.as_str());
            assert_eq!(gpu["mig"], within.mig);
            let mut uuids: Vec<_> = within
                .instances
                .iter()
                .flat_map(|gi| &gi.cis)
                .map(|ci| (ci.index, ci.uuid.as_str()))
                .collect();
            uuids.sort_unstable();
            let seen: Vec<_> = gpu["mig_devices"]
                .as_array()
                .unwrap()
                .iter()
                .map(|mig| {
                    (
                        mig["slot"].as_u64().unwrap() as u32,
                        mig["uuid"].as_str().unwrap(),
                    )
                })
                .collect();
            assert_eq!(seen, uuids, "{spec} GPU {}", within.index);
        }
    }
}

#[test]
fn the_library_tells_how_often_a_program_called_what() {
    let machine = Machine::new("bank#dgx-dev-01");
    let file = machine.folder.path().join("calls");
    let output = machine
        .command("python", &[&script_path("walk.py")])
        .env("NVML_SIM_CALLS", &file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", texts(&output).1);
    let counts = std::fs::read_to_string(&file).unwrap();
    for line in ["nvmlInit_v2 1", "nvmlDeviceGetCount_v2 1", "nvmlShutdown 1"] {
        assert!(
            counts.lines().any(|known| known == line),
            "{line}: {counts}"
        );
    }
}

#[test]
fn nvitop_draws_its_screen_once() {
    for spec in ["bank#dgx-dev-01", "h100"] {
        let machine = Machine::new(spec);
        let output = machine.program("nvitop", &["-1", "--ascii"]);
        let (out, err) = texts(&output);
        assert!(output.status.success(), "{spec}: {out}\n{err}");
        let driver = machine.driver();
        assert!(out.contains(&driver.host().driver), "{spec}: {out}");
        assert!(
            !err.contains("FunctionNotFound"),
            "{spec}: nvitop lacks a function: {err}"
        );
        for gpu in driver.peek().gpus {
            for (gi, ci) in gpu
                .instances
                .iter()
                .flat_map(|gi| gi.cis.iter().map(move |ci| (gi, ci)))
            {
                let slot = format!("{}:{} ", gpu.index, ci.index);
                let ids = format!("GI/CI:{:2}/{}", gi.gi, ci.ci);
                let row = out.lines().find(|line| line.contains(&slot));
                assert!(
                    row.is_some_and(|row| row.contains(&ids) && row.contains(&gi.name)),
                    "{spec}: no row '{slot}' with {ids} {}: {out}",
                    gi.name
                );
            }
        }
    }
}
