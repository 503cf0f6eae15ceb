//! Whether terms hold for a row.

use super::facts::Facts;
use super::field::Field;
use super::term::{Op, Property, Term, Test, Value};
use crate::app::rows::Item;

/// Whether a condition holds. Where its value is not there it neither does nor does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// There is nothing to ask.
    Absent,
}

impl Truth {
    pub(super) const fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    const fn turned(self, negated: bool) -> bool {
        matches!((self, negated), (Self::Yes, false) | (Self::No, true))
    }
}

/// Whether all terms hold for a row: for the thing itself or for one that is on it, the same one for all of them.
pub(super) fn row(terms: &[Term], item: &Item<'_>) -> bool {
    let all = Facts::of(item);
    let (hiding, asking): (Vec<&Term>, Vec<&Term>) = terms
        .iter()
        .partition(|t| t.negated && matches!(t.test, Test::Word(_)));
    let says = |word: &str| all.iter().any(|facts| facts.says(word));
    let hidden = hiding.iter().any(|t| match &t.test {
        Test::Word(word) => says(word),
        _ => false,
    });
    !hidden
        && all
            .iter()
            .any(|facts| asking.iter().all(|t| holds(t, facts)))
}

fn holds(term: &Term, facts: &Facts<'_>) -> bool {
    truth(&term.test, facts).turned(term.negated)
}

fn truth(test: &Test, facts: &Facts<'_>) -> Truth {
    match test {
        Test::Word(word) => Truth::of(facts.says(word)),
        Test::Is(property) => is(*property, facts),
        Test::Compare(Field::Idle, op, value) => idle(facts, *op, *value),
        Test::Compare(field, op, value) => any(&facts.numbers(*field, value.unit), |n| {
            op.holds(*n, value.base())
        }),
        Test::Equal(field, wanted) => match facts.names(*field) {
            Some(names) => Truth::of(
                names
                    .iter()
                    .any(|name| wanted.contains(&name.to_lowercase())),
            ),
            None => Truth::Absent,
        },
        Test::Like(field, pattern) => match facts.names(*field) {
            Some(names) => Truth::of(names.iter().any(|name| pattern.is_in(name))),
            None => Truth::Absent,
        },
    }
}

/// Whether it holds for one of the values; without any there is nothing to ask.
fn any(values: &[f64], holds: impl Fn(&f64) -> bool) -> Truth {
    if values.is_empty() {
        Truth::Absent
    } else {
        Truth::of(values.iter().any(holds))
    }
}

fn is(property: Property, facts: &Facts<'_>) -> Truth {
    match facts.is(property) {
        Some(truth) => truth,
        // rows of another kind: a word like any other
        None => Truth::of(facts.says(property.word())),
    }
}

/// Idle time is a lower bound where nobody saw it begin: then it is known to be more than something, never less.
fn idle(facts: &Facts<'_>, op: Op, value: Value) -> Truth {
    let Some((seconds, exact)) = facts.idle() else {
        return Truth::Absent;
    };
    let wanted = value.base();
    if exact {
        return Truth::of(op.holds(seconds, wanted));
    }
    match op {
        Op::More | Op::AtLeast if op.holds(seconds, wanted) => Truth::Yes,
        Op::Less | Op::AtMost if !op.holds(seconds, wanted) => Truth::No,
        Op::Equal if seconds > wanted => Truth::No,
        _ => Truth::Absent,
    }
}
