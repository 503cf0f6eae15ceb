//! Why values are absent: each reason once, below everything else.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::style::{Role, Style};
use crate::cli::text::{ranges, wrap};
use crate::formats::absent::Absent;

/// What stands in place of an absent value.
pub(super) const NA: &str = "n/a";

/// Hosts, with those of their GPUs that are meant; none: the host as a whole.
type Places = BTreeMap<String, BTreeSet<u32>>;

/// Collects reasons while the page is written.
#[derive(Debug, Default)]
pub(super) struct Legend {
    reasons: BTreeMap<String, BTreeMap<String, Places>>,
}

impl Legend {
    /// `n/a`, and its reason is remembered: `what` is the name under which the value is shown.
    pub(super) fn na(
        &mut self,
        what: &str,
        node: &str,
        gpu: Option<u32>,
        absent: &Absent,
        key: &str,
    ) -> String {
        let why = absent
            .reason(key)
            .map_or("no reason was given", |r| r.text.as_str());
        self.because(what, node, gpu, why);
        NA.to_owned()
    }

    /// Remembers a reason.
    pub(super) fn because(&mut self, what: &str, node: &str, gpu: Option<u32>, why: &str) {
        self.reasons
            .entry(why.to_owned())
            .or_default()
            .entry(what.to_owned())
            .or_default()
            .entry(node.to_owned())
            .or_default()
            .extend(gpu);
    }

    /// The lines.
    pub(super) fn lines(&self, style: Style) -> Vec<String> {
        if self.reasons.is_empty() {
            return Vec::new();
        }
        let mut out = vec![style.paint(Role::Heading, "NOT AVAILABLE (n/a) BECAUSE")];
        for (why, values) in &self.reasons {
            // values that are absent at the same places stand together
            let mut by_place: BTreeMap<&Places, Vec<&str>> = BTreeMap::new();
            for (what, places) in values {
                by_place.entry(places).or_default().push(what);
            }
            for (places, whats) in by_place {
                let text = format!("{} on {}: {why}", whats.join(", "), named(places));
                for (n, line) in wrap(text.split(' '), " ", style.width - 4)
                    .into_iter()
                    .enumerate()
                {
                    out.push(format!("{}{line}", if n == 0 { "  " } else { "    " }));
                }
            }
        }
        out
    }
}

fn named(places: &Places) -> String {
    places
        .iter()
        .map(|(node, gpus)| match gpus.is_empty() {
            true => node.clone(),
            false => format!("{node} GPU {}", ranges(gpus)),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reason_is_told_once_for_all_that_it_explains() {
        let mut legend = Legend::default();
        for gpu in [0, 1, 2, 5] {
            legend.because("power", "a", Some(gpu), "lost");
            legend.because("memory", "a", Some(gpu), "lost");
        }
        legend.because("SM%", "b", None, "old");
        let style = Style {
            colour: false,
            width: 80,
        };
        assert_eq!(
            legend.lines(style)[1..],
            ["  memory, power on a GPU 0-2,5: lost", "  SM% on b: old"]
        );
    }
}
