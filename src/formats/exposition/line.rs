//! One line of a page.

use crate::domain::text::Text;

use super::{LONGEST_LINE, Names, Sample};

/// Labels of one series.
const MOST_LABELS: usize = 128;
/// Longest value of a label, in bytes; names are shorter.
const LONGEST_VALUE: usize = 4 << 10;
const LONGEST_NAME: usize = 256;

/// Why a line makes no sense.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Wrong {
    /// Too long to be read.
    #[error("longer than {LONGEST_LINE} bytes")]
    Long,
    /// Not UTF-8.
    #[error("no UTF-8 text")]
    NoText,
    /// It does not begin with a name.
    #[error("no metric name where `{0}` stands")]
    NoName(Text),
    /// The labels do not end.
    #[error("the labels are not closed")]
    Open,
    /// Neither a label nor the end of the labels.
    #[error("no label where `{0}` stands")]
    NoLabel(Text),
    /// The value of a label has no quotes around it.
    #[error("label `{0}` has no value in quotes")]
    NoValue(Text),
    /// A backslash before something that needs none.
    #[error("label `{0}` has an unknown escape")]
    Escape(Text),
    /// More labels than any exporter gives.
    #[error("more than {MOST_LABELS} labels")]
    ManyLabels,
    /// A name or value of unreasonable length.
    #[error("a name or a label's value that is too long")]
    LongLabel,
    /// No number.
    #[error("`{0}` is no number")]
    NoNumber(Text),
    /// No time in milliseconds.
    #[error("`{0}` is no time")]
    NoTime(Text),
    /// Something after the value.
    #[error("`{0}` after the value")]
    Rest(Text),
}

pub(super) enum Line {
    /// Blank, or a comment.
    Nothing,
    /// A series that nobody wants.
    Unwanted,
    Sample(Sample),
}

pub(super) fn read(
    bytes: &[u8],
    wanted: &impl Fn(&str) -> bool,
    names: &mut Names,
) -> Result<Line, Wrong> {
    if bytes.len() > LONGEST_LINE {
        return Err(Wrong::Long);
    }
    let line = std::str::from_utf8(bytes).map_err(|_| Wrong::NoText)?;
    // the format's blanks are spaces and tabs; a carriage return is that of a page that went through a gateway
    let line = line.trim_matches([' ', '\t', '\r']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(Line::Nothing);
    }
    let (name, rest) = name(line, ':');
    if name.len() > LONGEST_NAME {
        return Err(Wrong::LongLabel);
    }
    let mut rest = blanks(rest);
    if name.is_empty() && !rest.starts_with('{') {
        return Err(Wrong::NoName(glimpse(line)));
    }
    let mut labels = Labels {
        name: name.to_owned(),
        list: Vec::new(),
    };
    // everything is read, also of what nobody wants: the series are counted by lines that make sense
    if let Some(inside) = rest.strip_prefix('{') {
        rest = labels.read(inside, names)?;
    }
    if labels.name.is_empty() {
        return Err(Wrong::NoName(glimpse(line)));
    }
    let (value, at_ms) = number(rest)?;
    if !wanted(&labels.name) {
        return Ok(Line::Unwanted);
    }
    Ok(Line::Sample(Sample {
        name: names.shared(&labels.name),
        labels: labels.list,
        value,
        at_ms,
    }))
}

struct Labels {
    name: String,
    list: Vec<(std::sync::Arc<str>, Text)>,
}

