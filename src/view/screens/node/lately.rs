//! What a host's day was like, for windows with room: findings that had none above, reports and events, services.
//!
//! ```text
//! MORE FINDINGS
//!  - GPU 3  allocated to a pod, and no process for 9h
//! XIDS AND EVENTS
//! 13:24:02   2h GPU 5 gi 2  Xid 94  contained memory error
//! 09:12:40   6h GPU 2       instance 3 (1g.5gb at 0:1) is there now
//! SERVICES AND VERSIONS
//! FM 535.161.08 running   DCGM 3.1.8 running   persistence running
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use jiff::Timestamp;

use crate::app::overview::{services, worst};
use crate::app::rows::gpu_of;
use crate::app::{trouble, words};
use crate::domain::fleet::Node;
use crate::view::fit::{left, put, right, width};
use crate::view::screens::common::{self, when};
use crate::view::{Ctx, Role};

use super::findings;

/// `told`: findings, each with its like, that are shown elsewhere. The lines used come back.
pub(in crate::view::screens) fn draw(
    ctx: &Ctx<'_>,
    node: &Node,
    told: usize,
    area: Rect,
    buf: &mut Buffer,
) -> u16 {
    let mut y = area.y;
    let head = |y: u16, text: &str, buf: &mut Buffer| {
        put(
            buf,
            area.x + 1,
            y,
            area.width.saturating_sub(1),
            text,
            ctx.style(Role::Head),
        );
    };
    let rest = |y: u16| Rect {
        y,
        height: area.bottom().saturating_sub(y),
        ..area
    };
    let groups = worst::grouped(node, &node.findings).len();
    if groups > told && area.height >= 8 {
        head(y, ctx.text("lately.more_findings"), buf);
        let room = Rect {
            height: area.height / 2,
            ..rest(y + 1)
        };
        y += 1 + findings::listed(ctx, node, told..groups, room, buf);
    }
    let services = services(ctx, node, area.width);
    let wanted = u16::try_from(services.len()).unwrap_or(u16::MAX);
    let happened = happened(ctx, node);
    let spare = area.bottom().saturating_sub(y);
    let below = if spare >= wanted.saturating_add(4) {
        wanted + 1
    } else {
        0
    };
    if spare >= below + 2 {
        head(y, ctx.text("lately.head"), buf);
        y += 1;
        let room = usize::from(spare - below - 1);
        if happened.is_empty() {
            let text = ctx.text("lately.none");
            put(buf, area.x + 1, y, area.width, text, ctx.style(Role::Dim));
            y += 1;
        }
        let subjects = happened.iter().take(room).map(|h| width(&h.subject));
        let subject = subjects.max().unwrap_or(0);
        for what in happened.iter().take(room) {
            let age = words::age(what.at, ctx.model.now);
            let time = format!("{} {} ", left(&when(ctx, what.at), 11), right(&age, 4));
            let mut x = put(buf, area.x + 1, y, 17, &time, ctx.style(Role::Dim));
            let wide = u16::try_from(subject).unwrap_or(0);
            if wide > 0 {
                put(buf, x, y, wide, &what.subject, ctx.style(Role::Strong));
                x += wide + 2;
            }
            let room = area.right().saturating_sub(x);
            put(buf, x, y, room, &what.text, ctx.style(what.role));
            y += 1;
        }
    }
    if below > 0 && !services.is_empty() {
        head(y, ctx.text("lately.services"), buf);
        for line in services {
            y += 1;
            put(
                buf,
                area.x + 1,
                y,
                area.width.saturating_sub(1),
                &line,
                ctx.style(Role::Text),
            );
        }
        y += 1;
    }
    y - area.y
}

struct Happened {
    at: Timestamp,
    subject: String,
    text: String,
    role: Role,
}

/// Reports and events, the newest first.
fn happened(ctx: &Ctx<'_>, node: &Node) -> Vec<Happened> {
    let xids = node.xids.iter().map(|xid| {
        let worded = trouble::worded(xid);
        let mut subject = gpu_of(node, xid).map_or_else(
            || xid.pci.map(|p| p.to_string()).unwrap_or_default(),
            |gpu| format!("GPU {}", gpu.index),
        );
        if let Some(gi) = xid.gi {
            subject.push_str(&format!(" gi {gi}"));
        }
        let name = trouble::name(&ctx.model.texts, xid).unwrap_or(xid.message.as_str());
        Happened {
            at: xid.at,
            subject,
            text: format!("{} {}  {name}", worded.family, xid.code),
            role: Role::Caution,
        }
    });
    let events = node.events.iter().map(|event| Happened {
        at: event.at,
        subject: event.index.map(|i| format!("GPU {i}")).unwrap_or_default(),
        text: common::happened(ctx, &event.what),
        role: Role::Text,
    });
    let mut all: Vec<Happened> = xids.chain(events).collect();
    all.sort_by_key(|h| std::cmp::Reverse(h.at));
    all
}

/// Services with versions, as many on a line as fit.
fn services(ctx: &Ctx<'_>, node: &Node, columns: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for service in &node.services {
        let name = services::short(service.kind);
        let version = service.version.as_ref().map(|v| format!(" {v}"));
        let state = match service.active.value() {
            Some(true) => ctx.text("lately.running"),
            Some(false) => ctx.text("lately.stopped"),
            None => ctx.text("list.na"),
        };
        let one = format!("{name}{} {state}", version.unwrap_or_default());
        match lines.last_mut() {
            Some(last) if width(last) + 3 + width(&one) < usize::from(columns) => {
                last.push_str("   ");
                last.push_str(&one);
            }
            _ => lines.push(one),
        }
    }
    lines
}
