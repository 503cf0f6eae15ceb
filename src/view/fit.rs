//! Text in columns: width, cutting and padding by what a terminal shows, never by bytes or characters.

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// As much of `text` as `columns` hold; where some is missing the last column is `~`.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else {
        return String::new();
    };
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide > room {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    out.push('~');
    out
}

/// Text that is cut, where it has to be, behind a whole word.
pub fn at_a_word(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept = cut(text, columns);
    match kept.rfind(' ') {
        Some(space) if space * 2 > kept.len() => format!("{} ~", &kept[..space]),
        _ => kept,
    }
}

/// Exactly `columns` of `text`, cut or filled with spaces on the right.
pub fn left(text: &str, columns: usize) -> String {
    let mut out = cut(text, columns);
    let used = width(&out);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    out
}

/// Exactly `columns` of `text`, cut or filled with spaces on the left.
pub fn right(text: &str, columns: usize) -> String {
    let out = cut(text, columns);
    let used = width(&out);
    " ".repeat(columns.saturating_sub(used)) + &out
}

/// Writes `text`, cut to `columns`, at a place; the column after it comes back.
pub fn put(buf: &mut Buffer, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
    let area = buf.area;
    if y < area.top() || y >= area.bottom() || x >= area.right() {
        return x;
    }
    let room = columns.min(area.right() - x);
    let text = cut(text, room.into());
    let (end, _) = buf.set_stringn(x, y, &text, room.into(), style);
    end
}
