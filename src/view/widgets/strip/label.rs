//! What a box says, from much to little.

use crate::domain::fleet::SlotState;
use crate::domain::reading::Reading;
use crate::domain::units::Bytes;
use crate::view::fit::width;

/// The state in one letter, the same in every language.
pub const fn letter(state: SlotState) -> &'static str {
    match state {
        SlotState::Busy => "B",
        SlotState::Allocated => "a",
        SlotState::Free => "f",
        SlotState::NoCi => "e",
        SlotState::Sick => "!",
        SlotState::Unknown => "?",
    }
}

/// A percentage, longest first. In two digits 99 stands for 99 and more. Nothing where a free instance does nothing.
pub(super) fn percent(percent: Option<f64>, state: SlotState) -> Vec<String> {
    let Some(percent) = percent else {
        return match state {
            SlotState::Free | SlotState::NoCi => Vec::new(),
            _ => vec!["n/a".to_owned()],
        };
    };
    let whole = percent.round().clamp(0.0, 999.0);
    if whole == 0.0 && matches!(state, SlotState::Free | SlotState::NoCi) {
        return Vec::new();
    }
    let mut numbers = vec![format!("{whole:.0}%"), format!("{whole:.0}")];
    if whole > 99.0 {
        numbers.push("99".to_owned());
    }
    numbers
}

/// Less than this is shown as 0.0: what the driver itself keeps in an instance.
pub(super) const LEAST_GIB: f64 = 0.05;

/// Memory in GiB, longest first. Nothing where a free instance holds none to speak of.
pub(super) fn memory(
    memory: Option<(&Reading<Bytes>, &Reading<Bytes>)>,
    state: SlotState,
) -> Vec<String> {
    let Some(used) = memory.and_then(|(used, _)| used.value()) else {
        return Vec::new();
    };
    let gib = used.to_gib();
    if gib < LEAST_GIB && matches!(state, SlotState::Free | SlotState::NoCi) {
        return Vec::new();
    }
    let mut numbers = Vec::new();
    if let Some(total) = memory.and_then(|(_, total)| total.value()) {
        numbers.push(format!("{used}/{total}"));
    }
    numbers.extend([used.to_string(), format!("{gib:.0}")]);
    numbers
}

/// What tells profiles of one size apart: `+gfx` of `1g.24gb+gfx`, nothing of `1g.24gb`.
fn attribute(profile: &str) -> &str {
    profile.find(['+', '-']).map_or("", |at| &profile[at..])
}

/// Names of a profile from the whole to none at all: `1g.24gb+gfx`, `1g+gfx`, `+gfx`. A size without the attribute
/// that belongs to it would name another profile: it comes only where not even the attribute fits.
fn names(profile: &str) -> (Vec<String>, String) {
    let compute = profile.split('.').next().unwrap_or(profile);
    let attribute = attribute(profile);
    let mut names = vec![profile.to_owned()];
    if attribute.is_empty() {
        if compute != profile {
            names.push(compute.to_owned());
        }
        return (names, String::new());
    }
    names.push(format!("{compute}{attribute}"));
    names.push(attribute.to_owned());
    (names, compute.to_owned())
}

