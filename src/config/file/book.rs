//! `fits.toml`: a `[[measured]]` table for each measurement.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{Reader, Value};
use crate::config::Problem;
use crate::domain::catalog;
use crate::domain::fits::{Measured, Outcome, Slice};
use crate::domain::text::Text;

/// Keys of a `[[measured]]` table.
pub const MEASURED_KEYS: [&str; 6] = ["model", "slice", "board", "seconds", "error", "note"];

/// Reads a book. Rows that are right are kept even where others are wrong.
pub(in crate::config) fn parse_book(path: &Path, text: &str) -> (Vec<Measured>, Vec<Problem>) {
    let mut reader = Reader {
        path,
        text,
        problems: Vec::new(),
    };
    let table = reader.table();
    let mut rows: Vec<(Measured, usize)> = Vec::new();
    for (key, value) in table.iter().flat_map(|t| t.get_ref().iter()) {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("measured", DeValue::Array(tables)) => {
                for entry in tables.iter() {
                    reader.row(entry, &mut rows);
                }
            }
            ("measured", _) => reader.mismatch("measured", value, TABLES),
            (other, _) => reader.unknown(key.span().start, other, &["measured"], ""),
        }
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|p| p.at);
    (rows.into_iter().map(|(row, _)| row).collect(), problems)
}

const TABLES: &str = "tables, each under its own `[[measured]]`";

impl Reader<'_> {
    fn row(&mut self, entry: &Value<'_>, rows: &mut Vec<(Measured, usize)>) {
        let DeValue::Table(table) = entry.get_ref() else {
            self.mismatch("measured", entry, TABLES);
            return;
        };
        let start = entry.span().start;
        let Some(row) = self.measured(start, table) else {
            return;
        };
        let line = self.place(start).0;
        if let Some((_, first)) = rows.iter().find(|(old, _)| old.is_of(&row)) {
            self.problem(
                start,
                format!(
                    "`{}` on {} was measured in line {first} already",
                    row.model, row.slice
                ),
                Some("leave one of them out, or name the `board` of each".into()),
            );
            return;
        }
        rows.push((row, line));
    }

    fn measured(&mut self, start: usize, table: &DeTable<'_>) -> Option<Measured> {
        let before = self.problems.len();
        let (mut model, mut slice, mut board, mut note) = (None, None, None, None);
        let (mut seconds, mut error) = (None, None);
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "model" => model = self.said("model", value),
                "slice" => slice = self.slice(value),
                "board" => board = self.board(value),
                "seconds" => seconds = self.seconds(value),
                "error" => error = self.said("error", value),
                "note" => note = self.said("note", value),
                other => {
                    self.unknown(
                        key.span().start,
                        other,
                        &MEASURED_KEYS,
                        " in a [[measured]] table",
                    );
                }
            }
        }
        let has = |key: &str| table.iter().any(|(k, _)| k.get_ref() == key);
        for key in ["model", "slice"] {
            if !has(key) {
                self.problem(start, format!("this measurement has no `{key}`"), None);
            }
        }
        if has("seconds") == has("error") {
            self.problem(
                start,
                "a measurement has either `seconds` or `error`".into(),
                Some("`seconds`: how long it took; `error`: how it failed".into()),
            );
        }
        if self.problems.len() > before {
            return None;
        }
        Some(Measured {
            model: model?,
            slice: slice?,
            board,
            outcome: match (seconds, error) {
                (Some(seconds), _) => Outcome::Seconds(seconds),
                (None, error) => Outcome::Error(error?),
            },
            note,
        })
    }

    /// Text that says something.
    fn said(&mut self, key: &str, value: &Value<'_>) -> Option<Text> {
        let text = self.string(key, value)?;
        if text.trim().is_empty() {
            self.mismatch(key, value, "text that says something");
            return None;
        }
        Some(Text::new(text.trim()))
    }

    fn slice(&mut self, value: &Value<'_>) -> Option<Slice> {
        let text = self.string("slice", value)?;
        let slice = Slice::parse(&text);
        if slice.is_err() {
            self.problem(
                value.span().start,
                format!("`slice` is `{}`", Text::new(&text)),
                Some(
                    "write a profile, such as `3g.20gb` or `1c.3g.20gb`, or `gpu` for a GPU with MIG off"
                        .into(),
                ),
            );
        }
        slice.ok()
    }

    fn board(&mut self, value: &Value<'_>) -> Option<&'static str> {
        let text = self.string("board", value)?;
        match catalog::named(&text) {
            Ok(board) => Some(board.model.as_str()),
            Err(unknown) => {
                self.problem(
                    value.span().start,
                    unknown.to_string(),
                    Some("`migdeck profiles` lists the boards".into()),
                );
                None
            }
        }
    }

    fn seconds(&mut self, value: &Value<'_>) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(n) => n.to_string().parse::<f64>().ok(),
            DeValue::Float(n) => n.to_string().parse::<f64>().ok(),
            _ => None,
        };
        match number {
            Some(n) if n.is_finite() && n > 0.0 => Some(n),
            _ => {
                self.mismatch("seconds", value, "a number of seconds above 0");
                None
            }
        }
    }
}
