//! A GPU: what a ticket for its replacement asks, and what is on it.

use crate::app::overview::worst;
use crate::app::{occupant, on_slot, telemetry, trouble, words};
use crate::domain::fleet::{Gpu, Node};
use crate::domain::gpu::MigMode;
use crate::domain::observation::CallState;
use crate::domain::reading::Reading;
use crate::domain::xid::XidEvent;

use super::page::Page;
use super::{Writer, instances};

/// Reports that are written whole; the rest is counted.
const XIDS: usize = 10;
/// Processes that are named; the rest is counted.
const PROCESSES: usize = 20;

pub(super) fn write(writer: &Writer<'_>, node: &Node, gpu: &Gpu, page: &mut Page) {
    page.line(&format!("GPU {}", gpu.index));
    identity(node, gpu, page);
    calls(writer, gpu, page);
    page.labelled("MIG", &mig(gpu));
    for fact in telemetry::facts(gpu, &writer.texts) {
        page.labelled(writer.texts.get(fact.key), &fact.long);
    }
    xids(writer, trouble::of_gpu(node, gpu), page);
    findings(node, gpu, page);
    if gpu.slots.is_empty() {
        whole(node, gpu, page);
    } else {
        page.head("INSTANCES");
        instances::strip(gpu, page);
        instances::table(writer, node, gpu, page);
    }
    processes(node, gpu, page);
}

/// Who it is, in what machine, under which driver.
pub(super) fn identity(node: &Node, gpu: &Gpu, page: &mut Page) {
    let inventory = gpu.inventory.value();
    let model = match inventory.map(|i| &i.identity.name) {
        Some(Reading::Value(name)) => name.to_string(),
        Some(Reading::Absent(why)) => format!("n/a: {}", why.text),
        None => match gpu.proc.as_ref().and_then(|p| p.name.value()) {
            Some(name) => name.to_string(),
            None => "n/a".to_owned(),
        },
    };
    page.labelled("model", &model);
    let pci = gpu.pci().map(|p| p.to_string());
    page.labelled("bus id", pci.as_deref().unwrap_or("n/a"));
    let serial = match inventory {
        Some(i) => or_why(&i.identity.serial),
        None => unread(gpu),
    };
    page.labelled("serial", &serial);
    let uuid = gpu.uuid().map(|u| u.to_string());
    page.labelled("UUID", uuid.as_deref().unwrap_or("n/a"));
    let minor = match inventory {
        Some(i) => or_why(&i.identity.minor.map(|m| format!("{m} (/dev/nvidia{m})"))),
        None => unread(gpu),
    };
    page.labelled("minor", &minor);
    let architecture = match inventory {
        Some(i) => or_why(&i.identity.architecture),
        None => unread(gpu),
    };
    page.labelled("architecture", &architecture);
    if let Some(host) = &node.host {
        let parts = [&host.machine, &host.os, &host.kernel].map(|r| match r {
            Reading::Value(text) => text.to_string(),
            Reading::Absent(_) => "n/a".to_owned(),
        });
        page.labelled("machine", &parts.join(", "));
    }
    page.labelled("driver", &driver(node));
}

pub(super) fn driver(node: &Node) -> String {
    match &node.driver {
        Reading::Value(driver) => {
            let say = |r: &Reading<crate::domain::text::Text>| or_na(r);
            format!(
                "{}, NVML {}, CUDA {}",
                say(&driver.version),
                say(&driver.nvml),
                say(&driver.cuda)
            )
        }
        Reading::Absent(why) => match node.host.as_ref().and_then(|h| h.driver.value()) {
            Some(module) => format!("{module} (kernel module); NVML n/a: {}", why.text),
            None => format!("n/a: {}", why.text),
        },
    }
}

fn or_na<T: std::fmt::Display>(reading: &Reading<T>) -> String {
    reading
        .value()
        .map_or_else(|| "n/a".to_owned(), ToString::to_string)
}

fn or_why<T: std::fmt::Display>(reading: &Reading<T>) -> String {
    match reading {
        Reading::Value(value) => value.to_string(),
        Reading::Absent(why) => format!("n/a: {}", why.text),
    }
}

fn unread(gpu: &Gpu) -> String {
    match gpu.inventory.reason() {
        Some(why) => format!("n/a: {}", why.text),
        None => "n/a".to_owned(),
    }
}

