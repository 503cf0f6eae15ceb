//! Reading the layout of one GPU.

use super::compute::compute;
use super::cursor::Cursor;
use super::error::ParseError;
use crate::domain::catalog::{Board, BoardProfile};
use crate::domain::ids::ProfileId;
use crate::domain::layout::{choice, list};
use crate::domain::profile::ProfileName;
use crate::domain::sketch::{Sketch, Wanted};

/// More of one kind than any board will ever hold; keeps a slip of the finger from asking for millions.
pub(super) const MOST: u32 = 128;

/// Reads a layout for a GPU of this board. Whether it is allowed is another question: [`Sketch::complete`].
///
/// # Errors
/// Where the text stops making sense, and what was expected there.
pub fn parse_gpu(text: &str, board: &Board) -> Result<Sketch, ParseError> {
    parse_from(Cursor::new(text, 1), board)
}

/// As [`parse_gpu`], for a text that begins in a later column.
pub(super) fn parse_from(mut at: Cursor<'_>, board: &Board) -> Result<Sketch, ParseError> {
    at.blanks();
    if at.rest().is_empty() {
        return Err(ParseError::at(
            &at,
            "a layout, such as `7x1g.5gb`, `empty` or `off`",
        ));
    }
    for (word, sketch) in [("off", Sketch::Off), ("empty", Sketch::On(Vec::new()))] {
        let mut ahead = at;
        if ahead.take(word) && ahead.peek().is_none_or(char::is_whitespace) {
            ahead.blanks();
            return if ahead.rest().is_empty() {
                Ok(sketch)
            } else {
                Err(ParseError::at(
                    &ahead,
                    format!("nothing after `{word}`, which stands alone"),
                ))
            };
        }
    }
    let mut wanted = Vec::new();
    while !at.rest().is_empty() {
        instances(&mut at, board, &mut wanted)?;
        if !at.blanks() && !at.rest().is_empty() {
            return Err(ParseError::at(&at, "a blank before the next instance"));
        }
    }
    Ok(Sketch::On(wanted))
}

/// One word: `7x1g.5gb`, `3g.20gb@4[1c,2c]`.
fn instances(
    at: &mut Cursor<'_>,
    board: &Board,
    wanted: &mut Vec<Wanted>,
) -> Result<(), ParseError> {
    let before = *at;
    let count = if starts_with_name(at, board) {
        None
    } else {
        at.count()
    };
    if count.is_some_and(|n| n == 0 || n > MOST) {
        return Err(ParseError::at(&before, format!("a count from 1 to {MOST}")));
    }
    let profile = profile(at, board)?;
    let before = *at;
    let start = if at.take("@") {
        if count.is_some_and(|n| n > 1) {
            return Err(ParseError::at(
                &before,
                "no start, since several instances cannot have the same one",
            )
            .hint("write each instance with its own start"));
        }
        let number = at.number();
        Some(number.ok_or_else(|| {
            ParseError::at(at, "the first memory slice, a number").hint(format!(
                "{} can start at {}",
                profile.name,
                choice(profile.placements.iter().map(|p| p.start))
            ))
        })?)
    } else {
        None
    };
    let cis = at.take("[").then(|| compute(at, profile)).transpose()?;
    let one = Wanted {
        profile: profile.id,
        start,
        cis,
    };
    wanted.extend(std::iter::repeat_n(one, count.unwrap_or(1) as usize));
    Ok(())
}

/// Whether the next word is a profile's name as it stands, whatever it begins with.
fn starts_with_name(at: &Cursor<'_>, board: &Board) -> bool {
    let mut ahead = *at;
    let word = ahead.take_while(is_of_name);
    board.profile_named(&ProfileName::from(word)).is_some()
}

fn is_of_name(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '@' | '[' | ']' | '#')
}

/// Whether a name can be read back where it stands alone as a word. A driver may call a profile anything.
pub(super) fn is_readable(name: &str) -> bool {
    let is_word = !name.is_empty() && name.chars().all(is_of_name);
    is_word && !["off", "empty", BY_ID].contains(&name)
}

/// The word before `#id` of a profile whose name cannot be read back.
pub(super) const BY_ID: &str = "profile";

/// A profile of the board by name, with `#id` where two share one, or as `profile#id`.
fn profile<'b>(at: &mut Cursor<'_>, board: &'b Board) -> Result<&'b BoardProfile, ParseError> {
    let before = *at;
    let word = at.take_while(is_of_name);
    let name = ProfileName::from(word);
    let unknown = || unknown_profile(&before, word, &name, board);
    if word.is_empty() {
        return Err(unknown());
    }
    if !at.take("#") {
        return board.profile_named(&name).ok_or_else(unknown);
    }
    let ids: Vec<ProfileId> = board
        .profiles
        .iter()
        .filter(|p| word == BY_ID || p.name == name || p.also.contains(&name))
        .map(|p| p.id)
        .collect();
    if ids.is_empty() {
        return Err(unknown());
    }
    let number_at = *at;
    at.number()
        .map(ProfileId)
        .filter(|id| ids.contains(id))
        .and_then(|id| board.profile(id))
        .ok_or_else(|| {
            ParseError::at(
                &number_at,
                format!("a profile id of {word}: {}", list(&ids)),
            )
        })
}

fn unknown_profile(at: &Cursor<'_>, word: &str, name: &ProfileName, board: &Board) -> ParseError {
    let names = board.profiles.iter().map(|p| p.name.to_string());
    let error = ParseError::at(
        at,
        format!("a profile of {} ({})", board.model, list(names.clone())),
    );
    if let Some(part) = name.known().filter(|p| p.compute.is_some())
        && board.profile_named(&part.of_instance().into()).is_some()
    {
        let compute = part.compute.unwrap_or(part.slices);
        return error.hint(format!(
            "compute instances go in brackets: {}[{compute}c]",
            part.of_instance()
        ));
    }
    // `3g` for `3g.20gb`, else the nearest in spelling if it is near; the names are all in the error already
    let begins = || names.clone().find(|n| n.starts_with(&format!("{word}.")));
    let similar = || {
        names
            .clone()
            .map(|n| (crate::domain::catalog::distance(&n, word), n))
            .filter(|(distance, _)| distance * 4 <= word.chars().count())
            .min()
            .map(|(_, n)| n)
    };
    match begins().or_else(similar) {
        Some(close) => error.hint(format!("did you mean {close}?")),
        None => error,
    }
}
