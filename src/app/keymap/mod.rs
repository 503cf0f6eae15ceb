//! What keys mean: a trie a layer, from a file and the patches over it.

use std::collections::BTreeMap;

use super::command::Context;
use super::{Command, Key};

pub mod documentation;
mod file;
mod problem;
#[cfg(test)]
mod tests;

pub use problem::Problem;

/// Keymaps that come with migdeck, by name.
pub const SHIPPED: [(&str, &str); 3] = [
    ("default", include_str!("../../../keymaps/default.toml")),
    ("vim", include_str!("../../../keymaps/vim.toml")),
    ("emacs", include_str!("../../../keymaps/emacs.toml")),
];

/// The text of a keymap that comes with migdeck.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
}

/// All bindings.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Keymap {
    name: String,
    layers: BTreeMap<Context, Trie>,
}

/// What may follow, and what it means.
#[derive(Clone, PartialEq, Debug, Default)]
struct Trie {
    /// What the keys up to here mean; empty where more must follow.
    commands: Vec<Command>,
    /// Smaller is said first where a command has several keys: the user's own, then in the order of the file.
    rank: u32,
    next: BTreeMap<Key, Trie>,
}

/// What the keys pressed so far mean.
#[derive(Clone, PartialEq, Debug)]
pub enum Match {
    /// These, in this order.
    Commands(Vec<Command>),
    /// Nothing yet: these keys would go on.
    Pending(Vec<Next>),
    /// Nothing.
    None,
}

/// A key that goes on.
#[derive(Clone, PartialEq, Debug)]
pub struct Next {
    /// The key.
    pub key: Key,
    /// What it would mean; empty: more must follow.
    pub commands: Vec<Command>,
}

/// A row of a keymap.
#[derive(Clone, PartialEq, Debug)]
pub struct Binding {
    /// Where it holds.
    pub layer: Context,
    /// The keys.
    pub keys: Vec<Key>,
    /// What they mean.
    pub commands: Vec<Command>,
    rank: u32,
}

impl Keymap {
    /// Reads a keymap: a patch over the one that it inherits from, which `lookup` finds by name among the user's own
    /// before those that come with migdeck. All that is wrong comes back with what could be kept.
    pub fn parse(
        name: &str,
        text: &str,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut map = Self::layered(
            name,
            text,
            lookup,
            &mut vec![name.to_owned()],
            &mut problems,
        );
        name.clone_into(&mut map.name);
        map.keep_a_way_out(&mut problems);
        (map, problems)
    }

