//! What a console that had watched the host until the simulation starts would know of it.

use std::time::{Duration, SystemTime};

use super::Driver;

/// Who worked on the host's instances before the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    /// When the watch began.
    pub since: SystemTime,
    /// When it ended: the start of the simulation.
    pub until: SystemTime,
    /// The instances on which nobody works at the start.
    pub idle: Vec<IdleInstance>,
}

/// A GPU instance on which nobody works at the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdleInstance {
    /// UUID of the GPU, with `GPU-`.
    pub gpu: String,
    /// Id.
    pub gi: u32,
    /// Board profile id.
    pub profile: u32,
    /// First memory slice.
    pub start: u32,
    /// Memory slices.
    pub size: u32,
    /// When somebody was last at work; `None`: not since the watch began.
    pub last_work: Option<SystemTime>,
}

impl Driver {
    /// What was seen before the start; `None`: nobody watched. Uncounted.
    ///
    /// An instance with a process that comes and goes has no past: it is at work when the simulation starts.
    pub fn past(&self) -> Option<Past> {
        if self.host.watched_seconds == 0 {
            return None;
        }
        let ago = |seconds: u64| self.epoch().checked_sub(Duration::from_secs(seconds));
        let mut idle = Vec::new();
        for gpu in self.peek().gpus {
            for gi in &gpu.instances {
                let place = (gpu.index, gi.start);
                let mut processes = self.host.processes.iter();
                if processes.any(|p| p.gpu.zip(p.at) == Some(place)) {
                    continue;
                }
                let mut known = self.host.last_work.iter();
                let last = known.find(|last| (last.gpu, last.at) == place);
                idle.push(IdleInstance {
                    gpu: gpu.uuid.clone(),
                    gi: gi.gi,
                    profile: gi.profile,
                    start: gi.start,
                    size: gi.size,
                    last_work: last.and_then(|last| ago(last.seconds_ago)),
                });
            }
        }
        Some(Past {
            since: ago(self.host.watched_seconds)?,
            until: self.epoch(),
            idle,
        })
    }
}
