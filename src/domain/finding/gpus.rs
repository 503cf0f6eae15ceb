//! GPUs that do not answer.

use super::super::fleet::{Gpu, Node};
use super::super::observation::CallState;
use super::super::reading::{Absence, AbsentCode, Reading};
use super::said::{Said, say};
use super::{Finding, Severity, gpu_subject, phrases, smi_id};

/// Calls that do not come back, or come back with an error of the GPU as a whole.
pub(super) fn calls(node: &Node) -> Vec<Finding> {
    node.gpus.iter().filter_map(|gpu| call(node, gpu)).collect()
}

fn call(node: &Node, gpu: &Gpu) -> Option<Finding> {
    match &gpu.calls {
        CallState::Hung { since, call } => Some(
            Finding::new(
                "gpu-call-hung",
                Severity::Danger,
                gpu_subject(node, gpu),
                say!(phrases::CALL_HUNG, call = call, since = *since),
            )
            .because(last_answer(gpu))
            .because(own_xids(node, gpu))
            .next("sudo dmesg -T | grep -e 'NVRM:' -e 'blocked for more than'"),
        ),
        CallState::Slow { call, seconds, .. } => Some(
            Finding::new(
                "gpu-call-slow",
                Severity::Caution,
                gpu_subject(node, gpu),
                say!(
                    phrases::CALL_SLOW,
                    call = call,
                    seconds = format!("{seconds:.1}")
                ),
            )
            .because(own_xids(node, gpu))
            .next("sudo dmesg -T | grep -e 'NVRM:' -e 'blocked for more than'"),
        ),
        CallState::Resting { until, why, .. } => {
            let rest = match until {
                Some(until) => say!(phrases::ASKED_AT, until = *until),
                None => say!(phrases::ASKED_WHEN_TOLD),
            };
            Some(failing(node, gpu, why).because([rest]))
        }
        CallState::Failing { why, .. } => Some(failing(node, gpu, why)),
        CallState::Answering => match &gpu.inventory {
            Reading::Absent(why) if why.code == AbsentCode::GpuLost => {
                Some(failing(node, gpu, why))
            }
            _ => None,
        },
    }
}

fn failing(node: &Node, gpu: &Gpu, why: &Absence) -> Finding {
    let (id, phrase) = match why.code {
        AbsentCode::GpuLost => ("gpu-lost", phrases::GPU_LOST),
        AbsentCode::ResetRequired => ("gpu-reset-required", phrases::GPU_RESET),
        AbsentCode::Hung => ("gpu-call-slow", phrases::CALL_LATE),
        _ => ("gpu-failing", phrases::GPU_FAILING),
    };
    let finding = Finding::new(
        id,
        Severity::Danger,
        gpu_subject(node, gpu),
        say!(phrase, why = &why.text),
    )
    .because(last_answer(gpu))
    .because(own_xids(node, gpu));
    match why.code {
        // a reset ends every process on the GPU: the state is shown, the act is left to whoever knows the rest
        AbsentCode::ResetRequired => finding.next(format!("nvidia-smi -q -i {}", smi_id(gpu))),
        // to be taken before the reboot that follows
        _ => finding.next("sudo nvidia-bug-report.sh"),
    }
}

fn last_answer(gpu: &Gpu) -> Option<Said> {
    gpu.sampled.map(|at| say!(phrases::LAST_ANSWER, at = at))
}

fn own_xids(node: &Node, gpu: &Gpu) -> Vec<Said> {
    let pci = gpu.pci();
    let mut lines: Vec<_> = node
        .xids
        .iter()
        .filter(|event| event.pci.is_some() && event.pci == pci)
        .map(|event| say!(phrases::XID_AT, code = event.code, at = event.at))
        .collect();
    lines.drain(..lines.len().saturating_sub(3));
    lines
}