/// Whether it answers and, where not, how old what follows is.
pub(super) fn calls(writer: &Writer<'_>, gpu: &Gpu, page: &mut Page) {
    let text = match &gpu.calls {
        CallState::Answering => "come back".to_owned(),
        CallState::Hung { since, call } => {
            format!("HUNG: {call} of {} has not come back", writer.time(*since))
        }
        CallState::Slow { call, seconds, .. } => format!("LATE: {call} took {seconds:.1} s"),
        CallState::Resting { since, until, why } => {
            let again = match until {
                Some(until) => format!("asked again at {} UTC", super::utc(*until)),
                None => "not asked again until told to".to_owned(),
            };
            format!(
                "not asked since {}, {again}: {}",
                writer.time(*since),
                why.text
            )
        }
        CallState::Failing { since, why } => {
            format!("FAIL since {}: {}", writer.time(*since), why.text)
        }
    };
    page.labelled("calls", &text);
    if let Some(sampled) = telemetry::stale_since(gpu) {
        page.labelled(
            "",
            &format!("what follows is OLD: of {}", writer.time(sampled)),
        );
    }
}

/// `on`, `off`, and what it will be.
fn mig(gpu: &Gpu) -> String {
    let word = |on: bool| if on { "on" } else { "off" };
    match gpu.inventory.value().map(|i| &i.mig) {
        Some(Reading::Value(MigMode { current, pending })) if current == pending => {
            word(*current).to_owned()
        }
        Some(Reading::Value(MigMode { current, pending })) => {
            format!(
                "{}, {} AFTER THE NEXT RESET",
                word(*current),
                word(*pending)
            )
        }
        Some(Reading::Absent(why)) => format!("n/a: {}", why.text),
        None => unread(gpu),
    }
}

/// Reports, the newest first, with what they mean.
pub(super) fn xids<'a>(
    writer: &Writer<'_>,
    reports: impl Iterator<Item = &'a XidEvent>,
    page: &mut Page,
) {
    let all: Vec<&XidEvent> = reports.collect();
    page.head("XIDS SINCE BOOT");
    if all.is_empty() {
        page.line("  none seen");
    }
    for xid in all.iter().take(XIDS) {
        report(writer, xid, page);
    }
    if all.len() > XIDS {
        page.line(&format!("  and {} earlier", all.len() - XIDS));
    }
}

/// A report with what it means.
pub(super) fn report(writer: &Writer<'_>, xid: &XidEvent, page: &mut Page) {
    let worded = trouble::worded(xid);
    let mut line = format!("  {} {}  {}", worded.family, xid.code, writer.time(xid.at));
    if let Some(gi) = xid.gi {
        line.push_str(&format!("  gi {gi}"));
    }
    if let Some(pid) = xid.pid {
        let name = xid.name.as_ref().map_or("", |n| n.as_str());
        line.push_str(&format!("  pid {pid} {name}"));
    }
    page.line(&line);
    match worded.meaning {
        Some(m) => {
            let texts = &writer.texts;
            page.line(&format!("    {}", m.name));
            page.line(&format!(
                "    fault: {}; concerns: {}",
                texts.get(trouble::fault_key(m.fault)),
                texts.get(trouble::scope_key(m.scope)),
            ));
            page.line(&format!("    do: {}", m.action));
        }
        None => page.line("    no catalogue lists this number"),
    }
    if !xid.message.is_empty() {
        page.line(&format!("    {}", xid.message));
    }
}

fn findings(node: &Node, gpu: &Gpu, page: &mut Page) {
    let mine: Vec<_> = worst::of_gpu(node, gpu)
        // reports stand above, whole
        .filter(|f| f.id != "xid")
        .collect();
    if mine.is_empty() {
        return;
    }
    page.head("FINDINGS");
    super::node::findings(&mine, page);
}

fn whole(node: &Node, gpu: &Gpu, page: &mut Page) {
    let Some(whole) = &gpu.whole else { return };
    page.head("USE");
    let who = occupant::of_whole(node, gpu);
    page.labelled("state", instances::word(whole.state));
    page.labelled("by", &who.cell());
}

fn processes(node: &Node, gpu: &Gpu, page: &mut Page) {
    page.head("PROCESSES WITH WORK");
    let all = match &gpu.processes {
        Reading::Value(all) => all,
        Reading::Absent(why) => {
            page.line(&format!("  n/a: {}", why.text));
            return;
        }
    };
    if all.is_empty() {
        page.line("  none");
    }
    for process in all.iter().take(PROCESSES) {
        let gi = process
            .gi
            .map(|gi| format!("gi {gi}  "))
            .unwrap_or_default();
        let memory = match &process.memory {
            Reading::Value(bytes) => format!("{} GiB", words::gib(bytes.0)),
            Reading::Absent(_) => "n/a GiB".to_owned(),
        };
        let name = on_slot::process_name(node, process.pid);
        page.row(&format!("  {gi}{memory}  {name}"));
    }
    if all.len() > PROCESSES {
        page.line(&format!("  and {} more", all.len() - PROCESSES));
    }
}
