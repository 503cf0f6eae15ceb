//! A line of text that the user edits.

use ratatui::crossterm::event::KeyEvent;
use tui_textarea::TextArea;

/// A line of text that the user edits: the one thing of ratatui's in the model.
#[derive(Clone, Debug)]
pub struct Input(TextArea<'static>);

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
        area.move_cursor(tui_textarea::CursorMove::End);
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

    /// A key that edits; true if the text has changed. Keys that would begin another line do nothing.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        self.0.input_without_shortcuts(key)
    }

    /// Text from a paste: one line of it, without what a terminal would obey.
    pub fn paste(&mut self, text: &str) {
        let line: String = text.lines().next().unwrap_or("").to_owned();
        self.0
            .insert_str(crate::domain::text::Text::new(&line).as_str());
    }
}
