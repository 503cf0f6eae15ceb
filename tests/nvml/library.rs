//! The real path: the C library, loaded by `nvml-wrapper`, tells exactly what the simulator's core tells.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use migdeck::domain::ids::GiId;
use migdeck::domain::observation::{CallState, Fact};
use migdeck::domain::reading::AbsentCode;
use migdeck::domain::text::Text;
use migdeck::ports::gpu_api::GpuApi;
use migdeck::sources::nvml;
use migdeck::sources::nvml::sampler::Sampler;
use migdeck::sources::nvml::watch::CallWatch;
use migdeck::wiring::sim::SimApi;
use nvml_sim::driver::Driver;
use nvml_sim::library;
use nvml_sim::ret::Ret;
use nvml_sim::scenario::Scenario;
use nvml_sim::scenario::model::Fault;
use tempfile::TempDir;

use super::bench::{call_state, instances, layout, sample};
use super::reader::{Reader, at};

/// A host whose driver several processes share.
struct Machine {
    spec: String,
    scenario: Scenario,
    folder: TempDir,
}

impl Machine {
    fn new(spec: &str) -> Self {
        let machine = Self {
            spec: spec.to_owned(),
            scenario: Scenario::load(spec).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        library::install(&Self::built(), &machine.driver(), machine.folder.path()).unwrap();
        machine
    }

    /// With a clock that stands still at its beginning, so that two readers read the same.
    fn at_rest(spec: &str) -> Self {
        let machine = Self::new(spec);
        let text = std::fs::read_to_string(machine.state()).unwrap();
        let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
        let epoch = state["epoch_ms"].as_u64().unwrap();
        state["epoch_ms"] = (epoch + 86_400_000).into();
        std::fs::write(machine.state(), state.to_string()).unwrap();
        assert_eq!(machine.driver().now(), Duration::ZERO);
        machine
    }

    /// The library with all its functions, which refuses at run time what the driver version lacks.
    fn built() -> PathBuf {
        std::env::current_exe()
            .unwrap()
            .parent()
            .unwrap()
            .join("libnvidia_ml_sim.so")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn driver(&self) -> Driver {
        Driver::open(
            &self.scenario,
            &self.scenario.hosts[0].name,
            Some(&self.state()),
        )
        .unwrap()
    }

    fn reader(&self) -> Reader {
        self.reader_of(&self.folder.path().join(library::NAME))
    }

    fn reader_of(&self, library: &Path) -> Reader {
        Reader::start(library, &self.spec, &self.state())
    }

    fn gpus(&self) -> u32 {
        self.scenario.hosts[0].gpus.len() as u32
    }
}

/// The stream without what names the library.
fn without_library(mut facts: Vec<Fact>) -> Vec<Fact> {
    for fact in &mut facts {
        if let Fact::Driver(driver) = fact {
            driver.library = Text::new("");
        }
    }
    facts
}

/// Waits until a new measurement would be taken rather than the last one told again.
fn window_passes() {
    let begun = Instant::now();
    while begun.elapsed() <= nvml::SHORTEST_WINDOW {
        std::thread::yield_now();
    }
}

/// Driver, then three beats of every GPU, long enough after each other for GPM.
fn stream(
    gpus: u32,
    mut driver: impl FnMut() -> Fact,
    mut beat: impl FnMut(u32, i64) -> Vec<Fact>,
) -> Vec<Fact> {
    let mut facts = vec![driver()];
    for second in 0..3 {
        for gpu in 0..gpus {
            facts.extend(beat(gpu, second));
        }
        window_passes();
    }
    without_library(facts)
}

fn by_library(machine: &Machine, reader: Reader) -> Vec<Fact> {
    let reader = std::cell::RefCell::new(reader);
    stream(
        machine.gpus(),
        || reader.borrow_mut().driver(),
        |gpu, second| reader.borrow_mut().beat(gpu, second),
    )
}

fn by_core(machine: &Machine) -> Vec<Fact> {
    let api: Arc<dyn GpuApi> = Arc::new(SimApi::open(Arc::new(machine.driver())).unwrap());
    let mut samplers: Vec<Sampler> = (0..machine.gpus())
        .map(|gpu| Sampler::new(Arc::clone(&api), gpu, CallWatch::default()))
        .collect();
    let facts = stream(
        machine.gpus(),
        || nvml::driver_facts(&*api).unwrap(),
        |gpu, second| samplers[gpu as usize].beat(at(second), true),
    );
    // As they come out of a pipe.
    serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap()
}

fn agree(spec: &str) {
    let machine = Machine::at_rest(spec);
    let core = by_core(&machine);
    let library = by_library(&machine, machine.reader());
    assert!(core.len() > machine.gpus() as usize, "{spec}: {core:?}");
    for (n, (core, library)) in core.iter().zip(&library).enumerate() {
        let [core, library] =
            [core, library].map(|fact| serde_json::to_string_pretty(fact).unwrap());
        let differs = core.lines().zip(library.lines()).find(|(a, b)| a != b);
        assert!(
            core == library,
            "{spec}, record {n}: core and library differ in {differs:?}"
        );
    }
    assert_eq!(core.len(), library.len(), "{spec}");
}

#[test]
fn library_and_core_tell_the_same_of_the_bank() {
    for host in ["dgx-dev-01", "dgx-prod-01", "dgx-mix-01"] {
        agree(&format!("bank#{host}"));
    }
}

#[test]
fn library_and_core_tell_the_same_of_hopper_and_blackwell() {
    for spec in ["h100", "blackwell#dgx-b200-01", "blackwell#rtxpro-01"] {
        agree(spec);
    }
}

#[test]
fn library_and_core_tell_the_same_of_older_boards_and_drivers() {
    for spec in ["a30", "r450"] {
        agree(spec);
    }
}

#[test]
fn library_and_core_tell_the_same_of_what_fails() {
    let hosts = Scenario::load("faults").unwrap().hosts;
    let mut agreed = 0;
    for host in hosts {
        // Two are about time, two have no library to read with.
        if !matches!(&*host.name, "hang" | "slow" | "mismatch" | "no-library") {
            agree(&format!("faults#{}", host.name));
            agreed += 1;
        }
    }
    assert!(agreed >= 6, "{agreed} hosts compared");
}

#[test]
fn no_builtin_scenario_is_left_out() {
    let mut names = Scenario::builtin_names().to_vec();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "a30",
            "bank",
            "blackwell",
            "dra",
            "drift",
            "faults",
            "h100",
            "r450"
        ]
    );
}

