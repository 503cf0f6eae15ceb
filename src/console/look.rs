//! From what the terminal can show to what is drawn with.

use crate::view::theme::{Depth, SHIPPED, shipped};
use crate::view::{Glyphs, Skin, Theme};

use super::capability::Environment;
use super::options::{ThemeFile, Wishes};

/// What is drawn with, and what it depends on.
#[derive(Debug)]
pub struct Looks {
    depth: Depth,
    /// Name of the theme.
    theme: String,
    /// The user's theme files.
    own: Vec<ThemeFile>,
    /// Said by the user; `None`: as the terminal can.
    wanted: Option<bool>,
    /// The terminal draws boxes two columns wide.
    wide: bool,
    utf8: bool,
}

impl Looks {
    /// From the environment and the user's wishes.
    pub fn new(
        environment: &Environment,
        wishes: &Wishes,
        theme: &str,
        own: Vec<ThemeFile>,
    ) -> Self {
        Self {
            depth: environment.depth(wishes.colour),
            theme: theme.to_owned(),
            own,
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

    /// The theme with all its colours: the user's of that name before the shipped one.
    fn theme(&self) -> Theme {
        let own = |name: &str| self.own.iter().find(|file| file.name == name);
        match own(&self.theme) {
            // what is wrong with it was told at the start; its other rows hold
            Some(file) => {
                let inherited = |name: &str| {
                    let other = own(name).filter(|other| other.name != file.name);
                    other.map_or_else(
                        || shipped(name).map(str::to_owned),
                        |other| Some(other.text.clone()),
                    )
                };
                Theme::parse(&file.name, &file.text, &inherited).0
            }
            None => Theme::named(&self.theme),
        }
    }

    /// What is drawn with.
    pub fn skin(&self) -> Skin {
        Skin {
            theme: self.theme().at(self.depth),
            glyphs: if self.ascii() {
                Glyphs::ascii()
            } else {
                Glyphs::unicode()
            },
        }
    }
}

/// Names of the themes that come with migdeck.
pub fn shipped_themes() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// What is wrong with a theme, the user's of that name before the shipped one; what is wrong loses only its own row.
pub fn theme_problems(own: &[ThemeFile], name: &str) -> Vec<String> {
    let find = |name: &str| own.iter().find(|file| file.name == name);
    let Some(file) = find(name) else {
        let known = shipped(name).is_some();
        let missing = format!(
            "there is no theme `{name}`, neither with migdeck nor as themes/{name}.toml beside config.toml"
        );
        return if known { Vec::new() } else { vec![missing] };
    };
    let inherited = |name: &str| {
        let other = find(name).filter(|other| other.name != file.name);
        other.map_or_else(
            || shipped(name).map(str::to_owned),
            |other| Some(other.text.clone()),
        )
    };
    let problems = Theme::parse(&file.name, &file.text, &inherited).1;
    problems.iter().map(ToString::to_string).collect()
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
        Looks::new(&environment, &wishes, "default", Vec::new())
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
    fn a_theme_of_the_users_own_comes_before_the_shipped_one_and_is_drawn_with_the_colours_there_are()
     {
        let environment = |no_color| Environment {
            term: "xterm-256color".to_owned(),
            no_color,
            ..Environment::default()
        };
        let own = vec![ThemeFile {
            name: "light".to_owned(),
            text: "[styles]\n".to_owned(),
        }];
        let wishes = Wishes::default();
        let looks = Looks::new(&environment(false), &wishes, "light", own.clone());
        assert_ne!(looks.skin().theme, Theme::named("light").at(Depth::Ansi256));
        let mut looks = Looks::new(&environment(false), &wishes, "default", own.clone());
        assert_eq!(
            looks.skin().theme,
            Theme::named("default").at(Depth::Ansi256)
        );
        looks.choose("high-contrast");
        assert_eq!(
            looks.skin().theme,
            Theme::named("high-contrast").at(Depth::Ansi256)
        );
        let mono = Looks::new(&environment(true), &wishes, "default", own);
        assert_eq!(mono.skin().theme, Theme::named("mono"));
    }

    #[test]
    fn what_the_user_wants_is_not_decided_anew() {
        let mut wanted = looks("c", Some(false));
        assert!(!wanted.ascii());
        assert!(!wanted.boxes_are_wide(true) && !wanted.ascii());
        assert!(looks("en_us.utf-8", Some(true)).ascii());
    }
}
