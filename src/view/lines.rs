//! Lines of text and curves, one below the other, as many as there is room for.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::hits::Hits;
use crate::view::fit::{put, width};
use crate::view::widgets::Spark;
use crate::view::{Ctx, Role};

/// Pieces of text, each with its meaning.
pub type Pieces = Vec<(String, Role)>;

/// A curve on one line: `memory ▁▂▃▅·▅▆  9.4/9.6`.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    /// What it is of.
    pub label: String,
    /// Samples, oldest first; `None`: a gap.
    pub values: Vec<Option<f64>>,
    /// What the full height stands for.
    pub most: f64,
    /// The newest value in words.
    pub newest: String,
}

/// One line.
#[derive(Clone, PartialEq, Debug)]
pub enum Line {
    /// Text.
    Text(Pieces),
    /// A curve.
    Curve(Curve),
    /// Curves beside each other.
    Curves(Vec<Curve>),
}

/// Lines, one below the other.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lines(pub Vec<Line>);

/// Columns of the labels on the left.
pub const LABEL: usize = 13;

impl Lines {
    /// Draws them from the list's offset on, and says in `hits` what is in view. Only lines of text.
    pub fn scrolled(&self, ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer, hits: &mut Hits) {
        let height = usize::from(area.height);
        let last = self.0.len().saturating_sub(height);
        let first = ctx.model.screens.top().list.offset.min(last);
        hits.first = first;
        hits.height = height;
        for (line, y) in self.0.iter().skip(first).zip(area.top()..area.bottom()) {
            let at = Rect {
                y,
                height: 1,
                ..area
            };
            if let Line::Text(pieces) = line {
                write(ctx, pieces, at, buf);
            }
        }
    }

    /// A line.
    pub fn push(&mut self, pieces: Pieces) {
        self.0.push(Line::Text(pieces));
    }

    /// Text in one role, wrapped at words; lines after the first are indented by `indent`.
    pub fn say(&mut self, text: &str, role: Role, columns: usize, indent: usize) {
        let pieces = vec![(text.to_owned(), role)];
        self.wrapped(pieces, columns, indent);
    }

    /// Pieces, wrapped at words; lines after the first are indented by `indent`.
    pub fn wrapped(&mut self, pieces: Pieces, columns: usize, indent: usize) {
        self.0
            .extend(wrap(pieces, columns, indent).into_iter().map(Line::Text));
    }

    /// A label and, wrapped beside it, what it is of.
    pub fn labelled(&mut self, label: &str, pieces: Pieces, columns: usize) {
        // a label that is too long for its columns pushes what follows, it is not cut
        let fill = LABEL.saturating_sub(width(label) + 1).max(1);
        let mut line = vec![(format!(" {label}{}", " ".repeat(fill)), Role::Dim)];
        line.extend(pieces);
        self.wrapped(line, columns, LABEL);
    }

    /// A label and what it is of, on one line that is cut where it is too long.
    pub fn row(&mut self, label: &str, pieces: Pieces) {
        let fill = LABEL.saturating_sub(width(label) + 1).max(1);
        let mut line = vec![(format!(" {label}{}", " ".repeat(fill)), Role::Dim)];
        line.extend(pieces);
        self.push(line);
    }

    /// A rule with words in it.
    pub fn rule(&mut self, ctx: &Ctx<'_>, pieces: Pieces, columns: usize) {
        let line = ctx.glyphs().line;
        let said: usize = pieces.iter().map(|(t, _)| width(t)).sum();
        let mut out = vec![(format!("{line}{line} "), Role::Rule)];
        out.extend(pieces);
        let rest = columns.saturating_sub(said + 4);
        out.push((format!(" {}", line.repeat(rest)), Role::Rule));
        self.push(out);
    }

    /// Lines that all of it takes.
    pub fn height(&self) -> u16 {
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }

    /// Draws as many as the area holds. Where some are missing the last line says how many.
    pub fn draw(&self, ctx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        if area.height == 0 {
            return;
        }
        let all = self.0.len();
        let room = usize::from(area.height);
        let shown = if all > room { room - 1 } else { all };
        for (line, y) in self.0.iter().take(shown).zip(area.y..) {
            let at = Rect {
                y,
                height: 1,
                ..area
            };
            match line {
                Line::Text(pieces) => {
                    write(ctx, pieces, at, buf);
                }
                Line::Curve(curve) => draw_curve(ctx, curve, at, buf),
                Line::Curves(curves) => draw_curves(ctx, curves, at, buf),
            }
        }
        if all > room {
            let n = all - shown;
            let text = ctx.say("gpu.more", &[("n", &n)]);
            let y = area.bottom() - 1;
            put(
                buf,
                area.x + 1,
                y,
                area.width.saturating_sub(1),
                &text,
                ctx.style(Role::Dim),
            );
        }
    }
}

/// Writes pieces on one line.
pub fn write(ctx: &Ctx<'_>, pieces: &Pieces, at: Rect, buf: &mut Buffer) {
    let mut x = at.x;
    for (text, role) in pieces {
        let room = at.right().saturating_sub(x);
        x = put(buf, x, at.y, room, text, ctx.style(*role));
    }
}

