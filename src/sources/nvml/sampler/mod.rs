//! What one GPU tells, beat by beat, through the port: the same for the real library and the simulator.
//!
//! The call budget of a steady beat is [`PER_SLICE`] calls a MIG device and [`PER_GPU`] for the GPU. Lanes keep it:
//!
//! - each beat: memory of each instance, the compute process list, fast telemetry, GPM;
//! - every other beat: half of the known handles, a free slot, MIG mode, and what [`fast`] says;
//! - within ten beats: the number of GPU instances of each profile, and each of them looked at again;
//! - within ten seconds: the slow lane (longer where GPM on one or two instances leaves it less of the budget);
//! - at the first beat and after a change: identity, mode, profiles, instances.
//!
//! A GPU whose calls come back late is read all the same, in beats that take as long as they take. Its first list is
//! told in parts, with a sample after each, because the whole of it is many calls.

mod activity;
mod appearance;
mod devices;
mod fast;
mod instances;
mod rounds;
mod slow;
mod watched;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::activity::Activity;
use self::appearance::Appearances;
use self::devices::{Devices, is_gone};
use self::fast::{FastLane, Turn};
use self::instances::CiProfiles;
use self::rounds::Rounds;
use self::slow::SlowLane;
use self::watched::Watched;
use super::watch::CallWatch;
use crate::domain::gpu::{
    GiProfile, GpuIdentity, GpuInstance, GpuInventory, GpuSample, InstanceSample, Listing, MigMode,
    SlowTelemetry,
};
use crate::domain::metric::{Measured, Metric};
use crate::domain::observation::{CallState, Fact, GpuCall};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::ports::gpu_api::{ApiError, ApiResult, Code, GpuApi};

/// Calls of a steady beat for each MIG device.
pub const PER_SLICE: u32 = 4;
/// Calls of a steady beat for the GPU.
pub const PER_GPU: u32 = 12;

/// Every so many beats an instance that nothing says has changed is looked at, in place of counting.
const LOOK_EVERY: u64 = 4;
/// The time between beats that is assumed until two of them have been seen.
const BEAT: Duration = Duration::from_secs(1);

/// Steps of the slow lane in a beat of a GPU whose calls come back late.
const SLOW_STEPS: u32 = 4;

/// Reads one GPU.
pub struct Sampler {
    api: Watched,
    gpu: u32,
    beats: u64,
    /// When the last beat was, and the time between it and the one before.
    last: Option<(Timestamp, Duration)>,
    inventory: Option<GpuInventory>,
    /// Something may have changed: list everything anew.
    due: bool,
    /// How far the first list has come.
    first: First,
    devices: Devices,
    ci_profiles: CiProfiles,
    appearances: Appearances,
    fast: FastLane,
    slow: SlowLane,
    activity: Activity,
    rounds: Rounds,
    failing: Option<Code>,
}

/// How far the first list of a GPU has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum First {
    /// Nothing has been told.
    Unread,
    /// A part was told in the last beat: the next one takes a sample.
    Told,
    /// A part is known and sampled.
    Sampled,
    /// It has been told as a whole.
    Whole,
}

impl Sampler {
    /// A sampler of the GPU at NVML's index `gpu`, whose calls show in `watch`.
    pub fn new(api: Arc<dyn GpuApi>, gpu: u32, watch: CallWatch) -> Self {
        Self {
            api: Watched::new(api, gpu, watch),
            gpu,
            beats: 0,
            last: None,
            inventory: None,
            due: true,
            first: First::Unread,
            devices: Devices::default(),
            ci_profiles: CiProfiles::new(),
            appearances: Appearances::default(),
            fast: FastLane::default(),
            slow: SlowLane::default(),
            activity: Activity::default(),
            rounds: Rounds::default(),
            failing: None,
        }
    }

    /// The driver says that instances of this GPU changed: the next beat lists them.
    pub fn mig_changed(&mut self) {
        self.due = true;
    }

    /// Calls that the last beat made to NVML.
    pub fn calls(&self) -> u32 {
        self.api.spent()
    }

    /// One beat: the inventory where it changed, a sample, and whether the GPU as a whole answers.
    ///
    /// May block for as long as the driver likes.
    pub fn beat(&mut self, now: Timestamp, detail: bool) -> Vec<Fact> {
        self.api.begin();
        let interval = self.note_time(now);
        let mut facts = Vec::new();
        let mut refused = None;
        if !self.due {
            self.due = !self.looks_unchanged();
        }
        let listed = self.due && self.first != First::Told;
        if self.first == First::Told {
            self.first = First::Sampled;
        }
        if listed {
            match self.list(now) {
                Ok(Some(changed)) => facts.push(Fact::Gpu(Box::new(changed))),
                Ok(None) => {}
                Err(e) => refused = Some(e),
            }
        }
        if self.inventory.is_some() && self.first != First::Told {
            facts.extend(
                self.sample(now, interval, detail, listed)
                    .map(|s| Fact::Sample(Box::new(s))),
            );
        }
        facts.extend(self.health(self.api.lost().or(refused), now));
        self.beats += 1;
        facts
    }

