//! One GPU of the snapshot in the document's words.

use crate::domain::fleet::{Gpu as DomainGpu, Node as DomainNode, PodLink as DomainPod, Slot};
use crate::domain::gpu::{
    ComputeInstance as DomainCi, FastTelemetry, RecoveryAction, SlowTelemetry,
};
use crate::domain::observation::CallState;
use crate::domain::placement::Placement;
use crate::domain::process::{GpuProcess, ProcessKind};
use crate::domain::reading::{Absence, AbsentCode, Reading};
use crate::domain::slices::axis;
use crate::domain::text::Text;

use super::super::absent::Absent;
use super::metrics::Metrics;
use super::{
    Calls, ComputeInstance, Gpu, Health, Instance, Memory, Mig, Pcie, PodLink, Process, SlotState,
    Telemetry, free,
};
use crate::domain::fleet::SlotState as DomainState;
use crate::domain::of_ci;

pub(super) fn gpu(gpu: &DomainGpu, node: &DomainNode) -> Gpu {
    let mut absent = Absent::default();
    let inventory = gpu.inventory.value();
    let missing = gpu.inventory.reason();
    let telemetry = telemetry(gpu, &mut absent);
    let instances = match &gpu.inventory {
        Reading::Value(i) => absent.take_as("instances", &i.instances, |_| instances(gpu, node)),
        Reading::Absent(why) => {
            absent.put("instances", why);
            None
        }
    };
    let identity = inventory.map(|i| &i.identity);
    Gpu {
        index: gpu.index,
        uuid: gpu
            .uuid()
            .map(|u| Text::new(u.as_str()))
            .or_else(|| lost("uuid", missing, &mut absent)),
        model: match (identity, &gpu.proc) {
            (Some(id), _) => absent.take("model", &id.name),
            (None, Some(proc)) => absent.take("model", &proc.name),
            (None, None) => lost("model", missing, &mut absent),
        },
        pci: gpu
            .pci()
            .map(|p| p.to_string().into())
            .or_else(|| lost("pci", missing, &mut absent)),
        serial: match identity {
            Some(id) => absent.take("serial", &id.serial),
            None => lost("serial", missing, &mut absent),
        },
        minor: match (identity, &gpu.proc) {
            (Some(id), _) => absent.take("minor", &id.minor),
            (None, Some(proc)) => absent.take("minor", &proc.minor),
            (None, None) => lost("minor", missing, &mut absent),
        },
        architecture: match identity {
            Some(id) => absent.take("architecture", &id.architecture),
            None => lost("architecture", missing, &mut absent),
        },
        mig: mig(gpu),
        axis: match inventory {
            Some(i) => absent.take("axis", &axis(&i.profiles)),
            None => lost("axis", missing, &mut absent),
        },
        calls: calls(&gpu.calls),
        sampled: gpu
            .sampled
            .or_else(|| absent.take("sampled", &unsampled(gpu))),
        memory: match &gpu.fast {
            Some(fast) => memory(&fast.memory_total, &fast.memory_used),
            None => memory(&unsampled(gpu), &unsampled(gpu)),
        },
        telemetry,
        state: gpu.whole.as_ref().map(|w| state(w.state)),
        processes: absent.take_as("processes", &gpu.processes, |all| {
            all.iter()
                .filter(|p| {
                    !p.gi
                        .is_some_and(|gi| gpu.slots.iter().any(|s| s.instance.gi == gi))
                })
                .map(|p| process(p, node))
                .collect()
        }),
        pods: gpu.whole.iter().flat_map(|w| &w.pods).map(pod).collect(),
        free: match inventory {
            Some(_) => free::of(gpu, &mut absent),
            None => lost("free", missing, &mut absent),
        },
        instances,
        absent,
    }
}

fn lost<T>(key: &str, why: Option<&Absence>, absent: &mut Absent) -> Option<T> {
    let not_yet = Absence::new(AbsentCode::NotYet, "not read yet");
    absent.put(key, why.unwrap_or(&not_yet));
    None
}

/// Why there is no sample: the state of the GPU's calls knows best.
fn unsampled<T>(gpu: &DomainGpu) -> Reading<T> {
    Reading::Absent(match &gpu.calls {
        CallState::Hung { call, .. } => {
            Absence::new(AbsentCode::Hung, format!("{call} has not come back"))
        }
        CallState::Slow { call, seconds, .. } => slow(call, *seconds),
        CallState::Resting { why, .. } | CallState::Failing { why, .. } => why.clone(),
        CallState::Answering => match gpu.inventory.reason() {
            Some(why) => why.clone(),
            None => Absence::new(AbsentCode::NotYet, "no sample yet"),
        },
    })
}

