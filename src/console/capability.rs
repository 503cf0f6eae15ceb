//! What the terminal can show, as far as the environment tells.

use std::ffi::OsString;

use crate::config::Colour;
use crate::view::theme::Depth;

/// Variables of the environment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Environment {
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `NO_COLOR` is set to something.
    pub no_color: bool,
    /// The first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set.
    pub locale: String,
    /// Inside tmux.
    pub tmux: bool,
    /// Inside GNU screen.
    pub screen: bool,
    /// `MIGDECK_CLIPBOARD=off`: the terminal is never asked to take text.
    pub clipboard_off: bool,
}

/// A terminal that nothing can be drawn on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

impl Environment {
    /// That of this process.
    pub fn of_process() -> Self {
        Self::of(|name| std::env::var_os(name))
    }

    fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|v| !v.is_empty());
        let text = |name: &str| {
            set(name).map_or_else(String::new, |v| v.to_string_lossy().to_ascii_lowercase())
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find(|name| set(name).is_some());
        Self {
            term: text("TERM"),
            colorterm: text("COLORTERM"),
            no_color: set("NO_COLOR").is_some(),
            locale: locale.map(text).unwrap_or_default(),
            tmux: set("TMUX").is_some(),
            screen: set("STY").is_some(),
            clipboard_off: text("MIGDECK_CLIPBOARD") == "off",
        }
    }

    /// Whether text goes to the tmux that this runs in.
    pub fn has_tmux(&self) -> bool {
        self.tmux && !self.clipboard_off
    }

    /// Whether anything can be drawn at all.
    ///
    /// # Errors
    /// `TERM=dumb`: the terminal has no cursor that could be moved.
    pub fn usable(&self) -> Result<(), Unusable> {
        match self.term.as_str() {
            "dumb" => Err(Unusable(
                "TERM=dumb: this terminal cannot be drawn on".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// Colours that may be used.
    pub fn depth(&self, wanted: Colour) -> Depth {
        match wanted {
            Colour::Never => return Depth::Mono,
            Colour::Auto if self.no_color => return Depth::Mono,
            Colour::Auto | Colour::Always => {}
        }
        let term = self.term.as_str();
        let of_term = if is_old(term) {
            Depth::Mono
        } else if term.ends_with("-direct") {
            Depth::True
        } else if term.contains("256color") || FULL.contains(&term) {
            Depth::Ansi256
        } else {
            // also `linux` and `screen`: what they know beyond that is not told by their names
            Depth::Ansi16
        };
        let known_better = matches!(self.colorterm.as_str(), "truecolor" | "24bit");
        let depth = if known_better && of_term >= Depth::Ansi16 && term != "linux" {
            Depth::True
        } else {
            of_term
        };
        match wanted {
            // asked for by name: then at least these
            Colour::Always => depth.max(Depth::Ansi16),
            _ => depth,
        }
    }

    /// Whether the locale says that the terminal reads UTF-8.
    pub fn utf8(&self) -> bool {
        self.locale.contains("utf-8") || self.locale.contains("utf8")
    }

    /// Whether the terminal may be asked for its modes: those that show a part of the question are not.
    pub fn answers(&self) -> bool {
        self.term != "linux" && !is_old(&self.term)
    }
}

/// Terminals with 256 colours whose name does not say so.
const FULL: [&str; 6] = [
    "alacritty",
    "foot",
    "xterm-kitty",
    "xterm-ghostty",
    "wezterm",
    "contour",
];

/// Terminals of before colours, and what pretends to be one.
fn is_old(term: &str) -> bool {
    let dec = ["vt50", "vt52", "vt1", "vt2", "vt3", "vt4", "vt5"];
    term.is_empty()
        || dec.iter().any(|d| term.starts_with(d))
        || term.ends_with("-m")
        || term.ends_with("-mono")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::of(|name| {
            let found = pairs.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    fn depth(term: &str, colorterm: &str) -> Depth {
        environment(&[("TERM", term), ("COLORTERM", colorterm)]).depth(Colour::Auto)
    }

    #[test]
    fn colours_are_what_the_terminals_name_stands_for() {
        assert_eq!(depth("xterm-256color", ""), Depth::Ansi256);
        assert_eq!(depth("tmux-256color", ""), Depth::Ansi256);
        assert_eq!(depth("xterm-256color", "truecolor"), Depth::True);
        assert_eq!(depth("xterm", ""), Depth::Ansi16);
        assert_eq!(depth("linux", ""), Depth::Ansi16);
        assert_eq!(depth("linux", "truecolor"), Depth::Ansi16);
        assert_eq!(depth("screen", ""), Depth::Ansi16);
        assert_eq!(depth("screen.xterm-256color", ""), Depth::Ansi256);
        assert_eq!(depth("vt100", ""), Depth::Mono);
        assert_eq!(depth("vt220", ""), Depth::Mono);
        assert_eq!(depth("xterm-direct", ""), Depth::True);
        assert_eq!(depth("", ""), Depth::Mono);
    }

    #[test]
    fn no_color_holds_unless_colours_were_asked_for() {
        let set = environment(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]);
        assert_eq!(set.depth(Colour::Auto), Depth::Mono);
        assert_eq!(set.depth(Colour::Always), Depth::Ansi256);
        let empty = environment(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]);
        assert_eq!(empty.depth(Colour::Auto), Depth::Ansi256);
        assert_eq!(empty.depth(Colour::Never), Depth::Mono);
        let old = environment(&[("TERM", "vt100")]);
        assert_eq!(old.depth(Colour::Always), Depth::Ansi16);
    }

    #[test]
    fn the_first_variable_that_is_set_tells_the_locale() {
        assert!(environment(&[("LANG", "ko_KR.UTF-8")]).utf8());
        assert!(environment(&[("LC_ALL", "C.utf8"), ("LANG", "C")]).utf8());
        assert!(!environment(&[("LC_ALL", "C"), ("LANG", "ko_KR.UTF-8")]).utf8());
        assert!(environment(&[("LC_ALL", ""), ("LC_CTYPE", "en_US.UTF-8")]).utf8());
        assert!(!environment(&[("LANG", "ko_KR.eucKR")]).utf8());
        assert!(!environment(&[]).utf8());
    }

    #[test]
    fn a_terminal_without_cursor_is_refused_by_name() {
        assert!(environment(&[("TERM", "xterm")]).usable().is_ok());
        let refused = environment(&[("TERM", "dumb")]).usable().unwrap_err();
        assert!(refused.to_string().contains("TERM=dumb"));
    }
}
