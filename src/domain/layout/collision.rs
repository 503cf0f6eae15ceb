//! Why a layout is not allowed.

use super::GiPlaced;
use crate::domain::catalog::Board;

/// The rule that is broken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Rule {
    /// The board does not offer this profile or placement.
    Placement,
    /// Two instances want one memory slice.
    Overlap,
    /// More slices in all than the board has.
    Slices,
    /// More instances of a profile than the board allows.
    Count,
    /// Media engines that only one instance can have.
    Media,
    /// Compute instances that their GPU instance cannot hold.
    Compute,
}

/// Two things that cannot both be, or one that is too much.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Collision {
    /// The rule.
    pub rule: Rule,
    /// What does not fit: `2g.10gb@4`.
    pub a: String,
    /// What it collides with; `None` where a capacity is exceeded.
    pub b: Option<String>,
    /// The sentence for people.
    pub text: String,
}

impl Collision {
    pub(in crate::domain) fn alone(rule: Rule, a: String, text: String) -> Self {
        Self {
            rule,
            a,
            b: None,
            text,
        }
    }

    pub(in crate::domain) fn between(rule: Rule, a: String, b: String, text: String) -> Self {
        Self {
            rule,
            a,
            b: Some(b),
            text,
        }
    }
}

impl std::fmt::Display for Collision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// How an instance is called in sentences: `2g.10gb@4`.
pub(in crate::domain) fn label(board: &Board, gi: &GiPlaced) -> String {
    format!("{}@{}", board.name_of(gi.profile), gi.placement.start)
}

/// `0, 2 and 4`.
pub(in crate::domain) fn list<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    joined(items, "and")
}

/// `0, 2 or 4`.
pub(in crate::domain) fn choice<T: std::fmt::Display>(
    items: impl IntoIterator<Item = T>,
) -> String {
    joined(items, "or")
}

fn joined<T: std::fmt::Display>(items: impl IntoIterator<Item = T>, word: &str) -> String {
    let items: Vec<_> = items.into_iter().map(|i| i.to_string()).collect();
    match items.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}