#[test]
fn a_missing_symbol_and_a_refusing_one_read_the_same() {
    let machine = Machine::at_rest("r450");
    let missing = by_library(&machine, machine.reader());
    let refusing = by_library(&machine, machine.reader_of(&Machine::built()));
    assert_eq!(missing, refusing);
}

#[test]
fn a_library_that_refuses_to_start_is_told_as_the_core_tells_it() {
    for (host, code) in [
        ("mismatch", AbsentCode::DriverMismatch),
        ("no-library", AbsentCode::NoSource),
    ] {
        let machine = Machine::new(&format!("faults#{host}"));
        let core = SimApi::open(Arc::new(machine.driver())).err().unwrap();
        let library = machine.reader().refusal.take().unwrap();
        assert_eq!(library.why.code, code);
        let after = |text: &Text| text.split_once("error ").map(|(_, rest)| rest.to_owned());
        assert_eq!(after(&core.why.text), after(&library.why.text));
        assert!(after(&library.why.text).is_some(), "{}", library.why.text);
    }
}

#[test]
fn a_change_by_another_process_is_seen_within_two_beats() {
    let machine = Machine::new("bank#dgx-mix-01");
    let mut reader = machine.reader();
    let gpu = 5;
    let before = reader.beat(gpu, 0);
    // The lab host's GPU 5: a GPU instance without compute instance beside a 4g.20gb.
    assert_eq!(
        layout(instances(&before).unwrap()),
        ["4g.20gb@0[1]", "1g.5gb@4[0]"]
    );
    let other = machine.driver();
    other.init().unwrap();
    let empty = instances(&before).unwrap()[1].gi;
    other.create_ci(gpu, empty.0, 0, None).unwrap();
    let told = (1..=2)
        .find_map(|second| instances(&reader.beat(gpu, second)).cloned())
        .expect("told in two beats");
    assert_eq!(layout(&told), ["4g.20gb@0[1]", "1g.5gb@4[1]"]);
}

#[test]
fn an_event_of_another_processs_change_reaches_the_sampler() {
    let machine = Machine::new("bank#dgx-mix-01");
    let mut reader = machine.reader();
    reader.take_event();
    reader.beat(5, 0);
    reader.beat(5, 1);
    let other = machine.driver();
    other.init().unwrap();
    other.create_gi(5, 19, Some((5, 1))).unwrap();
    reader.take_event();
    let told = reader.beat(5, 2);
    assert_eq!(
        layout(instances(&told).unwrap()),
        ["4g.20gb@0[1]", "1g.5gb@4[0]", "1g.5gb@5[0]"]
    );
}

