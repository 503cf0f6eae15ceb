//! A screen as a picture: a plain grid of cells, and what can be made of it: SVG that any browser shows as the terminal
//! did, and text.

mod film;
mod shapes;
mod svg;

pub use film::film;
pub use svg::svg;

/// Red, green, blue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// `#rrggbb`.
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// A colour between this one and `other`: 0 is this one, 1 the other.
    #[must_use]
    pub fn towards(self, other: Self, share: f64) -> Self {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round();
        Self(
            mix(self.0, other.0) as u8,
            mix(self.1, other.1) as u8,
            mix(self.2, other.2) as u8,
        )
    }
}

/// One cell of a grid.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Cell {
    /// A character with what combines with it. Empty behind a wide one.
    pub symbol: String,
    /// Colour; `None`: the grid's ink.
    pub fg: Option<Rgb>,
    /// Background; `None`: the grid's paper.
    pub bg: Option<Rgb>,
    /// Bold.
    pub bold: bool,
    /// Nearer to the background.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Colours changed for each other.
    pub reverse: bool,
    /// Takes this cell and the next one.
    pub wide: bool,
}

/// A screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grid {
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: u16,
    /// Cells, line by line: `width` times `height` of them.
    pub cells: Vec<Cell>,
    /// Colour of what has none.
    pub ink: Rgb,
    /// Background of what has none.
    pub paper: Rgb,
}

impl Grid {
    /// The cells of a line, from 0.
    pub fn line(&self, y: u16) -> &[Cell] {
        let width = usize::from(self.width);
        let from = usize::from(y) * width;
        self.cells.get(from..from + width).unwrap_or(&[])
    }

    /// The lines as text, without spaces at their ends; the last one ends with a line feed.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for y in 0..self.height {
            let line: String = self.line(y).iter().map(|c| c.symbol.as_str()).collect();
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The colours of a cell as they are seen.
    fn colours(&self, cell: &Cell) -> (Rgb, Option<Rgb>) {
        let fg = cell.fg.unwrap_or(self.ink);
        let (fg, bg) = if cell.reverse {
            (cell.bg.unwrap_or(self.paper), Some(fg))
        } else {
            (fg, cell.bg)
        };
        let fg = if cell.dim {
            fg.towards(bg.unwrap_or(self.paper), 0.4)
        } else {
            fg
        };
        (fg, bg.filter(|bg| *bg != self.paper))
    }
}

#[cfg(test)]
mod tests;
