//! What is wrong, or worth knowing, with evidence and the next command.

use serde::{Deserialize, Serialize};

use super::text::Text;

/// How bad.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look.
    Caution,
    /// Work is lost or will be.
    Danger,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Stable id of the rule, such as `gpu-call-hung`.
    pub id: Text,
    /// How bad.
    pub severity: Severity,
    /// What it concerns: `dgx-dev-01 GPU 5 gi 2`.
    pub subject: Text,
    /// One sentence.
    pub text: Text,
    /// What it rests on.
    pub evidence: Vec<Text>,
    /// The next command, if there is one.
    pub next: Option<Text>,
}
