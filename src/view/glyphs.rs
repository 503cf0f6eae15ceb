//! The characters that may be drawn with: boxes and blocks, or ASCII.

use ratatui::buffer::Buffer;

use super::fit::width;

/// A set of characters, each one column wide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// Whether only ASCII may be written, also of names.
    pub ascii: bool,
    /// A horizontal line.
    pub line: &'static str,
    /// A vertical line.
    pub bar: &'static str,
    /// Corners of a window: upper left and right, lower left and right.
    pub corners: [&'static str; 4],
    /// Before the selected row.
    pub pointer: &'static str,
    /// Before a marked row.
    pub mark: &'static str,
    /// Before a row that is both.
    pub pointed_mark: &'static str,
    /// Between two instances of a strip where colours do not tell them apart.
    pub fence: &'static str,
    /// The left edge of an instance that has a colour: half a column of it.
    pub edge: &'static str,
    /// The used part of a bar.
    pub bar_full: &'static str,
    /// Half a column of it.
    pub bar_half: &'static str,
    /// The rest of a bar.
    pub bar_rest: &'static str,
    /// A bar of which nothing is known.
    pub bar_unknown: &'static str,
    /// Eighths of a cell, from empty to full: sparklines.
    pub levels: [&'static str; 9],
    /// A sample that is missing in a sparkline.
    pub gap: &'static str,
    /// A slice in which an instance would fit.
    pub hole: &'static str,
    /// A slice that nothing can use.
    pub lost: &'static str,
    /// A slice of which nobody knows whether an instance would fit.
    pub untold: &'static str,
    /// All is well.
    pub ok: &'static str,
    /// Somebody should look.
    pub caution: &'static str,
    /// Work is lost or will be.
    pub danger: &'static str,
    /// Good to know.
    pub info: &'static str,
    /// A source that is late.
    pub late: &'static str,
    /// Between things on one line.
    pub dot: &'static str,
    /// Leads to something.
    pub arrow: &'static str,
}

impl Glyphs {
    /// Boxes and blocks.
    pub const fn unicode() -> Self {
        Self {
            ascii: false,
            line: "─",
            bar: "│",
            corners: ["┌", "┐", "└", "┘"],
            pointer: "▌",
            mark: "*",
            pointed_mark: "»",
            fence: "│",
            edge: "▐",
            bar_full: "━",
            bar_half: "╸",
            bar_rest: "─",
            bar_unknown: "·",
            levels: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            gap: "·",
            hole: "_",
            lost: "x",
            untold: ".",
            ok: "✓",
            caution: "!",
            danger: "✗",
            info: "-",
            late: "~",
            dot: "·",
            arrow: "→",
        }
    }

    /// ASCII only.
    pub const fn ascii() -> Self {
        Self {
            ascii: true,
            line: "-",
            bar: "|",
            corners: ["+", "+", "+", "+"],
            pointer: ">",
            mark: "*",
            pointed_mark: "&",
            fence: "|",
            edge: " ",
            bar_full: "=",
            bar_half: "=",
            bar_rest: "-",
            bar_unknown: ".",
            levels: [" ", "_", "_", "-", "-", "=", "=", "*", "#"],
            gap: ".",
            hole: "_",
            lost: "x",
            untold: ".",
            ok: "+",
            caution: "!",
            danger: "X",
            info: "-",
            late: "~",
            dot: "|",
            arrow: ">",
        }
    }

    /// All of them.
    #[cfg(test)]
    fn all(&self) -> Vec<&'static str> {
        let mut all = vec![
            self.line,
            self.bar,
            self.pointer,
            self.mark,
            self.pointed_mark,
            self.fence,
            self.edge,
            self.bar_full,
            self.bar_half,
            self.bar_rest,
            self.bar_unknown,
            self.gap,
            self.hole,
            self.lost,
            self.untold,
            self.ok,
            self.caution,
            self.danger,
            self.info,
            self.late,
            self.dot,
            self.arrow,
        ];
        all.extend(self.levels);
        all.extend(self.corners);
        all
    }

    /// The last touch on a picture: where only ASCII may be written, every other character that got into it, such as
    /// those of a pod's name, becomes as many `?` as it has columns. Nothing moves.
    pub fn finish(&self, buf: &mut Buffer) {
        if !self.ascii {
            return;
        }
        let line = usize::from(buf.area.width.max(1));
        // columns of a wide character that are still to come
        let mut behind = 0;
        for (n, cell) in buf.content.iter_mut().enumerate() {
            if n % line == 0 {
                behind = 0;
            }
            if behind > 0 {
                behind -= 1;
                cell.set_symbol("?");
                continue;
            }
            if !cell.symbol().is_ascii() {
                behind = width(cell.symbol()).saturating_sub(1);
                cell.set_symbol("?");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn names_that_are_not_ascii_keep_their_width() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 10, 2));
        buf.set_string(0, 0, "a한글b─é", Style::new());
        buf.set_string(0, 1, "plain", Style::new());
        Glyphs::unicode().finish(&mut buf);
        assert_eq!(buf[(1, 0)].symbol(), "한");
        Glyphs::ascii().finish(&mut buf);
        let line: String = (0..10).map(|x| buf[(x, 0)].symbol()).collect();
        assert_eq!(line, "a????b??  ");
        assert_eq!(buf[(4, 1)].symbol(), "n");
    }

    #[test]
    fn the_ascii_set_is_ascii_and_both_sets_are_one_column_wide() {
        for glyphs in [Glyphs::unicode(), Glyphs::ascii()] {
            for glyph in glyphs.all() {
                assert_eq!(width(glyph), 1, "{glyph}");
                assert!(!glyphs.ascii || glyph.is_ascii(), "{glyph}");
            }
        }
    }
}
