//! A theme file, and those it inherits from.
//!
//! ```toml
//! inherits = "default"      # rows that are not here are that theme's
//! paper = "dark"            # or "light": the background it is made for
//!
//! [palette]                 # names for colours, also for the rows that are inherited
//! blue = 75
//!
//! [roles]
//! text = "none"             # nothing of its own
//! "state.busy" = "bold blue on 236"
//! ```
//!
//! A role that has no row is shown as what stands before its last dot, and in the end as `text`.

use std::collections::BTreeMap;

use ratatui::style::Style;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::row::{Palette, colour, style};
use super::{Paper, Problem, ROLES, Theme, shipped};
use crate::domain::nearest::nearest;

/// A row: the role's name, what was typed, in which theme and line.
struct Row {
    text: String,
    theme: String,
    line: usize,
}

/// What a file and those it inherits from say.
#[derive(Default)]
struct Collected {
    paper: Option<Paper>,
    palette: Palette,
    rows: BTreeMap<String, Row>,
    problems: Vec<Problem>,
}

pub(super) fn theme(
    name: &str,
    text: &str,
    inherited: &dyn Fn(&str) -> Option<String>,
) -> (Theme, Vec<Problem>) {
    let mut all = Collected::default();
    read(name, text, inherited, &mut vec![name.to_owned()], &mut all);
    let Collected {
        paper,
        palette,
        rows,
        mut problems,
    } = all;
    let mut styles: BTreeMap<&str, Style> = BTreeMap::new();
    for (role, row) in &rows {
        match style(&row.text, &palette) {
            Ok(style) => {
                styles.insert(role, style);
            }
            Err((message, suggestion)) => problems.push(Problem {
                theme: row.theme.clone(),
                line: row.line,
                message: format!("{role}: {message}"),
                suggestion,
            }),
        }
    }
    problems.sort();
    problems.dedup();
    let theme = Theme {
        name: name.to_owned(),
        paper: paper.unwrap_or_default(),
        styles: ROLES
            .iter()
            .map(|(_, role)| resolve(role, &styles))
            .collect(),
    };
    (theme, problems)
}

/// The style of a role, or of what stands before its last dot, or of `text`.
fn resolve(role: &str, styles: &BTreeMap<&str, Style>) -> Style {
    let mut name = role;
    loop {
        if let Some(style) = styles.get(name) {
            return *style;
        }
        match name.rsplit_once('.') {
            Some((group, _)) => name = group,
            None => return styles.get("text").copied().unwrap_or_default(),
        }
    }
}

/// Reads a file after the one that it inherits from, so that its own rows win.
fn read(
    name: &str,
    text: &str,
    inherited: &dyn Fn(&str) -> Option<String>,
    path: &mut Vec<String>,
    all: &mut Collected,
) {
    let mut file = File {
        name,
        text,
        problems: Vec::new(),
    };
    let sound = file.sound();
    let (table, _) = DeTable::parse_recoverable(&sound);
    let table = table.get_ref();
    if let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == "inherits") {
        let line = file.line(key.span().start);
        match value.get_ref().as_str() {
            Some(parent) => inherit(parent, line, &mut file, inherited, path, all),
            None => file.wrong(line, "`inherits` is the name of a theme in quotes", None),
        }
    }
    for (key, value) in table {
        let line = file.line(key.span().start);
        match (&**key.get_ref(), value.get_ref()) {
            ("inherits", _) => {}
            ("paper", DeValue::String(paper)) if paper == "dark" => all.paper = Some(Paper::Dark),
            ("paper", DeValue::String(paper)) if paper == "light" => all.paper = Some(Paper::Light),
            ("paper", _) => file.wrong(line, "`paper` is `\"dark\"` or `\"light\"`", None),
            ("palette", DeValue::Table(rows)) => file.palette(rows, all),
            ("roles", DeValue::Table(rows)) => file.roles("", rows, all),
            (other, _) => {
                let meant = nearest(other, &["inherits", "paper", "palette", "roles"])
                    .map(|m| format!("did you mean `{m}`?"))
                    .or_else(|| known(other).then(|| "roles stand under [roles]".to_owned()));
                file.wrong(line, &format!("there is no key `{other}`"), meant);
            }
        }
    }
    all.problems.append(&mut file.problems);
}

