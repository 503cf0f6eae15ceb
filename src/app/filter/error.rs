//! What is wrong with a filter, where, and what is possible.

use super::field::{FIELDS, Field, Kind};
use super::term::{PROPERTIES, STATES};
use crate::app::Texts;

/// What is wrong with a filter. The list stays as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilterError {
    /// The term as typed.
    pub term: String,
    /// Characters before it.
    pub at: usize,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What is wrong with a term.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// There is no such field.
    NoField {
        /// As typed.
        name: String,
    },
    /// Nothing stands after the operator.
    NoValue(Field),
    /// The value is of another kind.
    BadValue(Field),
    /// There is no such state or severity.
    BadWord(Field),
    /// Names are not greater or smaller.
    NoOrder(Field),
    /// Numbers are not matched by expressions.
    NoPattern(Field),
    /// The regular expression is none.
    BadPattern(String),
    /// A quote is not closed.
    OpenQuote,
    /// A lone `!`.
    Nothing,
}

impl FilterError {
    /// One sentence.
    pub fn sentence(&self, texts: &Texts) -> String {
        let term = &self.term;
        match &self.wrong {
            Wrong::NoField { name } => match Field::near(name) {
                Some(near) => texts.say(
                    "filter.no_field_near",
                    &[("name", name), ("near", &near), ("term", term)],
                ),
                None => texts.say(
                    "filter.no_field",
                    &[("name", name), ("fields", &names()), ("term", term)],
                ),
            },
            Wrong::NoValue(field) => texts.say(
                "filter.no_value",
                &[("term", term), ("example", &field.row().example)],
            ),
            Wrong::BadValue(field) => {
                let expected = texts.get(expected(field.row().kind)).to_owned();
                texts.say(
                    "filter.bad_value",
                    &[("term", term), ("expected", &expected)],
                )
            }
            Wrong::BadWord(field) => texts.say(
                "filter.bad_word",
                &[
                    ("term", term),
                    ("field", &field.name()),
                    ("words", &words(*field)),
                ],
            ),
            Wrong::NoOrder(field) => texts.say(
                "filter.no_order",
                &[
                    ("term", term),
                    ("field", &field.name()),
                    ("example", &field.row().example),
                ],
            ),
            Wrong::NoPattern(field) => texts.say(
                "filter.no_pattern",
                &[
                    ("term", term),
                    ("field", &field.name()),
                    ("example", &field.row().example),
                ],
            ),
            Wrong::BadPattern(reason) => {
                texts.say("filter.bad_pattern", &[("term", term), ("reason", reason)])
            }
            Wrong::OpenQuote => texts.say("filter.open_quote", &[("term", term)]),
            Wrong::Nothing => texts.get("filter.nothing").to_owned(),
        }
    }
}

const fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Memory => "filter.expected_memory",
        Kind::Percent => "filter.expected_percent",
        Kind::Celsius => "filter.expected_celsius",
        Kind::Watts => "filter.expected_watts",
        Kind::Span => "filter.expected_span",
        Kind::Count | Kind::Severity | Kind::Name => "filter.expected_count",
    }
}

/// The names of all fields.
fn names() -> String {
    let all: Vec<_> = FIELDS.iter().map(|r| r.names[0]).collect();
    all.join(" ")
}

/// The words that a field takes.
fn words(field: Field) -> String {
    match field.row().kind {
        Kind::Severity => "info caution danger".to_owned(),
        _ => {
            let states: Vec<_> = PROPERTIES
                .iter()
                .take(STATES)
                .map(|(word, _)| *word)
                .collect();
            states.join(" ")
        }
    }
}
