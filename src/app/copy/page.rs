//! A page of plain text for a chat or a ticket: 80 columns, drawn with nothing but ASCII.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns of the page.
pub const WIDTH: usize = 80;
/// Columns of a label with the gap after it.
pub const LABEL: usize = 15;

/// A page that is being written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    lines: Vec<String>,
    width: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self::of_width(WIDTH)
    }
}

impl Page {
    /// A page of so many columns.
    pub fn of_width(width: usize) -> Self {
        Self {
            lines: Vec::new(),
            width,
        }
    }

    /// A line, wrapped at words where it is too long; what follows is indented by two columns more.
    pub fn line(&mut self, text: &str) {
        let indent = text.len() - text.trim_start_matches(' ').len();
        self.wrapped(&" ".repeat(indent), &" ".repeat(indent + 2), text.trim());
    }

    /// A line that is cut where it is too long.
    pub fn row(&mut self, text: &str) {
        self.lines.push(cut(text, self.width).trim_end().to_owned());
    }

    /// An empty line, unless there is one already.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|l| !l.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// `PROCESSES`, above what it is about.
    pub fn head(&mut self, text: &str) {
        self.gap();
        self.lines.push(text.to_owned());
    }

    /// A label and what it is of, wrapped beside it.
    pub fn labelled(&mut self, label: &str, text: &str) {
        let first = left(label, LABEL);
        self.wrapped(&first, &" ".repeat(LABEL), text);
    }

    /// Rows in columns as wide as they must be, under their heads; what is too wide for the page is cut.
    pub fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) {
        let mut widths: Vec<usize> = heads.iter().map(|h| width(h)).collect();
        for row in rows {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = (*column).max(width(cell));
            }
        }
        let heads: Vec<String> = heads.iter().map(|h| (*h).to_owned()).collect();
        for row in std::iter::once(&heads).chain(rows) {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| left(cell, *width))
                .collect();
            self.row(&cells.join("  "));
        }
    }

    /// Another page below this one.
    pub fn append(&mut self, other: Self) {
        self.lines.extend(other.lines);
    }

    /// The page.
    pub fn into_text(mut self) -> String {
        while self.lines.last().is_some_and(String::is_empty) {
            self.lines.pop();
        }
        self.lines.push(String::new());
        self.lines.join("\n")
    }

    fn wrapped(&mut self, first: &str, then: &str, text: &str) {
        let mut line = first.to_owned();
        // spaces since the last word: two set things apart, and stay two
        let mut spaces = 0;
        for word in text.split(' ') {
            // a word that no line holds is broken, so that nothing is lost of it
            for piece in pieces(word, self.width.saturating_sub(width(then)).max(10)) {
                if width(&line) + spaces + width(&piece) > self.width {
                    self.lines.push(line.trim_end().to_owned());
                    line = then.to_owned();
                    spaces = 0;
                }
                line.push_str(&" ".repeat(spaces));
                line.push_str(&piece);
                spaces = 0;
            }
            spaces += 1;
        }
        self.lines.push(line.trim_end().to_owned());
    }
}

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// As much of `text` as `columns` hold; where some is missing the last column is `~`.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept = pieces(text, columns.saturating_sub(1));
    kept.first().map_or_else(String::new, |k| format!("{k}~"))
}

fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` in pieces of at most `columns`.
fn pieces(text: &str, columns: usize) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = width(grapheme);
        if used + wide > columns && used > 0 {
            out.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(last) = out.last_mut() {
            last.push_str(grapheme);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Page, WIDTH, width};

    #[test]
    fn no_line_is_wider_than_the_page_and_nothing_is_lost() {
        let mut page = Page::default();
        let long = "한글".repeat(40);
        page.labelled("command", &format!("python3 {long} --last"));
        page.line(&format!("  {}", "word ".repeat(40)));
        let text = page.into_text();
        assert!(text.lines().all(|l| width(l) <= WIDTH), "{text}");
        assert_eq!(text.matches('한').count(), 40);
        assert!(text.contains("--last"));
    }

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let mut page = Page::default();
        page.table(
            &["GI", "POD"],
            &[
                vec!["12".into(), "a".into()],
                vec!["한글".into(), "b".into()],
            ],
        );
        assert_eq!(page.into_text(), "GI    POD\n12    a\n한글  b\n");
    }
}
