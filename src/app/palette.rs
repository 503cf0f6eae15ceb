//! What the palette finds: commands by name, by what they do and by other words for them; nodes and GPUs by name.

use std::collections::BTreeSet;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::at::GpuAt;
use super::command::{COMMANDS, Context};
use super::{Command, Model};
use crate::domain::pods;
use crate::domain::text::Text;

/// Something that the palette can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// Run a command.
    Command(Command),
    /// Show a node.
    Node(Text),
    /// Show a GPU: where it is, and its index.
    Gpu(GpuAt, u32),
    /// Show pods of a namespace only.
    Namespace(Text),
    /// Read the cluster of a context.
    Context(Text),
    /// Nothing to choose: a sentence.
    Note(String),
    /// Show what was measured of a model.
    Fits(Text),
}

/// What is typed before the name of a namespace, and before that of a context.
pub const NAMESPACE: &str = "ns ";
/// See [`NAMESPACE`].
pub const CONTEXT: &str = "ctx ";

/// What stands after a word that takes a name.
fn argument<'t>(typed: &'t str, words: &[&str]) -> Option<&'t str> {
    let (word, rest) = typed.trim_start().split_once(' ')?;
    words
        .contains(&word.to_lowercase().as_str())
        .then(|| rest.trim())
}

/// Namespaces that pods are in which have GPUs or wait for some, by name.
fn namespaces(model: &Model) -> BTreeSet<Text> {
    let fleet = model.fleet();
    let told = fleet.nodes.iter().filter_map(|n| n.cluster.value());
    let bound = told
        .flat_map(|on_node| on_node.pods.iter())
        .filter(|p| p.uses_gpus());
    let unbound = fleet.cluster.iter().flat_map(|c| c.unbound.iter());
    let by_links = fleet.nodes.iter().flat_map(|n| pods::links(n));
    bound
        .chain(unbound)
        .map(|pod| pod.namespace.clone())
        .chain(by_links.filter_map(|(_, _, link)| link.namespace.clone()))
        .collect()
}

/// Those that hold what is typed, the same one first; what is typed itself last, where nobody knows it.
fn named(all: impl Iterator<Item = Text>, typed: &str, entry: fn(Text) -> Entry) -> Vec<Entry> {
    let lower = typed.to_lowercase();
    let mut found: Vec<Text> = all.filter(|n| n.to_lowercase().contains(&lower)).collect();
    found.sort_by_key(|name| (*name != typed, !name.to_lowercase().starts_with(&lower)));
    if !typed.is_empty() && !found.iter().any(|name| *name == typed) {
        found.push(Text::new(typed));
    }
    found.into_iter().map(entry).collect()
}

/// Contexts by what is typed of their names.
fn contexts(model: &Model, typed: &str) -> Vec<Entry> {
    match &model.contexts {
        None => vec![Entry::Note(model.texts.get("palette.reading").to_owned())],
        Some(Err(why)) => vec![Entry::Note(why.to_string())],
        Some(Ok(all)) => {
            let mut found = named(all.iter().cloned(), typed, Entry::Context);
            // only what the kubeconfig has can be read
            found.retain(|e| matches!(e, Entry::Context(name) if all.contains(name)));
            found
        }
    }
}

/// Other words for commands, from other consoles and from habit.
const ALIASES: &[(&str, Command)] = &[
    ("nodes", Command::Fleet),
    ("hosts", Command::Fleet),
    ("gpus", Command::Fleet),
    ("gis", Command::Slices),
    ("instances", Command::Slices),
    ("mig", Command::Slices),
    ("context", Command::Context),
    ("namespace", Command::Namespace),
    ("po", Command::Pods),
    ("workloads", Command::Pods),
    ("pending", Command::Pods),
    ("processes", Command::Holders),
    ("ps", Command::Holders),
    ("errors", Command::Xids),
    ("log", Command::Events),
    ("doctor", Command::Findings),
    ("problems", Command::Findings),
    ("models", Command::Fits),
    ("measured", Command::Fits),
    ("version", Command::About),
    ("allocatable", Command::DescribeNode),
    ("labels", Command::DescribeNode),
    ("keys", Command::Help),
    ("q", Command::Quit),
    ("q!", Command::Quit),
    ("quit!", Command::Quit),
    ("exit", Command::Quit),
    ("skin", Command::Theme),
    ("lang", Command::Language),
    ("reload", Command::Refresh),
    ("retry", Command::Refresh),
    ("dump", Command::SaveScreen),
    ("screenshot", Command::SaveScreen),
    ("stop", Command::Pause),
];

/// Other words for a command.
pub fn aliases(command: Command) -> impl Iterator<Item = &'static str> {
    ALIASES
        .iter()
        .filter(move |(_, c)| *c == command)
        .map(|(a, _)| *a)
}

