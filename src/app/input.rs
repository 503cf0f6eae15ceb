//! A line of text that the user edits.

use tui_textarea::{CursorMove, TextArea};

use super::Key;
use super::key::Code;
use crate::domain::text::Text;

/// A line of text that the user edits: the one thing of ratatui's in the model.
#[derive(Clone, Debug)]
pub struct Input(TextArea<'static>);

/// Longest line, in characters: a terminal's line a few times over.
const LONGEST: usize = 512;

impl Default for Input {
    fn default() -> Self {
        Self::new("")
    }
}

impl PartialEq for Input {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() && self.cursor() == other.cursor()
    }
}

impl Input {
    /// A line with the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![text.to_owned()]);
        area.move_cursor(CursorMove::End);
        Self(area)
    }

    /// What is written.
    pub fn text(&self) -> &str {
        self.0.lines().first().map_or("", String::as_str)
    }

    /// Characters before the cursor.
    pub fn cursor(&self) -> usize {
        self.0.cursor().1
    }

    /// A key that writes, deletes or moves, as in a shell's line; true if the text has changed.
    pub fn key(&mut self, key: Key) -> bool {
        let area = &mut self.0;
        let moved = match (key.code, key.ctrl, key.alt) {
            (Code::Char(c), false, false) => {
                if self.text().chars().count() < LONGEST
                    && Text::new(&c.to_string()) == *c.to_string()
                {
                    self.0.insert_char(c);
                    return true;
                }
                return false;
            }
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => {
                return area.delete_char();
            }
            (Code::Delete, ..) | (Code::Char('d'), true, false) => return area.delete_next_char(),
            (Code::Backspace, ..) | (Code::Char('w'), true, false) => return area.delete_word(),
            (Code::Char('d'), false, true) => return area.delete_next_word(),
            (Code::Char('u'), true, false) => {
                // at the head the text area would delete the line break before it
                return area.cursor().1 > 0 && area.delete_line_by_head();
            }
            (Code::Char('k'), true, false) => {
                return area.cursor().1 < self.text().chars().count()
                    && self.0.delete_line_by_end();
            }
            (Code::Left, false, false) | (Code::Char('b'), true, false) => CursorMove::Back,
            (Code::Right, false, false) | (Code::Char('f'), true, false) => CursorMove::Forward,
            (Code::Left, ..) | (Code::Char('b'), false, true) => CursorMove::WordBack,
            (Code::Right, ..) | (Code::Char('f'), false, true) => CursorMove::WordForward,
            (Code::Home, ..) | (Code::Char('a'), true, false) => CursorMove::Head,
            (Code::End, ..) | (Code::Char('e'), true, false) => CursorMove::End,
            _ => return false,
        };
        area.move_cursor(moved);
        false
    }

    /// Text from a paste: one line of it, without what a terminal would obey.
    pub fn paste(&mut self, text: &str) {
        let line = Text::new(text.lines().next().unwrap_or(""));
        let room = LONGEST.saturating_sub(self.text().chars().count());
        let line: String = line.chars().take(room).collect();
        self.0.insert_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(input: &mut Input, keys: &str) {
        for key in keys.split(' ') {
            input.key(key.parse().unwrap());
        }
    }

    #[test]
    fn it_edits_as_a_shell_does() {
        let mut input = Input::new("idle>1h node=a");
        typed(&mut input, "ctrl-w ctrl-w ctrl-w");
        assert_eq!(input.text(), "idle>1h ");
        typed(&mut input, "ctrl-a delete x end y left backspace");
        assert_eq!(input.text(), "xdle>1hy");
        typed(&mut input, "ctrl-k");
        assert_eq!(input.text(), "xdle>1h");
        typed(&mut input, "ctrl-u ctrl-u ctrl-k backspace");
        assert_eq!((input.text(), input.cursor()), ("", 0));
        typed(&mut input, "한 글 enter tab f1 ctrl-x");
        assert_eq!((input.text(), input.cursor()), ("한글", 2));
    }

    #[test]
    fn it_stays_one_line_without_what_a_terminal_obeys() {
        let mut input = Input::new("a");
        input.paste("b\u{1b}[2J\nrm -rf\n");
        assert_eq!(input.text(), "ab\\u{1b}[2J");
        input.paste(&"x".repeat(10_000));
        assert_eq!(input.text().chars().count(), LONGEST);
        assert!(!input.key(Key::char('y')));
        let mut input = Input::default();
        assert!(!input.key(Key::char('\u{202e}')));
        assert_eq!(input.text(), "");
    }
}
