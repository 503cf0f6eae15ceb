//! The foot of the screen.
//!
//! ```text
//! enter open  / filter  s slices  f findings                    ? help  q quit     keys that matter here
//! filter idle>1h  3 of 56    esc drop filter  enter open        ? help  q quit     a filter holds
//! copied: 812 bytes                                                                a notice
//! g  g first  t next  T previous                     esc drops these keys          a sequence has begun
//! /idle>1h_                                     enter keep  esc as before          a filter is typed
//! ```
//! Above that line: what is wrong with the filter, and the sentence of the tour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::hints::{Hint, hints, shortest};
use crate::app::hits::{Region, Target};
use crate::app::input::Input;
use crate::app::key::{Code, Key, written};
use crate::app::keymap::Match;
use crate::app::tour::STOPS;
use crate::app::{Command, Hits, Modal, Screen};
use crate::view::fit::{cut, put, width};
use crate::view::widgets::Prompt;
use crate::view::wrap::wrap;
use crate::view::{Ctx, Role};

/// Lines that the foot takes.
pub fn footer_height(ctx: &Ctx<'_>, columns: u16) -> u16 {
    let above = error(ctx, columns).len() + tour(ctx, columns).len();
    u16::try_from(above.min(4)).unwrap_or(0) + 1
}

/// Keys that matter here, or the prompt, or the notice; above it what is wrong with a filter, and the tour.
pub fn footer(ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
    let last = Rect {
        y: area.bottom().saturating_sub(1),
        height: 1,
        ..area
    };
    let tour = tour(ctx, area.width).into_iter().map(|l| (l, Role::Window));
    let error = error(ctx, area.width)
        .into_iter()
        .map(|l| (l, Role::Caution));
    for (y, (line, role)) in (area.y..last.y).zip(tour.chain(error)) {
        let band = Rect {
            y,
            height: 1,
            ..area
        };
        buf.set_style(band, ctx.style(role));
        put(buf, area.x, y, area.width, &line, ctx.style(role));
    }
    let mut line = Line {
        ctx,
        buf,
        hits,
        x: last.x,
        y: last.y,
        end: last.right(),
    };
    line.tape();
    let pending = &ctx.model.keys.pending;
    if let Some(Modal::Filter { input, .. }) = &ctx.model.modal {
        line.prompt(input);
    } else if !pending.is_empty() {
        line.pending(pending);
    } else if let Some(notice) = &ctx.model.notice {
        let role = if notice.failed {
            Role::Danger
        } else {
            Role::Info
        };
        line.text(&notice.text, role);
    } else {
        line.keys();
    }
}

const fn is_list(screen: &Screen) -> bool {
    matches!(
        screen,
        Screen::Slices(_)
            | Screen::Xids(_)
            | Screen::Events(_)
            | Screen::Holders(_)
            | Screen::Findings(_)
            | Screen::Pods(_)
    )
}

/// What is wrong with the filter that is typed.
fn error(ctx: &Ctx<'_>, columns: u16) -> Vec<String> {
    match &ctx.model.modal {
        Some(Modal::Filter {
            error: Some(error), ..
        }) => wrap(error, columns.into(), 2),
        _ => Vec::new(),
    }
}

/// The sentence of the tour.
fn tour(ctx: &Ctx<'_>, columns: u16) -> Vec<String> {
    let Some(tour) = &ctx.model.tour else {
        return Vec::new();
    };
    let head = ctx.say(
        "footer.tour",
        &[("step", &(tour.step + 1)), ("steps", &STOPS.len())],
    );
    let sentence = if tour.there {
        ctx.text(tour.stop().text())
    } else {
        ctx.text("footer.tour_waits")
    };
    wrap(
        &format!(" {head}  {sentence}"),
        usize::from(columns).saturating_sub(1),
        width(&head) + 2,
    )
}

/// The line, filled from the left; what stands on the right takes from its room.
struct Line<'a, 'b> {
    ctx: &'a Ctx<'a>,
    buf: &'b mut Buffer,
    hits: &'b mut Hits,
    x: u16,
    y: u16,
    end: u16,
}

impl Line<'_, '_> {
    fn room(&self) -> usize {
        self.end.saturating_sub(self.x).into()
    }

    fn text(&mut self, text: &str, role: Role) {
        let style = self.ctx.style(role);
        self.x = put(
            self.buf,
            self.x,
            self.y,
            self.end.saturating_sub(self.x),
            text,
            style,
        );
    }

    /// Room on the right for `text`, one column off what is to its left.
    fn right(&mut self, text: &str, role: Role) {
        let columns = u16::try_from(width(text)).unwrap_or(u16::MAX);
        if usize::from(columns) + 1 > self.room() {
            return;
        }
        self.end -= columns;
        put(
            self.buf,
            self.end,
            self.y,
            columns,
            text,
            self.ctx.style(role),
        );
        self.end -= 1;
    }

