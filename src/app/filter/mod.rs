//! What a list shows: terms that must all hold.
//!
//! ```text
//! train              a word: anywhere in what the row says, in any case; "a b" with a space in it
//! free  !pod         a state or property by its word; ! turns a term round
//! profile=3g.20gb    equal, in any case; gpu=2,5 is either; !=
//! ns~^nlp-           a regular expression, in any case
//! mem>80% mem>4gib sm<5 temp>80 power>300 idle>1h age<10m severity>=caution
//! ```
//!
//! A value that is not there matches no comparison, neither straight nor turned round: it is neither above nor below
//! anything. A row of a GPU or host stands for what is on it: it matches where the GPU itself or one of its instances
//! does. Only a word that is turned round is asked of the whole row, so that `!train` hides each row that says so.

mod error;
mod evaluate;
mod facts;
pub mod field;
mod parse;
mod print;
mod term;
#[cfg(test)]
mod tests;

pub use error::{FilterError, Wrong};
pub use parse::parse;
pub use term::{Op, Pattern, Property, Term, Test, Value};

use super::rows::Item;
use crate::domain::fleet::{Gpu, Node, Slot};

/// Terms that must all hold. Without any everything matches.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

impl Filter {
    /// Whether it leaves out nothing.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Its terms.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether a row is to be shown.
    pub fn matches(&self, item: &Item<'_>) -> bool {
        self.is_empty() || evaluate::row(&self.terms, item)
    }

    /// Whether an instance itself matches: what a strip highlights.
    pub fn matches_slot(&self, node: &Node, gpu: &Gpu, slot: &Slot) -> bool {
        self.is_empty() || evaluate::row(&self.terms, &Item::Slot(node, gpu, slot))
    }

    /// Whether there is a filter and an instance matches it: see [`Filter::matches_slot`].
    pub fn highlights(&self, node: &Node, gpu: &Gpu, slot: &Slot) -> bool {
        !self.is_empty() && self.matches_slot(node, gpu, slot)
    }
}
