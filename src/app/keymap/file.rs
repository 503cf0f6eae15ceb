//! One keymap file: TOML, every problem found in one go, a bad row loses only itself.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;
use crate::app::Command;
use crate::app::command::{COMMANDS, Context};
use crate::app::key::{Key, sequence, written};
use crate::domain::nearest::nearest;

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The keymap that it patches, and the line that says so.
    pub inherits: Option<(String, usize)>,
    /// Its rows in the order of lines.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Debug)]
pub(super) struct Row {
    pub layer: Context,
    pub keys: Vec<Key>,
    /// What they mean; empty: nothing.
    pub commands: Vec<Command>,
    pub line: usize,
}

/// Words that unbind.
const NOTHING: [&str; 2] = ["", "none"];

/// Reads a file.
pub(super) fn read(name: &str, text: &str) -> (File, Vec<Problem>) {
    let mut reader = Reader {
        name,
        text,
        problems: Vec::new(),
    };
    let sound = reader.sound();
    let (table, _) = DeTable::parse_recoverable(&sound);
    let mut file = File::default();
    for (key, value) in table.get_ref().iter() {
        let line = reader.line(key.span().start);
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("inherits", DeValue::String(base)) => {
                file.inherits = Some((base.clone().into_owned(), line));
            }
            (layer, DeValue::Table(rows)) => reader.layer(layer, line, rows, &mut file),
            (other, _) => {
                reader.problem(
                    line,
                    format!("'{other}' is no layer"),
                    Some(format!("write rows under one of: {}", layers().join(", "))),
                );
            }
        }
    }
    file.rows.sort_by_key(|row| row.line);
    reader.collisions(&mut file);
    reader.problems.sort();
    (file, reader.problems)
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn problem(&mut self, line: usize, message: String, suggestion: Option<String>) {
        self.problems.push(Problem {
            keymap: self.name.to_owned(),
            line,
            message,
            suggestion,
        });
    }

    /// The text without the lines that are no TOML, and without the rows under a broken head, whose layer nobody knows. Blanks stand in their place, so that all else stays where it was.
    fn sound(&mut self) -> String {
        let mut lines: Vec<String> = self.text.split('\n').map(str::to_owned).collect();
        let blank = |line: &mut String| *line = " ".repeat(line.len());
        // one slip may make errors further on: after each the rest is read again without it
        for _ in 0..lines.len() {
            let text = lines.join("\n");
            let (_, errors) = DeTable::parse_recoverable(&text);
            let Some(error) = errors.into_iter().min_by_key(|e| e.span().map(|s| s.start)) else {
                return text;
            };
            let at = error.span().map_or(0, |s| s.start);
            let line = text.get(..at).unwrap_or(&text).matches('\n').count();
            let message = match error.message() {
                "duplicate key" => "these keys are bound twice in this layer".to_owned(),
                other => format!("not TOML: {other}"),
            };
            self.problem(line + 1, message, None);
            let Some(broken) = lines.get_mut(line).filter(|l| !l.trim().is_empty()) else {
                break;
            };
            let head = broken.trim_start().starts_with('[');
            blank(broken);
            if head {
                let under = lines.iter_mut().skip(line + 1);
                under
                    .take_while(|l| !l.trim_start().starts_with('['))
                    .for_each(blank);
            }
        }
        lines.join("\n")
    }

    fn layer(&mut self, name: &str, line: usize, rows: &DeTable<'_>, file: &mut File) {
        let Some(layer) = Context::named(name) else {
            let meant = nearest(name, &layers()).map(|l| format!("did you mean [{l}]?"));
            self.problem(
                line,
                format!("there is no layer '{name}'"),
                Some(meant.unwrap_or_else(|| format!("layers are {}", layers().join(", ")))),
            );
            return;
        };
        for (key, value) in rows {
            let line = self.line(key.span().start);
            let keys = match sequence(key.get_ref()) {
                Ok(keys) => keys,
                Err(bad) => {
                    self.problem(line, bad.to_string(), None);
                    continue;
                }
            };
            let Some(commands) = self.commands(layer, line, value) else {
                continue;
            };
            let text_field = matches!(layer, Context::Input | Context::Pick);
            if text_field && keys.first().is_some_and(|k| k.types()) && !commands.is_empty() {
                self.problem(
                    line,
                    format!("'{}' is a character that is typed there", written(&keys)),
                    Some("take a key with ctrl- or alt-".to_owned()),
                );
                continue;
            }
            file.rows.push(Row {
                layer,
                keys,
                commands,
                line,
            });
        }
    }

    /// The commands of a row; `None`: it has a problem.
    fn commands(
        &mut self,
        layer: Context,
        line: usize,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Vec<Command>> {
        let names: Vec<String> = match value.get_ref() {
            DeValue::String(one) if NOTHING.contains(&one.as_ref()) => return Some(Vec::new()),
            DeValue::String(one) => vec![one.clone().into_owned()],
            DeValue::Array(many) => {
                let names = many.iter().map(|v| match v.get_ref() {
                    DeValue::String(name) => Some(name.clone().into_owned()),
                    _ => None,
                });
                match names.collect() {
                    Some(names) => names,
                    None => {
                        self.problem(line, "an array holds names of commands".to_owned(), None);
                        return None;
                    }
                }
            }
            _ => {
                self.problem(
                    line,
                    "a key means the name of a command, in quotes".to_owned(),
                    None,
                );
                return None;
            }
        };
        let mut commands = Vec::new();
        for name in names {
            let Some(command) = Command::named(&name) else {
                let known: Vec<&str> = COMMANDS.iter().map(|r| r.name).collect();
                let meant = nearest(&name, &known).map(|n| format!("did you mean '{n}'?"));
                self.problem(line, format!("there is no command '{name}'"), meant);
                return None;
            };
            if !command.belongs_to(layer) {
                let homes: Vec<&str> = command.row().contexts.iter().map(|c| c.name()).collect();
                self.problem(
                    line,
                    format!("'{name}' does nothing in layer '{}'", layer.name()),
                    Some(format!("it belongs to {}", homes.join(", "))),
                );
                return None;
            }
            commands.push(command);
        }
        Some(commands)
    }

    /// Rows of one file that exclude each other: the later of two for the same keys, and a sequence whose beginning is
    /// bound, which would never be reached.
    fn collisions(&mut self, file: &mut File) {
        let mut kept: Vec<Row> = Vec::new();
        let rows = std::mem::take(&mut file.rows);
        for row in &rows {
            if row.commands.is_empty() {
                continue;
            }
            let hides = |other: &&Row| {
                other.layer == row.layer
                    && !other.commands.is_empty()
                    && other.keys.len() < row.keys.len()
                    && row.keys.starts_with(&other.keys)
            };
            if let Some(other) = rows.iter().find(hides) {
                self.problem(
                    row.line,
                    format!(
                        "'{}' is never reached: '{}' acts at once (line {})",
                        written(&row.keys),
                        written(&other.keys),
                        other.line
                    ),
                    None,
                );
            }
        }
        let hidden: Vec<usize> = self.problems.iter().map(|p| p.line).collect();
        for row in rows {
            let same = |k: &&Row| k.layer == row.layer && k.keys == row.keys;
            if let Some(first) = kept.iter().find(same) {
                let message = format!(
                    "'{}' has a meaning already (line {})",
                    written(&row.keys),
                    first.line
                );
                self.problem(row.line, message, None);
            } else if row.commands.is_empty() || !hidden.contains(&row.line) {
                kept.push(row);
            }
        }
        file.rows = kept;
    }
}

fn layers() -> Vec<&'static str> {
    Context::ALL.iter().map(|c| c.name()).collect()
}