    /// The time since the last beat.
    fn note_time(&mut self, now: Timestamp) -> Duration {
        let Some((last, usual)) = self.last else {
            self.last = Some((now, BEAT));
            return BEAT;
        };
        // A clock that was set back says nothing about the time between.
        let interval = Duration::try_from(now.duration_since(last)).unwrap_or(BEAT);
        self.activity
            .note_interval(&self.api, interval, usual.max(BEAT));
        self.last = Some((now, interval));
        interval
    }

    fn turn(&self) -> Turn {
        match self.beats {
            0 => Turn::Both,
            n if n.is_multiple_of(2) => Turn::Even,
            _ => Turn::Odd,
        }
    }

    /// The cheap looks at whether the list still holds.
    fn looks_unchanged(&mut self) -> bool {
        let Some(inventory) = &self.inventory else {
            return false;
        };
        let odd = self.beats % 2 == 1;
        if odd && self.api.mig_mode().ok() != inventory.mig.value().copied() {
            return false;
        }
        if !is_on(inventory) {
            return true;
        }
        let handles = self.devices.half_is_unchanged(&self.api, odd);
        let free = if odd {
            self.devices.next_free_is_free(&self.api)
        } else {
            self.devices.lowest_free_is_free(&self.api)
        };
        let counts = match (
            &inventory.listing,
            &inventory.profiles,
            &inventory.instances,
        ) {
            (Listing::ByInstance, Reading::Value(profiles), Reading::Value(listed))
                if !profiles.is_empty() =>
            {
                if self.beats.is_multiple_of(LOOK_EVERY) {
                    self.rounds.next_is_unchanged(&self.api, listed)
                } else {
                    self.rounds.counts_agree(&self.api, profiles, listed)
                }
            }
            _ => true,
        };
        handles && free && counts
    }

    /// Reads identity, mode, profiles and instances; the inventory, if it is another than before.
    ///
    /// # Errors
    /// If the GPU does not tell who it is. It is asked again at the next beat.
    fn list(&mut self, now: Timestamp) -> ApiResult<Option<GpuInventory>> {
        let api = &self.api;
        let before = self.inventory.as_ref();
        let identity = match before {
            Some(part) if self.first != First::Whole => part.identity.clone(),
            _ => api.identity()?,
        };
        let mig: Reading<MigMode> = api.mig_mode().into();
        if before.is_none() && api.is_slow() {
            return Ok(self.tell_part(identity, mig, Reading::not_yet()));
        }
        let profiles = match before {
            Some(known) if known.mig == mig && known.profiles.value().is_some() => {
                known.profiles.clone()
            }
            _ => {
                let profiles: Reading<_> = api.gi_profiles().into();
                // a refusal is no part: it would be asked for, and told, again and again
                if self.first != First::Whole && api.is_slow() && profiles.value().is_some() {
                    return Ok(self.tell_part(identity, mig, profiles));
                }
                profiles
            }
        };
        self.activity.look(api);
        let (instances, listing) = match &mig {
            Reading::Value(mode) if mode.current => {
                let looked = self.devices.look(api);
                let listed =
                    instances::list(api, &profiles, &self.devices, looked, &mut self.ci_profiles);
                (listed.instances, listed.listing)
            }
            Reading::Value(_) => (Reading::Value(Vec::new()), Listing::ByInstance),
            Reading::Absent(why) => (Reading::Absent(why.clone()), Listing::ByInstance),
        };
        if !is_on_mode(&mig) {
            self.devices = Devices::default();
        }
        let persistence = api.persistence().into();
        let mut inventory = GpuInventory {
            identity,
            mig,
            persistence,
            profiles,
            instances,
            listing,
        };
        if let Some(e) = api.lost()
            && self.inventory.is_some()
        {
            // What was known of it stays, as known before; it is asked again at the next beat.
            return Err(e);
        }
        self.due = api.lost().is_some();
        self.first = First::Whole;
        if let Reading::Value(instances) = &mut inventory.instances {
            for gone in self.appearances.note(instances, &self.devices, now) {
                self.activity.forget(&self.api, gone);
            }
        }
        let changed = self.inventory.as_ref() != Some(&inventory);
        self.inventory = Some(inventory.clone());
        Ok(changed.then_some(inventory))
    }

    /// Takes a part of the first list for the inventory, until the next beat but one goes on with it.
    fn tell_part(
        &mut self,
        identity: GpuIdentity,
        mig: Reading<MigMode>,
        profiles: Reading<Vec<GiProfile>>,
    ) -> Option<GpuInventory> {
        let inventory = GpuInventory {
            identity,
            mig,
            persistence: Reading::not_yet(),
            profiles,
            instances: Reading::absent(
                AbsentCode::NotYet,
                "still being read: this GPU's calls come back late",
            ),
            listing: Listing::ByInstance,
        };
        self.first = First::Told;
        self.inventory = Some(inventory.clone());
        Some(inventory)
    }

