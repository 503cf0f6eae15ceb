//! A list: what is selected, marked, filtered and sorted on a screen.

use std::collections::BTreeSet;

use super::at::RowId;
use super::filter::{Filter, FilterError};
use super::rows::Rows;
use super::screen::Screen;
use super::sort::{Column, Sort};
use crate::domain::text::Text;

/// State of a screen's list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct List {
    /// What is selected, by what it is.
    pub selected: Option<RowId>,
    /// Where in `rows` the selected row was when it was last seen: the row to select when it has gone.
    pub at: usize,
    /// Rows near the selected one, nearest first: when it goes, the first of them that stays is selected.
    pub near: Vec<RowId>,
    /// Whether the selection is the user's, or has gone to what is worst: it is not led anywhere any more.
    pub settled: bool,
    /// The selection that a filter being typed is measured from; `None`: none was typed since the list was whole.
    pub home: Option<Home>,
    /// First row that is drawn.
    pub offset: usize,
    /// Marked rows.
    pub marks: BTreeSet<RowId>,
    /// The filter as typed; empty: none. Set by [`List::set_filter`].
    pub filter: String,
    /// What it means.
    pub parsed: Filter,
    /// The order; `None`: the natural one.
    pub sort: Option<Sort>,
    /// Rows in their order, after filter and sort.
    pub rows: Rows,
    /// What the rows were computed from.
    pub made: Option<Made>,
}

/// What was selected before a filter was typed, or by hand since: each letter selects it or, where it does not match,
/// what is near to it. Otherwise a letter that matches little would lead away, and giving up would not lead back.
#[derive(Clone, PartialEq, Debug)]
pub struct Home {
    selected: Option<RowId>,
    at: usize,
    near: Vec<RowId>,
}

/// What rows are computed from: while none of it changes they are as they were.
#[derive(Clone, PartialEq, Debug)]
pub struct Made {
    /// Generation of the fleet.
    pub generation: u64,
    /// The screen.
    pub screen: Screen,
    /// The namespace whose pods are shown.
    pub namespace: Option<Text>,
    /// The filter.
    pub filter: Filter,
    /// The order.
    pub sort: Option<Sort>,
}

impl List {
    /// Filters by what was typed. A bad filter leaves the list as it was.
    ///
    /// # Errors
    /// What is wrong with it, and what is possible.
    pub fn set_filter(&mut self, typed: &str) -> Result<(), FilterError> {
        self.parsed = super::filter::parse(typed)?;
        typed.trim().clone_into(&mut self.filter);
        Ok(())
    }

    /// Remembers what is selected; where nothing is, what was.
    pub fn stay(&mut self) {
        if self.selected.is_some() || self.home.is_none() {
            self.home = Some(Home {
                selected: self.selected.clone(),
                at: self.at,
                near: self.near.clone(),
            });
        }
    }

    /// Selects what [`List::stay`] has remembered, once rows are computed anew.
    pub fn go_home(&mut self) {
        if let Some(home) = &self.home {
            self.selected.clone_from(&home.selected);
            self.at = home.at;
            self.near.clone_from(&home.near);
            self.made = None;
        }
    }

    /// Sorts by a column; by the one that it is sorted by already the other way round.
    pub fn sort_by(&mut self, column: Column) {
        self.sort = match self.sort {
            Some(sort) if sort.column == column => Some(Sort {
                reverse: !sort.reverse,
                ..sort
            }),
            _ => Some(Sort::by(column)),
        };
    }

    /// Selects the first row that there will be: who asks for an order wants to see what comes first in it.
    pub fn to_first(&mut self) {
        self.selected = None;
        self.near.clear();
        self.at = 0;
        self.offset = 0;
        self.settled = true;
    }

    /// The row that is `by` away from the selected one; at the ends the last that there is.
    pub fn stepped(&self, by: isize) -> usize {
        let last = self.rows.places.len().saturating_sub(1);
        self.at.saturating_add_signed(by).min(last)
    }
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

/// Rows that a page moves by: one stays in view, so that the eye keeps its place.
pub const fn page(height: usize) -> usize {
    if height > 1 { height - 1 } else { 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{offset, page};

    proptest! {
        #[test]
        fn the_selected_row_is_always_in_view(
            old in 0usize..300, selected in 0usize..200, height in 1usize..80, more in 0usize..100,
        ) {
            let rows = selected + 1 + more;
            let first = offset(old, selected, height, rows);
            prop_assert!(first <= selected && selected < first + height);
            prop_assert!(first == 0 || first + height <= rows, "no empty lines at the end");
            if old <= selected && selected < old + height && old + height <= rows {
                prop_assert_eq!(first, old, "it does not move without need");
            }
        }
    }

    #[test]
    fn without_room_nothing_is_divided_or_drawn() {
        assert_eq!(offset(7, 3, 0, 10), 0);
        assert_eq!((page(0), page(1), page(20)), (1, 1, 19));
    }
}
