//! A list: what is selected, marked, filtered and sorted on a screen.

use std::collections::BTreeSet;

use super::at::RowId;
use super::rows::Rows;

/// State of a screen's list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct List {
    /// What is selected, by what it is.
    pub selected: Option<RowId>,
    /// Where in `rows` the selected row was when it was last seen: the row to select when it has gone.
    pub at: usize,
    /// First row that is drawn.
    pub offset: usize,
    /// Marked rows.
    pub marks: BTreeSet<RowId>,
    /// The filter as typed; empty: none.
    pub filter: String,
    /// Rows in their order, after filter and sort.
    pub rows: Rows,
}

/// The first row to draw so that `selected` is in view: as near to `offset` as that allows.
pub fn offset(offset: usize, selected: usize, height: usize, rows: usize) -> usize {
    if height == 0 {
        return 0;
    }
    let last = rows.saturating_sub(height);
    offset
        .clamp((selected + 1).saturating_sub(height), selected)
        .min(last)
}
