//! Why a simulated driver cannot be opened.

use std::fmt;

use crate::scenario::ScenarioError;
use crate::state::StateError;

/// Why a simulated driver cannot be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpenError {
    /// The scenario cannot be had.
    Scenario(ScenarioError),
    /// The scenario has no such host.
    NoSuchHost {
        /// The host asked for.
        host: String,
        /// Those that there are.
        have: Vec<String>,
    },
    /// The simulator has no table of the host's board.
    NoSuchBoard {
        /// The host.
        host: String,
        /// The board's short name.
        board: String,
    },
    /// A driver version that does not start with a number.
    DriverVersion(String),
    /// A GPU's layout is not one that the board and the driver allow.
    Layout {
        /// GPU index.
        gpu: usize,
        /// The instance as the scenario writes it.
        instance: String,
        /// What is wrong with it.
        why: String,
    },
    /// The state file cannot be used; it is left as it is.
    State(StateError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(why) => why.fmt(f),
            Self::NoSuchHost { host, have } => {
                write!(
                    f,
                    "no host '{host}' in the scenario; it has {}",
                    have.join(", ")
                )
            }
            Self::NoSuchBoard { host, board } => {
                let known: Vec<&str> = crate::tables::boards().map(|b| b.short).collect();
                write!(
                    f,
                    "host '{host}': no board '{board}'; known are {}",
                    known.join(", ")
                )
            }
            Self::DriverVersion(text) => {
                write!(
                    f,
                    "driver version '{text}' does not start with a number, as 535.161.08 does"
                )
            }
            Self::Layout { gpu, instance, why } => {
                write!(f, "GPU {gpu}: instance '{instance}': {why}")
            }
            Self::State(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<StateError> for OpenError {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

impl From<ScenarioError> for OpenError {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(error)
    }
}
