//! Colours: what a role looks like. The only place that knows any.

mod depth;
mod file;
mod rgb;
mod role;
mod row;
mod shipped;

use std::fmt;

use ratatui::style::{Modifier, Style};

use super::glyphs::Glyphs;

pub use depth::Depth;
pub use rgb::Rgb;
pub use role::{ROLES, Role};
pub use shipped::{SHIPPED, shipped};

/// How the terminal can be drawn on.
#[derive(Clone, PartialEq, Debug)]
pub struct Skin {
    /// Colours.
    pub theme: Theme,
    /// Characters.
    pub glyphs: Glyphs,
}

/// The background that a theme is made for. It is never painted: the terminal has it already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Paper {
    /// Black or nearly so.
    #[default]
    Dark,
    /// White or nearly so.
    Light,
}

/// Styles of roles.
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {
    name: String,
    paper: Paper,
    styles: Vec<Style>,
}

/// One thing that is wrong with a theme file. Only its own row is lost.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// Name of the theme.
    pub theme: String,
    /// Line, from 1; 0: the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub suggestion: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "theme {}", self.theme)?;
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        write!(f, ": {}", self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; {suggestion}"),
            None => Ok(()),
        }
    }
}

impl Theme {
    /// The shipped theme of that name, else the default one.
    pub fn named(name: &str) -> Self {
        let text = shipped(name).or_else(|| shipped("default")).unwrap_or("");
        Self::parse(name, text, &|_| None).0
    }

    /// A theme from the text of its file. `inherited` gives the text of another one by its name; a shipped theme needs
    /// none. What is wrong loses only its own row.
    pub fn parse(
        name: &str,
        text: &str,
        inherited: &dyn Fn(&str) -> Option<String>,
    ) -> (Self, Vec<Problem>) {
        file::theme(name, text, inherited)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The background it is made for.
    pub fn paper(&self) -> Paper {
        self.paper
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The style of a role on a row that is selected or not.
    pub fn over(&self, role: Role, selected: bool) -> Style {
        let style = self.style(role);
        if !selected {
            return style;
        }
        let ground = self.style(Role::Selected);
        let mut over = ground.patch(style);
        // faint letters on a reversed ground can hardly be read
        if ground.add_modifier.contains(Modifier::REVERSED) {
            over.add_modifier -= Modifier::DIM;
            over.sub_modifier |= Modifier::DIM;
        }
        // with few colours the ground may be so near to the text that it cannot be read
        if let (Some(fg), Some(bg)) = (over.fg.and_then(Rgb::of), over.bg.and_then(Rgb::of))
            && fg.contrast(bg) < 2.5
        {
            over.fg = ground.fg;
        }
        over
    }

    /// The theme with the colours that a terminal has.
    #[must_use]
    pub fn at(&self, depth: Depth) -> Self {
        depth::theme(self, depth)
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self::named("default")
    }
}

#[cfg(test)]
mod tests;
