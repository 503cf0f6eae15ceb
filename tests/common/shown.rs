//! What is to be seen on a terminal: cells.

pub use vt100::Color;

/// How a cell looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Look {
    pub fg: Color,
    pub bg: Color,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub inverse: bool,
}

/// A cell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cell {
    /// A grapheme; empty in the second column of a wide one.
    pub text: String,
    /// Two columns.
    pub wide: bool,
    pub look: Look,
}

/// All cells, and the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Rows of cells, all of the same length.
    pub rows: Vec<Vec<Cell>>,
    /// Row and column.
    pub cursor: (u16, u16),
    /// Whether the cursor is to be seen.
    pub cursor_on: bool,
}

impl Shown {
    /// What the parser holds.
    pub fn of(screen: &vt100::Screen) -> Self {
        let (height, width) = screen.size();
        let rows = (0..height.get())
            .map(|y| {
                (0..width.get())
                    .map(|x| screen.cell(y, x).map(cell).unwrap_or_default())
                    .collect()
            })
            .collect();
        Self {
            rows,
            cursor: screen.cursor_position(),
            cursor_on: !screen.hide_cursor(),
        }
    }

    /// Lines of text without blanks at their ends.
    pub fn lines(&self) -> Vec<String> {
        self.rows
            .iter()
            .map(|row| {
                let line: String = row.iter().map(|c| c.text.as_str()).collect();
                line.trim_end().to_owned()
            })
            .collect()
    }

    /// All text.
    pub fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// Whether `needle` is on one line.
    pub fn has(&self, needle: &str) -> bool {
        self.lines().iter().any(|l| l.contains(needle))
    }

    /// The first line with `needle`.
    pub fn line(&self, needle: &str) -> Option<String> {
        self.lines().into_iter().find(|l| l.contains(needle))
    }

    /// Row and column of the first `needle`.
    pub fn find(&self, needle: &str) -> Option<(usize, usize)> {
        self.rows.iter().enumerate().find_map(|(y, row)| {
            (0..row.len()).find_map(|x| {
                let rest: String = row[x..].iter().map(|c| c.text.as_str()).collect();
                (!row[x].text.is_empty() && rest.starts_with(needle)).then_some((y, x))
            })
        })
    }
}

fn cell(cell: &vt100::Cell) -> Cell {
    let text = if cell.is_wide_continuation() {
        String::new()
    } else if cell.has_contents() {
        cell.contents().to_owned()
    } else {
        " ".to_owned()
    };
    Cell {
        text,
        wide: cell.is_wide(),
        look: Look {
            fg: cell.fgcolor(),
            bg: cell.bgcolor(),
            bold: cell.bold(),
            dim: cell.dim(),
            italic: cell.italic(),
            underline: cell.underline(),
            inverse: cell.inverse(),
        },
    }
}
