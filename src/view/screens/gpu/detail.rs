//! The selected instance: what went wrong on it first, then who has it, then how it was lately.

use crate::app::words::{age, gib};
use crate::app::{occupant, on_slot, trouble};
use crate::domain::fleet::{Gpu, Node, Slot, SlotState};
use crate::domain::process::GpuProcess;
use crate::domain::reading::Reading;
use crate::domain::xid::XidEvent;
use crate::view::{Ctx, Role};

use super::{curves, table};
use crate::view::lines::{Lines, Pieces, one};

/// Reports and processes that are named at least; where there is no room for all the rest is counted.
pub const NAMED: usize = 4;

/// What there is to tell with as many reports and processes named as the room holds.
pub fn fitting(room: u16, tell: impl Fn(usize) -> Lines) -> Lines {
    for named in [256, 32, 16, 8] {
        let lines = tell(named);
        if lines.height() <= room {
            return lines;
        }
    }
    tell(NAMED)
}

/// All of it, the most urgent first.
pub fn lines(
    ctx: &Ctx<'_>,
    node: &Node,
    gpu: &Gpu,
    slot: &Slot,
    columns: usize,
    named: usize,
) -> Lines {
    let mut out = Lines::default();
    rule(ctx, slot, columns, &mut out);
    if slot.state == SlotState::NoCi {
        no_ci(ctx, gpu, slot, columns, &mut out);
    }
    let reports: Vec<&XidEvent> = trouble::of_slot(node, gpu, slot).collect();
    if !reports.is_empty() {
        xids(ctx, &reports, columns, named, &mut out);
    }
    if !reports.is_empty() || slot.state == SlotState::Sick {
        others(ctx, node, gpu, slot, columns, &mut out);
    }
    full(ctx, slot, columns, &mut out);
    pods(ctx, node, slot, columns, &mut out);
    let on_it: Vec<&GpuProcess> = on_slot::processes(gpu, &slot.instance).collect();
    processes(ctx, node, &gpu.processes, &on_it, columns, &mut out);
    let pids = on_slot::openers(node, gpu, slot);
    holders(ctx, node, &pids, columns, named, &mut out);
    curves::of_slot(ctx, node, gpu, slot, columns, &mut out);
    devices(ctx, slot, columns, &mut out);
    engines(ctx, slot, columns, &mut out);
    if reports.is_empty() {
        let none = one(ctx.text("gpu.no_xid"), Role::Dim);
        out.labelled(ctx.text("gpu.xids"), none, columns);
    }
    out
}

fn rule(ctx: &Ctx<'_>, slot: &Slot, columns: usize, out: &mut Lines) {
    let na = ctx.text("gpu.absent");
    let instance = &slot.instance;
    let profile = instance.profile.value().map_or(na, |p| p.as_str());
    let place = instance
        .placement
        .value()
        .map_or_else(|| na.to_owned(), ToString::to_string);
    let text = ctx.say(
        "gpu.detail",
        &[
            ("gi", &instance.gi),
            ("profile", &profile),
            ("place", &place),
        ],
    );
    out.rule(ctx, one(text, Role::Strong), columns);
}

fn no_ci(ctx: &Ctx<'_>, gpu: &Gpu, slot: &Slot, columns: usize, out: &mut Lines) {
    let bus = gpu
        .pci()
        .map_or_else(|| gpu.index.to_string(), |pci| pci.to_string());
    let text = ctx.say("gpu.no_ci", &[("gi", &slot.instance.gi), ("gpu", &bus)]);
    out.say(&format!(" {text}"), Role::NoCi, columns, 2);
}

/// Reports, the newest first; those that say the same of the same are told once.
pub fn xids(ctx: &Ctx<'_>, reports: &[&XidEvent], columns: usize, named: usize, out: &mut Lines) {
    let mut told: Vec<(&XidEvent, usize)> = Vec::new();
    for xid in reports {
        let same = |old: &XidEvent| {
            (old.family, old.code, old.gi, old.pid) == (xid.family, xid.code, xid.gi, xid.pid)
        };
        match told.iter_mut().find(|(old, _)| same(old)) {
            Some((_, times)) => *times += 1,
            None => told.push((xid, 1)),
        }
    }
    for (n, (xid, times)) in told.iter().take(named).enumerate() {
        let label = if n == 0 { ctx.text("gpu.xids") } else { "" };
        report(ctx, xid, *times, label, columns, out);
    }
    if told.len() > named {
        let n = told.len() - named;
        let text = ctx.say("gpu.xid_more", &[("n", &n)]);
        out.labelled("", one(text, Role::Dim), columns);
    }
}

