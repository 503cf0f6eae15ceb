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
}

impl Column {
    /// Text to the left, never cut.
    pub const fn left(head: &'static str) -> Self {
        Self {
            head,
            right: false,
            least: None,
        }
    }

    /// A number.
    pub const fn right(head: &'static str) -> Self {
        Self {
            head,
            right: true,
            least: None,
        }
    }

    /// Text that may be cut to `least` columns.
    pub const fn flexible(head: &'static str, least: usize) -> Self {
        Self {
            head,
            right: false,
            least: Some(least),
        }
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
    let shown: Vec<usize> = (0..columns.len())
        .filter(|&c| rows.iter().any(|r| !r[c].text.is_empty()))
        .collect();
    let mut widths: Vec<usize> = shown
        .iter()
        .map(|&c| {
            let cells = rows.iter().map(|r| width(&r[c].text)).max().unwrap_or(0);
            cells.max(width(columns[c].head))
        })
        .collect();
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
}
