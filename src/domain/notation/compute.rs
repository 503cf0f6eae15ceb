//! Reading the compute instances in brackets.

use super::cursor::Cursor;
use super::error::ParseError;
use super::gpu::MOST;
use crate::domain::catalog::{BoardProfile, CiShape};
use crate::domain::ids::ProfileId;
use crate::domain::layout::{CiPlaced, list};

/// What stands after `[`, and the `]`.
pub(super) fn compute(
    at: &mut Cursor<'_>,
    profile: &BoardProfile,
) -> Result<Vec<CiPlaced>, ParseError> {
    let mut cis = Vec::new();
    at.blanks();
    if at.take("]") {
        return Ok(cis);
    }
    loop {
        at.blanks();
        let before = *at;
        let count = at.count();
        if count.is_some_and(|n| n == 0 || n > MOST) {
            return Err(ParseError::at(&before, format!("a count from 1 to {MOST}")));
        }
        let shape = shape(at, profile)?;
        let before = *at;
        let start = if at.take("@") {
            if count.is_some_and(|n| n > 1) {
                return Err(ParseError::at(
                    &before,
                    "no start, since several instances cannot have the same one",
                ));
            }
            let number = at.number();
            Some(number.ok_or_else(|| ParseError::at(at, "the first compute slice, a number"))?)
        } else {
            None
        };
        let one = CiPlaced {
            profile: shape.id,
            start,
        };
        cis.extend(std::iter::repeat_n(one, count.unwrap_or(1) as usize));
        at.blanks();
        if at.take("]") {
            return Ok(cis);
        }
        if !at.take(",") {
            return Err(ParseError::at(
                at,
                "`,` and another compute instance, or `]`",
            ));
        }
    }
}

/// A compute instance profile: `1c`, `1c.3g.20gb`, `3g.20gb` for the one that fills, each with `#id` where two share it.
fn shape<'b>(at: &mut Cursor<'_>, profile: &'b BoardProfile) -> Result<&'b CiShape, ParseError> {
    let before = *at;
    let unknown = || {
        ParseError::at(
            &before,
            format!(
                "a compute instance of {} ({})",
                profile.name,
                list(profile.compute.iter().map(|c| profile.compute_name(c)))
            ),
        )
    };
    let name = profile.name.to_string();
    let (named, ids): (Option<&CiShape>, Vec<ProfileId>) = if at.take(&name) {
        let full = profile.full_compute();
        let ids = profile
            .compute
            .iter()
            .filter(|c| c.slices == profile.slices)
            .map(|c| c.id)
            .chain(full.map(|c| c.id))
            .collect();
        (full, ids)
    } else {
        let slices = at.number().filter(|_| at.take("c")).ok_or_else(unknown)?;
        if at.peek() == Some('.') && !at.take(&format!(".{name}")) {
            return Err(ParseError::at(
                at,
                format!("`.{name}`, the GPU instance that it is in"),
            ));
        }
        let alike = || profile.compute.iter().filter(|c| c.slices == slices);
        (
            alike().min_by_key(|c| c.id),
            alike().map(|c| c.id).collect(),
        )
    };
    if !at.take("#") {
        return named.ok_or_else(unknown);
    }
    let number_at = *at;
    at.number()
        .map(ProfileId)
        .filter(|id| ids.contains(id))
        .and_then(|id| profile.compute_profile(id))
        .ok_or_else(|| {
            ParseError::at(
                &number_at,
                format!(
                    "the id of a compute instance profile of that size: {}",
                    list(&ids)
                ),
            )
        })
}
