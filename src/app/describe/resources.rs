//! Resources of a node: what it advertises, what is asked for, and what NVML lists.

use super::{Line, Sheet};
use crate::app::overview::{Piece, Tone};
use crate::domain::cluster::advertised::{Verdict, is_part, resources};
use crate::domain::reading::{AbsentCode, Reading};

impl Sheet<'_> {
    /// A row a resource, and why NVML's count is absent where it is.
    pub(super) fn resources(&mut self) {
        let heads = ["resource", "capacity", "allocatable", "requested", "nvml"];
        let heads = heads.map(|key| self.texts.get(&format!("describe.{key}")).to_owned());
        self.lines.push(Line::Heads(heads));
        let all = resources(self.node, self.on_node);
        if all.is_empty() {
            let text = self.texts.get("describe.no_resources").to_owned();
            self.note(text, Tone::Faint);
        }
        let mut absent = None;
        for one in &all {
            let number = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
            let here = match &one.here {
                Reading::Value(n) => n.to_string(),
                Reading::Absent(why) => {
                    if why.code != AbsentCode::NotSupported {
                        absent = Some(why.text.clone());
                    }
                    "n/a".to_owned()
                }
            };
            let name = one.name.strip_prefix("nvidia.com/").unwrap_or(&one.name);
            let cells = [
                name.to_owned(),
                number(one.capacity),
                number(one.allocatable),
                one.requested.to_string(),
                here,
            ];
            let verdict = self.word(one.verdict, is_part(&one.name));
            self.lines.push(Line::Resource(cells, verdict));
        }
        if let Some(why) = absent {
            let text = self.texts.say("describe.nvml_absent", &[("why", &why)]);
            self.note(text, Tone::Faint);
        }
    }

    fn word(&self, verdict: Verdict, part: bool) -> Piece {
        let (key, n) = match verdict {
            Verdict::Same => return Piece::new(self.texts.get("describe.same"), Tone::Ok),
            Verdict::Unknown => return Piece::new("", Tone::Faint),
            Verdict::Gone => return Piece::new(self.texts.get("describe.gone"), Tone::Faint),
            Verdict::Unnamed(_) if part => {
                let text = self.texts.get("describe.part");
                return Piece::new(text, Tone::Danger);
            }
            Verdict::TooMany(n) => ("describe.too_many", n),
            Verdict::TooFew(n) => ("describe.too_few", n),
            Verdict::Unnamed(n) => ("describe.unnamed", n),
            Verdict::Withheld(n) => ("describe.withheld", n),
            Verdict::Overdrawn(n) => ("describe.overdrawn", n),
        };
        Piece::new(self.texts.say(key, &[("n", &n)]), Tone::Caution)
    }
}
