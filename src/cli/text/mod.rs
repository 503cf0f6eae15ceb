//! Laying text out in columns: width is counted in terminal columns, never in bytes or `char`s.

pub mod table;

pub use crate::app::occupant::program as command;
pub use crate::app::words::ranges;

use crate::domain::text::in_ascii;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `most` columns; what is cut ends in `~`.
pub fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let w = width(grapheme);
        if used + w + 1 > most {
            break;
        }
        used += w;
        kept.push_str(grapheme);
    }
    if most > 0 {
        kept.push('~');
    }
    kept
}

/// `text` with spaces up to `to` columns, on the left for numbers.
pub fn pad(text: &str, to: usize, right: bool) -> String {
    let spaces = " ".repeat(to.saturating_sub(width(text)));
    if right {
        spaces + text
    } else {
        text.to_owned() + &spaces
    }
}

/// Words in lines of at most `most` columns. A word that is longer has a line for itself.
pub fn wrap<'a>(words: impl IntoIterator<Item = &'a str>, gap: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if width(line) + width(gap) + width(word) <= most => {
                line.push_str(gap);
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `text` with everything outside ASCII escaped, for terminals that read something else than UTF-8.
pub fn to_ascii(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    in_ascii(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_takes_two_columns_and_is_never_cut_in_half() {
        assert_eq!(width("한글"), 4);
        assert_eq!(cut("한글은 넓다", 6), "한글~");
        assert_eq!(cut("한글", 4), "한글");
        assert_eq!(pad("한", 4, true), "  한");
    }

    #[test]
    fn runs_are_drawn_together() {
        assert_eq!(ranges(&[0, 1, 2, 3, 5, 7, 8].into()), "0-3,5,7-8");
    }

    #[test]
    fn a_program_is_known_by_its_name() {
        assert_eq!(command("/usr/bin/python3 /opt/x.py"), "python3 /opt/x.py");
        assert_eq!(command("[kworker/0:1]"), "[kworker/0:1]");
        assert_eq!(command("bin/"), "bin/");
    }

    #[test]
    fn words_are_wrapped_and_a_long_one_stands_alone() {
        assert_eq!(
            wrap(["a", "bb", "cccccc", "d"], " ", 4),
            ["a bb", "cccccc", "d"]
        );
    }

    #[test]
    fn a_terminal_without_utf8_gets_ascii() {
        assert_eq!(to_ascii("a 한".into()), "a \\u{d55c}");
    }
}
