//! A table without lines: heads, rows, columns as wide as needed, some of which give way.

use crate::cli::style::{Role, Style};

use super::{cut, pad, width};

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its head.
    pub head: &'static str,
    /// Numbers stand to the right.
    pub right: bool,
    /// Narrowest it may become where the table is too wide; `None`: it never gives way.
    pub least: Option<usize>,
    /// Where the table is too wide even so, the column with the highest number is left out first; 0: it stays.
    pub expendable: u8,
}

impl Column {
    /// Text to the left, never cut.
    pub const fn left(head: &'static str) -> Self {
        Self {
            head,
            right: false,
            least: None,
            expendable: 0,
        }
    }

    /// A number.
    pub const fn right(head: &'static str) -> Self {
        Self {
            head,
            right: true,
            least: None,
            expendable: 0,
        }
    }

    /// Text that may be cut to `least` columns.
    pub const fn flexible(head: &'static str, least: usize) -> Self {
        Self {
            head,
            right: false,
            least: Some(least),
            expendable: 0,
        }
    }
}

impl Column {
    /// The same, left out of a table that is too wide: the highest number first.
    #[must_use]
    pub const fn expendable(mut self, order: u8) -> Self {
        self.expendable = order;
        self
    }
}

/// Text in a role.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// What it means; `None`: nothing special.
    pub role: Option<Role>,
}

impl Cell {
    /// Text in a role.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self {
            text: text.into(),
            role: Some(role),
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            role: None,
        }
    }
}

/// Lines of the table, heads first. A column in which no row says anything is left out.
pub fn lines(columns: &[Column], rows: &[Vec<Cell>], style: Style) -> Vec<String> {
    let mut shown: Vec<usize> = (0..columns.len())
        .filter(|&c| rows.iter().any(|r| !r[c].text.is_empty()))
        .collect();
    let natural = |c: usize| {
        let cells = rows.iter().map(|r| width(&r[c].text)).max().unwrap_or(0);
        cells.max(width(columns[c].head))
    };
    leave_out(columns, &mut shown, natural, style.width);
    let mut widths: Vec<usize> = shown.iter().map(|&c| natural(c)).collect();
    give_way(columns, &shown, &mut widths, style.width);
    let line = |cells: &mut dyn Iterator<Item = (&str, Option<Role>)>| {
        let mut out = String::new();
        let mut gap = String::new();
        for ((text, role), (&c, &w)) in cells.zip(shown.iter().zip(&widths)) {
            let text = cut(text, w);
            let padded = pad(&text, w, columns[c].right);
            // spaces are held back until something follows, so that no line ends in them
            let start = padded.len() - padded.trim_start_matches(' ').len();
            gap.push_str(&padded[..start]);
            let body = padded[start..].trim_end_matches(' ');
            if !body.is_empty() {
                out.push_str(&gap);
                gap.clear();
                out.push_str(&role.map_or_else(|| body.to_owned(), |r| style.paint(r, body)));
            }
            gap.push_str(&padded[start + body.len()..]);
            gap.push(' ');
        }
        out
    };
    let mut out = vec![line(
        &mut shown.iter().map(|&c| (columns[c].head, Some(Role::Faint))),
    )];
    out.extend(
        rows.iter()
            .map(|row| line(&mut shown.iter().map(|&c| (row[c].text.as_str(), row[c].role)))),
    );
    out
}

/// Leaves out columns that can be spared until the rest fits in its narrowest form.
fn leave_out(
    columns: &[Column],
    shown: &mut Vec<usize>,
    natural: impl Fn(usize) -> usize,
    room: usize,
) {
    let narrowest = |c: usize| {
        columns[c]
            .least
            .map_or(natural(c), |least| natural(c).min(least))
    };
    while shown.iter().map(|&c| narrowest(c) + 1).sum::<usize>() > room + 1 {
        let spared = shown
            .iter()
            .copied()
            .filter(|&c| columns[c].expendable > 0)
            .max_by_key(|&c| columns[c].expendable);
        let Some(spared) = spared else { return };
        shown.retain(|&c| c != spared);
    }
}

/// Narrows the widest of the flexible columns, one column of the terminal at a time, until the table fits.
fn give_way(columns: &[Column], shown: &[usize], widths: &mut [usize], room: usize) {
    let gaps = shown.len().saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    while over > 0 {
        let widest = (0..shown.len())
            .filter(|&i| {
                columns[shown[i]]
                    .least
                    .is_some_and(|least| widths[i] > least)
            })
            .max_by_key(|&i| widths[i]);
        let Some(i) = widest else { return };
        widths[i] -= 1;
        over -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style {
        colour: false,
        width: 20,
    };

    #[test]
    fn columns_are_aligned_and_the_flexible_one_gives_way() {
        let columns = [
            Column::left("G"),
            Column::right("MEM"),
            Column::flexible("POD", 4),
            Column::left("SINCE"),
        ];
        let rows = vec![
            vec![
                "0".into(),
                "1.0".into(),
                "ns/a-long-name".into(),
                "3d".into(),
            ],
            vec!["1".into(), "11.0".into(), "ns/b".into(), "".into()],
        ];
        assert_eq!(
            lines(&columns, &rows, PLAIN),
            ["G  MEM POD     SINCE", "0  1.0 ns/a-l~ 3d", "1 11.0 ns/b",]
        );
    }

    #[test]
    fn a_column_without_content_is_left_out_and_colours_do_not_count() {
        let columns = [Column::left("A"), Column::left("B"), Column::left("C")];
        let rows = vec![vec![Cell::new("x", Role::Danger), "".into(), "z".into()]];
        let coloured = Style {
            colour: true,
            width: 20,
        };
        assert_eq!(lines(&columns, &rows, PLAIN), ["A C", "x z"]);
        let painted = lines(&columns, &rows, coloured);
        assert!(painted[1].ends_with(" z"), "{painted:?}");
        assert!(painted[1].contains("\u{1b}["), "{painted:?}");
    }

    #[test]
    fn the_most_expendable_column_goes_first_and_only_where_cutting_is_not_enough() {
        let columns = [
            Column::left("GPU"),
            Column::flexible("POD", 6),
            Column::left("EVIDENCE").expendable(2),
            Column::right("SINCE").expendable(1),
        ];
        let rows = vec![vec![
            "0".into(),
            "ns/a-name".into(),
            "nvml".into(),
            "3d".into(),
        ]];
        let at = |width| {
            let style = Style {
                colour: false,
                width,
            };
            lines(&columns, &rows, style).remove(0)
        };
        assert_eq!(at(25), "GPU POD    EVIDENCE SINCE");
        assert_eq!(at(24), "GPU POD       SINCE");
        assert_eq!(at(15), "GPU POD");
    }
}
