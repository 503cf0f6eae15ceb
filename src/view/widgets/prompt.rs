//! A line that is being typed: `/state:busy mem>80_`. Longer text than there is room for scrolls with the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Widget;
use unicode_segmentation::UnicodeSegmentation;

use crate::view::fit::{put, width};
use crate::view::{Ctx, Role};

/// A line that is being typed.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'a> {
    /// The picture's needs.
    pub ctx: &'a Ctx<'a>,
    /// What stands before the text: `/`, `:`.
    pub label: &'a str,
    /// The text.
    pub text: &'a str,
    /// Characters before the cursor.
    pub cursor: usize,
    /// What is said where nothing is typed yet.
    pub placeholder: &'a str,
}

impl Widget for &Prompt<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let input = self.ctx.style(Role::Input);
        let line = Rect { height: 1, ..area };
        buf.set_style(line, input);
        let from = put(
            buf,
            area.x,
            area.y,
            area.width,
            self.label,
            self.ctx.style(Role::Key),
        );
        let room = area.right().saturating_sub(from);
        let cursor = Style::new().add_modifier(Modifier::REVERSED);
        if self.text.is_empty() {
            let placeholder = self.ctx.style(Role::Dim);
            put(
                buf,
                from.saturating_add(1),
                area.y,
                room.saturating_sub(1),
                self.placeholder,
                placeholder,
            );
        }
        let (seen, at) = window(self.text, self.cursor, room.into());
        put(buf, from, area.y, room, seen, input);
        let at = from.saturating_add(u16::try_from(at).unwrap_or(0));
        if at < area.right() {
            buf.set_style(Rect::new(at, area.y, 1, 1), cursor);
        }
    }
}

/// The part of the text that is seen, and the column of the cursor in it: the cursor is always seen, also behind the
/// last character.
fn window(text: &str, cursor: usize, room: usize) -> (&str, usize) {
    let at = text
        .char_indices()
        .nth(cursor)
        .map_or(text.len(), |(at, _)| at);
    let before = &text[..at];
    let mut start = 0;
    while width(&before[start..]) >= room.max(1) {
        match before[start..].graphemes(true).next() {
            Some(first) => start += first.len(),
            None => break,
        }
    }
    let mut end = start;
    let mut used = 0;
    for grapheme in text[start..].graphemes(true) {
        used += width(grapheme);
        if used > room {
            break;
        }
        end += grapheme.len();
    }
    (&text[start..end], width(&before[start..]))
}

#[cfg(test)]
mod tests {
    use super::{Prompt, window};
    use crate::app::fixture::model;
    use crate::view::Role;
    use crate::view::fixture::Drawn;
    use ratatui::style::Modifier;
    use ratatui::widgets::Widget;

    fn drawn(width: u16, text: &str, cursor: usize) -> Drawn {
        Drawn::of(&model(Vec::new()), (width, 1), |ctx, area, buf, _| {
            let prompt = Prompt {
                ctx,
                label: "/",
                text,
                cursor,
                placeholder: "a word, or field=value",
            };
            (&prompt).render(area, buf);
        })
    }

    #[test]
    fn what_may_be_typed_is_said_until_something_is() {
        let page = drawn(40, "", 0);
        assert_eq!(page.lines(), ["/ a word, or field=value"]);
        assert_eq!(page.look("/"), page.role(Role::Key));
        assert_eq!(page.look("a word").0, page.role(Role::Dim).0);
        let page = drawn(40, "한글 busy", 2);
        assert_eq!(page.lines(), ["/한글 busy"]);
        let (_, weight) = page.look(" busy");
        assert!(
            weight.contains(Modifier::REVERSED),
            "the cursor stands there"
        );
        assert!(!page.look("busy").1.contains(Modifier::REVERSED));
        for width in 0..12 {
            drawn(width, "한글 busy", 7);
        }
    }

    #[test]
    fn the_cursor_is_always_seen() {
        for (text, cursor, room, seen, at) in [
            ("state", 5, 10, "state", 5),
            ("state", 5, 5, "tate", 4),
            ("state", 0, 3, "sta", 0),
            ("한글이름", 4, 5, "이름", 4),
            ("한글이름", 1, 5, "한글", 2),
            ("a한글", 1, 2, "a", 1),
            ("", 0, 4, "", 0),
            ("abc", 9, 10, "abc", 3),
            ("abc", 1, 0, "", 0),
        ] {
            let found = window(text, cursor, room);
            assert_eq!(found, (seen, at), "{text} {cursor} {room}");
        }
    }
}
