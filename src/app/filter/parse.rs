//! From what was typed to terms. Total: any text gives a filter or a sentence.

use super::Filter;
use super::error::{FilterError, Wrong};
use super::field::{Field, Kind};
use super::term::{Op, PROPERTIES, Pattern, STATES, Term, Test, Unit, Value};

/// Reads a filter.
///
/// # Errors
/// The first term that is wrong, and why.
pub fn parse(typed: &str) -> Result<Filter, FilterError> {
    let mut terms = Vec::new();
    let chars: Vec<char> = typed.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        if chars[at].is_whitespace() {
            at += 1;
            continue;
        }
        let (piece, end) = piece(&chars, at)?;
        let wrong = |wrong| FilterError {
            term: chars[at..end].iter().collect(),
            at,
            wrong,
        };
        terms.push(term(&piece).map_err(wrong)?);
        at = end;
    }
    Ok(Filter { terms })
}

/// A character, and whether it stood inside quotes.
type Quotable = (char, bool);

/// A term's characters; those from inside quotes mean nothing but themselves.
struct Piece {
    chars: Vec<Quotable>,
    /// Whether anything was quoted: `""` is a term too.
    quoted: bool,
}

/// The term that begins at `at`, and where it ends.
fn piece(chars: &[char], at: usize) -> Result<(Piece, usize), FilterError> {
    let mut out = Piece {
        chars: Vec::new(),
        quoted: false,
    };
    let mut inside = false;
    let mut n = at;
    while let Some(c) = chars.get(n) {
        match c {
            '"' => {
                inside = !inside;
                out.quoted = true;
            }
            // inside quotes a backslash takes the next quote or backslash as it is
            '\\' if inside && matches!(chars.get(n + 1), Some('"' | '\\')) => {
                n += 1;
                out.chars.push((chars[n], true));
            }
            c if c.is_whitespace() && !inside => break,
            c => out.chars.push((*c, inside)),
        }
        n += 1;
    }
    if inside {
        return Err(FilterError {
            term: chars[at..].iter().collect(),
            at,
            wrong: Wrong::OpenQuote,
        });
    }
    Ok((out, n))
}

fn term(piece: &Piece) -> Result<Term, Wrong> {
    let bangs = piece
        .chars
        .iter()
        .take_while(|c| **c == ('!', false))
        .count();
    let rest = &piece.chars[bangs..];
    if rest.is_empty() && !piece.quoted {
        return Err(Wrong::Nothing);
    }
    let mut negated = bangs % 2 == 1;
    let test = match split(rest) {
        Some((name, operator, value)) => {
            let field = Field::named(&name).ok_or(Wrong::NoField { name })?;
            let value: String = value.iter().map(|(c, _)| *c).collect();
            negated ^= operator == Operator::Unequal;
            comparison(field, operator, &value)?
        }
        None => {
            let word: String = rest.iter().map(|(c, _)| *c).collect();
            let bare = rest.iter().all(|(_, quoted)| !quoted) && !piece.quoted;
            match PROPERTIES
                .iter()
                .find(|(w, _)| bare && w.eq_ignore_ascii_case(&word))
            {
                Some((_, property)) => Test::Is(*property),
                None => Test::Word(word.to_lowercase()),
            }
        }
    };
    Ok(Term { negated, test })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    Compare(Op),
    Unequal,
    Like,
}

/// Field, operator and value of a term that begins with letters and an operator, outside of quotes.
fn split(chars: &[Quotable]) -> Option<(String, Operator, &[Quotable])> {
    let letters = chars
        .iter()
        .take_while(|(c, quoted)| !quoted && (c.is_alphabetic() || *c == '_'))
        .count();
    if letters == 0 {
        return None;
    }
    let at = |n: usize| {
        chars
            .get(letters + n)
            .filter(|(_, quoted)| !quoted)
            .map(|(c, _)| *c)
    };
    let (operator, length) = match (at(0)?, at(1)) {
        ('<', Some('=')) => (Operator::Compare(Op::AtMost), 2),
        ('>', Some('=')) => (Operator::Compare(Op::AtLeast), 2),
        ('!', Some('=')) => (Operator::Unequal, 2),
        ('=', Some('=')) => (Operator::Compare(Op::Equal), 2),
        ('<', _) => (Operator::Compare(Op::Less), 1),
        ('>', _) => (Operator::Compare(Op::More), 1),
        ('=', _) => (Operator::Compare(Op::Equal), 1),
        ('~', _) => (Operator::Like, 1),
        _ => return None,
    };
    let name = chars[..letters].iter().map(|(c, _)| *c).collect();
    Some((name, operator, &chars[letters + length..]))
}

