//! ```text
//! ┌ commands, nodes, GPUs ───────────────────────────────────┐
//! │ :sl_                                                     │
//! │ ▌slices         all GPU instances as one list          s │
//! │  tape-slower    play the tape half as fast             < │
//! └──────────────────────────────────────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::hits::{Region, Target, Window as ShownWindow};
use crate::app::input::Input;
use crate::app::palette::Entry;
use crate::app::{Hits, hints, list};
use crate::view::fit::{left, put, right, width};
use crate::view::widgets::{Prompt, Window};
use crate::view::{Ctx, Role};

/// Columns that names of commands take.
const NAME: usize = 16;
/// Columns that names of hosts and GPUs take at most.
const WIDEST: usize = 32;

pub(super) fn draw(
    ctx: &Ctx<'_>,
    area: Rect,
    buf: &mut Buffer,
    hits: &mut Hits,
    (input, selected, found): (&Input, usize, &[Entry]),
) {
    let tallest = area.height.saturating_sub(4).min(20);
    let lines = u16::try_from(found.len().max(1) + 1)
        .unwrap_or(u16::MAX)
        .min(tallest);
    // it grows and shrinks at its foot: what is typed stays where it is
    let area = Rect {
        y: area.y + (area.height - tallest - 2) / 3,
        height: lines + 2,
        ..area
    };
    let title = ctx.text("palette.title");
    let window = Window {
        ctx,
        title,
        width: 74,
        height: lines,
    };
    let inside = window.draw(area, buf, hits);
    let prompt = Prompt {
        ctx,
        label: ":",
        text: input.text(),
        cursor: input.cursor(),
        placeholder: ctx.text("palette.placeholder"),
    };
    prompt.render(
        Rect {
            height: 1.min(inside.height),
            ..inside
        },
        buf,
    );
    let rows = Rect {
        y: inside.y + 1,
        height: inside.height.saturating_sub(1),
        ..inside
    };
    let height = usize::from(rows.height);
    // nothing remembers where the list was: the selected row stays in the middle
    let first = list::offset(
        selected.saturating_sub(height / 2),
        selected,
        height,
        found.len(),
    );
    hits.window = Some(ShownWindow { first, height });
    if found.is_empty() {
        let none = ctx.text("palette.none");
        put(buf, rows.x, rows.y, rows.width, none, ctx.style(Role::Dim));
    }
    // one column for all, also while the list is scrolled
    let names = found.iter().map(|e| width(&name(e))).max().unwrap_or(0);
    let names = names.clamp(NAME, WIDEST);
    for (y, (n, entry)) in (rows.top()..rows.bottom()).zip(found.iter().enumerate().skip(first)) {
        let row = Rect {
            y,
            height: 1,
            ..rows
        };
        draw_row(ctx, row, buf, entry, (n == selected, names));
        hits.regions.push(Region {
            x: row.x,
            y,
            width: row.width,
            height: 1,
            target: Target::Row(n),
        });
    }
}

/// What is typed for it.
fn name(entry: &Entry) -> String {
    match entry {
        Entry::Command(command) => command.name().to_owned(),
        Entry::Node(name) => name.to_string(),
        Entry::Fits(model) => format!("fits {model}"),
        Entry::Gpu(at, index) => format!("{} GPU {index}", at.node),
    }
}

fn draw_row(
    ctx: &Ctx<'_>,
    row: Rect,
    buf: &mut Buffer,
    entry: &Entry,
    (selected, names): (bool, usize),
) {
    let (doc, keys) = match entry {
        Entry::Command(command) => {
            let layers = ctx.model.screen_layers();
            let keys = hints::shortest(ctx.model, &layers, *command).unwrap_or_default();
            let doc = ctx.model.texts.command(*command);
            (doc, keys)
        }
        Entry::Node(_) => (ctx.text("palette.node"), String::new()),
        Entry::Fits(_) => (ctx.text("palette.fits"), String::new()),
        Entry::Gpu(..) => (ctx.text("palette.gpu"), String::new()),
    };
    let columns = usize::from(row.width);
    let name_columns = names.min(columns);
    let key_columns = width(&keys);
    let doc_columns = columns.saturating_sub(name_columns + key_columns + 4);
    let pointer = if selected { ctx.glyphs().pointer } else { " " };
    let over = |role| ctx.skin.theme.over(role, selected);
    let mut x = row.x;
    for (text, role) in [
        (
            format!("{pointer}{} ", left(&name(entry), name_columns)),
            Role::Strong,
        ),
        (left(doc, doc_columns), Role::Dim),
        (format!(" {} ", right(&keys, key_columns)), Role::Key),
    ] {
        x = put(buf, x, row.y, row.right() - x, &text, over(role));
    }
}