fn report(
    ctx: &Ctx<'_>,
    xid: &XidEvent,
    times: usize,
    label: &str,
    columns: usize,
    out: &mut Lines,
) {
    let worded = trouble::worded(xid);
    let since = age(xid.at, ctx.model.now);
    let when = match times {
        1 => ctx.say("gpu.ago", &[("age", &since)]),
        n => ctx.say("gpu.times", &[("n", &n), ("age", &since)]),
    };
    let head = format!("{} {}  {when}", worded.family, xid.code);
    let Some(meaning) = worded.meaning else {
        let text = format!("{head}  {}", ctx.text("gpu.xid_unknown"));
        out.labelled(label, one(text, Role::Caution), columns);
        return;
    };
    let fault = ctx.model.texts.get(trouble::fault_key(meaning.fault));
    let scope = ctx.model.texts.get(trouble::scope_key(meaning.scope));
    let said = ctx.say("gpu.xid", &[("fault", &fault), ("scope", &scope)]);
    let role = Role::of_severity(meaning.severity.severity());
    out.labelled(label, one(format!("{head}  {said}"), role), columns);
    let name = trouble::name(&ctx.model.texts, xid).unwrap_or(meaning.name);
    let mut then = vec![(format!("{name}  "), Role::Text)];
    // in a narrow window what to do comes before whom it met, who is named below
    if let Some(pid) = xid.pid.filter(|_| columns >= 100) {
        let name = xid.name.as_ref().map_or("", |n| n.as_str());
        let text = ctx.say("gpu.xid_process", &[("pid", &pid), ("name", &name)]);
        then.push((format!("{text}  "), Role::Dim));
    }
    then.push((
        ctx.say(
            "gpu.do",
            &[("action", &trouble::advice(&ctx.model.texts, meaning.action))],
        ),
        Role::Info,
    ));
    out.labelled("", then, columns);
}

/// An instance whose memory is nearly full fails its next allocation.
fn full(ctx: &Ctx<'_>, slot: &Slot, columns: usize, out: &mut Lines) {
    let Some(share) = table::share(slot).filter(|s| *s >= table::NEARLY_FULL) else {
        return;
    };
    let sample = slot.sample.as_ref();
    let bytes = |of: Option<&Reading<crate::domain::units::Bytes>>| {
        of.and_then(Reading::value).map_or(0, |b| b.0)
    };
    let used = gib(bytes(sample.map(|s| &s.memory_used)));
    let total = gib(bytes(sample.map(|s| &s.memory_total)));
    let share = format!("{share:.0}");
    let text = ctx.say(
        "gpu.memory_share",
        &[("used", &used), ("total", &total), ("share", &share)],
    );
    let pieces = vec![
        (format!("{text}  "), Role::Caution),
        (ctx.text("gpu.nearly_full").to_owned(), Role::Caution),
    ];
    out.labelled(ctx.text("gpu.curve_memory"), pieces, columns);
}

fn others(ctx: &Ctx<'_>, node: &Node, gpu: &Gpu, slot: &Slot, columns: usize, out: &mut Lines) {
    let (text, role) = match trouble::others(node, gpu, slot) {
        trouble::Others::None => return,
        trouble::Others::Fine(n) => (ctx.say("gpu.others_fine", &[("n", &n)]), Role::Ok),
        trouble::Others::Some(n, all) => (
            ctx.say("gpu.others_hit", &[("n", &n), ("all", &all)]),
            Role::Caution,
        ),
        trouble::Others::Gpu => (ctx.text("gpu.others_gpu").to_owned(), Role::Danger),
        trouble::Others::Unknown(n) => (ctx.say("gpu.others_unknown", &[("n", &n)]), Role::Stale),
    };
    out.labelled("", one(text, role), columns);
}

fn pods(ctx: &Ctx<'_>, node: &Node, slot: &Slot, columns: usize, out: &mut Lines) {
    let label = ctx.text("gpu.pods");
    if slot.pods.is_empty() {
        let pieces = match &node.allocations {
            Reading::Value(_) => one(ctx.text("gpu.no_pod"), Role::Dim),
            Reading::Absent(why) => one(ctx.say("gpu.pods_na", &[("why", &why.text)]), Role::Dim),
        };
        out.labelled(label, pieces, columns);
    }
    for (n, pod) in slot.pods.iter().enumerate() {
        let mut pieces: Pieces = one(occupant::pod_name(pod).to_string(), Role::Strong);
        if let Some(container) = &pod.container {
            let text = ctx.say("gpu.container", &[("name", container)]);
            pieces.push((format!("  {text}"), Role::Text));
        }
        let evidence: Vec<&str> = pod.evidence.iter().map(|e| e.as_str()).collect();
        pieces.push((format!("  {}", evidence.join(", ")), Role::Dim));
        out.labelled(if n == 0 { label } else { "" }, pieces, columns);
    }
}