fn comparison(field: Field, operator: Operator, value: &str) -> Result<Test, Wrong> {
    if value.is_empty() {
        return Err(Wrong::NoValue(field));
    }
    let kind = field.row().kind;
    match operator {
        Operator::Like => match kind {
            Kind::Name => Ok(Test::Like(
                field,
                Pattern::new(value).map_err(Wrong::BadPattern)?,
            )),
            _ => Err(Wrong::NoPattern(field)),
        },
        Operator::Unequal | Operator::Compare(Op::Equal)
            if matches!(kind, Kind::Name | Kind::Count) =>
        {
            names(field, value)
        }
        Operator::Compare(_) if kind == Kind::Name => Err(Wrong::NoOrder(field)),
        Operator::Unequal => Ok(Test::Compare(field, Op::Equal, number(field, value)?)),
        Operator::Compare(op) => Ok(Test::Compare(field, op, number(field, value)?)),
    }
}

/// `a,b`: one of these.
fn names(field: Field, value: &str) -> Result<Test, Wrong> {
    let mut wanted = Vec::new();
    for one in value.split(',').filter(|one| !one.is_empty()) {
        let mut one = one.to_lowercase();
        if field.row().kind == Kind::Count {
            // 05 is 5
            let n: u64 = one.parse().map_err(|_| Wrong::BadValue(field))?;
            one = n.to_string();
        }
        if field == Field::State && !PROPERTIES[..STATES].iter().any(|(word, _)| *word == one) {
            return Err(Wrong::BadWord(field));
        }
        wanted.push(one);
    }
    if wanted.is_empty() {
        return Err(Wrong::NoValue(field));
    }
    Ok(Test::Equal(field, wanted))
}

fn number(field: Field, value: &str) -> Result<Value, Wrong> {
    let bad = || Wrong::BadValue(field);
    let kind = field.row().kind;
    let value = value.to_lowercase();
    if kind == Kind::Severity {
        let number = match value.as_str() {
            "info" => 0.0,
            "caution" => 1.0,
            "danger" => 2.0,
            _ => return Err(Wrong::BadWord(field)),
        };
        return Ok(Value {
            number,
            unit: Unit::Severity,
        });
    }
    let end = value
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(value.len());
    let number: f64 = value[..end].parse().map_err(|_| bad())?;
    if !number.is_finite() {
        return Err(bad());
    }
    let unit = unit(kind, &value[end..]).ok_or_else(bad)?;
    if kind == Kind::Count && number.fract() != 0.0 {
        return Err(bad());
    }
    Ok(Value { number, unit })
}

/// The unit that a number of a kind was typed in; `None` for one that the kind does not have.
fn unit(kind: Kind, typed: &str) -> Option<Unit> {
    Some(match (kind, typed) {
        // 80 alone could be either: the operator is asked
        (Kind::Memory | Kind::Percent, "%") | (Kind::Percent, "") => Unit::Percent,
        (Kind::Memory, "k" | "kib" | "ki") => Unit::Kib,
        (Kind::Memory, "m" | "mib" | "mi") => Unit::Mib,
        (Kind::Memory, "g" | "gib" | "gi") => Unit::Gib,
        (Kind::Memory, "t" | "tib" | "ti") => Unit::Tib,
        (Kind::Celsius, "" | "c" | "°c" | "°") => Unit::Celsius,
        (Kind::Watts, "" | "w") => Unit::Watt,
        (Kind::Span, "s") => Unit::Second,
        (Kind::Span, "m" | "min") => Unit::Minute,
        (Kind::Span, "h") => Unit::Hour,
        (Kind::Span, "d") => Unit::Day,
        (Kind::Count, "") => Unit::None,
        _ => return None,
    })
}