fn inherit(
    parent: &str,
    line: usize,
    file: &mut File<'_>,
    inherited: &dyn Fn(&str) -> Option<String>,
    path: &mut Vec<String>,
    all: &mut Collected,
) {
    // a file that takes the name of a shipped theme may build on that one
    let own_name = path.last().is_some_and(|last| last == parent);
    let shipped_text = shipped(parent).map(str::to_owned);
    let text = if own_name && shipped_text.as_deref() != Some(file.text) {
        shipped_text
    } else if path.iter().any(|p| p == parent) {
        let circle: Vec<&str> = path.iter().map(String::as_str).chain([parent]).collect();
        let message = format!("themes inherit in a circle: {}", circle.join(" > "));
        file.wrong(line, &message, None);
        return;
    } else {
        inherited(parent).or(shipped_text)
    };
    let Some(text) = text else {
        if own_name {
            file.wrong(line, &format!("`{parent}` inherits from itself"), None);
            return;
        }
        let names: Vec<&str> = super::SHIPPED.iter().map(|(name, _)| *name).collect();
        let meant = nearest(parent, &names).map(|m| format!("did you mean `{m}`?"));
        let message = format!("there is no theme `{parent}`");
        file.wrong(line, &message, meant);
        return;
    };
    path.push(parent.to_owned());
    read(parent, &text, inherited, path, all);
    path.pop();
}

struct File<'a> {
    name: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
}

impl File<'_> {
    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn wrong(&mut self, line: usize, message: &str, suggestion: Option<String>) {
        self.problems.push(Problem {
            theme: self.name.to_owned(),
            line,
            message: message.to_owned(),
            suggestion,
        });
    }

    /// The text with spaces in place of the lines that are no TOML, so that the others keep their places.
    fn sound(&mut self) -> String {
        let mut text = self.text.to_owned();
        // one slip may make errors further on: after each the rest is read again without it
        for _ in 0..=self.text.lines().count() {
            let (_, errors) = DeTable::parse_recoverable(&text);
            let Some(error) = errors.iter().min_by_key(|e| e.span().map(|s| s.start)) else {
                break;
            };
            let at = error.span().map_or(0, |s| s.start).min(text.len());
            let before = text.get(..at).unwrap_or("");
            let start = before.rfind('\n').map_or(0, |n| n + 1);
            let end = text
                .get(at..)
                .and_then(|rest| rest.find('\n'))
                .map_or(text.len(), |n| at + n);
            let line = before.matches('\n').count() + 1;
            self.wrong(line, &format!("not TOML: {}", error.message()), None);
            if text.get(start..end).is_none_or(|l| l.trim().is_empty()) {
                text.clear();
                break;
            }
            text.replace_range(start..end, &" ".repeat(end - start));
        }
        text
    }

    fn palette(&mut self, rows: &DeTable<'_>, all: &mut Collected) {
        for (key, value) in rows {
            let line = self.line(key.span().start);
            let name = key.get_ref().to_string();
            let Some(text) = written(value) else {
                let message = format!("{name}: a colour is a name, 0 to 255, or `\"#rrggbb\"`");
                self.wrong(line, &message, None);
                continue;
            };
            match colour(&text, &Palette::new()) {
                Ok(colour) => {
                    all.palette.insert(name, colour);
                }
                Err((message, suggestion)) => {
                    self.wrong(line, &format!("{name}: {message}"), suggestion);
                }
            }
        }
    }

    fn roles(&mut self, under: &str, rows: &DeTable<'_>, all: &mut Collected) {
        for (key, value) in rows {
            let line = self.line(key.span().start);
            let role = match under {
                "" => key.get_ref().to_string(),
                group => format!("{group}.{}", key.get_ref()),
            };
            if let DeValue::Table(rows) = value.get_ref() {
                self.roles(&role, rows, all);
                continue;
            }
            if !known(&role) {
                let meant = meant(&role);
                self.wrong(
                    line,
                    &format!("there is no role `{role}`"),
                    meant.map(|m| format!("did you mean `{m}`?")),
                );
                continue;
            }
            match written(value) {
                Some(text) => {
                    let row = Row {
                        text,
                        theme: self.name.to_owned(),
                        line,
                    };
                    all.rows.insert(role, row);
                }
                None => {
                    let message = format!("{role}: a style is text such as `\"bold blue on 236\"`");
                    self.wrong(line, &message, None);
                }
            }
        }
    }
}

/// The role that was probably meant, by its whole name or by what stands behind its last dot.
fn meant(role: &str) -> Option<&'static str> {
    let names: Vec<&str> = ROLES.iter().map(|(_, name)| *name).collect();
    if let Some(whole) = nearest(role, &names) {
        return Some(whole);
    }
    let last = |name: &'static str| name.rsplit('.').next().unwrap_or(name);
    let lasts: Vec<&str> = names.iter().map(|n| last(n)).collect();
    let found = nearest(role, &lasts)?;
    ROLES.iter().map(|(_, n)| *n).find(|n| last(n) == found)
}

/// A role, or a group of roles.
fn known(role: &str) -> bool {
    ROLES.iter().any(|(_, name)| {
        *name == role
            || name
                .strip_prefix(role)
                .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// Text, or a number as text.
fn written(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}
