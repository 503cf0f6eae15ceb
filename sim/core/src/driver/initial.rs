//! The state that a scenario starts with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::OpenError;
use crate::ret::Ret;
use crate::rules::{self, compute, ids};
use crate::scenario::model::{Gpu, Host};
use crate::scenario::{InstanceSpec, derive};
use crate::state::{Ci, FORMAT, Gi, GpuState, State};
use crate::tables::{Board, full_ci};

/// A MIG device by GPU, GPU-instance id and first compute slice: what its UUID depends on.
pub(super) type Engine = (u32, u32, u32);

pub(super) fn state(
    scenario: &str,
    host: &Host,
    board: &Board,
    major: u32,
) -> Result<State, OpenError> {
    let mut state = State {
        format: FORMAT,
        scenario: scenario.to_owned(),
        host: host.name.clone(),
        epoch_ms: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as u64),
        reloads: 0,
        ended: BTreeSet::new(),
        started: Vec::new(),
        gpus: Vec::new(),
        scenario_faults: true,
        injected: Vec::new(),
        clients: Vec::new(),
        serial: 0,
    };
    for (i, gpu) in host.gpus.iter().enumerate() {
        let mirrored = ids::mirrored(board, &derive::gpu_uuid(host, i));
        let mut gis = layout(board, major, mirrored, &gpu.instances).map_err(|(n, why)| {
            OpenError::Layout {
                gpu: i,
                instance: gpu.instances[n].clone(),
                why,
            }
        })?;
        for gi in &mut gis {
            gi.serial = state.next_serial();
        }
        state.gpus.push(GpuState {
            mode: gpu.mig,
            pending: gpu.mig,
            change: 0,
            gis,
        });
    }
    Ok(state)
}

/// The instances of one GPU, still without serials; else the index of the first that the board and a driver of this
/// major version do not allow, and why.
pub(crate) fn layout(
    board: &Board,
    major: u32,
    mirrored: bool,
    instances: &[String],
) -> Result<Vec<Gi>, (usize, String)> {
    let mut gis = Vec::new();
    for (n, text) in instances.iter().enumerate() {
        let gi = instance(board, major, mirrored, &gis, text).map_err(|why| (n, why))?;
        gis.push(gi);
    }
    Ok(gis)
}

fn instance(
    board: &Board,
    major: u32,
    mirrored: bool,
    others: &[Gi],
    text: &str,
) -> Result<Gi, String> {
    let spec: InstanceSpec = text.parse().map_err(|why| format!("{why}"))?;
    let row = rules::offered(board, major, spec.profile).ok_or_else(|| {
        format!(
            "driver {major} offers no profile {} on this board",
            spec.profile
        )
    })?;
    let layout: Vec<_> = others.iter().map(|gi| (gi.profile, gi.start)).collect();
    rules::can_place(board, &layout, (row.id, spec.start)).map_err(|code| {
        if code == Ret::INVALID_ARGUMENT {
            format!(
                "{} has no placement at {}; legal are {:?}",
                row.name, spec.start, row.starts
            )
        } else {
            "its memory slices, compute slices, count or media engines are taken by those before it"
                .into()
        }
    })?;
    let wanted = match spec.cis {
        Some(list) => list,
        None => full_ci(board, row).map(|ci| ci.id).into_iter().collect(),
    };
    let mut cis: Vec<Ci> = Vec::new();
    for (n, &id) in wanted.iter().enumerate() {
        let placed: Vec<_> = cis.iter().map(|ci| (ci.profile, ci.start)).collect();
        let start = compute::choose(board, row, &placed, id)
            .map_err(|_| format!("no room for compute instance {n} of profile {id}"))?;
        cis.push(Ci {
            id: n as u32,
            profile: id,
            start,
            original: Some(n as u32),
        });
    }
    Ok(Gi {
        id: ids::gi_id(board, row, spec.start, mirrored),
        profile: row.id,
        start: spec.start,
        serial: 0,
        original: true,
        sticky: 0,
        cis,
    })
}

/// The UUIDs that the scenario lists, by what they depend on: they hold for the first layout, and come back when the
/// same instance id is created again.
pub(super) fn listed_uuids(first: &State, gpus: &[Gpu]) -> BTreeMap<Engine, String> {
    let mut listed = BTreeMap::new();
    for (index, (gpu, state)) in (0..).zip(gpus.iter().zip(&first.gpus)) {
        for ((gi, ci), uuid) in state.devices().into_iter().zip(&gpu.mig_uuids) {
            let uuid = uuid.strip_prefix("MIG-").unwrap_or(uuid);
            listed.insert((index, gi.id, ci.start), uuid.to_owned());
        }
    }
    listed
}