/// What is found for what is typed, best first; all commands in the order of help where nothing is.
pub fn find(model: &Model, typed: &str) -> Vec<Entry> {
    if let Some(name) = argument(typed, &["ns", "namespace"]) {
        return named(namespaces(model).into_iter(), name, Entry::Namespace);
    }
    if let Some(name) = argument(typed, &["ctx", "context"]) {
        return contexts(model, name);
    }
    let typed = typed.trim();
    let commands = COMMANDS
        .iter()
        .filter(|row| offered(model, row.command))
        .map(|row| Entry::Command(row.command));
    if typed.is_empty() {
        // where one can go before how one moves there
        let (moves, others): (Vec<Entry>, Vec<Entry>) = commands.partition(|entry| {
            let Entry::Command(command) = entry else {
                return false;
            };
            command.row().contexts.contains(&Context::Pick)
        });
        return others.into_iter().chain(moves).collect();
    }
    let mut search = Search::new(typed);
    let mut found: Vec<(Score, Entry)> = commands
        .chain(places(model))
        .filter_map(|entry| Some((search.score(model, &entry)?, entry)))
        .collect();
    // equally good ones stay in the order of help
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// Whether a command makes sense where the palette was opened.
fn offered(model: &Model, command: Command) -> bool {
    let contexts = command.row().contexts;
    let here = |c: &Context| match c {
        Context::Global | Context::List => true,
        Context::Tape => model.playback.is_some(),
        Context::Tour => model.tour.is_some(),
        Context::Input | Context::Pick | Context::Reader | Context::Log => false,
    };
    contexts.iter().any(here) && !matches!(command, Command::Palette | Command::Back)
}

/// Nodes and their GPUs, those of the node on screen first.
fn places(model: &Model) -> Vec<Entry> {
    let here = model.screen().scope().node().cloned();
    let mut nodes: Vec<_> = model.fleet().nodes.iter().collect();
    nodes.sort_by_key(|n| Some(&n.name) != here.as_ref());
    let mut out: Vec<Entry> = nodes.iter().map(|n| Entry::Node(n.name.clone())).collect();
    for node in nodes {
        let gpus = node.gpus.iter();
        out.extend(gpus.map(|g| Entry::Gpu(GpuAt::of(node, g), g.index)));
    }
    let models = model.session.book.models().into_iter().cloned();
    out.extend(models.map(Entry::Fits));
    out
}

/// How good: whether a word was typed in full, whether a name begins with it, how near.
type Score = (u8, u32);

/// How good it is that a name begins with what is typed. Better is only the whole name; worse is the beginning of
/// another word for it, and letters in between.
const BEGINS: u8 = 3;

struct Search {
    typed: String,
    pattern: Pattern,
    matcher: Matcher,
}

impl Search {
    fn new(typed: &str) -> Self {
        Self {
            typed: typed.to_lowercase(),
            pattern: Pattern::new(
                typed,
                CaseMatching::Ignore,
                Normalization::Smart,
                AtomKind::Fuzzy,
            ),
            matcher: Matcher::new(Config::DEFAULT),
        }
    }

    fn score(&mut self, model: &Model, entry: &Entry) -> Option<Score> {
        match entry {
            Entry::Command(command) => {
                let own = self.name(command.name());
                let other = aliases(*command).filter_map(|a| self.name(a)).max();
                // `ho` is the beginning of holders before it is that of another word for something else
                let other = other
                    .map(|(rank, score)| (rank.saturating_sub(u8::from(rank == BEGINS)), score));
                let by_name = own.max(other);
                // a sentence holds the letters of nearly anything: it has to hold the words
                let doc = model.texts.command(*command).to_lowercase();
                let holds = self.typed.chars().count() > 1
                    && self.typed.split_whitespace().all(|w| doc.contains(w));
                by_name.or_else(|| holds.then_some((0, 1)))
            }
            Entry::Namespace(_) | Entry::Context(_) | Entry::Note(_) => None,
            Entry::Node(name) => self.name(name),
            // with or without the command before it; letters in between would find a model in any sentence
            Entry::Fits(name) => {
                let named = self.name(name);
                named.max(self.name(&format!("fits {name}"))).filter(|_| {
                    let typed = self.typed.strip_prefix("fits").unwrap_or(&self.typed);
                    name.to_lowercase().contains(typed.trim())
                })
            }
            Entry::Gpu(at, index) => {
                let short = self.name(&format!("gpu {index}"));
                let long = self.name(&format!("{} gpu {index}", at.node));
                // a name of a node finds the node, not each of its GPUs
                let named = at.node.to_lowercase().starts_with(&self.typed);
                short
                    .max(long)
                    .filter(|_| !named && self.typed.contains(|c: char| c.is_ascii_digit()))
            }
        }
    }

    fn name(&mut self, name: &str) -> Option<Score> {
        let lower = name.to_lowercase();
        let mut chars = Vec::new();
        let score = self
            .pattern
            .score(Utf32Str::new(&lower, &mut chars), &mut self.matcher)?;
        let rank = if lower == self.typed {
            BEGINS + 1
        } else if lower.starts_with(&self.typed) {
            BEGINS
        } else {
            1
        };
        Some((rank, score))
    }
}
