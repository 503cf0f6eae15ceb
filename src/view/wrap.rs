//! Text broken into lines by what a terminal shows.

use unicode_segmentation::UnicodeSegmentation;

use super::fit::width;

/// `text` in lines of at most `columns`, broken at spaces; a word that is longer than a line is broken where it must be.
/// Lines after the first begin as deep as the text does, and `hang` deeper.
pub fn wrap(text: &str, columns: usize, hang: usize) -> Vec<String> {
    let depth = text.len() - text.trim_start_matches(' ').len();
    let first = " ".repeat(depth);
    let rest = " ".repeat(depth + hang);
    if columns == 0 {
        return Vec::new();
    }
    // what fits keeps the spaces that stand its columns apart
    if width(text) <= columns {
        return vec![text.trim_end().to_owned()];
    }
    if columns <= depth + hang + 4 {
        // no room to hang in
        return if depth + hang == 0 {
            pieces(text, columns)
        } else {
            wrap(text.trim_start_matches(' '), columns, 0)
        };
    }
    let mut lines = Vec::new();
    let mut line = first;
    let mut empty = true;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        if !empty && width(&line) + 1 + width(word) <= columns {
            line.push(' ');
            line.push_str(word);
            continue;
        }
        if !empty {
            lines.push(std::mem::replace(&mut line, rest.clone()));
        }
        let room = columns - width(&line);
        // what is broken goes on under the hanging lines
        let room = if width(word) <= room {
            room
        } else {
            room.min(columns - width(&rest))
        };
        let mut parts = pieces(word, room).into_iter().peekable();
        while let Some(part) = parts.next() {
            line.push_str(&part);
            if parts.peek().is_some() {
                lines.push(std::mem::replace(&mut line, rest.clone()));
            }
        }
        empty = false;
    }
    lines.push(line);
    lines
}

/// `text` in pieces of at most `columns`, wherever that breaks it.
fn pieces(text: &str, columns: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut piece = String::new();
    for grapheme in text.graphemes(true) {
        if !piece.is_empty() && width(&piece) + width(grapheme) > columns {
            out.push(std::mem::take(&mut piece));
        }
        piece.push_str(grapheme);
    }
    out.push(piece);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_hang() {
        assert_eq!(
            wrap("  a bc def ghij klm", 10, 2),
            ["  a bc def", "    ghij", "    klm"]
        );
        assert_eq!(wrap("", 10, 0), [""]);
        assert_eq!(wrap("a    b", 10, 0), ["a    b"]);
        assert_eq!(wrap("가나다 라마", 7, 0), ["가나다", "라마"]);
    }

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        for text in [
            "",
            "a",
            "  one two three",
            "가나다라마바사 아자차카타파하",
            &"x".repeat(90),
        ] {
            for columns in 2..40 {
                for hang in [0, 2] {
                    let lines = wrap(text, columns, hang);
                    assert!(
                        lines.iter().all(|l| width(l) <= columns),
                        "{columns} {lines:?}"
                    );
                    let all: String = lines.concat().replace(' ', "");
                    assert_eq!(all, text.replace(' ', ""));
                }
            }
        }
    }
}