/// As much as `room` holds: `B 3g.20gb  87%`, `B 3g 87`, `B87`, `B`. The state comes first, the number last, at the
/// right end. The number outlives the name: what a narrow window tells a wider one tells too.
pub(super) fn fit(state: SlotState, profile: &str, numbers: &[String], room: u16) -> String {
    let room = usize::from(room);
    let letter = letter(state);
    let (names, bare) = names(profile);
    let attributed = !bare.is_empty();
    let with = |name: &str, number: &str| {
        let begin = format!("{letter} {name}");
        let used = width(&begin) + width(number);
        (used < room).then(|| format!("{begin}{}{number}", " ".repeat(room - used)))
    };
    // of three or more the last is a coarse one: a shorter name is better than that
    let exact = match numbers.len() {
        few @ 0..=2 => few,
        all => all - 1,
    };
    for name in &names {
        let fine = numbers.iter().take(exact);
        let mut fitting = fine.filter_map(|number| with(name, number));
        if let Some(text) = fitting.next() {
            return text;
        }
    }
    for name in &names {
        for number in numbers {
            if let Some(text) = with(name, number) {
                return text;
            }
        }
        if numbers.is_empty() {
            let alone = format!("{letter} {name}");
            let shorter_with_number = names.iter().any(|shorter| {
                width(shorter) < width(name)
                    && numbers.last().is_some_and(|n| with(shorter, n).is_some())
            });
            if width(&alone) <= room && !shorter_with_number {
                return alone;
            }
        }
    }
    for number in numbers {
        let used = width(letter) + width(number);
        // a sign is worth no crowding: in a row some boxes would have it and some not
        let apart = usize::from(number.ends_with('%'));
        if used + apart <= room {
            return format!("{letter}{}{number}", " ".repeat(room - used));
        }
    }
    let alone = format!("{letter} {bare}");
    if attributed && width(&alone) <= room {
        return alone;
    }
    letter.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_outlives_all_and_the_number_the_name() {
        let numbers = ["87%", "87"].map(str::to_owned);
        for (profile, room, drawn) in [
            ("3g.20gb", 15, "B 3g.20gb   87%"),
            ("3g.20gb", 13, "B 3g.20gb 87%"),
            ("3g.20gb", 12, "B 3g.20gb 87"),
            ("3g.20gb", 11, "B 3g    87%"),
            ("3g.20gb", 7, "B 3g 87"),
            ("3g.20gb", 6, "B  87%"),
            ("3g.20gb", 4, "B 87"),
            ("1g.5gb", 3, "B87"),
            ("1g.5gb", 2, "B"),
            ("1g.5gb", 1, "B"),
            ("1g.24gb+gfx", 16, "B 1g.24gb+gfx 87"),
            ("1g.24gb+gfx", 15, "B 1g+gfx    87%"),
            ("1g.10gb+me", 11, "B 1g+me 87%"),
            ("1g.10gb+me", 8, "B +me 87"),
            ("1g.10gb+me", 7, "B   87%"),
            ("1g.10gb+me", 5, "B 87%"),
            ("1g.10gb+me", 3, "B87"),
        ] {
            let text = fit(SlotState::Busy, profile, &numbers, room);
            assert_eq!(text, drawn, "{profile} in {room}");
        }
    }

    #[test]
    fn without_a_number_there_is_room_for_the_name() {
        for (profile, room, drawn) in [
            ("3g.20gb", 9, "f 3g.20gb"),
            ("3g.20gb", 7, "f 3g"),
            ("1g.5gb", 3, "f"),
            ("1g.24gb-me", 5, "f -me"),
            ("1g.24gb-me", 4, "f 1g"),
        ] {
            assert_eq!(fit(SlotState::Free, profile, &[], room), drawn);
        }
    }

    #[test]
    fn a_shorter_name_is_better_than_a_coarse_number() {
        let numbers = ["6.4/9.6", "6.4", "6"].map(str::to_owned);
        for (room, drawn) in [
            (17, "B 2g.10gb 6.4/9.6"),
            (12, "B 2g 6.4/9.6"),
            (11, "B 2g    6.4"),
            (7, "B 2g  6"),
            (4, "B6.4"),
            (3, "B 6"),
        ] {
            let text = fit(SlotState::Busy, "2g.10gb", &numbers, room);
            assert_eq!(text, drawn, "in {room}");
        }
    }

    #[test]
    fn a_hundred_is_not_cut_to_ten() {
        let numbers = percent(Some(100.0), SlotState::Busy);
        assert_eq!(fit(SlotState::Busy, "1g.5gb", &numbers, 3), "B99");
        assert_eq!(fit(SlotState::Busy, "1g.5gb", &numbers, 4), "B100");
    }

    #[test]
    fn what_is_not_known_is_no_number() {
        assert_eq!(percent(None, SlotState::Busy), ["n/a"]);
        assert!(percent(None, SlotState::Free).is_empty());
        let none = percent(None, SlotState::Busy);
        assert_eq!(fit(SlotState::Busy, "1g.5gb", &none, 3), "B");
        assert!(percent(Some(0.2), SlotState::Free).is_empty());
        assert_eq!(percent(Some(0.0), SlotState::Allocated), ["0%", "0"]);
    }
}