fn mig(gpu: &DomainGpu) -> Mig {
    let mut absent = Absent::default();
    let mode = match &gpu.inventory {
        Reading::Value(i) => i.mig.clone(),
        Reading::Absent(why) => Reading::Absent(why.clone()),
    };
    let word = |on: bool| Text::new(if on { "enabled" } else { "disabled" });
    Mig {
        current: absent.take_as("current", &mode, |m| word(m.current)),
        pending: absent.take_as("pending", &mode, |m| word(m.pending)),
        absent,
    }
}

fn slow(call: &Text, seconds: f64) -> Absence {
    Absence::new(
        AbsentCode::NotYet,
        format!("this GPU answers late: {call} took {seconds:.1} s"),
    )
}

fn calls(state: &CallState) -> Calls {
    let mut calls = Calls {
        state: Health::Answering,
        since: None,
        until: None,
        call: None,
        reason: None,
    };
    match state {
        CallState::Answering => {}
        CallState::Hung { since, call } => {
            calls.state = Health::Hung;
            calls.since = Some(*since);
            calls.call = Some(call.clone());
        }
        CallState::Slow {
            since,
            call,
            seconds,
        } => {
            calls.state = Health::Slow;
            calls.since = Some(*since);
            calls.call = Some(call.clone());
            calls.reason = Some((&slow(call, *seconds)).into());
        }
        CallState::Resting { since, until, why } => {
            calls.state = Health::Resting;
            calls.since = Some(*since);
            calls.until = *until;
            calls.reason = Some(why.into());
        }
        CallState::Failing { since, why } => {
            calls.state = Health::Failing;
            calls.since = Some(*since);
            calls.reason = Some(why.into());
        }
    }
    calls
}

fn memory(
    total: &Reading<crate::domain::units::Bytes>,
    used: &Reading<crate::domain::units::Bytes>,
) -> Memory {
    let mut absent = Absent::default();
    Memory {
        total: absent.take_as("total", total, |b| b.0),
        used: absent.take_as("used", used, |b| b.0),
        absent,
    }
}

fn telemetry(gpu: &DomainGpu, absent: &mut Absent) -> Telemetry {
    let mut t = Telemetry::default();
    match &gpu.fast {
        Some(fast) => fast_telemetry(&mut t, fast, absent),
        None => {
            for key in [
                "temperature_c",
                "power_w",
                "utilization",
                "sm_clock_mhz",
                "memory_clock_mhz",
                "pstate",
                "throttle",
            ] {
                absent.take(key, &unsampled::<u32>(gpu));
            }
        }
    }
    match &gpu.slow {
        Some(slow) => slow_telemetry(&mut t, slow, absent),
        None => {
            for key in [
                "power_limit_w",
                "pcie",
                "nvlinks",
                "ecc",
                "ecc_uncorrected",
                "remapped_uncorrected",
                "remap_pending",
                "recovery",
            ] {
                absent.take(key, &unsampled::<u32>(gpu));
            }
        }
    }
    t
}

fn watts(mw: &u32) -> f64 {
    f64::from(*mw) / 1000.0
}

fn fast_telemetry(t: &mut Telemetry, fast: &FastTelemetry, absent: &mut Absent) {
    t.temperature_c = absent.take("temperature_c", &fast.temperature_c);
    t.power_w = absent.take_as("power_w", &fast.power_mw, watts);
    t.utilization = absent.take("utilization", &fast.utilization);
    t.sm_clock_mhz = absent.take("sm_clock_mhz", &fast.sm_clock_mhz);
    t.memory_clock_mhz = absent.take("memory_clock_mhz", &fast.memory_clock_mhz);
    t.pstate = absent.take("pstate", &fast.pstate);
    t.throttle = absent.take("throttle", &fast.throttle);
}

fn slow_telemetry(t: &mut Telemetry, slow: &SlowTelemetry, absent: &mut Absent) {
    t.power_limit_w = absent.take_as("power_limit_w", &slow.power_limit_mw, watts);
    let mut link_absent = Absent::default();
    t.pcie = Some(Pcie {
        generation: link_absent.take("generation", &slow.pcie.generation),
        generation_max: link_absent.take("generation_max", &slow.pcie.generation_max),
        width: link_absent.take("width", &slow.pcie.width),
        width_max: link_absent.take("width_max", &slow.pcie.width_max),
        absent: link_absent,
    });
    t.nvlinks = absent.take("nvlinks", &slow.nvlinks);
    t.ecc = absent.take("ecc", &slow.memory.ecc);
    t.ecc_uncorrected = absent.take("ecc_uncorrected", &slow.memory.uncorrected);
    t.remapped_uncorrected = absent.take("remapped_uncorrected", &slow.memory.remapped_uncorrected);
    t.remap_pending = absent.take("remap_pending", &slow.memory.remap_pending);
    t.recovery = absent.take_as("recovery", &slow.recovery, |action| match action {
        RecoveryAction::None => "none".into(),
        RecoveryAction::GpuReset => "gpu_reset".into(),
        RecoveryAction::NodeReboot => "node_reboot".into(),
        RecoveryAction::DrainP2p => "drain_p2p".into(),
        RecoveryAction::DrainAndReset => "drain_and_reset".into(),
        RecoveryAction::Other(n) => n.to_string().into(),
    });
}

