//! The simulated driver: NVML's functions over the state, with NVML's refusals.
//!
//! Methods are named after what they answer; their comment names the NVML function they count as. Scalar `gpu`
//! arguments are NVML indexes: out of range is INVALID_ARGUMENT. Calls before [`Driver::init`] are UNINITIALIZED.

mod at_work;
mod collected;
mod compute_instances;
mod devices;
mod error;
mod events;
mod faults;
mod fields;
mod gpm;
mod identity;
mod initial;
mod instances;
mod load;
mod memory;
mod mode;
mod past;
mod processes;
mod snapshot;
mod symbols;
mod telemetry;
#[cfg(test)]
mod tests;
mod traffic;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) use collected::{OfGpu, OfPart};
pub use compute_instances::{CiInfo, CiProfile};
pub use devices::Attributes;
pub use error::OpenError;
pub use events::{Event, EventCursor, event};
pub(crate) use faults::names;
pub use fields::{FieldNumber, FieldValue};
pub use gpm::GpmSample;
pub use identity::Pci;
pub(crate) use initial::layout;
pub use instances::{GiInfo, GiProfile};
pub(crate) use memory::reserved_mib;
pub use memory::{Bar1, Memory};
pub use past::{IdleInstance, Past};
pub use processes::{Proc, ProcKind};
pub use snapshot::{CiSnapshot, GiSnapshot, GpuSnapshot, Snapshot};
pub(crate) use symbols::exported;
pub use traffic::ProcLoad;

use crate::ret::{Result, Ret};
use crate::scenario::model::{Budget, Fault, Host, Quota, Scenario, Stall, Unscheduled};
use crate::state::{Client, GpuState, Injected, State, Store};
use crate::tables::{self, Board};

/// A handle's meaning: a GPU, or a compute instance on one.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum DeviceRef {
    /// A GPU by NVML index.
    Gpu(u32),
    /// A MIG device.
    Mig {
        /// GPU index.
        gpu: u32,
        /// GPU-instance id.
        gi: u32,
        /// Compute-instance id.
        ci: u32,
    },
}

impl DeviceRef {
    /// Index of the GPU.
    pub const fn gpu(self) -> u32 {
        match self {
            Self::Gpu(gpu) | Self::Mig { gpu, .. } => gpu,
        }
    }
}

