//! Who the GPU is, and whether it answers.

use crate::app::words::age;
use crate::app::{on_slot, telemetry};
use crate::domain::fleet::{Gpu, Node};
use crate::domain::gpu::MigMode;
use crate::domain::observation::{CallState, Health, SourceName};
use crate::domain::reading::{AbsentCode, Reading};
use crate::view::{Ctx, Role};

use crate::view::lines::{Lines, Pieces, flow, one};

/// Two lines in 80 columns: index, model, address, mode, calls; UUID, serial, minor, architecture.
pub fn lines(ctx: &Ctx<'_>, node: &Node, gpu: &Gpu, columns: usize) -> Lines {
    let mut first = vec![one(format!("GPU {}", gpu.index), Role::Strong)];
    first.push(model(ctx, gpu));
    let na = ctx.text("gpu.absent");
    first.push(match gpu.pci() {
        Some(pci) => one(pci.to_string(), Role::Text),
        None => one(format!("PCI {na}"), Role::Dim),
    });
    first.push(mode(ctx, gpu));
    first.push(calls(ctx, gpu));
    let mut second = Vec::new();
    second.push(match gpu.uuid() {
        Some(uuid) => one(uuid.to_string(), Role::Text),
        None => one(format!("UUID {na}"), Role::Dim),
    });
    let identity = gpu.inventory.value().map(|i| &i.identity);
    let serial = identity.and_then(|i| i.serial.value());
    let serial = serial.map_or(na.to_owned(), ToString::to_string);
    second.push(one(
        ctx.say("gpu.serial", &[("serial", &serial)]),
        Role::Text,
    ));
    let minor = identity
        .and_then(|i| i.minor.value())
        .or_else(|| gpu.proc.as_ref().and_then(|p| p.minor.value()));
    let minor = minor.map_or(na.to_owned(), ToString::to_string);
    second.push(one(ctx.say("gpu.minor", &[("n", &minor)]), Role::Text));
    if let Some(architecture) = identity.and_then(|i| i.architecture.value()) {
        second.push(one(architecture.to_string(), Role::Text));
    }
    let mut out = Lines::default();
    for line in flow(first, columns, 1)
        .into_iter()
        .chain(flow(second, columns, 1))
    {
        out.push(line);
    }
    old(ctx, node, gpu, columns, &mut out);
    out
}

fn model(ctx: &Ctx<'_>, gpu: &Gpu) -> Pieces {
    let told = gpu.inventory.value().and_then(|i| i.identity.name.value());
    let name = told.or_else(|| gpu.proc.as_ref().and_then(|p| p.name.value()));
    match name {
        Some(name) => one(
            name.strip_prefix("NVIDIA ").unwrap_or(name.as_str()),
            Role::Strong,
        ),
        None => one(ctx.text("gpu.absent"), Role::Dim),
    }
}

fn mode(ctx: &Ctx<'_>, gpu: &Gpu) -> Pieces {
    let (key, role) = match gpu.inventory.value().map(|i| &i.mig) {
        Some(Reading::Value(MigMode { current, pending })) => match (current, pending) {
            (true, true) => ("gpu.mig_on", Role::Text),
            (false, false) => ("gpu.mig_off", Role::Text),
            (true, false) => ("gpu.mig_on_pending", Role::Caution),
            (false, true) => ("gpu.mig_off_pending", Role::Caution),
        },
        Some(Reading::Absent(why)) if why.code == AbsentCode::NotSupported => {
            ("gpu.mig_none", Role::Dim)
        }
        _ => ("gpu.mig_unknown", Role::Dim),
    };
    one(ctx.text(key), role)
}

fn calls(ctx: &Ctx<'_>, gpu: &Gpu) -> Pieces {
    let now = ctx.model.now;
    match &gpu.calls {
        CallState::Answering if gpu.inventory.value().is_none() => {
            one(ctx.text("gpu.absent"), Role::Dim)
        }
        CallState::Answering => one(ctx.text("gpu.answering"), Role::Ok),
        CallState::Hung { since, call } => one(
            ctx.say("gpu.hung", &[("age", &age(*since, now)), ("call", call)]),
            Role::Danger,
        ),
        CallState::Slow { call, seconds, .. } => {
            let seconds = format!("{seconds:.1}");
            one(
                ctx.say("gpu.slow", &[("call", call), ("seconds", &seconds)]),
                Role::Caution,
            )
        }
        CallState::Resting { since, why, .. } => one(
            ctx.say(
                "gpu.resting",
                &[("age", &age(*since, now)), ("why", &why.text)],
            ),
            Role::Danger,
        ),
        CallState::Failing { since, why } => one(
            ctx.say(
                "gpu.failing",
                &[("age", &age(*since, now)), ("why", &why.text)],
            ),
            Role::Danger,
        ),
    }
}

/// That values are old, which processes sit in the kernel, and what to do.
fn old(ctx: &Ctx<'_>, node: &Node, gpu: &Gpu, columns: usize, out: &mut Lines) {
    let now = ctx.model.now;
    for source in &node.sources {
        let (key, since) = match &source.health {
            Health::Late { since, .. } => ("health.late", since),
            Health::Hung { since, .. } => ("health.hung", since),
            Health::Down { since, .. } => ("health.down", since),
            Health::Live => continue,
        };
        if matches!(source.source, SourceName::Nvml | SourceName::Stream) {
            let text = ctx.say(
                "gpu.source_late",
                &[
                    ("source", &source.source.as_str()),
                    ("word", &ctx.text(key)),
                    ("age", &age(*since, now)),
                ],
            );
            out.say(&format!(" {text}"), Role::Stale, columns, 2);
        }
    }
    if matches!(gpu.calls, CallState::Answering | CallState::Slow { .. }) {
        return;
    }
    let text = match telemetry::stale_since(gpu) {
        Some(at) => ctx.say("gpu.last_answer", &[("age", &age(at, now))]),
        None => ctx.text("gpu.no_answer").to_owned(),
    };
    out.say(&format!(" {text}"), Role::Stale, columns, 2);
    if let CallState::Resting { until, .. } = &gpu.calls {
        let text = match until {
            Some(until) => ctx.say("gpu.resting_until", &[("age", &age(now, *until))]),
            None => ctx.text("gpu.resting_told").to_owned(),
        };
        out.say(&format!(" {text}"), Role::Dim, columns, 2);
    }
    let lost = match &gpu.calls {
        CallState::Resting { why, .. } | CallState::Failing { why, .. } => {
            why.code == AbsentCode::GpuLost
        }
        _ => false,
    };
    let stuck = on_slot::stuck(node, gpu);
    for (process, holds) in stuck.iter().take(3) {
        let name = on_slot::process_name(node, process.pid);
        let key = if *holds {
            "gpu.stuck_holds"
        } else {
            "gpu.stuck"
        };
        let text = ctx.say(key, &[("process", &name)]);
        let role = if *holds { Role::Danger } else { Role::Caution };
        out.say(&format!(" {text}"), role, columns, 2);
    }
    if stuck.is_empty() && !lost {
        out.say(
            &format!(" {}", ctx.text("gpu.stuck_none")),
            Role::Dim,
            columns,
            2,
        );
    }
    let key = if lost { "gpu.lost_do" } else { "gpu.hung_do" };
    out.say(&format!(" {}", ctx.text(key)), Role::Info, columns, 2);
}