fn instances(gpu: &DomainGpu, node: &DomainNode) -> Vec<Instance> {
    gpu.slots.iter().map(|s| instance(s, gpu, node)).collect()
}

fn instance(slot: &Slot, gpu: &DomainGpu, node: &DomainNode) -> Instance {
    let mut absent = Absent::default();
    let gi = &slot.instance;
    let (memory, activity) = match &slot.sample {
        Some(sample) => (
            memory(&sample.memory_total, &sample.memory_used),
            Metrics::from_sample(&sample.metrics, &mut absent),
        ),
        None => {
            let why = unsampled(gpu);
            (
                memory(&gi.memory, &unsampled(gpu)),
                Metrics::unsampled(&why, &mut absent),
            )
        }
    };
    let placement = Placement::believed(&gi.placement);
    Instance {
        gi: gi.gi.0,
        profile: absent.take("profile", &gi.profile),
        profile_id: absent.take_as("profile_id", &gi.profile_id, |p| p.0),
        start: absent.take_as("start", &placement, |p| p.start),
        size: absent.take_as("size", &placement, |p| p.size),
        state: state(slot.state),
        memory,
        sm_count: absent.take("sm_count", &gi.sm),
        activity,
        appeared: gi.appeared,
        pods: slot
            .pods
            .iter()
            .filter(|p| p.ci.is_none())
            .map(pod)
            .collect(),
        processes: absent.take_as("processes", &of_ci::processes_of_gi(gpu, slot), |on| {
            on.iter().map(|p| process(p, node)).collect()
        }),
        compute_instances: gi
            .cis
            .iter()
            .map(|ci| compute_instance(ci, slot, gpu, node))
            .collect(),
        absent,
    }
}

fn state(state: DomainState) -> SlotState {
    match state {
        DomainState::Busy => SlotState::Busy,
        DomainState::Allocated => SlotState::Allocated,
        DomainState::Free => SlotState::Free,
        DomainState::NoCi => SlotState::NoCi,
        DomainState::Sick => SlotState::Sick,
        DomainState::Unknown => SlotState::Unknown,
    }
}

fn compute_instance(
    ci: &DomainCi,
    slot: &Slot,
    gpu: &DomainGpu,
    node: &DomainNode,
) -> ComputeInstance {
    let mut absent = Absent::default();
    let placement = Placement::believed(&ci.placement);
    ComputeInstance {
        ci: ci.ci.0,
        profile: absent.take("profile", &ci.name),
        profile_id: absent.take_as("profile_id", &ci.profile_id, |p| p.0),
        start: absent.take_as("start", &placement, |p| p.start),
        size: absent.take_as("size", &placement, |p| p.size),
        uuid: absent.take_as("uuid", &ci.uuid, |u| u.as_str().into()),
        device_index: absent.take("device_index", &ci.device_index),
        sm_count: absent.take("sm_count", &ci.sm),
        state: state(of_ci::state(gpu, node, slot, ci.ci)),
        processes: absent.take_as("processes", &of_ci::processes(gpu, slot, ci.ci), |on| {
            on.iter().map(|p| process(p, node)).collect()
        }),
        pods: slot
            .pods
            .iter()
            .filter(|p| p.ci == Some(ci.ci))
            .map(pod)
            .collect(),
        absent,
    }
}

fn process(of: &GpuProcess, node: &DomainNode) -> Process {
    let mut absent = Absent::default();
    let host = node.processes.iter().find(|p| p.pid == of.pid);
    let unseen = || Absence::new(AbsentCode::NoSource, "no such process in this /proc");
    if host.is_none() {
        for key in ["user", "command", "started"] {
            absent.put(key, &unseen());
        }
    }
    Process {
        pid: of.pid.0,
        kind: match of.kind {
            ProcessKind::Compute => "compute",
            ProcessKind::Graphics => "graphics",
            ProcessKind::Mps => "mps",
        }
        .into(),
        user: host.and_then(|p| absent.take("user", &p.user)),
        command: host.map(|p| p.command.clone()),
        memory: absent.take_as("memory", &of.memory, |b| b.0),
        started: host.and_then(|p| absent.take("started", &p.started)),
        absent,
    }
}

fn pod(link: &DomainPod) -> PodLink {
    PodLink {
        namespace: link.namespace.clone(),
        name: link.name.clone(),
        uid: link.uid.as_ref().map(|u| u.as_str().into()),
        container: link.container.clone(),
        evidence: link.evidence.clone(),
    }
}
