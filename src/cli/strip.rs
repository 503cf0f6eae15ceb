//! A layout drawn on its axis of memory slices.

use crate::domain::catalog::Board;
use crate::domain::layout::Layout;
use crate::domain::placement::Placement;

use super::style::{Role, Style};
use super::text::{cut, pad, width};

/// What tells profiles of one size apart: `+gfx` of `1g.24gb+gfx`, nothing of `1g.24gb`.
pub(super) fn attribute(profile: &str) -> &str {
    profile.find(['+', '-']).map_or("", |at| &profile[at..])
}

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
    label: impl Fn(&str, usize) -> String,
) -> String {
    let space = layout.space(board);
    let named = layout.instances().iter().map(|gi| {
        let room = columns(gi.placement, slice).saturating_sub(2);
        let name = cut(&label(&board.name_of(gi.profile), room), room);
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

/// The profile's name as a box of `room` columns can hold it: `1g.24gb+me.all`, `1g+me.all`, `+me.all`, `1g`.
pub(super) fn whole(name: &str, room: usize) -> String {
    if width(name) <= room {
        name.to_owned()
    } else {
        short(name, room)
    }
}

/// As [`whole`], and never with the memory: `1g+me.all`, `+me.all`, `1g`.
pub(super) fn short(name: &str, room: usize) -> String {
    let Some((slices, _)) = name.split_once('.') else {
        return name.to_owned();
    };
    let attribute = attribute(name);
    let both = format!("{slices}{attribute}");
    if width(&both) <= room {
        both
    } else if !attribute.is_empty() && width(attribute) <= room {
        attribute.to_owned()
    } else {
        slices.to_owned()
    }
}

fn columns(at: Placement, slice: usize) -> usize {
    usize::try_from(at.size).unwrap_or(0).saturating_mul(slice)
}

#[cfg(test)]
mod tests {
    use super::{short, whole};

    #[test]
    fn an_attribute_outlives_the_size_where_room_is_short() {
        for (name, room, boxed) in [
            ("1g.24gb+me.all", 14, "1g.24gb+me.all"),
            ("1g.24gb+me.all", 13, "1g+me.all"),
            ("1g.24gb+me.all", 8, "+me.all"),
            ("1g.24gb+gfx", 7, "1g+gfx"),
            ("1g.24gb-me", 4, "-me"),
            ("1g.24gb+gfx", 3, "1g"),
            ("2g.48gb", 4, "2g"),
        ] {
            assert_eq!(whole(name, room), boxed, "{name} in {room}");
        }
        assert_eq!(short("4g.24gb", 14), "4g");
        assert_eq!(short("1g.24gb+gfx", 14), "1g+gfx");
    }
}
