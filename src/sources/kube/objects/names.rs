//! Names that repeat, kept once.

use std::collections::HashSet;

use crate::domain::cluster::Amounts;
use crate::domain::text::Text;

/// So many names are remembered; then the memory begins anew, so that names that have gone do not stay for ever.
const MOST: usize = 50_000;

/// Texts that were made before, to be shared: namespaces, nodes, resources, phases. So are amounts of resources.
#[derive(Debug, Default)]
pub struct Names {
    texts: HashSet<Text>,
    amounts: HashSet<Amounts>,
}

impl Names {
    /// The text of a name, sanitised.
    pub fn of(&mut self, raw: &str) -> Text {
        if let Some(known) = self.texts.get(raw) {
            return known.clone();
        }
        if self.texts.len() >= MOST {
            self.texts.clear();
        }
        let text = Text::new(raw);
        // one that had to be cleaned is not found by its raw form, and so is not worth keeping
        if text == *raw {
            self.texts.insert(text.clone());
        }
        text
    }

    /// The same amounts.
    pub fn amounts(&mut self, amounts: Amounts) -> Amounts {
        if let Some(known) = self.amounts.get(&amounts) {
            return known.clone();
        }
        if self.amounts.len() >= MOST {
            self.amounts.clear();
        }
        self.amounts.insert(amounts.clone());
        amounts
    }

    /// The text of a name that is there.
    pub fn opt(&mut self, raw: Option<&str>) -> Option<Text> {
        raw.filter(|raw| !raw.is_empty()).map(|raw| self.of(raw))
    }
}
