//! Order of rows by a column. Stable: equal rows keep their natural order; what has no value stands last either way.

use std::cmp::Reverse;

mod key;

pub use key::memory_percent;
use key::{Key, Placed, Way, key};

use super::rows::{Place, item};
use super::screen::Screen;
use crate::domain::fleet::Fleet;

/// A column that rows can be sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs)] // the names of columns
pub enum Column {
    Node,
    Gpu,
    Place,
    Profile,
    State,
    Memory,
    Activity,
    Temperature,
    Power,
    Busy,
    Idle,
    Who,
    Since,
    Time,
    Code,
    Severity,
    How,
    Pid,
    User,
    Command,
    Rule,
    Findings,
    Restarts,
}

impl Column {
    /// Its key in texts: `column.memory`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Node => "column.node",
            Self::Gpu => "column.gpu",
            Self::Place => "column.place",
            Self::Profile => "column.profile",
            Self::State => "column.state",
            Self::Memory => "column.memory",
            Self::Activity => "column.activity",
            Self::Temperature => "column.temperature",
            Self::Power => "column.power",
            Self::Busy => "column.busy",
            Self::Idle => "column.idle",
            Self::Who => "column.who",
            Self::Since => "column.since",
            Self::Time => "column.time",
            Self::Code => "column.code",
            Self::Severity => "column.severity",
            Self::How => "column.how",
            Self::Pid => "column.pid",
            Self::User => "column.user",
            Self::Command => "column.command",
            Self::Rule => "column.rule",
            Self::Findings => "column.findings",
            Self::Restarts => "column.restarts",
        }
    }

    /// Whether the largest comes first: of what one looks for the extremes of.
    pub const fn largest_first(self) -> bool {
        matches!(
            self,
            Self::Memory
                | Self::Activity
                | Self::Temperature
                | Self::Power
                | Self::Busy
                | Self::Idle
                | Self::Since
                | Self::Severity
                | Self::Findings
                | Self::Restarts
                | Self::Time
        )
    }
}

/// The columns that a screen's rows can be sorted by.
pub const fn columns(screen: &Screen) -> &'static [Column] {
    use Column as C;
    match screen {
        Screen::Fleet => &[
            C::Node,
            C::Findings,
            C::Busy,
            C::Idle,
            C::Memory,
            C::Activity,
        ],
        Screen::Node(_) => &[
            C::Gpu,
            C::Memory,
            C::Activity,
            C::Temperature,
            C::Power,
            C::Busy,
            C::Idle,
        ],
        Screen::Gpu(_) => &[
            C::Place,
            C::Profile,
            C::State,
            C::Memory,
            C::Activity,
            C::Who,
            C::Idle,
            C::Since,
        ],
        Screen::Slices(_) => &[
            C::Gpu,
            C::Profile,
            C::State,
            C::Memory,
            C::Activity,
            C::Who,
            C::Idle,
            C::Since,
        ],
        Screen::Xids(_) => &[C::Time, C::Gpu, C::Code, C::Severity, C::Pid],
        Screen::Events(_) => &[C::Time, C::Gpu],
        Screen::Holders(_) => &[C::How, C::Pid, C::User, C::Command, C::Gpu, C::Since],
        Screen::Findings(_) => &[C::Severity, C::Gpu, C::Rule],
        Screen::Pods(_) => &[C::Who, C::State, C::Gpu, C::Node, C::Restarts, C::Since],
        Screen::Help | Screen::About => &[],
    }
}

/// An order of rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sort {
    /// By what.
    pub column: Column,
    /// The other way round than the column's own.
    pub reverse: bool,
}

impl Sort {
    /// By a column, its own way round.
    pub const fn by(column: Column) -> Self {
        Self {
            column,
            reverse: false,
        }
    }

    /// Whether the largest comes first.
    pub const fn is_largest_first(self) -> bool {
        self.column.largest_first() != self.reverse
    }

    /// Puts rows in this order.
    pub fn apply(self, screen: &Screen, fleet: &Fleet, places: &mut [Place]) {
        places.sort_by_cached_key(|place| {
            let key = item(screen, fleet, *place).map_or(Key::Absent, |i| key(self.column, &i));
            Placed {
                absent: key == Key::Absent,
                key: if self.is_largest_first() {
                    Way::Down(Reverse(key))
                } else {
                    Way::Up(key)
                },
            }
        });
    }
}
