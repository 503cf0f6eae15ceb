//! One GPU's memory slices drawn to scale, with its instances at their true placements.
//!
//! ```text
//! 0    1    2    3    4    5    6    7
//! [1g B][1g B][1g a][1g f][1g f][1g f][1g f]xxxxx     seven of 1g.5gb, slice 7 lost
//! [3g.20gb busy          ]________________________    one of 3g.20gb, room for another
//! ```

use crate::cli::strip::attribute;
use crate::cli::style::Role;
use crate::cli::text::pad;
use crate::formats::status::{Gpu, Instance, SlotState};

/// Text, and what it means.
pub(super) type Piece = (String, Option<Role>);

/// Columns that one memory slice takes: the same for all GPUs of a table.
pub(super) fn scale(axis: u32, room: usize) -> usize {
    let axis = axis.max(1) as usize;
    (room / axis).clamp(2, 8)
}

/// The strip of a GPU, `scale` columns a slice; `None` where placements are not known.
pub(super) fn pieces(gpu: &Gpu, scale: usize) -> Option<Vec<Piece>> {
    let axis = gpu.axis?;
    let mut placed: Vec<(u32, u32, &Instance)> = Vec::new();
    for instance in gpu.instances.as_ref()? {
        placed.push((instance.start?, instance.size?, instance));
    }
    placed.sort_by_key(|(start, ..)| *start);
    let mut out = Vec::new();
    let mut at = 0;
    for (start, size, instance) in placed {
        gap(gpu, at..start, scale, &mut out);
        let inside = (size as usize * scale).saturating_sub(2);
        let profile = instance.profile.as_ref().map_or("?", |p| p.as_str());
        let label = label(profile, instance.state, inside);
        out.push((
            format!("[{}]", pad(&label, inside, false)),
            Some(role(instance.state)),
        ));
        at = start + size;
    }
    gap(gpu, at..axis, scale, &mut out);
    Some(out)
}

/// Slices without an instance: `_` where one more would fit, `x` where none does.
fn gap(gpu: &Gpu, slices: std::ops::Range<u32>, scale: usize, out: &mut Vec<Piece>) {
    for slice in slices {
        let (mark, role) = match takes(gpu, slice) {
            Some(true) => ("_", Role::Free),
            Some(false) => ("x", Role::Faint),
            None => (".", Role::Faint),
        };
        out.push((mark.repeat(scale), Some(role)));
    }
}

/// Whether an instance that fits now would lie on `slice`.
pub(super) fn takes(gpu: &Gpu, slice: u32) -> Option<bool> {
    let free = gpu.free.as_ref()?;
    Some(free.iter().any(|f| {
        f.starts
            .iter()
            .any(|start| (*start..start + f.size).contains(&slice))
    }))
}

/// As much as fits: `3g.20gb busy`, `3g.20gb B`, `3g B`, `B`; of a profile with an attribute `1g+gfx f` or `+gfx f`
/// before the attribute goes, since it tells profiles of one size apart.
fn label(profile: &str, state: SlotState, room: usize) -> String {
    let compute = profile.split('.').next().unwrap_or(profile);
    let letter = letter(state);
    let whole = [
        format!("{profile} {}", word(state)),
        format!("{profile} {letter}"),
    ];
    let with_attribute = match attribute(profile) {
        "" => Vec::new(),
        attribute => vec![
            format!("{compute}{attribute} {letter}"),
            format!("{attribute} {letter}"),
        ],
    };
    whole
        .into_iter()
        .chain(with_attribute)
        .chain([format!("{compute} {letter}"), letter.to_owned()])
        .find(|l| l.len() <= room)
        .unwrap_or_default()
}

/// The state in one character.
pub(super) const fn letter(state: SlotState) -> &'static str {
    match state {
        SlotState::Busy => "B",
        SlotState::Allocated => "a",
        SlotState::Free => "f",
        SlotState::NoCi => "e",
        SlotState::Sick => "!",
        SlotState::Unknown => "?",
    }
}

/// The state in a word.
pub(super) const fn word(state: SlotState) -> &'static str {
    match state {
        SlotState::Busy => "busy",
        SlotState::Allocated => "allocated",
        SlotState::Free => "free",
        SlotState::NoCi => "no CI",
        SlotState::Sick => "SICK",
        SlotState::Unknown => "unknown",
    }
}

/// What the state means for colours.
pub(super) const fn role(state: SlotState) -> Role {
    match state {
        SlotState::Busy => Role::Busy,
        SlotState::Allocated => Role::Allocated,
        SlotState::Free => Role::Free,
        SlotState::NoCi => Role::Caution,
        SlotState::Sick => Role::Danger,
        SlotState::Unknown => Role::Faint,
    }
}

#[cfg(test)]
mod tests {
    use super::{SlotState, label};

    #[test]
    fn an_attribute_outlives_the_size_and_the_state_outlives_both() {
        for (profile, room, drawn) in [
            ("1g.24gb+gfx", 16, "1g.24gb+gfx free"),
            ("1g.24gb+gfx", 13, "1g.24gb+gfx f"),
            ("1g.24gb+gfx", 10, "1g+gfx f"),
            ("1g.24gb+me.all", 10, "+me.all f"),
            ("1g.24gb-me", 10, "1g-me f"),
            ("1g.24gb-me", 5, "-me f"),
            ("1g.24gb-me", 4, "1g f"),
            ("1g.24gb", 10, "1g.24gb f"),
            ("1g.5gb", 4, "1g f"),
            ("1g.5gb", 1, "f"),
        ] {
            assert_eq!(
                label(profile, SlotState::Free, room),
                drawn,
                "{profile} in {room}"
            );
        }
    }
}
