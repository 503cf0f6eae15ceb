//! ```text
//! ┌ pid 41877 ───────────────────────────────────────────┐
//! │ command  python3 /srv/ocr/serve.py --port 9000       │
//! │ user  kim                                         2/9│
//! └──────────────────────────────────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Hits;
use crate::app::hits::Window as ShownWindow;
use crate::domain::text::in_ascii;
use crate::view::fit::{left, put, width};
use crate::view::widgets::Window;
use crate::view::wrap::wrap;
use crate::view::{Ctx, Role};

/// Widest text: longer lines are hard to read.
const WIDEST: u16 = 100;

pub(super) fn draw(
    ctx: &Ctx<'_>,
    area: Rect,
    buf: &mut Buffer,
    hits: &mut Hits,
    (title, lines, offset): (&str, &[String], usize),
) {
    let columns = area.width.saturating_sub(8).min(WIDEST);
    // here is the room to spell out what only ASCII cannot show; a list shows a sign for each column
    let spelled: Vec<String>;
    let lines = if ctx.glyphs().ascii {
        spelled = lines.iter().map(|line| in_ascii(line)).collect();
        &spelled
    } else {
        lines
    };
    let wrapped = wrapped(lines, columns.into());
    let widest = wrapped.iter().map(|l| width(l)).max().unwrap_or(0);
    let columns = u16::try_from(widest.max(width(title) + 2).max(40))
        .unwrap_or(columns)
        .min(columns);
    let height = u16::try_from(wrapped.len()).unwrap_or(u16::MAX);
    let height = height.min(area.height.saturating_sub(4));
    let window = Window {
        ctx,
        title,
        width: columns,
        height,
    };
    let inside = window.draw(area, buf, hits);
    let height = usize::from(inside.height);
    let first = offset.min(wrapped.len().saturating_sub(height));
    hits.window = Some(ShownWindow { first, height });
    let style = ctx.style(Role::Window);
    for (y, line) in (inside.top()..inside.bottom()).zip(wrapped.iter().skip(first)) {
        put(buf, inside.x, y, inside.width, line, style);
    }
    if wrapped.len() > height {
        let shown = format!(" {}-{}/{} ", first + 1, first + height, wrapped.len());
        let columns = u16::try_from(width(&shown)).unwrap_or(0);
        put(
            buf,
            inside.right().saturating_sub(columns),
            inside.bottom(),
            columns,
            &shown,
            ctx.style(Role::Dim),
        );
    }
}

/// Most columns that labels take.
const LABELS: usize = 16;

/// Lines as they fit; what stands after a tab is wrapped beside its label.
fn wrapped(lines: &[String], columns: usize) -> Vec<String> {
    let labels = lines.iter().filter_map(|l| l.split_once('\t'));
    let label = labels.map(|(label, _)| width(label)).max().unwrap_or(0);
    let label = label.min(LABELS).min(columns / 3);
    let one = |line: &String| match line.split_once('\t') {
        None => wrap(line, columns, 2),
        Some((name, text)) => {
            let beside = wrap(text, columns.saturating_sub(label + 2), 0);
            let first = std::iter::once(name).chain(std::iter::repeat(""));
            first
                .zip(beside)
                .map(|(name, text)| format!("{}  {text}", left(name, label)))
                .collect()
        }
    };
    lines.iter().flat_map(one).collect()
}