impl Labels {
    /// Reads up to the closing brace, and gives what follows it.
    fn read<'a>(&mut self, mut rest: &'a str, names: &mut Names) -> Result<&'a str, Wrong> {
        for _ in 0..=MOST_LABELS {
            rest = blanks(rest);
            if let Some(after) = rest.strip_prefix('}') {
                return Ok(after);
            }
            if rest.is_empty() {
                return Err(Wrong::Open);
            }
            let quoted = rest.starts_with('"');
            let (label, after) = if quoted {
                // names in quotes: Prometheus 3 allows any text as a name
                let mut label = String::new();
                let after = unquote(&rest[1..], &mut label, "")?;
                (label, after)
            } else {
                let (label, after) = name(rest, '_');
                (label.to_owned(), after)
            };
            if label.is_empty() {
                return Err(Wrong::NoLabel(glimpse(rest)));
            }
            if label.len() > LONGEST_NAME {
                return Err(Wrong::LongLabel);
            }
            rest = blanks(after);
            if let Some(after) = rest.strip_prefix('=') {
                let after = blanks(after);
                let inside = after
                    .strip_prefix('"')
                    .ok_or_else(|| Wrong::NoValue(glimpse(&label)))?;
                let mut value = String::new();
                rest = blanks(unquote(inside, &mut value, &label)?);
                if self.list.iter().all(|(known, _)| **known != *label) {
                    self.list.push((names.shared(&label), Text::from(value)));
                }
            } else if quoted && self.name.is_empty() {
                self.name = label;
            } else {
                return Err(Wrong::NoValue(glimpse(&label)));
            }
            match rest.strip_prefix(',') {
                Some(after) => rest = after,
                None if rest.starts_with('}') => {}
                None if rest.is_empty() => return Err(Wrong::Open),
                None => return Err(Wrong::NoLabel(glimpse(rest))),
            }
        }
        Err(Wrong::ManyLabels)
    }
}

/// Reads up to the closing quote, and gives what follows it.
fn unquote<'a>(inside: &'a str, value: &mut String, label: &str) -> Result<&'a str, Wrong> {
    let mut rest = inside;
    loop {
        let Some(at) = rest.find(['"', '\\']) else {
            return Err(Wrong::Open);
        };
        value.push_str(&rest[..at]);
        if value.len() > LONGEST_VALUE {
            return Err(Wrong::LongLabel);
        }
        if rest[at..].starts_with('"') {
            return Ok(&rest[at + 1..]);
        }
        let mut after = rest[at + 1..].chars();
        match after.next() {
            Some('n') => value.push('\n'),
            Some(plain @ ('\\' | '"')) => value.push(plain),
            Some(_) => return Err(Wrong::Escape(glimpse(label))),
            None => return Err(Wrong::Open),
        }
        rest = after.as_str();
    }
}

fn number(rest: &str) -> Result<(f64, Option<i64>), Wrong> {
    let mut words = rest.split([' ', '\t']).filter(|word| !word.is_empty());
    let word = words.next().unwrap_or_default();
    // Rust's own words for infinity and the like are Go's too
    let value: f64 = word.parse().map_err(|_| Wrong::NoNumber(glimpse(word)))?;
    let at_ms = match words.next() {
        None | Some("#") => return Ok((value, None)),
        Some(word) => milliseconds(word).ok_or_else(|| Wrong::NoTime(glimpse(word)))?,
    };
    match words.next() {
        // an exemplar of OpenMetrics
        None | Some("#") => Ok((value, Some(at_ms))),
        Some(more) => Err(Wrong::Rest(glimpse(more))),
    }
}

/// Whole milliseconds or, in OpenMetrics, seconds with a fraction.
fn milliseconds(word: &str) -> Option<i64> {
    if let Ok(ms) = word.parse() {
        return Some(ms);
    }
    let seconds: f64 = word.parse().ok()?;
    let ms = seconds * 1000.0;
    (ms.is_finite() && ms.abs() < 1e15).then_some(ms as i64)
}

/// The name at the beginning, and what follows. `also`: a character that names may hold beside letters, digits and `_`.
fn name(text: &str, also: char) -> (&str, &str) {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == also;
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    let end = if text.starts_with(|c: char| c.is_ascii_digit()) {
        0
    } else {
        end
    };
    text.split_at(end)
}

fn blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// Enough of it to be recognised.
fn glimpse(text: &str) -> Text {
    let short: String = text.chars().take(24).collect();
    Text::from(short)
}