/// Processes with work: pid, user, command, memory, since when, container.
pub fn processes(
    ctx: &Ctx<'_>,
    node: &Node,
    told: &Reading<Vec<GpuProcess>>,
    on_it: &[&GpuProcess],
    columns: usize,
    out: &mut Lines,
) {
    let label = ctx.text("gpu.processes");
    if let Reading::Absent(why) = told {
        let text = ctx.say("gpu.pods_na", &[("why", &why.text)]);
        out.labelled(label, one(text, Role::Dim), columns);
        return;
    }
    if on_it.is_empty() {
        out.labelled(label, one(ctx.text("gpu.no_process"), Role::Dim), columns);
    }
    for (n, process) in on_it.iter().enumerate() {
        let host = on_slot::host_process(node, process.pid);
        let memory = match &process.memory {
            Reading::Value(bytes) => format!("{} GiB", gib(bytes.0)),
            Reading::Absent(_) => format!("{} GiB", ctx.text("gpu.absent")),
        };
        let started = host.and_then(|h| h.started.value()).copied();
        let since = started.map_or_else(String::new, |t| format!("  {}", age(t, ctx.model.now)));
        let mut pieces = vec![
            (format!("{memory}{since}  "), Role::Text),
            (on_slot::process_name(node, process.pid), Role::Strong),
        ];
        if let Some(host) = host {
            if host.uninterruptible {
                pieces.push(("  D".to_owned(), Role::Danger));
            }
            if let Some(id) = &host.container {
                let short: String = id.as_str().chars().take(12).collect();
                let text = ctx.say("gpu.container", &[("name", &short)]);
                pieces.push((format!("  {text}"), Role::Dim));
            } else if let Some(unit) = &host.unit {
                pieces.push((format!("  {unit}"), Role::Dim));
            }
        }
        out.row(if n == 0 { label } else { "" }, pieces);
    }
}

/// Who has files open, and that some may be hidden.
pub fn holders(
    ctx: &Ctx<'_>,
    node: &Node,
    pids: &[crate::domain::ids::Pid],
    columns: usize,
    named: usize,
    out: &mut Lines,
) {
    let label = ctx.text("gpu.opened");
    if pids.is_empty() && node.holders_hidden.is_none() {
        out.labelled(label, one(ctx.text("gpu.no_holder"), Role::Dim), columns);
    }
    for (n, pid) in pids.iter().take(named).enumerate() {
        let name = on_slot::process_name(node, *pid);
        out.row(if n == 0 { label } else { "" }, one(name, Role::Text));
    }
    if pids.len() > named {
        let n = pids.len() - named;
        let text = ctx.say("gpu.process_more", &[("n", &n)]);
        out.labelled("", one(text, Role::Dim), columns);
    }
    if let Some(why) = &node.holders_hidden {
        let text = ctx.say("gpu.holders_hidden", &[("why", &why.text)]);
        out.labelled(
            if pids.is_empty() { label } else { "" },
            one(text, Role::Dim),
            columns,
        );
    }
}

fn devices(ctx: &Ctx<'_>, slot: &Slot, columns: usize, out: &mut Lines) {
    let label = ctx.text("gpu.devices");
    let na = ctx.text("gpu.absent");
    let say = |n: Option<&u32>| n.map_or_else(|| na.to_owned(), ToString::to_string);
    for (n, ci) in slot.instance.cis.iter().enumerate() {
        let uuid = ci.uuid.value();
        let uuid = uuid.map_or_else(|| na.to_owned(), ToString::to_string);
        let text = ctx.say(
            "gpu.device",
            &[
                ("uuid", &uuid),
                ("ci", &ci.ci),
                ("device", &say(ci.device_index.value())),
                ("sm", &say(ci.sm.value())),
            ],
        );
        out.labelled(
            if n == 0 { label } else { "" },
            one(text, Role::Text),
            columns,
        );
    }
    if slot.instance.cis.is_empty() {
        out.labelled(label, one(ctx.text("gpu.device_na"), Role::Dim), columns);
    }
}

fn engines(ctx: &Ctx<'_>, slot: &Slot, columns: usize, out: &mut Lines) {
    let text = match &slot.instance.engines {
        Reading::Value(e) => ctx.say(
            "gpu.engine_counts",
            &[
                ("copy", &e.copy),
                ("decoder", &e.decoder),
                ("encoder", &e.encoder),
                ("jpeg", &e.jpeg),
                ("ofa", &e.ofa),
            ],
        ),
        Reading::Absent(why) => ctx.say("gpu.pods_na", &[("why", &why.text)]),
    };
    out.labelled(ctx.text("gpu.engines"), one(text, Role::Dim), columns);
}
