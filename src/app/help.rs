//! What help says: every key, from the keymap in force, and what signs and filters mean.

use super::command::{COMMANDS, Context};
use super::key::written;
use super::keymap::Binding;
use super::{Command, Model, Screen, hints};

/// A part of help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// Its head.
    pub title: String,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A row of help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Keys as they are written, or a sign.
    pub keys: String,
    /// What it means.
    pub doc: String,
    /// The sign's state, where the row explains one.
    pub sign: Option<Sign>,
}

/// Signs of the strip that help explains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // as in `domain::fleet::SlotState`, and the slices that no instance has
pub enum Sign {
    Busy,
    Allocated,
    Free,
    NoCi,
    Sick,
    Unknown,
    Hole,
    Lost,
}

/// Signs in the order of help, as the strip draws them, with the key of their sentence.
pub const SIGNS: [(Sign, &str, &str); 8] = [
    (Sign::Busy, "B", "help.busy"),
    (Sign::Allocated, "a", "help.allocated"),
    (Sign::Free, "f", "help.free"),
    (Sign::NoCi, "e", "help.no_ci"),
    (Sign::Sick, "!", "help.sick"),
    (Sign::Unknown, "?", "help.unknown"),
    (Sign::Hole, "____", "help.hole"),
    (Sign::Lost, "xxxx", "help.lost"),
];

/// What stands in place of a number or beside it, with the key of its sentence.
const NUMBERS: [(&str, &str); 3] = [
    ("n/a", "help.not_told"),
    ("65u", "help.other_kind"),
    ("e!?", "help.other_states"),
];

/// Examples of filters, with the key of their sentence. Each finds something in the demo.
pub const FILTERS: [(&str, &str); 7] = [
    ("train", "help.filter_word"),
    ("free idle>1h", "help.filter_state"),
    ("mem>80% gpu<6", "help.filter_number"),
    ("profile=3g.20gb", "help.filter_equal"),
    ("ns~-dev$", "help.filter_pattern"),
    ("gpu=2,5", "help.filter_either"),
    ("!pod", "help.filter_not"),
];

/// All sections, the one of the screen below help first; with a filter what it leaves.
pub fn sections(model: &Model) -> Vec<Section> {
    let explained = |(sign, keys, doc): &(Sign, &str, &str)| Row {
        keys: (*keys).to_owned(),
        doc: model.texts.get(doc).to_owned(),
        sign: Some(*sign),
    };
    let signs = Section {
        title: model.texts.get("help.signs").to_owned(),
        rows: SIGNS
            .iter()
            .map(explained)
            .chain(NUMBERS.iter().map(|(n, doc)| row(model, n, doc)))
            .collect(),
    };
    let filters = Section {
        title: model.texts.get("help.filters").to_owned(),
        rows: FILTERS.iter().map(|(f, doc)| row(model, f, doc)).collect(),
    };
    let layers = [
        Context::Global,
        Context::List,
        Context::Pick,
        Context::Reader,
        Context::Log,
        Context::Input,
        Context::Tape,
        Context::Tour,
    ];
    let mut out = vec![this_screen(model), signs, filters];
    out.extend(layers.map(|layer| of_layer(model, layer)));
    if model.screen() == Screen::Help {
        leave(&mut out, &model.screens.top().list.filter);
    }
    out
}

/// Leaves the rows that hold each word of the filter.
fn leave(sections: &mut Vec<Section>, filter: &str) {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return;
    }
    for section in &mut *sections {
        section.rows.retain(|row| {
            let text = format!("{} {}", row.keys, row.doc).to_lowercase();
            words.iter().all(|w| text.contains(w))
        });
    }
    sections.retain(|s| !s.rows.is_empty());
}

fn row(model: &Model, keys: &str, doc: &str) -> Row {
    Row {
        keys: keys.to_owned(),
        doc: model.texts.get(doc).to_owned(),
        sign: None,
    }
}

/// What one does on the screen from which help was called.
fn this_screen(model: &Model) -> Section {
    let crumbs: Vec<&Screen> = model.screens.crumbs().collect();
    let below = match crumbs.as_slice() {
        [.., below, Screen::Help] => (*below).clone(),
        _ => model.screen(),
    };
    // a fleet of one host starts with that host
    let below = match below {
        Screen::Fleet => model.start(),
        other => other,
    };
    let layers = [Context::List, Context::Global];
    let rows = hints::of(&below, crumbs.len() > 2)
        .into_iter()
        .filter_map(|(command, _)| {
            Some(Row {
                keys: hints::shortest(model, &layers, command)?,
                doc: model.texts.command(command).to_owned(),
                sign: None,
            })
        });
    let name = model
        .texts
        .get(&format!("screen.{}", below.name()))
        .to_owned();
    Section {
        title: model.texts.say("help.this", &[("screen", &name)]),
        rows: rows.collect(),
    }
}

fn of_layer(model: &Model, layer: Context) -> Section {
    let bindings = model.keys.map.bindings(layer);
    let mut rows = Vec::new();
    for command in COMMANDS.iter().map(|r| r.command) {
        let keys: Vec<String> = bindings
            .iter()
            .filter(|b| b.commands == [command])
            .map(|b| written(&b.keys))
            .collect();
        let bound = !keys.is_empty();
        // what has lost its keys can still be called by name
        let home = command.row().contexts.first() == Some(&layer);
        let by_name = home && matches!(layer, Context::Global | Context::List);
        if bound || by_name {
            rows.push(Row {
                keys: if bound {
                    keys.join("  ")
                } else {
                    format!(":{}", command.name())
                },
                doc: model.texts.command(command).to_owned(),
                sign: None,
            });
        }
    }
    rows.extend(
        bindings
            .iter()
            .filter(|b| b.commands.len() > 1)
            .map(|b| several(model, b)),
    );
    if layer == Context::Input {
        rows.extend([
            row(model, "ctrl-w  ctrl-u  ctrl-k", "help.deletes"),
            row(model, "ctrl-a  ctrl-e  alt-b  alt-f", "help.moves"),
        ]);
    }
    Section {
        title: model
            .texts
            .get(&format!("help.{}", layer.name()))
            .to_owned(),
        rows,
    }
}

fn several(model: &Model, binding: &Binding) -> Row {
    let docs: Vec<&str> = binding
        .commands
        .iter()
        .map(|c: &Command| model.texts.command(*c))
        .collect();
    Row {
        keys: written(&binding.keys),
        doc: docs.join(" + "),
        sign: None,
    }
}