/// Who is told of each call as it is entered.
static OBSERVER: OnceLock<fn(&'static str)> = OnceLock::new();

/// Tells `observer` of each call of this process as it is entered, on the calling thread; the first observer stays.
pub fn observe_calls(observer: fn(&'static str)) {
    // the first one stays
    let _ = OBSERVER.set(observer);
}

/// A driver on one simulated host. One per process; other processes share its state through the state file.
pub struct Driver {
    scenario: String,
    host: Host,
    unscheduled: Vec<Unscheduled>,
    budgets: Vec<Budget>,
    quotas: Vec<Quota>,
    board: &'static Board,
    major: u32,
    store: Store,
    epoch_ms: u64,
    /// UUIDs that the scenario gives.
    listed: BTreeMap<initial::Engine, String>,
    /// Calls of `init` not yet shut down, and the client's serial in the state while there are any.
    uses: Mutex<(u64, Option<u64>)>,
    counters: Mutex<BTreeMap<&'static str, u64>>,
    /// How often each fault has been met in this process.
    met: Mutex<HashMap<faults::Key, u64>>,
}

/// Between two looks at the state while a call hangs.
pub(crate) const LOOK: Duration = Duration::from_millis(10);

impl Driver {
    /// Opens the driver of a host. `state`: a file that processes share, created if absent; `None`: private memory.
    ///
    /// This process counts as a client of the GPUs between its first [`Driver::init`] and its last
    /// [`Driver::shutdown`], or until the driver is dropped, or the process is killed.
    pub fn open(
        scenario: &Scenario,
        host: &str,
        state: Option<&Path>,
    ) -> std::result::Result<Self, OpenError> {
        let Some(host) = scenario.hosts.iter().find(|known| known.name == host) else {
            return Err(OpenError::NoSuchHost {
                host: host.to_owned(),
                have: scenario.hosts.iter().map(|h| h.name.clone()).collect(),
            });
        };
        let board = tables::board(&host.board).ok_or_else(|| OpenError::NoSuchBoard {
            host: host.name.clone(),
            board: host.board.clone(),
        })?;
        let major = host
            .driver
            .split('.')
            .next()
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| OpenError::DriverVersion(host.driver.clone()))?;
        let first = initial::state(&scenario.name, host, board, major)?;
        let listed = initial::listed_uuids(&first, &host.gpus);
        let store = Store::open(state, first)?;
        let epoch_ms = store.read()?.epoch_ms;
        Ok(Self {
            scenario: scenario.name.clone(),
            host: host.clone(),
            unscheduled: scenario.pods.clone(),
            budgets: scenario.budgets.clone(),
            quotas: scenario.quotas.clone(),
            board,
            major,
            store,
            epoch_ms,
            listed,
            uses: Mutex::new((0, None)),
            counters: Mutex::default(),
            met: Mutex::default(),
        })
    }

    /// Opens what the environment names: `NVML_SIM_SCENARIO` (default `bank`; `#host` picks one host, else the first)
    /// and `NVML_SIM_STATE` (a file; unset or empty: private memory).
    pub fn from_env() -> std::result::Result<Self, OpenError> {
        let spec = std::env::var("NVML_SIM_SCENARIO").unwrap_or_default();
        let spec = if spec.is_empty() { "bank" } else { &spec };
        let state = std::env::var_os("NVML_SIM_STATE")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from);
        let scenario = Scenario::load(spec)?;
        let first = scenario.hosts.first().map_or("", |host| host.name.as_str());
        Self::open(&scenario, first, state.as_deref())
    }

    /// The host as the scenario describes it.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The pods of the scenario that no node has taken.
    pub fn unscheduled(&self) -> &[Unscheduled] {
        &self.unscheduled
    }

    /// The PodDisruptionBudgets of the scenario.
    pub fn budgets(&self) -> &[Budget] {
        &self.budgets
    }

    /// The ResourceQuotas of the scenario.
    pub fn quotas(&self) -> &[Quota] {
        &self.quotas
    }

    /// Name of the scenario.
    pub fn scenario_name(&self) -> &str {
        &self.scenario
    }

    /// The board of the host's GPUs.
    pub fn table(&self) -> &'static Board {
        self.board
    }

    /// Start of the simulation, the same for all processes that share the state.
    pub fn epoch(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.epoch_ms)
    }

    /// Time since the epoch; zero if the clock was set back before it.
    pub fn now(&self) -> Duration {
        self.epoch().elapsed().unwrap_or_default()
    }

    /// How long the host will run no probe from now on; zero: it runs.
    pub fn stalled(&self) -> Duration {
        let now = self.now().as_secs_f64();
        let rest = |stall: &Stall| {
            let end = stall.at + stall.for_seconds;
            (stall.at <= now && now < end).then_some(end - now)
        };
        let longest = self.host.stalls.iter().filter_map(rest).fold(0.0, f64::max);
        Duration::try_from_secs_f64(longest).unwrap_or_default()
    }

    /// Calls of this process by NVML function, refused ones included.
    pub fn counters(&self) -> BTreeMap<&'static str, u64> {
        hold(&self.counters).clone()
    }

    /// Starts counting anew.
    pub fn reset_counters(&self) {
        hold(&self.counters).clear();
    }

    /// `nvmlInit_v2`. LIBRARY_NOT_FOUND (12) on a host without the library.
    pub fn init(&self) -> Result<()> {
        self.tally("nvmlInit_v2");
        self.suffer("nvmlInit_v2", None)?;
        if !self.host.library {
            return Err(Ret(12));
        }
        let mut uses = hold(&self.uses);
        if uses.1.is_none() {
            uses.1 = Some(self.update(|state| {
                let serial = state.next_serial();
                state.clients.push(Client::this(serial));
                serial
            })?);
        }
        uses.0 += 1;
        Ok(())
    }

    /// `nvmlShutdown`.
    pub fn shutdown(&self) -> Result<()> {
        self.enter("nvmlShutdown", None)?;
        let mut uses = hold(&self.uses);
        uses.0 = uses.0.saturating_sub(1);
        if uses.0 == 0
            && let Some(serial) = uses.1.take()
        {
            self.forget_client(serial)?;
        }
        Ok(())
    }

    /// Begins a call: counts it, answers UNINITIALIZED, FUNCTION_NOT_FOUND, INVALID_ARGUMENT (no such GPU), and what
    /// the faults in force say. Every method does this itself.
    pub fn enter(&self, symbol: &'static str, gpu: Option<u32>) -> Result<()> {
        self.tally(symbol);
        if hold(&self.uses).0 == 0 {
            return Err(Ret::UNINITIALIZED);
        }
        if !self.offers(symbol) {
            return Err(Ret::FUNCTION_NOT_FOUND);
        }
        if gpu.is_some_and(|gpu| gpu as usize >= self.host.gpus.len()) {
            return Err(Ret::INVALID_ARGUMENT);
        }
        self.suffer(symbol, gpu)
    }

    /// The driver is loaded anew, as at a reboot: instances vanish, a pending MIG mode takes effect on Ampere, the mode
    /// is lost on later boards; the scenario's GPU work is gone. Uncounted.
    pub fn restart(&self) {
        let keeps_mode = !self.board.resetless();
        // nobody is there to be told: an unreadable state stays as it is, and the next call says so
        let _ = self.update(|state| {
            state.reloads += 1;
            for gpu in &mut state.gpus {
                gpu.pending &= keeps_mode;
                gpu.mode = gpu.pending;
                gpu.gis.clear();
                gpu.change += 1;
            }
        });
    }

    /// Adds a fault for all processes. Its times count from now. Uncounted.
    pub fn inject(&self, fault: Fault) {
        let at_ms = self.now().as_millis() as u64;
        let _ = self.update(|state| {
            let serial = state.next_serial();
            state.injected.push(Injected {
                serial,
                at_ms,
                fault,
            });
        });
    }

    /// Ends all faults, the scenario's own too. Uncounted.
    pub fn clear_faults(&self) {
        let _ = self.update(|state| {
            state.injected.clear();
            state.scenario_faults = false;
        });
    }

    fn tally(&self, symbol: &'static str) {
        if let Some(observer) = OBSERVER.get() {
            observer(symbol);
        }
        *hold(&self.counters).entry(symbol).or_default() += 1;
    }

    /// The present state. UNKNOWN: the state file cannot be read.
    fn state(&self) -> Result<Arc<State>> {
        self.store.read().map_err(|_| Ret::UNKNOWN)
    }

    fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T> {
        self.store.update(change).map_err(|_| Ret::UNKNOWN)
    }

    /// Changes one GPU as one step.
    fn update_gpu<T>(
        &self,
        gpu: u32,
        change: impl FnOnce(&mut State, usize) -> Result<T>,
    ) -> Result<T> {
        self.update(|state| {
            if state.gpus.len() <= gpu as usize {
                return Err(Ret::INVALID_ARGUMENT);
            }
            change(state, gpu as usize)
        })?
    }

    fn privileged(&self) -> Result<()> {
        if self.host.privileged {
            Ok(())
        } else {
            Err(Ret::NO_PERMISSION)
        }
    }

    fn forget_client(&self, serial: u64) -> Result<()> {
        self.update(|state| state.clients.retain(|client| client.serial != serial))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(serial) = hold(&self.uses).1.take() {
            // an unreadable state file has no client to forget
            let _ = self.forget_client(serial);
        }
    }
}

/// The GPU's part of a state; `enter` has checked the index, a foreign state file may still be shorter.
fn of(state: &State, gpu: u32) -> Result<&GpuState> {
    state.gpus.get(gpu as usize).ok_or(Ret::INVALID_ARGUMENT)
}

/// What a mutex guards stays usable when a thread panicked with it.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
