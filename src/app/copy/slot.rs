//! An instance: where it is, who has it, what went wrong there, and that its neighbours are well or not.

use crate::app::{activity, occupant, on_slot, trouble, words};
use crate::domain::fleet::{Gpu, Node, Slot, SlotState};
use crate::domain::process::GpuProcess;
use crate::domain::reading::Reading;

use super::page::Page;
use super::{Writer, gpu, instances};

pub(super) fn write(writer: &Writer<'_>, node: &Node, gpu: &Gpu, slot: &Slot, page: &mut Page) {
    let gi = slot.instance.gi;
    page.line(&format!(
        "GPU {} gi {gi}: {} at memory slices {} (start:size), {}",
        gpu.index,
        instances::profile(slot),
        instances::place(slot),
        instances::word(slot.state)
    ));
    gpu::calls(writer, gpu, page);
    page.labelled("memory", &memory(slot));
    let metric = activity::column(gpu);
    let use_ = activity::of(slot, metric);
    let head = writer.texts.get(activity::head(metric)).to_owned();
    page.labelled(
        &head,
        &match &use_.percent {
            Reading::Value(_) => format!("{} (of the instance)", use_.cell()),
            Reading::Absent(why) => format!("n/a: {}", why.text),
        },
    );
    who(writer, node, gpu, slot, page);
    page.head("PROCESSES WITH WORK");
    processes(node, gpu, slot, page);
    gpu::xids(writer, trouble::of_slot(node, gpu, slot), page);
    page.line(&format!("  {}", others(node, gpu, slot)));
    page.head(&format!("GPU {}", gpu.index));
    gpu::identity(node, gpu, page);
    instances::strip(gpu, page);
    devices(slot, page);
}

/// `9.5 of 9.6 GiB, 99 %`.
fn memory(slot: &Slot) -> String {
    let Some(sample) = &slot.sample else {
        return "n/a: not read yet".to_owned();
    };
    match (&sample.memory_used, &sample.memory_total) {
        (Reading::Value(used), Reading::Value(total)) if total.0 > 0 => format!(
            "{} of {} GiB, {:.0} %",
            words::gib(used.0),
            words::gib(total.0),
            used.0 as f64 * 100.0 / total.0 as f64
        ),
        (Reading::Absent(why), _) | (_, Reading::Absent(why)) => format!("n/a: {}", why.text),
        (Reading::Value(used), Reading::Value(_)) => format!("{} GiB", words::gib(used.0)),
    }
}

fn who(writer: &Writer<'_>, node: &Node, gpu: &Gpu, slot: &Slot, page: &mut Page) {
    for pod in &slot.pods {
        let mut text = occupant::pod_name(pod).to_string();
        if let Some(container) = &pod.container {
            text.push_str(&format!(", container {container}"));
        }
        let evidence: Vec<&str> = pod.evidence.iter().map(|e| e.as_str()).collect();
        text.push_str(&format!(" (known from {})", evidence.join(", ")));
        page.labelled("pod", &text);
    }
    if slot.pods.is_empty() {
        let text = match &node.allocations {
            Reading::Value(_) => "none has it".to_owned(),
            Reading::Absent(why) => format!("n/a: {}", why.text),
        };
        page.labelled("pod", &text);
    }
    if let Some(idle) = slot.idle {
        let least = if idle.exact { "" } else { "at least " };
        page.labelled("idle", &format!("{least}since {}", writer.time(idle.since)));
    }
    let working: Vec<_> = on_slot::processes(gpu, &slot.instance)
        .map(|p| p.pid)
        .collect();
    let opened: Vec<String> = on_slot::openers(node, gpu, slot)
        .into_iter()
        .filter(|pid| !working.contains(pid))
        .map(|pid| on_slot::process_name(node, pid))
        .collect();
    for name in &opened {
        page.labelled("open files", name);
    }
    if slot.state == SlotState::NoCi {
        page.labelled(
            "",
            "GPU instance without compute instance: nobody can use it",
        );
    }
}

fn processes(node: &Node, gpu: &Gpu, slot: &Slot, page: &mut Page) {
    if let Reading::Absent(why) = &gpu.processes {
        page.line(&format!("  n/a: {}", why.text));
        return;
    }
    let all: Vec<&GpuProcess> = on_slot::processes(gpu, &slot.instance).collect();
    if all.is_empty() {
        page.line("  none");
    }
    for process in all {
        let memory = match &process.memory {
            Reading::Value(bytes) => format!("{} GiB", words::gib(bytes.0)),
            Reading::Absent(_) => "n/a GiB".to_owned(),
        };
        let name = on_slot::process_name(node, process.pid);
        page.line(&format!("  {memory}  {name}"));
    }
}

fn others(node: &Node, gpu: &Gpu, slot: &Slot) -> String {
    match trouble::others(node, gpu, slot) {
        trouble::Others::None => "it is the only instance of this GPU".to_owned(),
        trouble::Others::Fine(n) => {
            format!("the other {n} instances of this GPU have no error of their own: fine")
        }
        trouble::Others::Some(n, all) => {
            format!("{n} of the other {all} instances of this GPU have errors too")
        }
        trouble::Others::Gpu => {
            "an error concerns the whole GPU and with it every instance".to_owned()
        }
        trouble::Others::Unknown(n) => {
            format!("the other {n} instances: not known, the GPU does not answer")
        }
    }
}

fn devices(slot: &Slot, page: &mut Page) {
    for ci in &slot.instance.cis {
        let uuid = ci
            .uuid
            .value()
            .map_or_else(|| "n/a".to_owned(), ToString::to_string);
        page.labelled(&format!("MIG dev ci {}", ci.ci), &uuid);
    }
}