    fn sample(
        &mut self,
        now: Timestamp,
        interval: Duration,
        detail: bool,
        listed: bool,
    ) -> Option<GpuSample> {
        let inventory = self.inventory.as_ref()?;
        let gpu = inventory.identity.uuid.clone();
        let turn = self.turn();
        let fast = self.fast.telemetry(&self.api, is_on(inventory), turn);
        let processes = self.fast.processes(&self.api, turn);
        let mut gone = false;
        let instances = inventory
            .instances
            .value()
            .map_or_else(Vec::new, |instances| {
                instances
                    .iter()
                    .map(|i| {
                        sample_instance(
                            &self.api,
                            &self.devices,
                            &mut self.activity,
                            i,
                            now,
                            detail,
                            &mut gone,
                        )
                    })
                    .collect()
            });
        self.due |= gone;
        let slow = self.slow_lane(interval, listed);
        Some(GpuSample {
            gpu,
            fast,
            slow,
            instances,
            processes,
        })
    }

    /// The slow lane's share of this beat: a whole round at the first, later what is due and the budget leaves.
    fn slow_lane(&mut self, interval: Duration, listed: bool) -> Option<SlowTelemetry> {
        let round = if self.beats == 0 || self.api.lost().is_some() {
            // For a lost GPU no call is made: each reading has that for its reason.
            Some(self.slow.round(&self.api))
        } else if listed {
            // The beat was dear already.
            None
        } else if self.api.is_slow() {
            self.slow.advance(&self.api, SLOW_STEPS)
        } else {
            let slices = self.devices.len().max(1);
            let budget = (PER_SLICE * slices + PER_GPU)
                .saturating_sub(self.api.spent())
                .max(1);
            // The budget is one of beats of a second: fewer beats may each do more.
            let budget = f64::from(budget) * interval.as_secs_f64().max(1.0);
            self.slow
                .advance(&self.api, self.slow.due(interval).min(budget as u32))
        }?;
        if let Some(inventory) = &self.inventory
            && inventory.persistence != round.persistence
        {
            self.due = true;
        }
        Some(round.telemetry)
    }

    /// Tells when the GPU as a whole ceases to answer, or answers again.
    fn health(&mut self, error: Option<ApiError>, now: Timestamp) -> Option<Fact> {
        let state = match (error, self.failing) {
            (Some(e), before) if before != Some(e.code) => CallState::Failing {
                since: now,
                why: whole_gpu(e),
            },
            (None, Some(_)) => CallState::Answering,
            _ => return None,
        };
        self.failing = error.map(|e| e.code);
        let identity = self.inventory.as_ref().map(|i| &i.identity);
        Some(Fact::GpuCall(GpuCall {
            pci: identity.and_then(|i| i.pci.value().copied()),
            gpu: identity.map(|i| i.uuid.clone()),
            index: self.gpu,
            state,
        }))
    }
}

fn is_on(inventory: &GpuInventory) -> bool {
    is_on_mode(&inventory.mig)
}

fn is_on_mode(mig: &Reading<MigMode>) -> bool {
    mig.value().is_some_and(|m| m.current)
}

/// One instance at this beat; `gone` is set where its device is no more.
fn sample_instance(
    api: &Watched,
    devices: &Devices,
    activity: &mut Activity,
    instance: &GpuInstance,
    now: Timestamp,
    detail: bool,
    gone: &mut bool,
) -> InstanceSample {
    let metrics: Vec<(Metric, Reading<Measured>)> = activity.measure(api, instance.gi, now, detail);
    let (memory_total, memory_used) = match devices.of_instance(instance.gi) {
        Some(device) => {
            let memory = api.mig_memory(device.slot);
            *gone |= memory.as_ref().is_err_and(is_gone);
            (
                memory.map(|m| m.total).into(),
                memory.map(|m| m.used).into(),
            )
        }
        None => (no_device(), no_device()),
    };
    InstanceSample {
        gi: instance.gi,
        memory_total,
        memory_used,
        metrics,
    }
}

fn no_device<T>() -> Reading<T> {
    Reading::absent(
        AbsentCode::NotSupported,
        "NVML tells memory by MIG device, and this GPU instance has no compute instance",
    )
}

/// What an error of the whole GPU means, and what to do.
fn whole_gpu(e: ApiError) -> Absence {
    let next = match e.code {
        Code::GpuIsLost => {
            "read the kernel log for its Xid; it comes back with a reboot or a power cycle, or not at all"
        }
        Code::ResetRequired => {
            "end what uses the GPU and reset it (`nvidia-smi --gpu-reset`), or reboot"
        }
        Code::LibRmVersionMismatch => {
            "the driver was updated under the running module: reboot, or reload the nvidia modules"
        }
        Code::NoPermission => {
            "this user may not open the GPU: check /dev/nvidia* and the container's devices"
        }
        _ => "read the kernel log",
    };
    Absence::new(Absence::from(e).code, format!("{e}; {next}"))
}
