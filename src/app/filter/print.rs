//! A filter as one would type it: reading what was printed gives the same filter.

use std::fmt;

use super::Filter;
use super::field::{Field, Kind};
use super::parse::parse;
use super::term::{Term, Test, Unit, Value};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, term) in self.terms.iter().enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{term}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("!")?;
        }
        match &self.test {
            Test::Word(word) => f.write_str(&bare_or_quoted(word)),
            Test::Is(property) => f.write_str(property.word()),
            Test::Compare(field, op, value) => {
                write!(
                    f,
                    "{}{}{}",
                    field.name(),
                    op.as_str(),
                    number(*field, *value)
                )
            }
            Test::Equal(field, wanted) => {
                write!(
                    f,
                    "{}={}",
                    field.name(),
                    quoted_if_needed(&wanted.join(","))
                )
            }
            Test::Like(field, pattern) => {
                write!(f, "{}~{}", field.name(), quoted_if_needed(&pattern.source))
            }
        }
    }
}

fn number(field: Field, value: Value) -> String {
    if field.row().kind == Kind::Severity {
        return match value.number {
            n if n < 1.0 => "info",
            n if n < 2.0 => "caution",
            _ => "danger",
        }
        .to_owned();
    }
    let unit = match value.unit {
        // the unit goes without saying
        Unit::Celsius | Unit::Watt => "",
        unit => unit.as_str(),
    };
    format!("{}{unit}", value.number)
}

/// Without quotes where that reads as the same word.
fn bare_or_quoted(word: &str) -> String {
    let alone = |filter: &Filter| {
        let same = Term {
            negated: false,
            test: Test::Word(word.to_owned()),
        };
        filter.terms == [same]
    };
    if parse(word).is_ok_and(|filter| alone(&filter)) {
        word.to_owned()
    } else {
        quoted(word)
    }
}

fn quoted_if_needed(value: &str) -> String {
    if value.chars().any(|c| c.is_whitespace() || c == '"') {
        quoted(value)
    } else {
        value.to_owned()
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
