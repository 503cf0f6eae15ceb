//! A screen as text, and its looks as a second text of the same shape.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Letters for looks, in the order in which they are met. The first is that of most of the screen, and is not written.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Lines with a bar at each end, so that blanks are to be seen; then a letter a cell for its look, and what the letters
/// stand for.
pub fn print(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut looks: Vec<String> = vec![look(&Cell::default())];
    let (mut text, mut styles) = (String::new(), String::new());
    for y in area.top()..area.bottom() {
        text.push('|');
        let mut line = String::new();
        let mut hidden = 0;
        for x in area.left()..area.right() {
            let cell = &buffer[(x, y)];
            if hidden > 0 {
                hidden -= 1;
            } else {
                text.push_str(cell.symbol());
                hidden = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            }
            let look = look(cell);
            let at = looks.iter().position(|l| *l == look).unwrap_or_else(|| {
                looks.push(look);
                looks.len() - 1
            });
            let letter = at
                .checked_sub(1)
                .map(|n| LETTERS.chars().nth(n).expect("more looks than letters"));
            line.push(letter.unwrap_or(' '));
        }
        text.push_str("|\n");
        let _ = writeln!(styles, "|{}", line.trim_end());
    }
    let mut out = format!("{text}\n{styles}\n");
    for (letter, look) in LETTERS.chars().zip(looks.iter().skip(1)) {
        let _ = writeln!(out, "{letter} {look}");
    }
    out
}

fn look(cell: &Cell) -> String {
    let colour = |name: &str, colour: Color| match colour {
        Color::Reset => String::new(),
        other => format!("{name} {other} "),
    };
    let mut words = colour("on", cell.bg);
    words.insert_str(0, &colour("fg", cell.fg));
    for (modifier, name) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            words.push_str(name);
            words.push(' ');
        }
    }
    words.trim_end().to_owned()
}
