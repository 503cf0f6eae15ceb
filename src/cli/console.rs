//! Plain `migdeck`, `migdeck demo` and `migdeck replay`: the console.

use std::io::IsTerminal;
use std::path::Path;

use jiff::Timestamp;

use crate::app::modal::Modal;
use crate::app::screen::Scope;
use crate::app::session::{Advice, Session};
use crate::app::texts::Language;
use crate::app::tour::Tour;
use crate::app::{Model, Screen, Texts};
use crate::config::Config;
use crate::console::{
    Error, Options, ThemeFile, Wishes, run as console, shipped_themes, theme_problems,
};
use crate::domain::text::Text;
use crate::sources::stream::Speed;
use crate::wiring::headless::{Argv, Spec};
use crate::wiring::hosts::{rights_advice, sudo_advice, this_program};
use crate::wiring::live::Ways;
use crate::wiring::state_dir::StateDir;

use super::args::Global;
use super::own_files::{Kind, OwnFiles};
use super::read::Books;
use super::{CliError, files};

/// What does without a terminal.
const HEADLESS: &str = "migdeck status   writes the same to a pipe or a file";

/// What the console is opened on.
#[derive(Debug)]
pub struct Opening {
    /// Streams.
    pub specs: Vec<Spec>,
    /// All hosts are simulated.
    pub simulated: bool,
    /// How fast a tape is played.
    pub speed: Speed,
    /// Where events are written down.
    pub state: Option<StateDir>,
    /// Begin with the guided tour.
    pub tour: bool,
    /// The book of measurements.
    pub book: Books,
}

impl Opening {
    /// Real hosts, or a tape of them.
    pub fn on(specs: Vec<Spec>, global: &Global) -> Self {
        let given = global.state_dir.clone().map(StateDir::at);
        Self {
            specs,
            simulated: false,
            speed: Speed::AtOnce,
            state: given.or_else(StateDir::usual),
            tour: false,
            book: Books::Beside(files(global)),
        }
    }
}

/// Whether there is a terminal to open a console on.
///
/// # Errors
/// There is none; the hint names what does without one.
pub fn terminal() -> Result<(), CliError> {
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(CliError::usage("the console needs a terminal").hint(HEADLESS))
}

/// Opens the console.
///
/// # Errors
/// Standard input or output is no terminal, or the terminal cannot be set up.
pub fn run(opening: Opening, global: &Global, config: &Config) -> Result<u8, CliError> {
    terminal()?;
    let Opening {
        specs,
        simulated,
        speed,
        state,
        tour,
        book,
    } = opening;
    let own = OwnFiles::beside(&files(global));
    let saved = specs.iter().find_map(|spec| match spec {
        Spec::Tape(reel) => Some(shown(reel.path())),
        Spec::Probe { .. } | Spec::Exporter(_) | Spec::Cluster { .. } => None,
    });
    let hosts = specs.iter().filter_map(|spec| match spec {
        Spec::Probe { name, .. } => Some(Text::new(name)),
        Spec::Tape(reel) => Some(shown(reel.path())),
        Spec::Exporter(_) | Spec::Cluster { .. } => None,
    });
    let (measured, wrong) = book.as_far_as_possible();
    let (themes, unread) = own_themes(&own);
    let started = specs.iter().find_map(begins).unwrap_or_else(Timestamp::now);
    let zone = jiff::tz::TimeZone::system();
    let session = Session {
        version: env!("CARGO_PKG_VERSION").into(),
        user: std::env::var("USER").unwrap_or_default().into(),
        simulated,
        saved,
        hosts: hosts.collect(),
        advice: advice(&specs, simulated),
        themes: theme_names(&themes),
        book: measured,
        bell: config.bell.value,
        started,
        offset_seconds: zone.to_offset(started).seconds(),
    };
    let (keymap, mut problems) = own.keymap(&config.keymap.value);
    let chosen = &config.theme.value;
    match unread.into_iter().find(|(name, _)| name == chosen) {
        Some((_, why)) => problems.push(why),
        None => problems.extend(theme_problems(&themes, chosen)),
    }
    problems.extend(wrong);
    let language = Language::of(&config.language.value).unwrap_or_default();
    let mut model = Model::new(session, keymap, Texts::of(language), &config.theme.value);
    if let Some(screen) = global.view.as_deref().and_then(screen) {
        model.screens.push(screen);
    }
    if tour {
        model.tour = Some(Tour::default());
    }
    if !problems.is_empty() {
        model.modal = Some(Modal::Reader {
            title: format!("{} · {}", config.theme.value, config.keymap.value),
            lines: problems,
            offset: 0,
            leads: None,
        });
    }
    let told_otherwise = config.beat_seconds.origin != crate::config::Origin::Default;
    console(Options {
        model,
        specs,
        ways: Ways {
            beat: told_otherwise.then_some(config.beat_seconds.value),
            speed,
            state,
            // whatever happens to the file, this is the program that runs
            apart: Some("/proc/self/exe".into()),
        },
        wishes: Wishes {
            ascii: config.ascii.value,
            colour: config.colour.value,
            mouse: config.mouse.value,
            state_dir: global.state_dir.clone(),
        },
        themes,
    })
    .map_err(|error| match error {
        Error::Unusable(_) => CliError::usage(error.to_string()).hint(HEADLESS),
        error => CliError::failed(error.to_string()),
    })
}

