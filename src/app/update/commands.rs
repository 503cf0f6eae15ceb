//! What each command does.

use super::refresh::refresh;
use super::{await_effect, go, language, modal, notice, pages, say, tape, tour};
use crate::app::command::Context;
use crate::app::copy;
use crate::app::fits;
use crate::app::model::Frozen;
use crate::app::{Command, Effect, Modal, Model, Scope, Screen, rows};
use crate::domain::fleet::Gpu;
use crate::domain::observation::{CallState, Control};
use crate::domain::text::Text;

/// Runs a command where it makes sense; elsewhere it does nothing.
pub(super) fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    if !applies(model, command) {
        return Vec::new();
    }
    if let Some(effects) = modal::run(model, command) {
        return effects;
    }
    let scope = model.screen().scope();
    let mut effects = Vec::new();
    match command {
        Command::Up => step(model, -1),
        Command::Down => step(model, 1),
        Command::PageUp => step(model, -page(model)),
        Command::PageDown => step(model, page(model)),
        Command::First => step(model, isize::MIN),
        Command::Last => step(model, isize::MAX),
        Command::Open => go::open(model),
        Command::Back => back(model),
        Command::Fleet => show(model, Screen::Fleet),
        Command::Slices => show(model, Screen::Slices(scope)),
        Command::Holders => show(model, Screen::Holders(scope)),
        Command::Xids => show(model, Screen::Xids(scope)),
        Command::Events => show(model, Screen::Events(scope)),
        Command::Findings => show(model, Screen::Findings(scope)),
        // those that wait are on no host: also from the start screen of the only one they are shown
        Command::Pods if model.screen() == model.start() => show(model, Screen::Pods(Scope::Fleet)),
        Command::Pods => show(model, Screen::Pods(scope)),
        Command::About => show(model, Screen::About),
        Command::Help if model.screen() == Screen::Help => {
            model.modal = None;
            model.screens.pop();
        }
        Command::Help => show(model, Screen::Help),
        Command::Owner => {
            let (title, lines) = pages::owners(model);
            modal::read(model, title, lines);
        }
        Command::Fits => modal::open_fits(model, None),
        Command::Next => go::sibling(model, 1),
        Command::Previous => go::sibling(model, -1),
        Command::Filter => modal::open_filter(model),
        Command::ClearFilter => drop_filter(model),
        Command::Sort => modal::open_sort(model),
        Command::Reverse => modal::reverse(model),
        Command::Mark => mark(model),
        Command::ClearMarks => model.screens.top_mut().list.marks.clear(),
        Command::Palette => modal::open_palette(model),
        Command::ViewBack => walk(model, crate::app::screen::Screens::back),
        Command::ViewForward => walk(model, crate::app::screen::Screens::forward),
        Command::Pause => pause(model),
        Command::Refresh => effects = ask_again(model),
        Command::Compact => model.compact = !model.compact,
        Command::Theme => effects = next_theme(model),
        Command::Language => language::next(model),
        Command::Copy => effects = copy(model),
        Command::SaveScreen => {
            let id = await_effect(model);
            effects.push(Effect::SaveScreen { id });
        }
        Command::Redraw => effects.push(Effect::Redraw),
        Command::Suspend => effects.push(Effect::Suspend),
        Command::Quit => effects.push(Effect::Quit),
        Command::TapePause | Command::TapeFaster | Command::TapeSlower => {
            effects = tape::run(model, command);
        }
        Command::TourNext | Command::TourPrevious | Command::TourEnd => tour::run(model, command),
        // only windows take
        Command::Accept => {}
    }
    refresh(model);
    effects
}

/// Whether a command makes sense now: a key that means several may have opened a window with its first.
fn applies(model: &Model, command: Command) -> bool {
    let layers = model.layers();
    let contexts = command.row().contexts;
    contexts.contains(&Context::Global)
        || contexts.iter().any(|c| layers.contains(c))
        || (model.tour.is_some() && contexts.contains(&Context::Tour))
        || (model.playback.is_some() && contexts.contains(&Context::Tape))
}

/// Puts a screen on top; a window that lay over the one before would lie over the wrong one.
fn show(model: &mut Model, screen: Screen) {
    model.modal = None;
    if screen == Screen::Fleet {
        model.screens.jump(screen);
    } else {
        model.screens.push(screen);
    }
}

fn walk(model: &mut Model, how: fn(&mut crate::app::screen::Screens) -> bool) {
    model.modal = None;
    if !how(&mut model.screens) {
        say(model, "notice.no_view");
    }
}

/// Rows of a page.
fn page(model: &Model) -> isize {
    isize::try_from(model.hits.height.max(1)).unwrap_or(isize::MAX)
}