#[test]
fn a_gpu_instance_without_compute_instance_shows_within_ten_beats() {
    let machine = Machine::new("bank#dgx-mix-01");
    let mut reader = machine.reader();
    reader.beat(5, 0);
    let other = machine.driver();
    other.init().unwrap();
    let gi = other.create_gi(5, 19, Some((6, 1))).unwrap();
    let told = (1..=10)
        .find_map(|second| instances(&reader.beat(5, second)).cloned())
        .expect("told in ten beats");
    assert!(told.iter().any(|i| i.gi == GiId(gi) && i.cis.is_empty()));
}

#[test]
fn a_gpu_that_is_lost_fails_and_answers_again() {
    let machine = Machine::new("bank#dgx-dev-01");
    let mut reader = machine.reader();
    reader.beat(0, 0);
    let other = machine.driver();
    other.inject(Fault {
        function: "nvml*".into(),
        gpu: Some(0),
        code: Some(15),
        ..Fault::default()
    });
    let facts = reader.beat(0, 1);
    let Some(CallState::Failing { why, .. }) = call_state(&facts) else {
        panic!("{facts:?}")
    };
    assert_eq!(why.code, AbsentCode::GpuLost);
    assert_eq!(
        sample(&facts)
            .unwrap()
            .fast
            .temperature_c
            .reason()
            .unwrap()
            .code,
        AbsentCode::GpuLost
    );
    assert_eq!(call_state(&reader.beat(1, 1)), None);
    other.clear_faults();
    assert_eq!(call_state(&reader.beat(0, 2)), Some(&CallState::Answering));
}

#[test]
fn activity_is_measured_through_the_library() {
    let machine = Machine::new("h100");
    let mut reader = machine.reader();
    let first = reader.beat(0, 0);
    assert_eq!(
        sample(&first).unwrap().instances[0].metrics[0]
            .1
            .reason()
            .unwrap()
            .code,
        AbsentCode::NotYet
    );
    window_passes();
    let facts = reader.beat(0, 1);
    for instance in &sample(&facts).unwrap().instances {
        for (metric, reading) in &instance.metrics {
            let measured = reading
                .value()
                .unwrap_or_else(|| panic!("{metric:?}: {reading:?}"));
            assert!(
                (0.0..=100.0).contains(&measured.percent),
                "{metric:?} {}",
                measured.percent
            );
        }
    }
    // The first notebook works; a slice that nobody uses does not.
    let active = |n: usize| {
        sample(&facts).unwrap().instances[n].metrics[0]
            .1
            .value()
            .unwrap()
            .percent
    };
    assert!(active(0) > 1.0, "{}", active(0));
    assert!(active(5) < 1.0, "{}", active(5));
}

/// A host `one` with an A100 and what `rest` says of it.
fn written(rest: &str) -> (Machine, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.toml");
    let host = "name = \"one\"\n[[hosts]]\nname = \"one\"\nboard = \"a100-40\"\ndriver = \"535.161.08\"\ncuda = \"12.2\"\n";
    std::fs::write(&file, format!("{host}{rest}")).unwrap();
    (Machine::new(file.to_str().unwrap()), folder)
}

#[test]
fn an_xid_comes_with_its_instance() {
    let (machine, _folder) = written(
        "gpus = [{ mig = true, instances = [\"9@0\", \"9@4\"] }]\n\
         kernel_log = [{ at = 3.0, text = \"NVRM: Xid (PCI:0000:07:00): 94, x\", event = { gpu = 0, code = 94, at = 4 } }]\n",
    );
    let mut reader = machine.reader();
    // Registers: NVML tells only what happens after that.
    assert_eq!(reader.take_event(), None);
    let deadline = Instant::now() + Duration::from_secs(20);
    let xid = loop {
        if let Some(xid) = reader.take_event() {
            break xid;
        }
        assert!(Instant::now() < deadline, "no Xid came");
        std::thread::yield_now();
    };
    assert_eq!(xid.code, 94);
    let at_four = machine.driver().peek().gpus[0]
        .instances
        .iter()
        .find(|i| i.start == 4)
        .unwrap()
        .gi;
    assert_eq!(xid.gi, Some(GiId(at_four)));
}

#[test]
fn letting_go_lets_the_driver_go() {
    let (machine, _folder) = written("gpus = [{}]\n");
    let mut reader = machine.reader();
    reader.beat(0, 0);
    reader.take_event();
    let other = machine.driver();
    other.init().unwrap();
    // Ampere changes its mode only while nobody else has NVML open.
    assert_eq!(other.set_mig_mode(0, true), Ok(Ret::IN_USE));
    assert_eq!(other.set_mig_mode(0, false), Ok(Ret::SUCCESS));
    reader.release();
    assert_eq!(other.set_mig_mode(0, true), Ok(Ret::SUCCESS));
}