/// The user's themes; and those that cannot be read, by name, with the reason.
pub fn own_themes(own: &OwnFiles) -> (Vec<ThemeFile>, Vec<(String, String)>) {
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for name in own.names(Kind::Theme) {
        match own.text(Kind::Theme, &name) {
            Ok(Some(text)) => read.push(ThemeFile { name, text }),
            Ok(None) => {}
            Err(why) => unread.push((name, why)),
        }
    }
    (read, unread)
}

/// Themes that can be had: those that come with migdeck, then the user's.
fn theme_names(own: &[ThemeFile]) -> Vec<String> {
    let mut names: Vec<String> = shipped_themes().map(str::to_owned).collect();
    for file in own {
        if !names.contains(&file.name) {
            names.push(file.name.clone());
        }
    }
    names
}

/// When a tape begins: the console's clock counts from there, and never back.
fn begins(spec: &Spec) -> Option<Timestamp> {
    match spec {
        Spec::Tape(reel) => reel.begins(),
        Spec::Probe { .. } | Spec::Exporter(_) | Spec::Cluster { .. } => None,
    }
}

fn shown(path: &Path) -> Text {
    Text::from(path.display().to_string())
}

/// The screen of a name in `--view`; `None`: the start screen.
fn screen(name: &str) -> Option<Screen> {
    Some(match name {
        "slices" => Screen::Slices(Scope::Fleet),
        "holders" => Screen::Holders(Scope::Fleet),
        "xids" => Screen::Xids(Scope::Fleet),
        "events" => Screen::Events(Scope::Fleet),
        "findings" => Screen::Findings(Scope::Fleet),
        "pods" => Screen::Pods(Scope::Fleet),
        "about" => Screen::About,
        "help" => Screen::Help,
        _ => return None,
    })
}

/// How to see what this user's rights hide, as far as it is known before sudo was asked.
fn advice(specs: &[Spec], simulated: bool) -> Option<Advice> {
    let program = this_program().ok()?;
    if simulated {
        // they are shown as to a plain user, where they have no rights to give
        return Some(sudo_advice(&program).into());
    }
    let mut known = specs.iter().filter_map(|spec| match spec {
        Spec::Probe {
            argv: Argv::Known(argv),
            ..
        } => Some(argv),
        _ => None,
    });
    let advice = known.find_map(|argv| rights_advice(argv, &program))?;
    Some(advice.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::VIEWS;

    #[test]
    fn every_view_that_can_be_asked_for_is_a_screen() {
        for name in VIEWS.iter().filter(|name| **name != "fleet") {
            assert!(screen(name).is_some(), "{name}");
        }
        assert_eq!(screen("fleet"), None);
    }
}
