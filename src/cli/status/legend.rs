//! Why values are absent: each reason once, below everything else.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::style::{Role, Style};
use crate::cli::text::wrap;
use crate::formats::absent::Absent;

/// What stands in place of an absent value.
pub(super) const NA: &str = "n/a";

/// Collects reasons while the page is written.
#[derive(Debug, Default)]
pub(super) struct Legend {
    reasons: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Legend {
    /// `n/a`, and its reason is remembered: `what` is the name under which the value is shown, `on` the host.
    pub(super) fn na(&mut self, what: &str, on: &str, absent: &Absent, key: &str) -> String {
        let why = absent
            .reason(key)
            .map_or("no reason was given", |r| r.text.as_str());
        self.because(what, on, why);
        NA.to_owned()
    }

    /// Remembers a reason.
    pub(super) fn because(&mut self, what: &str, on: &str, why: &str) {
        self.reasons
            .entry((what.to_owned(), why.to_owned()))
            .or_default()
            .insert(on.to_owned());
    }

    /// The lines.
    pub(super) fn lines(&self, style: Style) -> Vec<String> {
        if self.reasons.is_empty() {
            return Vec::new();
        }
        let mut out = vec![style.paint(Role::Heading, "NOT AVAILABLE")];
        for ((what, why), on) in &self.reasons {
            let hosts: Vec<&str> = on.iter().map(String::as_str).collect();
            let text = format!("{what} on {}: {why}", hosts.join(", "));
            for (n, line) in wrap(text.split(' '), " ", style.width - 4)
                .into_iter()
                .enumerate()
            {
                out.push(format!("{}{line}", if n == 0 { "  " } else { "    " }));
            }
        }
        out
    }
}
