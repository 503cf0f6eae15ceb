//! What every part of the picture needs: the model and how the terminal can show it.

use std::fmt::Display;

use ratatui::style::Style;

use crate::app::Model;

use super::glyphs::Glyphs;
use super::theme::{Role, Skin};

/// What every part of the picture needs.
#[derive(Clone, Copy, Debug)]
pub struct Ctx<'a> {
    /// What is to be shown.
    pub model: &'a Model,
    /// How.
    pub skin: &'a Skin,
}

impl<'a> Ctx<'a> {
    /// Model and skin together.
    pub fn new(model: &'a Model, skin: &'a Skin) -> Self {
        Self { model, skin }
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.skin.theme.style(role)
    }

    /// The style of a role on a row that is selected or not: colours that cannot be read on the selection's background
    /// give way, what the role says by weight stays.
    pub fn over(&self, role: Role, selected: bool) -> Style {
        self.skin.theme.over(role, selected)
    }

    /// The characters that may be used.
    pub fn glyphs(&self) -> &'a Glyphs {
        &self.skin.glyphs
    }

    /// The sentence of a key.
    pub fn text(&self, key: &'a str) -> &'a str {
        self.model.texts.get(key)
    }

    /// The sentence of a key with its places filled.
    pub fn say(&self, key: &str, args: &[(&str, &dyn Display)]) -> String {
        self.model.texts.say(key, args)
    }
}
