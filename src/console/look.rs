//! From what the terminal can show to what is drawn with.

use crate::view::{Glyphs, Skin, Theme};

use super::capability::{Environment, Palette};
use super::options::Wishes;

/// What is drawn with, and what it depends on.
#[derive(Debug)]
pub struct Looks {
    palette: Palette,
    theme: String,
    /// Said by the user; `None`: as the terminal can.
    wanted: Option<bool>,
    /// The terminal draws boxes two columns wide.
    wide: bool,
    utf8: bool,
}

impl Looks {
    /// From the environment and the user's wishes.
    pub fn new(environment: &Environment, wishes: &Wishes, theme: &str) -> Self {
        Self {
            palette: environment.palette(wishes.colour),
            theme: theme.to_owned(),
            wanted: wishes.ascii,
            wide: false,
            utf8: environment.utf8(),
        }
    }

    /// The terminal has told how wide it draws boxes; whether anything changes by that.
    pub fn boxes_are_wide(&mut self, wide: bool) -> bool {
        let before = self.ascii();
        self.wide = wide;
        self.ascii() != before
    }

    /// Another theme.
    pub fn choose(&mut self, theme: &str) {
        theme.clone_into(&mut self.theme);
    }

    /// Whether only ASCII may be written.
    pub fn ascii(&self) -> bool {
        self.wanted.unwrap_or(self.wide || !self.utf8)
    }

    /// What is drawn with.
    pub fn skin(&self) -> Skin {
        Skin {
            theme: Theme::provisional(),
            glyphs: if self.ascii() {
                Glyphs::ascii()
            } else {
                Glyphs::unicode()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(locale: &str, ascii: Option<bool>) -> Looks {
        let environment = Environment {
            locale: locale.to_owned(),
            ..Environment::default()
        };
        let wishes = Wishes {
            ascii,
            ..Wishes::default()
        };
        Looks::new(&environment, &wishes, "default")
    }

    #[test]
    fn boxes_are_drawn_where_they_are_one_column_wide_and_can_be_read() {
        let mut utf8 = looks("en_us.utf-8", None);
        assert!(!utf8.ascii());
        assert!(!utf8.boxes_are_wide(false));
        assert!(utf8.boxes_are_wide(true) && utf8.ascii());
        assert!(utf8.boxes_are_wide(false), "another terminal was attached");
        assert!(looks("c", None).ascii());
        assert!(!looks("c", None).boxes_are_wide(true));
    }

    #[test]
    fn what_the_user_wants_is_not_decided_anew() {
        let mut wanted = looks("c", Some(false));
        assert!(!wanted.ascii());
        assert!(!wanted.boxes_are_wide(true) && !wanted.ascii());
        assert!(looks("en_us.utf-8", Some(true)).ascii());
    }
}
