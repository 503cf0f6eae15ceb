//! What the palette finds: commands by name, by what they do and by other words for them; nodes and GPUs by name.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::at::GpuAt;
use super::command::{COMMANDS, Context};
use super::{Command, Model};
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
    /// Show what was measured of a model.
    Fits(Text),
}

/// Other words for commands, from other consoles and from habit.
const ALIASES: &[(&str, Command)] = &[
    ("nodes", Command::Fleet),
    ("hosts", Command::Fleet),
    ("gpus", Command::Fleet),
    ("gis", Command::Slices),
    ("instances", Command::Slices),
    ("mig", Command::Slices),
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
        Context::Input | Context::Pick | Context::Reader => false,
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