    /// The keymap that comes with migdeck.
    pub fn default_keymap() -> Self {
        Self::parse("default", SHIPPED[0].1, &|_| None).0
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What `keys` mean where `layers` hold, the first above the others.
    pub fn find(&self, layers: &[Context], keys: &[Key]) -> Match {
        let mut going_on: Option<Vec<Next>> = None;
        for trie in layers.iter().filter_map(|l| self.layers.get(l)) {
            let Some(at) = trie.at(keys) else {
                continue;
            };
            if at.next.is_empty() {
                // a layer above that waits for more keys hides it
                match going_on {
                    Some(next) => return Match::Pending(next),
                    None => return Match::Commands(at.commands.clone()),
                }
            }
            let next = going_on.get_or_insert_default();
            for (key, trie) in &at.next {
                if next.iter().all(|n| n.key != *key) {
                    next.push(Next {
                        key: *key,
                        commands: trie.commands.clone(),
                    });
                }
            }
        }
        going_on.map_or(Match::None, Match::Pending)
    }

    /// All rows of a layer, in the order of the files.
    pub fn bindings(&self, layer: Context) -> Vec<Binding> {
        let mut out = Vec::new();
        if let Some(trie) = self.layers.get(&layer) {
            trie.collect(layer, &mut Vec::new(), &mut out);
        }
        out.sort_by_key(|b| b.rank);
        out
    }

    /// All that one can press for `command` where `layers` hold, the keys to tell first in front.
    pub fn keys_of(&self, layers: &[Context], command: Command) -> Vec<Vec<Key>> {
        let mut out: Vec<Vec<Key>> = Vec::new();
        for layer in layers {
            for binding in self.bindings(*layer) {
                if binding.commands == [command]
                    && !out.contains(&binding.keys)
                    && self.find(layers, &binding.keys) == Match::Commands(vec![command])
                {
                    out.push(binding.keys);
                }
            }
        }
        out
    }

    fn layered(
        name: &str,
        text: &str,
        lookup: &dyn Fn(&str) -> Option<String>,
        seen: &mut Vec<String>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let (file, mut found) = file::read(name, text);
        let mut map = match file.inherits {
            None if text == SHIPPED[0].1 => Self::default(),
            None => Self::layered("default", SHIPPED[0].1, lookup, seen, problems),
            Some((base, line)) => {
                let mut problem = |message: String, suggestion: Option<String>| {
                    found.push(Problem {
                        keymap: name.to_owned(),
                        line,
                        message,
                        suggestion,
                    });
                };
                // a user's vim.toml may patch the vim that comes with migdeck
                let own = if seen.contains(&base) {
                    None
                } else {
                    lookup(&base)
                };
                let again = seen.iter().filter(|s| **s == base).count() > 1;
                let text = own.or_else(|| shipped(&base).map(str::to_owned));
                match text {
                    Some(text) if !again => {
                        seen.push(base.clone());
                        Self::layered(&base, &text, lookup, seen, problems)
                    }
                    _ => {
                        let known: Vec<&str> = SHIPPED.iter().map(|(n, _)| *n).collect();
                        if seen.contains(&base) {
                            problem(format!("'{base}' inherits from itself"), None);
                        } else {
                            let meant = crate::domain::nearest::nearest(&base, &known)
                                .map_or(known.join(", "), str::to_owned);
                            problem(
                                format!("there is no keymap '{base}'"),
                                Some(format!("migdeck comes with {meant}")),
                            );
                        }
                        Self::layered("default", SHIPPED[0].1, lookup, seen, problems)
                    }
                }
            }
        };
        map.patch(file.rows);
        problems.extend(found);
        map
    }

    /// Lays rows over what is there: first what is unbound, then what is bound.
    fn patch(&mut self, rows: Vec<file::Row>) {
        // what was there is said after what is laid over it
        for trie in self.layers.values_mut() {
            trie.outrank(10_000);
        }
        let (unbound, bound): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|r| r.commands.is_empty());
        for row in unbound {
            if let Some(layer) = self.layers.get_mut(&row.layer) {
                layer.remove(&row.keys);
            }
        }
        for (rank, row) in (0..).zip(bound) {
            let layer = self.layers.entry(row.layer).or_default();
            layer.insert(&row.keys, row.commands, rank);
        }
    }

    /// A console that cannot be left is no console: where nothing quits, `ctrl-c` does.
    fn keep_a_way_out(&mut self, problems: &mut Vec<Problem>) {
        if !self.keys_of(&[Context::Global], Command::Quit).is_empty() {
            return;
        }
        let global = self.layers.entry(Context::Global).or_default();
        global.insert(&[Key::ctrl('c')], vec![Command::Quit], 0);
        problems.push(Problem {
            keymap: self.name.clone(),
            line: 0,
            message: "no key quits".to_owned(),
            suggestion: Some("ctrl-c stays bound to it".to_owned()),
        });
    }
}

impl Trie {
    fn at(&self, keys: &[Key]) -> Option<&Self> {
        keys.iter().try_fold(self, |trie, key| trie.next.get(key))
    }

    /// Binds; what was bound on the way there, and what went on from there, is no more.
    fn insert(&mut self, keys: &[Key], commands: Vec<Command>, rank: u32) {
        let mut trie = self;
        for key in keys {
            trie.commands.clear();
            trie = trie.next.entry(*key).or_default();
        }
        *trie = Self {
            commands,
            rank,
            next: BTreeMap::new(),
        };
    }

    /// Unbinds the keys and all that goes on from them.
    fn remove(&mut self, keys: &[Key]) {
        match keys {
            [] => {}
            [last] => {
                self.next.remove(last);
            }
            [first, rest @ ..] => {
                if let Some(trie) = self.next.get_mut(first) {
                    trie.remove(rest);
                    if trie.next.is_empty() && trie.commands.is_empty() {
                        self.next.remove(first);
                    }
                }
            }
        }
    }

    fn outrank(&mut self, by: u32) {
        self.rank += by;
        self.next.values_mut().for_each(|t| t.outrank(by));
    }

    fn collect(&self, layer: Context, keys: &mut Vec<Key>, out: &mut Vec<Binding>) {
        if !self.commands.is_empty() {
            out.push(Binding {
                layer,
                keys: keys.clone(),
                commands: self.commands.clone(),
                rank: self.rank,
            });
        }
        for (key, trie) in &self.next {
            keys.push(*key);
            trie.collect(layer, keys, out);
            keys.pop();
        }
    }
}