    /// A key and its label; false where it has no room.
    fn hint(&mut self, hint: &Hint) -> bool {
        let columns = width(&hint.keys) + 1 + width(&hint.label);
        if columns > self.room() {
            return false;
        }
        let x = self.x;
        self.text(&hint.keys, Role::Key);
        self.text(" ", Role::Dim);
        self.text(&hint.label, Role::Dim);
        self.hits.regions.push(Region {
            x,
            y: self.y,
            width: self.x.saturating_sub(x),
            height: 1,
            target: Target::Command(hint.command),
        });
        self.x = self.x.saturating_add(2).min(self.end);
        true
    }

    /// As many hints as have room.
    fn hints(&mut self, hints: &[Hint]) {
        for hint in hints {
            self.hint(hint);
        }
    }

    /// Hints that stand on the right, in their order.
    fn hints_right(&mut self, hints: &[Hint]) {
        let columns: usize = hints
            .iter()
            .map(|h| width(&h.keys) + 1 + width(&h.label))
            .sum::<usize>()
            + 2 * hints.len().saturating_sub(1);
        if hints.is_empty() || columns + 2 > self.room() {
            return;
        }
        let start = self.end - u16::try_from(columns).unwrap_or(0);
        let x = std::mem::replace(&mut self.x, start);
        self.hints(hints);
        self.x = x;
        self.end = start.saturating_sub(2);
    }

    /// Where the tape is, and how fast it goes.
    fn tape(&mut self) {
        let Some(playback) = &self.ctx.model.playback else {
            return;
        };
        let time = playback.at.map_or_else(String::new, |at| {
            let offset = jiff::tz::Offset::from_seconds(self.ctx.model.session.offset_seconds)
                .unwrap_or(jiff::tz::Offset::UTC);
            offset
                .to_datetime(at)
                .strftime("%m-%d %H:%M:%S")
                .to_string()
        });
        let mut text = self.ctx.say(
            "footer.tape",
            &[("time", &time), ("speed", &playback.speed)],
        );
        let state = match (playback.ended, playback.paused) {
            (true, _) => Some("footer.tape_ended"),
            (false, true) => Some("footer.tape_paused"),
            (false, false) => None,
        };
        if let Some(state) = state {
            text = format!("{text} {}", self.ctx.model.texts.get(state));
        }
        self.right(&text, Role::Info);
    }

    /// `/idle>1h_` with what ends it.
    fn prompt(&mut self, input: &Input) {
        self.hints_right(&hints(self.ctx.model));
        let prompt = Prompt {
            ctx: self.ctx,
            label: "/",
            text: input.text(),
            cursor: input.cursor(),
            placeholder: self.ctx.text("footer.placeholder"),
        };
        let area = Rect::new(self.x, self.y, self.end.saturating_sub(self.x), 1);
        prompt.render(area, self.buf);
    }

    /// What may follow the keys pressed so far.
    fn pending(&mut self, pending: &[Key]) {
        let model = self.ctx.model;
        self.text(&written(pending), Role::Strong);
        self.x = self.x.saturating_add(2).min(self.end);
        let drops = format!(
            "{} {}",
            Key::plain(Code::Esc),
            self.ctx.text("footer.drops")
        );
        self.right(&drops, Role::Dim);
        if let Match::Pending(next) = model.keys.map.find(&model.layers(), pending) {
            for next in next {
                let label = match next.commands.first() {
                    None => "..".to_owned(),
                    Some(command) => cut(model.texts.command(*command), 24),
                };
                let columns = width(&next.key.to_string()) + 1 + width(&label);
                if columns > self.room() {
                    break;
                }
                self.text(&next.key.to_string(), Role::Key);
                self.text(&format!(" {label}  "), Role::Dim);
            }
        }
    }

    /// What holds now, and the keys that matter.
    fn keys(&mut self) {
        let model = self.ctx.model;
        let all = hints(model);
        if model.modal.is_none() && model.tour.is_none() {
            self.always();
        }
        let list = &model.screens.top().list;
        // the head of a list says it, with its count
        if model.modal.is_none() && !list.filter.is_empty() && !is_list(&model.screen()) {
            let shown = list.rows.places.len();
            let mut text = format!("{} {}", self.ctx.text("footer.filter"), list.filter);
            text = cut(&text, self.room() / 2);
            // what is no list of rows does not count them
            if list.rows.unfiltered > 0 {
                let counts = self.ctx.say(
                    "footer.shown",
                    &[("shown", &shown), ("all", &list.rows.unfiltered)],
                );
                text = format!("{text}  {counts}");
            }
            self.text(&text, Role::Matched);
            self.x = self.x.saturating_add(3).min(self.end);
        }
        self.hints(&all);
    }

    /// Help and the way out stand at the same place on every screen.
    fn always(&mut self) {
        let model = self.ctx.model;
        let layers = model.layers();
        let always: Vec<Hint> = [(Command::Help, "hint.help"), (Command::Quit, "hint.quit")]
            .into_iter()
            .filter_map(|(command, label)| {
                Some(Hint {
                    keys: shortest(model, &layers, command)?,
                    label: model.texts.get(label).to_owned(),
                    command,
                })
            })
            .collect();
        self.hints_right(&always);
    }
}
