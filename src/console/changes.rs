//! Which cells have to be written to make one frame of another.
//!
//! Own code, because ratatui's forgets the other half of a wide character that is overwritten by half: what a terminal
//! leaves there differs.

use ratatui::buffer::{Buffer, Cell};
use unicode_width::UnicodeWidthStr;

/// The cells of `next` to be written, with column and line, in reading order. Both frames are of one size.
pub fn changes<'a>(
    before: &'a Buffer,
    next: &'a Buffer,
) -> impl Iterator<Item = (u16, u16, &'a Cell)> {
    let width = usize::from(next.area.width.max(1));
    let lines = before.content.chunks(width).zip(next.content.chunks(width));
    (0..).zip(lines).flat_map(|(y, (before, next))| {
        let changed = (before != next).then(|| in_line(before, next));
        let cells = changed.unwrap_or_default().into_iter();
        cells.map(move |(x, cell)| (x, y, cell))
    })
}

/// Those of one line.
fn in_line<'a>(before: &[Cell], next: &'a [Cell]) -> Vec<(u16, &'a Cell)> {
    let (old, new) = (seconds(before), seconds(next));
    let mut written: Vec<bool> = before.iter().zip(next).map(|(b, n)| b != n).collect();
    // a wide character is written as a whole, and falls as a whole; each may reach into the next
    let mut more = true;
    while more {
        more = false;
        for x in 1..written.len() {
            if (old[x] || new[x]) && written[x - 1] != written[x] {
                written[x - 1] = true;
                written[x] = true;
                more = true;
            }
        }
    }
    (0..)
        .zip(next)
        .zip(written.iter().zip(&new))
        .filter(|(_, (written, second))| **written && !**second)
        .map(|(cell, _)| cell)
        .collect()
}

/// Which cells are the second half of a wide character.
fn seconds(line: &[Cell]) -> Vec<bool> {
    let mut second = false;
    line.iter()
        .map(|cell| {
            let this = second;
            second = !this && cell.symbol().width() == 2;
            this
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn written(before: &str, next: &str) -> String {
        let line = |text: &str| Buffer::with_lines([text]);
        let (before, next) = (line(before), line(next));
        changes(&before, &next)
            .map(|(x, y, cell)| format!("{x},{y}{} ", cell.symbol()))
            .collect()
    }

    #[test]
    fn what_stays_is_not_written() {
        assert_eq!(written("abc", "abc"), "");
        assert_eq!(written("abc", "axc"), "1,0x ");
        assert_eq!(written("한글 a", "한글 b"), "5,0b ");
    }

    #[test]
    fn a_wide_character_is_written_once_and_falls_as_a_whole() {
        assert_eq!(written("ab", "한"), "0,0한 ");
        assert_eq!(written("한", "ab"), "0,0a 1,0b ");
        assert_eq!(written("한 ", " 한"), "0,0  1,0한 ");
        // the second half of the old one stays blank, and is written all the same
        assert_eq!(written("한글  ", " 한  "), "0,0  1,0한 3,0  ");
    }

    #[test]
    fn the_look_of_a_cell_counts() {
        let before = Buffer::with_lines(["한"]);
        let mut next = before.clone();
        next.set_style(next.area, Style::new().bold());
        assert_eq!(changes(&before, &next).count(), 1);
    }
}
