//! What lets a user see everything, as the console tells it.

use crate::app::session::{Advice, Install};
use crate::domain::text::Text;
use crate::wiring::hosts::SudoAdvice;

impl From<SudoAdvice> for Advice {
    fn from(advice: SudoAdvice) -> Self {
        match advice {
            SudoAdvice::Line(line) => Self {
                first: None,
                line: line.into(),
            },
            SudoAdvice::InstallFirst {
                weak,
                install,
                line,
            } => Self {
                first: Some(Install {
                    weak: Text::from(weak.display().to_string()),
                    command: install.into(),
                }),
                line: line.into(),
            },
        }
    }
}
