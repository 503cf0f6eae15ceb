//! All that the console knows.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::fleet::Fleet;
use crate::domain::text::Text;

use super::at::RowId;
use super::command::Context;
use super::keymap::Keymap;
use super::message::Playback;
use super::screen::{Screen, Screens};
use super::session::Session;
use super::texts::Language;
use super::tour::Tour;
use super::{Hits, Key, Modal, Snapshot, Texts};

/// All that the console knows. No colours and no cells: `view` draws it.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// What is shown of the sources.
    pub shown: Snapshot,
    /// While the screen is frozen: since when, and the newest news.
    pub frozen: Option<Frozen>,
    /// The time that is shown: it stands while the screen is frozen.
    pub now: Timestamp,
    /// The time, as ticks tell it.
    pub wall: Timestamp,
    /// Columns and lines of the terminal; 0 by 0: unknown.
    pub size: (u16, u16),
    /// Screens.
    pub screens: Screens,
    /// The window over them.
    pub modal: Option<Modal>,
    /// Keys and what they mean.
    pub keys: Keys,
    /// Sentences, in the language asked for, or else in one that can be written.
    pub texts: Texts,
    /// The language asked for.
    pub language: Language,
    /// Whether only ASCII can be written.
    pub only_ascii: bool,
    /// What stays as it is.
    pub session: Session,
    /// Name of the theme.
    pub theme: String,
    /// Hides what is above the list.
    pub compact: bool,
    /// One line for the user.
    pub notice: Option<Notice>,
    /// The namespace whose pods are shown; `None`: of all.
    pub namespace: Option<Text>,
    /// The guided tour.
    pub tour: Option<Tour>,
    /// The tape that is played.
    pub playback: Option<Playback>,
    /// What was drawn where.
    pub hits: Hits,
    /// What has failed of the console itself: threads that panicked, what could not be written down.
    pub faults: Vec<Text>,
    /// Number of the next effect that tells how it ended.
    pub next_effect: u64,
    /// Numbers of effects that have not told yet.
    pub awaited: BTreeSet<u64>,
}

/// A frozen screen.
#[derive(Clone, PartialEq, Debug)]
pub struct Frozen {
    /// Since when.
    pub since: Timestamp,
    /// What came since.
    pub newest: Snapshot,
}

/// Keys and what they mean.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Keys {
    /// All bindings.
    pub map: Keymap,
    /// The beginning of a sequence.
    pub pending: Vec<Key>,
}

/// One line for the user.
#[derive(Clone, PartialEq, Debug)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// Whether something failed.
    pub failed: bool,
    /// When it was said: it goes after a while.
    pub at: Timestamp,
}

impl Model {
    /// A console that has seen nothing yet.
    pub fn new(session: Session, keymap: Keymap, texts: Texts, theme: &str) -> Self {
        Self {
            shown: Snapshot::default(),
            frozen: None,
            now: session.started,
            wall: session.started,
            size: (80, 24),
            screens: Screens::new(Screen::Fleet),
            modal: None,
            keys: Keys {
                map: keymap,
                pending: Vec::new(),
            },
            language: texts.language(),
            only_ascii: false,
            texts,
            session,
            theme: theme.to_owned(),
            compact: false,
            notice: None,
            namespace: None,
            tour: None,
            playback: None,
            hits: Hits::default(),
            faults: Vec::new(),
            next_effect: 0,
            awaited: BTreeSet::new(),
        }
    }

    /// The fleet that is shown.
    pub fn fleet(&self) -> &Arc<Fleet> {
        &self.shown.fleet
    }

    /// The screen on top. The start screen of a fleet of one host is that host's.
    pub fn screen(&self) -> Screen {
        match &self.screens.top().screen {
            Screen::Fleet => self.start(),
            other => other.clone(),
        }
    }

    /// The start screen.
    pub fn start(&self) -> Screen {
        match self.fleet().nodes.as_slice() {
            [one] if self.session.hosts.len() < 2 => Screen::Node(one.name.clone()),
            _ => Screen::Fleet,
        }
    }

    /// Whether letters are typed into a text field now.
    pub fn typing(&self) -> bool {
        matches!(
            self.modal,
            Some(Modal::Filter { .. } | Modal::Palette { .. })
        )
    }

    /// What is selected on the screen on top.
    pub fn selected(&self) -> Option<&RowId> {
        self.screens.top().list.selected.as_ref()
    }

    /// Layers of the keymap that hold now, the first above the others.
    pub fn layers(&self) -> Vec<Context> {
        match &self.modal {
            Some(Modal::Filter { .. }) => vec![Context::Input],
            Some(Modal::Palette { .. }) => vec![Context::Pick, Context::Input],
            // nothing is typed there: letters may move, as in a window that is read
            Some(Modal::Sort { .. }) => vec![Context::Pick, Context::Reader],
            Some(Modal::Reader { .. } | Modal::Fits { .. }) => {
                vec![Context::Reader, Context::Global]
            }
            None => self.screen_layers(),
        }
    }

    /// Layers of the keymap that hold where no window is open, the first above the others.
    pub fn screen_layers(&self) -> Vec<Context> {
        let tour = self.tour.as_ref().map(|_| Context::Tour);
        let tape = self.playback.as_ref().map(|_| Context::Tape);
        let always = [Context::List, Context::Global];
        tour.into_iter().chain(tape).chain(always).collect()
    }
}