/// Moves the selection; on a screen without rows, its text.
pub(super) fn step(model: &mut Model, by: isize) {
    let screen = model.screen();
    let fleet = model.fleet().clone();
    let list = &mut model.screens.top_mut().list;
    if matches!(screen, Screen::Help | Screen::About) {
        // drawing knows how many lines there are, and tells
        list.offset = list.offset.saturating_add_signed(by);
        return;
    }
    let last = list.rows.places.len().saturating_sub(1);
    list.at = list.at.saturating_add_signed(by).min(last);
    list.selected = list
        .rows
        .places
        .get(list.at)
        .and_then(|p| rows::id(&screen, &fleet, *p));
}

/// One level back: the filter, then marks, then the screen.
fn back(model: &mut Model) {
    let list = &mut model.screens.top_mut().list;
    if !list.filter.is_empty() {
        drop_filter(model);
    } else if !list.marks.is_empty() {
        list.marks.clear();
    } else {
        model.screens.pop();
    }
}

fn drop_filter(model: &mut Model) {
    // no filter is never wrong
    let _ = modal::filter_to(model, "");
    model.screens.top_mut().list.home = None;
}

/// Marks or unmarks the row, and goes on to the next.
fn mark(model: &mut Model) {
    let list = &mut model.screens.top_mut().list;
    let Some(row) = list.selected.clone() else {
        return;
    };
    if !list.marks.remove(&row) {
        list.marks.insert(row);
    }
    step(model, 1);
}

fn pause(model: &mut Model) {
    match model.frozen.take() {
        Some(frozen) => {
            model.shown = frozen.newest;
            model.now = model.wall;
            say(model, "notice.goes_on");
        }
        None => {
            model.frozen = Some(Frozen {
                since: model.now,
                newest: model.shown.clone(),
            });
            say(model, "notice.frozen");
        }
    }
}

/// Asks resting GPUs again, on the nodes that the screen is about: all others are asked with every beat.
fn ask_again(model: &mut Model) -> Vec<Effect> {
    let scope = model.screen().scope();
    let mut effects = Vec::new();
    let mut asked = Vec::new();
    for node in &model.fleet().nodes {
        if scope.node().is_some_and(|name| *name != node.name) {
            continue;
        }
        let resting = |g: &&Gpu| matches!(g.calls, CallState::Resting { .. });
        for gpu in node.gpus.iter().filter(resting) {
            asked.push(format!("{} GPU {}", node.name, gpu.index));
            effects.push(Effect::Control {
                node: Some(node.name.clone()),
                control: Control::Retry { gpu: told(gpu) },
            });
        }
    }
    let text = if asked.is_empty() {
        model.texts.get("notice.nothing_rests").to_owned()
    } else {
        let gpus = asked.join(", ");
        model.texts.say("notice.asked", &[("gpus", &gpus)])
    };
    notice(model, text, false);
    effects
}

/// How a probe is told which GPU.
fn told(gpu: &Gpu) -> Text {
    match (gpu.uuid(), gpu.pci()) {
        (Some(uuid), _) => uuid.as_str().into(),
        (None, Some(pci)) => pci.to_string().into(),
        (None, None) => gpu.index.to_string().into(),
    }
}

fn next_theme(model: &mut Model) -> Vec<Effect> {
    let themes = &model.session.themes;
    let at = themes.iter().position(|t| *t == model.theme);
    let next = at.map_or(0, |n| n + 1) % themes.len().max(1);
    let Some(name) = themes.get(next).cloned() else {
        return Vec::new();
    };
    model.theme.clone_from(&name);
    let text = model.texts.say("notice.theme", &[("name", &name)]);
    notice(model, text, false);
    vec![Effect::Theme(name)]
}

/// Copies what a window shows, or else what is selected or marked.
fn copy(model: &mut Model) -> Vec<Effect> {
    let (name, text) = match &model.modal {
        Some(Modal::Reader { title, lines, .. }) => (
            title.replace(' ', "-"),
            format!("{title}\n{}\n", lines.join("\n").replace('\t', "  ")),
        ),
        Some(Modal::Fits { model: name, .. }) => {
            let (title, lines) = fits::page(model, name.as_ref());
            let lines = lines.join("\n").replace('\t', "  ");
            ("fits".to_owned(), format!("{title}\n{lines}\n"))
        }
        _ => match copy::text(model) {
            Some(copied) => (copied.name, copied.text),
            None => {
                say(model, "notice.nothing_to_copy");
                return Vec::new();
            }
        },
    };
    let id = await_effect(model);
    vec![Effect::Copy { id, name, text }]
}
