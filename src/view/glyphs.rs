//! The characters that may be drawn with: boxes and blocks, or ASCII.

/// A set of characters, each one column wide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// Whether only ASCII may be written, also of names.
    pub ascii: bool,
    /// A horizontal line.
    pub line: &'static str,
    /// A vertical line.
    pub bar: &'static str,
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
            pointer: ">",
            mark: "*",
            pointed_mark: "&",
            fence: "|",
            edge: " ",
            bar_full: "=",
            bar_half: "=",
            bar_rest: "-",
            bar_unknown: ".",
            levels: [" ", "_", ".", ":", "-", "=", "+", "*", "#"],
            gap: " ",
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
}
