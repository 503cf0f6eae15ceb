//! A layout drawn on its axis of memory slices.

use crate::domain::catalog::Board;
use crate::domain::layout::Layout;
use crate::domain::placement::Placement;

use super::style::{Role, Style};
use super::text::{cut, pad};

/// How wide a slice is, in columns, so that the whole axis fits in `room`; `None`: it does not fit at all.
pub(super) fn slice_width(board: &Board, room: usize, most: usize) -> Option<usize> {
    let axis = usize::try_from(board.axis).ok().filter(|n| *n > 0)?;
    let width = (room / axis).min(most);
    (width >= 2).then_some(width)
}

/// The numbers of the slices.
pub(super) fn ruler(board: &Board, slice: usize) -> String {
    let numbers: String = (0..board.axis)
        .map(|n| pad(&n.to_string(), slice, false))
        .collect();
    numbers.trim_end().to_owned()
}

/// `[3g.20gb     ][1g.5gb]____xxxx`: instances, slices in which something fits, slices that nothing can use.
pub(super) fn strip(
    board: &Board,
    layout: &Layout,
    slice: usize,
    style: Style,
    label: impl Fn(&str) -> String,
) -> String {
    let space = layout.space(board);
    let named = layout.instances().iter().map(|gi| {
        let room = columns(gi.placement, slice).saturating_sub(2);
        let name = cut(&label(&board.name_of(gi.profile)), room);
        (
            gi.placement,
            format!("[{}]", pad(&name, room, false)),
            Role::Busy,
        )
    });
    let filled = |role: Role, with: &'static str| {
        move |at: &Placement| (*at, with.repeat(columns(*at, slice)), role)
    };
    let mut parts: Vec<_> = named
        .chain(space.holes.iter().map(filled(Role::Free, "_")))
        .chain(space.lost.iter().map(filled(Role::Faint, "x")))
        .collect();
    parts.sort_by_key(|(at, _, _)| *at);
    parts
        .iter()
        .map(|(_, text, role)| style.paint(*role, text))
        .collect()
}

fn columns(at: Placement, slice: usize) -> usize {
    usize::try_from(at.size).unwrap_or(0).saturating_mul(slice)
}
