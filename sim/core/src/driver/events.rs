//! Events: changes of the state file, and the Xids of the scenario's kernel log.

use std::time::{Duration, Instant};

use super::Driver;
use crate::ret::{Result, Ret};
use crate::scenario::model::XidEvent;

/// Between two looks at the state while a caller waits for an event: it hears of one late by as much.
const LOOK: Duration = Duration::from_millis(100);

/// `nvmlEventType*` bits (nvml.h).
#[allow(missing_docs)] // the names are NVML's own
pub mod event {
    pub const SINGLE_BIT_ECC: u64 = 0x1;
    pub const DOUBLE_BIT_ECC: u64 = 0x2;
    pub const XID: u64 = 0x8;
    pub const CLOCK: u64 = 0x10;
    pub const MIG_CONFIG_CHANGE: u64 = 0x100;
}

/// Something that happened (`nvmlEventData_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// GPU index.
    pub gpu: u32,
    /// One of the bits in [`event`].
    pub kind: u64,
    /// The Xid; 0 for others.
    pub data: u64,
    /// GPU instance, where it concerns one.
    pub gi: Option<u32>,
    /// Compute instance, where it concerns one.
    pub ci: Option<u32>,
}

/// Where an event set has read to. Events begin with it: there is no history (nvml.h).
#[derive(Clone, PartialEq, Debug)]
pub struct EventCursor {
    /// Change number seen, by GPU.
    seen: Vec<u64>,
    /// Xids delivered or passed over, in the order of their times.
    xids: usize,
}

impl Driver {
    /// A cursor at this moment.
    pub fn event_cursor(&self) -> EventCursor {
        let seen = self
            .state()
            .map(|state| state.gpus.iter().map(|gpu| gpu.change).collect())
            .unwrap_or_default();
        let now = self.seconds();
        EventCursor {
            seen,
            xids: self.xids().iter().filter(|(at, _)| *at <= now).count(),
        }
    }

    /// `nvmlDeviceGetSupportedEventTypes`
    pub fn supported_events(&self, gpu: u32) -> Result<u64> {
        self.enter("nvmlDeviceGetSupportedEventTypes", Some(gpu))?;
        Ok(event::SINGLE_BIT_ECC
            | event::DOUBLE_BIT_ECC
            | event::XID
            | event::CLOCK
            | event::MIG_CONFIG_CHANGE)
    }

    /// `nvmlEventSetWait_v2`: the next event of the registered GPUs and kinds. TIMEOUT.
    pub fn next_event(
        &self,
        cursor: &mut EventCursor,
        registered: &[(u32, u64)],
        timeout: Duration,
    ) -> Result<Event> {
        self.enter("nvmlEventSetWait_v2", None)?;
        let wants = |gpu: u32, kind: u64| {
            registered
                .iter()
                .any(|&(on, mask)| on == gpu && mask & kind != 0)
        };
        // a caller may wait for ever by UINT_MAX milliseconds
        let end = Instant::now().checked_add(timeout);
        loop {
            if let Some(event) = self.change(cursor, &wants)? {
                return Ok(event);
            }
            if let Some(event) = self.xid(cursor, &wants)? {
                return Ok(event);
            }
            let left = match end {
                Some(end) => end.saturating_duration_since(Instant::now()),
                None => LOOK,
            };
            if left.is_zero() {
                return Err(Ret::TIMEOUT);
            }
            std::thread::sleep(left.min(LOOK));
        }
    }

    /// One event a change, also of those that came together.
    fn change(
        &self,
        cursor: &mut EventCursor,
        wants: &impl Fn(u32, u64) -> bool,
    ) -> Result<Option<Event>> {
        let state = self.state()?;
        for (gpu, there) in (0..).zip(&state.gpus) {
            let Some(seen) = cursor.seen.get_mut(gpu as usize) else {
                continue;
            };
            if !wants(gpu, event::MIG_CONFIG_CHANGE) {
                *seen = there.change;
            } else if *seen < there.change {
                *seen += 1;
                return Ok(Some(Event {
                    gpu,
                    kind: event::MIG_CONFIG_CHANGE,
                    data: 0,
                    gi: None,
                    ci: None,
                }));
            }
        }
        Ok(None)
    }

    fn xid(
        &self,
        cursor: &mut EventCursor,
        wants: &impl Fn(u32, u64) -> bool,
    ) -> Result<Option<Event>> {
        let now = self.seconds();
        let xids = self.xids();
        while let Some((_, xid)) = xids.get(cursor.xids).filter(|(at, _)| *at <= now) {
            cursor.xids += 1;
            if !wants(xid.gpu, event::XID) {
                continue;
            }
            let state = self.state()?;
            let gi = xid.at.and_then(|start| {
                let there = state.gpus.get(xid.gpu as usize)?;
                there.gis.iter().find(|gi| gi.start == start)
            });
            // attributable to a compute instance only where there is one
            let ci = gi.and_then(|gi| match &gi.cis[..] {
                [only] => Some(only.id),
                _ => None,
            });
            return Ok(Some(Event {
                gpu: xid.gpu,
                kind: event::XID,
                data: xid.code,
                gi: gi.map(|gi| gi.id),
                ci,
            }));
        }
        Ok(None)
    }

    /// The scenario's Xids in the order of their times.
    pub(super) fn xids(&self) -> Vec<(f64, &XidEvent)> {
        let mut all: Vec<(f64, &XidEvent)> = self
            .host
            .kernel_log
            .iter()
            .filter_map(|line| Some((line.at, line.event.as_ref()?)))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all
    }
}
