//! A bench of one simulated host: its driver, as another process would open it too, and a sampler for each GPU.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use migdeck::domain::gpu::{GpuInstance, GpuInventory, GpuSample};
use migdeck::domain::observation::{CallState, Fact};
use migdeck::ports::gpu_api::{GpuApi, GpuEvent};
use migdeck::sources::nvml::SHORTEST_WINDOW;
use migdeck::sources::nvml::sampler::Sampler;
use migdeck::sources::nvml::watch::CallWatch;
use migdeck::wiring::sim::SimApi;
use nvml_sim::driver::Driver;
use nvml_sim::scenario::model::Scenario;

/// A scenario of one host `t` with GPUs of a board, each with MIG on and these instances.
pub fn scenario(board: &str, driver: &str, gpus: &[&[&str]]) -> Scenario {
    let gpus: Vec<String> = gpus
        .iter()
        .map(|gis| format!("{{ mig = true, instances = {gis:?} }}"))
        .collect();
    let text = format!(
        "name = \"t\"\n[[hosts]]\nname = \"t\"\nboard = \"{board}\"\ndriver = \"{driver}\"\ncuda = \"12.2\"\ngpus = [{}]\n",
        gpus.join(", ")
    );
    Scenario::parse(&text).unwrap()
}

/// The smallest instances of a 7-slice board, all seven.
pub const SEVEN: [&str; 7] = ["19@0", "19@1", "19@2", "19@3", "19@4", "19@5", "19@6"];

pub struct Bench {
    pub driver: Arc<Driver>,
    pub api: Arc<dyn GpuApi>,
    pub samplers: Vec<Sampler>,
    now: Timestamp,
    folder: tempfile::TempDir,
    scenario: Scenario,
}

impl Bench {
    pub fn of(scenario: Scenario) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = &scenario.hosts[0];
        let driver =
            Driver::open(&scenario, &host.name, Some(&folder.path().join("state"))).unwrap();
        let driver = Arc::new(driver);
        let api: Arc<dyn GpuApi> = Arc::new(SimApi::open(Arc::clone(&driver)).unwrap());
        let samplers = (0..host.gpus.len() as u32)
            .map(|gpu| Sampler::new(Arc::clone(&api), gpu, CallWatch::default()))
            .collect();
        let now = "2026-01-05T03:00:00Z".parse().unwrap();
        Self {
            driver,
            api,
            samplers,
            now,
            folder,
            scenario,
        }
    }

    pub fn builtin(spec: &str) -> Self {
        Self::of(Scenario::load(spec).unwrap())
    }

    /// The same host's driver as another process has it.
    pub fn other_process(&self) -> Driver {
        let host = &self.scenario.hosts[0];
        let other = Driver::open(
            &self.scenario,
            &host.name,
            Some(&self.folder.path().join("state")),
        )
        .unwrap();
        other.init().unwrap();
        other
    }

    /// The time of the last beat.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A second later, one beat of a GPU.
    pub fn beat(&mut self, gpu: usize) -> Vec<Fact> {
        self.beat_after(gpu, Duration::from_secs(1), false)
    }

    pub fn beat_after(&mut self, gpu: usize, gap: Duration, detail: bool) -> Vec<Fact> {
        self.now += gap;
        self.samplers[gpu].beat(self.now, detail)
    }

    /// A second later, one beat of each GPU, with the calls that each made.
    pub fn beat_all(&mut self) -> Vec<(Vec<Fact>, BTreeMap<&'static str, u64>)> {
        self.now += Duration::from_secs(1);
        let (driver, now) = (&self.driver, self.now);
        let each = self.samplers.iter_mut().map(|sampler| {
            driver.reset_counters();
            let facts = sampler.beat(now, false);
            (facts, driver.counters())
        });
        each.collect()
    }

    /// Waits until the simulated driver's clock allows the next GPM sample.
    pub fn until_next_window(&self) {
        let end = self.driver.now() + SHORTEST_WINDOW + Duration::from_millis(5);
        while let Some(left) = end.checked_sub(self.driver.now()) {
            std::thread::sleep(left);
        }
    }

    /// Hands the driver's event to its sampler, as the probe does; false if there is none.
    pub fn take_event(&mut self) -> bool {
        match self.api.wait_event(Duration::ZERO).unwrap() {
            Some(GpuEvent::MigConfigChange { gpu }) => {
                self.samplers[gpu as usize].mig_changed();
                true
            }
            Some(GpuEvent::Xid { .. }) => true,
            None => false,
        }
    }
}

/// The inventory among the facts.
pub fn inventory(facts: &[Fact]) -> Option<&GpuInventory> {
    facts.iter().find_map(|f| match f {
        Fact::Gpu(inventory) => Some(&**inventory),
        _ => None,
    })
}

/// The sample among the facts.
pub fn sample(facts: &[Fact]) -> Option<&GpuSample> {
    facts.iter().find_map(|f| match f {
        Fact::Sample(sample) => Some(&**sample),
        _ => None,
    })
}

/// The state of calls among the facts.
pub fn call_state(facts: &[Fact]) -> Option<&CallState> {
    facts.iter().find_map(|f| match f {
        Fact::GpuCall(call) => Some(&call.state),
        _ => None,
    })
}

/// The instances among the facts.
pub fn instances(facts: &[Fact]) -> Option<&Vec<GpuInstance>> {
    inventory(facts).and_then(|i| i.instances.value())
}

/// Instances as `profile@start[CIs]`.
pub fn layout(instances: &[GpuInstance]) -> Vec<String> {
    instances
        .iter()
        .map(|i| {
            let start = i
                .placement
                .value()
                .map_or("?".into(), |p| p.start.to_string());
            let name = i.profile.value().map_or("?", |n| n.as_str());
            format!("{name}@{start}[{}]", i.cis.len())
        })
        .collect()
}
