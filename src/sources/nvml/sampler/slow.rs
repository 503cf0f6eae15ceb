//! The slow lane: a round of all its readings every ten seconds, a few in each beat.

use std::time::Duration;

use super::watched::Watched;
use crate::domain::gpu::{MemoryHealth, PcieLink, SlowTelemetry};
use crate::domain::reading::Reading;
use crate::ports::gpu_api::{ApiError, Clock, Code, Pcie};

/// Time for one round.
pub(super) const ROUND: Duration = Duration::from_secs(10);
/// More NVLinks than any GPU has (`NVML_NVLINK_MAX_LINKS` is 18, 36 from nvml.h 13.3 on).
const MOST_LINKS: u32 = 64;

/// One call of the lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    PowerLimit,
    SmClockMax,
    MemoryClockMax,
    Generation,
    GenerationMax,
    Width,
    WidthMax,
    Ecc,
    Corrected,
    Uncorrected,
    Rows,
    SpareBanks,
    Recovery,
    Persistence,
    Link(u32),
}

/// The steps before the links.
const FIXED: [Step; 14] = [
    Step::PowerLimit,
    Step::SmClockMax,
    Step::MemoryClockMax,
    Step::Generation,
    Step::GenerationMax,
    Step::Width,
    Step::WidthMax,
    Step::Ecc,
    Step::Corrected,
    Step::Uncorrected,
    Step::Rows,
    Step::SpareBanks,
    Step::Recovery,
    Step::Persistence,
];

/// A finished round.
pub(super) struct Round {
    pub(super) telemetry: SlowTelemetry,
    pub(super) persistence: Reading<bool>,
}

/// Where the round stands.
pub(super) struct SlowLane {
    next: Option<Step>,
    under_way: SlowTelemetry,
    links: Vec<bool>,
    persistence: Reading<bool>,
    /// Steps of the last round.
    steps: u32,
    done: u32,
}

impl Default for SlowLane {
    fn default() -> Self {
        Self {
            next: Some(FIXED[0]),
            under_way: unread(),
            links: Vec::new(),
            persistence: Reading::not_yet(),
            steps: 0,
            done: 0,
        }
    }
}

impl SlowLane {
    /// A whole round at once.
    pub(super) fn round(&mut self, api: &Watched) -> Round {
        *self = Self::default();
        loop {
            if let Some(round) = self.advance(api, u32::MAX) {
                return round;
            }
        }
    }

    /// Steps that are due after `interval`, so that a round takes [`ROUND`].
    pub(super) fn due(&self, interval: Duration) -> u32 {
        let share = interval.as_secs_f64() / ROUND.as_secs_f64();
        ((f64::from(self.steps) * share).ceil() as u32).max(1)
    }

    /// Makes at most `calls` calls; the finished round, if it ends here.
    pub(super) fn advance(&mut self, api: &Watched, calls: u32) -> Option<Round> {
        for _ in 0..calls {
            let Some(step) = self.next else { break };
            self.done += 1;
            self.next = self.take(api, step);
            if self.next.is_none() {
                return Some(self.finish());
            }
        }
        None
    }

    fn finish(&mut self) -> Round {
        let fresh = Self {
            steps: self.done,
            ..Self::default()
        };
        let round = std::mem::replace(self, fresh);
        Round {
            telemetry: round.under_way,
            persistence: round.persistence,
        }
    }

    /// Makes one call and says which is next.
    fn take(&mut self, api: &Watched, step: Step) -> Option<Step> {
        let t = &mut self.under_way;
        match step {
            Step::PowerLimit => t.power_limit_mw = api.power_limit().into(),
            Step::SmClockMax => t.sm_clock_max_mhz = api.clock(Clock::SmMax).into(),
            Step::MemoryClockMax => t.memory_clock_max_mhz = api.clock(Clock::MemoryMax).into(),
            Step::Generation => t.pcie.generation = api.pcie(Pcie::Generation).into(),
            Step::GenerationMax => t.pcie.generation_max = api.pcie(Pcie::GenerationMax).into(),
            Step::Width => t.pcie.width = api.pcie(Pcie::Width).into(),
            Step::WidthMax => t.pcie.width_max = api.pcie(Pcie::WidthMax).into(),
            Step::Ecc => {
                let mode = api.ecc_mode();
                t.memory.ecc = mode.map(|(current, _)| current).into();
                t.memory.ecc_pending = mode.map(|(_, pending)| pending).into();
            }
            Step::Corrected => t.memory.corrected = api.ecc_errors(false).into(),
            Step::Uncorrected => t.memory.uncorrected = api.ecc_errors(true).into(),
            Step::Rows => {
                let rows = api.remapped_rows();
                t.memory.remapped_corrected = rows.map(|r| r.corrected).into();
                t.memory.remapped_uncorrected = rows.map(|r| r.uncorrected).into();
                t.memory.remap_pending = rows.map(|r| r.pending).into();
                t.memory.remap_failed = rows.map(|r| r.failed).into();
            }
            Step::SpareBanks => t.memory.spare_banks = api.remap_histogram().into(),
            Step::Recovery => t.recovery = api.recovery().into(),
            Step::Persistence => self.persistence = api.persistence().into(),
            Step::Link(link) => return self.link(api, link),
        }
        let after = FIXED
            .iter()
            .position(|s| *s == step)
            .map_or(FIXED.len(), |at| at + 1);
        Some(FIXED.get(after).copied().unwrap_or(Step::Link(0)))
    }

    fn link(&mut self, api: &Watched, link: u32) -> Option<Step> {
        match api.nvlink(link) {
            Ok(up) => {
                self.links.push(up);
                if link + 1 < MOST_LINKS {
                    return Some(Step::Link(link + 1));
                }
            }
            Err(e) if is_past_the_last(&e, link) => {}
            Err(e) => {
                self.under_way.nvlinks = Reading::Absent(e.into());
                return None;
            }
        }
        self.under_way.nvlinks = Reading::Value(std::mem::take(&mut self.links));
        None
    }
}

/// NVML has no count of links: the first that does not exist is an invalid argument, and a board without any says that
/// the question is not supported.
fn is_past_the_last(error: &ApiError, link: u32) -> bool {
    error.code == Code::InvalidArgument || (error.code == Code::NotSupported && link > 0)
}

fn unread() -> SlowTelemetry {
    SlowTelemetry {
        power_limit_mw: Reading::not_yet(),
        sm_clock_max_mhz: Reading::not_yet(),
        memory_clock_max_mhz: Reading::not_yet(),
        pcie: PcieLink {
            generation: Reading::not_yet(),
            generation_max: Reading::not_yet(),
            width: Reading::not_yet(),
            width_max: Reading::not_yet(),
        },
        nvlinks: Reading::not_yet(),
        memory: MemoryHealth {
            ecc: Reading::not_yet(),
            ecc_pending: Reading::not_yet(),
            corrected: Reading::not_yet(),
            uncorrected: Reading::not_yet(),
            remapped_corrected: Reading::not_yet(),
            remapped_uncorrected: Reading::not_yet(),
            remap_pending: Reading::not_yet(),
            remap_failed: Reading::not_yet(),
            spare_banks: Reading::not_yet(),
        },
        recovery: Reading::not_yet(),
    }
}
