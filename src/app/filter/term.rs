//! What a filter is made of.

use regex::{Regex, RegexBuilder};

use super::field::Field;

/// One condition.
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    /// Turned round by `!`.
    pub negated: bool,
    /// What is asked.
    pub test: Test,
}

/// What is asked of a row.
#[derive(Clone, PartialEq, Debug)]
pub enum Test {
    /// The row says this somewhere; in lower case.
    Word(String),
    /// A state or property by its word; on rows that have none of the kind, a word like any other.
    Is(Property),
    /// A number against another.
    Compare(Field, Op, Value),
    /// A name is one of these; in lower case.
    Equal(Field, Vec<String>),
    /// A name matches.
    Like(Field, Pattern),
}

/// How numbers are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // what they say
pub enum Op {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

impl Op {
    /// As it is typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::More => ">",
        }
    }

    /// Whether `a op b`.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::Equal => (a - b).abs() < f64::EPSILON.max(b.abs() * 1e-9),
            Self::AtLeast => a >= b,
            Self::More => a > b,
        }
    }
}

/// A number with the unit it was typed in.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Value {
    /// As typed; finite, not negative.
    pub number: f64,
    /// Its unit.
    pub unit: Unit,
}

/// Units that can be typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // what they say
pub enum Unit {
    None,
    Percent,
    Kib,
    Mib,
    Gib,
    Tib,
    Second,
    Minute,
    Hour,
    Day,
    Celsius,
    Watt,
    Severity,
}

impl Unit {
    /// As it is printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None | Self::Severity => "",
            Self::Percent => "%",
            Self::Kib => "kib",
            Self::Mib => "mib",
            Self::Gib => "gib",
            Self::Tib => "tib",
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
            Self::Day => "d",
            Self::Celsius => "c",
            Self::Watt => "w",
        }
    }
}

impl Value {
    /// In the base unit: per cent, bytes, seconds, degrees, watts.
    pub fn base(self) -> f64 {
        self.number
            * match self.unit {
                Unit::Kib => 1024.0,
                Unit::Mib => 1_048_576.0,
                Unit::Gib => 1_073_741_824.0,
                Unit::Tib => 1_099_511_627_776.0,
                Unit::Minute => 60.0,
                Unit::Hour => 3600.0,
                Unit::Day => 86_400.0,
                _ => 1.0,
            }
    }
}

/// States and properties that are asked for by a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // their words say it
pub enum Property {
    Busy,
    Allocated,
    Free,
    NoCi,
    Sick,
    Unknown,
    Idle,
    Pod,
    Process,
    Pending,
    Hung,
}

/// All of them with their words, the first of each the one that is printed.
pub const PROPERTIES: &[(&str, Property)] = &[
    ("busy", Property::Busy),
    ("allocated", Property::Allocated),
    ("free", Property::Free),
    ("no_ci", Property::NoCi),
    ("sick", Property::Sick),
    ("unknown", Property::Unknown),
    ("idle", Property::Idle),
    ("pod", Property::Pod),
    ("process", Property::Process),
    ("pending", Property::Pending),
    ("hung", Property::Hung),
    ("noci", Property::NoCi),
    ("empty", Property::NoCi),
    ("stuck", Property::Hung),
    ("사용중", Property::Busy),
    ("할당됨", Property::Allocated),
    ("할당", Property::Allocated),
    ("비어있음", Property::Free),
    ("이상", Property::Sick),
    ("유휴", Property::Idle),
    ("파드", Property::Pod),
    ("프로세스", Property::Process),
];

/// The first so many of [`PROPERTIES`] are the states of an instance.
pub const STATES: usize = 6;

impl Property {
    /// Its word.
    pub fn word(self) -> &'static str {
        PROPERTIES
            .iter()
            .find(|(_, p)| *p == self)
            .map_or("", |(word, _)| word)
    }
}

/// A regular expression with what was typed, which is what it is compared by.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As typed.
    pub source: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// A compiled expression may take this much: enough for any name, and no trap for whoever pastes something.
const SIZE: usize = 1 << 20;

impl Pattern {
    /// Compiles it, in any case.
    ///
    /// # Errors
    /// Why it is none, in one line.
    pub fn new(source: &str) -> Result<Self, String> {
        RegexBuilder::new(source)
            .case_insensitive(true)
            .size_limit(SIZE)
            .build()
            .map(|regex| Self {
                source: source.to_owned(),
                regex,
            })
            .map_err(|error| reason(&error.to_string()))
    }

    /// Whether it is found in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// The last line of the message: the others draw the expression.
fn reason(message: &str) -> String {
    let last = message.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