fn draw_curve(ctx: &Ctx<'_>, curve: &Curve, at: Rect, buf: &mut Buffer) {
    let label = format!(" {}", curve.label);
    put(buf, at.x, at.y, at.width, &label, ctx.style(Role::Dim));
    let from = at.x + (LABEL as u16).min(at.width);
    let newest = u16::try_from(width(&curve.newest)).unwrap_or(0);
    let wide = u16::try_from(curve.values.len()).unwrap_or(0);
    let wide = wide.min(at.right().saturating_sub(from + newest + 1));
    let area = Rect {
        x: from,
        width: wide,
        ..at
    };
    spark(ctx, curve, area, buf);
    let x = from + wide + 1;
    let room = at.right().saturating_sub(x);
    put(buf, x, at.y, room, &curve.newest, ctx.style(Role::Text));
}

fn draw_curves(ctx: &Ctx<'_>, curves: &[Curve], at: Rect, buf: &mut Buffer) {
    let n = u16::try_from(curves.len()).unwrap_or(1).max(1);
    let each = at.width / n;
    for (curve, n) in curves.iter().zip(0..) {
        let mut x = at.x + n * each + 1;
        let end = at.x + (n + 1) * each;
        x = put(buf, x, at.y, end - x, &curve.label, ctx.style(Role::Dim)) + 1;
        let newest = u16::try_from(width(&curve.newest)).unwrap_or(0);
        let wide = end.saturating_sub(x + newest + 2);
        let area = Rect {
            x,
            width: wide,
            ..at
        };
        spark(ctx, curve, area, buf);
        let x = x + wide + 1;
        put(
            buf,
            x,
            at.y,
            end.saturating_sub(x),
            &curve.newest,
            ctx.style(Role::Text),
        );
    }
}

fn spark(ctx: &Ctx<'_>, curve: &Curve, area: Rect, buf: &mut Buffer) {
    Spark {
        ctx,
        values: &curve.values,
        max: curve.most,
    }
    .render(area, buf);
}

/// Pieces in lines of at most `columns`; a word that is longer is cut by whoever draws it.
fn wrap(pieces: Pieces, columns: usize, indent: usize) -> Vec<Pieces> {
    let mut lines: Vec<Pieces> = vec![Vec::new()];
    let mut used = 0;
    let mut fresh = true;
    for (text, role) in pieces {
        // a piece keeps the spaces that it begins or ends with, which set it apart
        let mut first = true;
        for word in text.split(' ') {
            let gap = usize::from(!first);
            first = false;
            let wide = width(word);
            if used + gap + wide > columns && !fresh && wide > 0 {
                lines.push(vec![(" ".repeat(indent), Role::Text)]);
                used = indent;
                fresh = true;
            }
            // spaces that begin a line after a break are the break
            let gap = if fresh && used == indent && lines.len() > 1 {
                0
            } else {
                gap
            };
            let piece = format!("{}{word}", " ".repeat(gap));
            used += gap + wide;
            fresh = fresh && wide == 0;
            if let Some(line) = lines.last_mut() {
                match line.last_mut() {
                    Some((last, same)) if *same == role => last.push_str(&piece),
                    _ => line.push((piece, role)),
                }
            }
        }
    }
    lines
}

/// Pieces that stay whole, set apart by two spaces, in lines of at most `columns`.
pub fn flow(items: Vec<Pieces>, columns: usize, indent: usize) -> Vec<Pieces> {
    let mut lines: Vec<Pieces> = Vec::new();
    let mut used = 0;
    for item in items {
        let wide: usize = item.iter().map(|(t, _)| width(t)).sum();
        match lines.last_mut() {
            Some(line) if used + 2 + wide <= columns => {
                line.push(("  ".to_owned(), Role::Text));
                line.extend(item);
                used += 2 + wide;
            }
            _ => {
                let mut line = vec![(" ".repeat(indent), Role::Text)];
                line.extend(item);
                lines.push(line);
                used = indent + wide;
            }
        }
    }
    lines
}

/// One piece.
pub fn one(text: impl Into<String>, role: Role) -> Pieces {
    vec![(text.into(), role)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[Pieces]) -> Vec<String> {
        lines
            .iter()
            .map(|l| l.iter().map(|(t, _)| t.as_str()).collect())
            .collect()
    }

    #[test]
    fn words_are_wrapped_and_keep_their_meaning() {
        let pieces = vec![
            (" label  ".to_owned(), Role::Dim),
            ("one two three".to_owned(), Role::Text),
            (" four".to_owned(), Role::Danger),
        ];
        let lines = wrap(pieces, 16, 8);
        assert_eq!(
            plain(&lines),
            [" label  one two", "        three", "        four"]
        );
        assert_eq!(lines[2].last().map(|p| p.1), Some(Role::Danger));
    }

    #[test]
    fn hangul_is_wrapped_by_columns() {
        let lines = wrap(one("한글 한글 한글", Role::Text), 9, 0);
        assert_eq!(plain(&lines), ["한글 한글", "한글"]);
    }

    #[test]
    fn items_stay_whole() {
        let items = vec![
            one("ab cd", Role::Text),
            one("ef", Role::Dim),
            one("ghi", Role::Text),
        ];
        assert_eq!(plain(&flow(items, 10, 1)), [" ab cd  ef", " ghi"]);
    }
}
