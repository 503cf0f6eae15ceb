//! Cells to bytes.
//!
//! Own code, because crossterm writes the sixteen colours as 256 ones, which old terminals do not know, takes reverse and
//! bold away where `NO_COLOR` is set, and writes where nothing has changed.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Modifiers and the SGR number that switches each on.
const MODIFIERS: [(Modifier, u8); 8] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

/// Writes cells; remembers where the cursor is and what is switched on.
#[derive(Debug, Default)]
pub struct Pen {
    /// Column and line, if that is certain.
    at: Option<(u16, u16)>,
    look: Look,
    number: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    /// Writes cells, given with column and line and in reading order; `width` is that of the window. At the end nothing
    /// is switched on.
    pub fn draw<'a>(
        &mut self,
        cells: impl Iterator<Item = (u16, u16, &'a Cell)>,
        width: u16,
        out: &mut Vec<u8>,
    ) {
        self.at = None;
        for (x, y, cell) in cells {
            self.go(x, y, out);
            self.look_like(cell, out);
            let symbol = cell.symbol();
            out.extend(symbol.as_bytes());
            self.at = after(x, y, symbol, width);
        }
        if self.look != Look::default() {
            out.extend(b"\x1b[0m");
            self.look = Look::default();
        }
    }

    fn go(&mut self, x: u16, y: u16, out: &mut Vec<u8>) {
        match self.at {
            Some((at, line)) if line == y && at == x => {}
            Some((at, line)) if line == y && at < x => {
                out.extend(b"\x1b[");
                if x - at > 1 {
                    self.number(x - at, out);
                }
                out.push(b'C');
            }
            _ => {
                out.extend(b"\x1b[");
                self.number(y + 1, out);
                out.push(b';');
                self.number(x + 1, out);
                out.push(b'H');
            }
        }
    }

    fn look_like(&mut self, cell: &Cell, out: &mut Vec<u8>) {
        let wanted = Look {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        };
        if wanted == self.look {
            return;
        }
        let begun = out.len();
        out.extend(b"\x1b[");
        let first = out.len();
        // what is on can only be switched off all at once: bold and dim share their switch
        let mut now = self.look;
        if !(now.modifier - wanted.modifier).is_empty() {
            out.push(b'0');
            now = Look::default();
        }
        let next = |out: &mut Vec<u8>| {
            if out.len() > first {
                out.push(b';');
            }
        };
        for (modifier, number) in MODIFIERS {
            if (wanted.modifier - now.modifier).contains(modifier) {
                next(out);
                out.push(b'0' + number);
            }
        }
        for (is, was, base) in [(wanted.fg, now.fg, 30), (wanted.bg, now.bg, 40)] {
            if is != was {
                next(out);
                colour(is, base, out);
            }
        }
        if out.len() == first {
            // a modifier that terminals have no number for
            out.truncate(begun);
        } else {
            out.push(b'm');
        }
        self.look = wanted;
    }

    fn number(&mut self, n: u16, out: &mut Vec<u8>) {
        use std::io::Write;
        self.number.clear();
        let _ = write!(self.number, "{n}");
        out.extend(&self.number);
    }
}

/// Where the cursor is after `symbol`; `None` where terminals differ.
fn after(x: u16, y: u16, symbol: &str, width: u16) -> Option<(u16, u16)> {
    let mut chars = symbol.chars();
    let columns = match (chars.next(), chars.next()) {
        // boxes, blocks and the like: the window was asked how wide it draws them
        (Some(c), None) if c.is_ascii() || ('\u{a0}'..'\u{2e80}').contains(&c) => {
            (symbol.width() == 1).then_some(1)?
        }
        // Hangul syllables are two columns wide everywhere
        (Some('\u{ac00}'..='\u{d7a3}'), None) => 2,
        _ => return None,
    };
    let next = x + columns;
    // in the last column the cursor waits beyond the edge
    (next < width).then_some((next, y))
}

fn colour(colour: Color, base: u8, out: &mut Vec<u8>) {
    use std::io::Write;
    let basic = |n: u8| if n < 8 { base + n } else { base + 60 + n - 8 };
    let _ = match colour {
        Color::Reset => write!(out, "{}", base + 9),
        Color::Indexed(n) => write!(out, "{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => write!(out, "{};2;{r};{g};{b}", base + 8),
        Color::Black => write!(out, "{}", basic(0)),
        Color::Red => write!(out, "{}", basic(1)),
        Color::Green => write!(out, "{}", basic(2)),
        Color::Yellow => write!(out, "{}", basic(3)),
        Color::Blue => write!(out, "{}", basic(4)),
        Color::Magenta => write!(out, "{}", basic(5)),
        Color::Cyan => write!(out, "{}", basic(6)),
        Color::Gray => write!(out, "{}", basic(7)),
        Color::DarkGray => write!(out, "{}", basic(8)),
        Color::LightRed => write!(out, "{}", basic(9)),
        Color::LightGreen => write!(out, "{}", basic(10)),
        Color::LightYellow => write!(out, "{}", basic(11)),
        Color::LightBlue => write!(out, "{}", basic(12)),
        Color::LightMagenta => write!(out, "{}", basic(13)),
        Color::LightCyan => write!(out, "{}", basic(14)),
        Color::White => write!(out, "{}", basic(15)),
    };
}
