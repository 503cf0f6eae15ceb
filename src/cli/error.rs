//! Why a subcommand ends without having done what it was asked to.

use std::fmt;

/// What went wrong, what to do next, and the exit code that says so to a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CliError {
    /// What happened, to what, and why.
    pub message: String,
    /// What to do next, one line each.
    pub hints: Vec<String>,
    /// Exit code.
    pub code: u8,
}

impl CliError {
    /// Nothing could be read, or the work failed: exit code 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(1, message)
    }

    /// What was typed, or a file, cannot be understood: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(2, message)
    }

    /// Understood and refused, or invalid: exit code 3.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(3, message)
    }

    /// With one more line on what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hints: Vec::new(),
            code,
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for hint in &self.hints {
            write!(f, "\n  {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CliError {}
