//! Why a text is no layout.

use std::fmt;

use super::cursor::Cursor;

/// A place in the text, what was expected there, and what stood there instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// Line, from 1; `None` where the text is one layout and not a file.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: usize,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
    /// What to write instead, where that can be guessed.
    pub hint: Option<String>,
}

impl ParseError {
    pub(super) fn at(cursor: &Cursor<'_>, expected: impl Into<String>) -> Self {
        Self {
            line: None,
            column: cursor.column(),
            expected: expected.into(),
            found: cursor.shown(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        write!(
            f,
            "column {}: expected {}, found {}",
            self.column, self.expected, self.found
        )?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseError {}
