//! Single values: of the right kind and within their limits.

use std::path::PathBuf;

use toml::de::DeValue;

use super::host::words;
use super::{BEATS, LANGUAGES, Reader, Value};
use crate::config::Colour;
use crate::config::suggest::nearest;

impl Reader<'_> {
    /// A name of a file beside this one, or of one that comes with migdeck.
    pub(super) fn name(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let name = self.string(key, value)?;
        if is_plain_name(&name) {
            return Some(name);
        }
        self.problem(
            value.span().start,
            format!("`{key}` is `{name}`"),
            Some(format!(
                "give a name without its folder and ending: `mine` is {key}s/mine.toml beside config.toml"
            )),
        );
        None
    }

    pub(super) fn language(&mut self, value: &Value<'_>) -> Option<String> {
        let typed = self.string("language", value)?;
        if LANGUAGES.contains(&typed.as_str()) {
            return Some(typed);
        }
        self.problem(
            value.span().start,
            format!("`language` is `en` or `ko`, not `{typed}`"),
            None,
        );
        None
    }

    pub(super) fn urls(&mut self, key: &str, value: &Value<'_>) -> Option<Vec<String>> {
        let Some(words) = words(value) else {
            self.mismatch(key, value, "a list of URLs");
            return None;
        };
        let urls = words.into_iter().map(|url| self.url(value, url));
        urls.collect()
    }

    pub(super) fn url(&mut self, value: &Value<'_>, url: String) -> Option<String> {
        if is_url(&url) {
            return Some(url);
        }
        self.problem(
            value.span().start,
            format!("`{url}` is no URL to ask"),
            Some("write it as `http://host:9400/metrics`".into()),
        );
        None
    }

    pub(super) fn absolute(&mut self, value: &Value<'_>, path: String) -> Option<PathBuf> {
        let path = PathBuf::from(path);
        if path.is_absolute() {
            return Some(path);
        }
        self.problem(
            value.span().start,
            format!("`nvml_lib` is `{}`", path.display()),
            Some("give the library's path from the root".into()),
        );
        None
    }

    pub(super) fn beat(&mut self, value: &Value<'_>) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(n) => n.to_string().parse::<f64>().ok(),
            DeValue::Float(n) => n.to_string().parse::<f64>().ok(),
            _ => None,
        };
        match number {
            Some(n) if BEATS.contains(&n) => Some(n),
            _ => {
                self.mismatch("beat_seconds", value, "a number from 0.1 to 3600");
                None
            }
        }
    }

    pub(super) fn colour(&mut self, value: &Value<'_>) -> Option<Colour> {
        let words = ["auto", "always", "never"];
        let typed = self.string("colour", value)?;
        match typed.as_str() {
            "auto" => Some(Colour::Auto),
            "always" => Some(Colour::Always),
            "never" => Some(Colour::Never),
            _ => {
                let meant = nearest(&typed, &words).map(|w| format!("did you mean `{w}`?"));
                self.problem(
                    value.span().start,
                    format!("`colour` is `auto`, `always` or `never`, not `{typed}`"),
                    meant,
                );
                None
            }
        }
    }

    pub(super) fn string(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(s) => Some(s.to_string()),
            _ => {
                self.mismatch(key, value, "text in quotes");
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, key: &str, value: &Value<'_>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(b) => Some(*b),
            _ => {
                self.mismatch(key, value, "`true` or `false`");
                None
            }
        }
    }
}

/// Whether it is a URL that can be asked: http or https, also unsaid, and a host. What exactly is asked is decided where it
/// is.
pub(super) fn is_url(typed: &str) -> bool {
    let rest = match typed.split_once("://") {
        Some(("http" | "https", rest)) => rest,
        Some(_) => return false,
        None => typed,
    };
    let blank = |c: char| c.is_whitespace() || c.is_control();
    !rest.is_empty() && !rest.starts_with(['/', ':', '-', '?', '#', '@']) && !rest.contains(blank)
}

/// Whether a name is a file's name, and not a path that leads somewhere else.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}
