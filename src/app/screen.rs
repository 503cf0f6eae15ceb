//! Which screen is shown, and how one came to it.

use crate::domain::text::Text;

use super::at::GpuAt;
use super::list::List;

/// What part of the fleet a screen is about.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// All of it.
    Fleet,
    /// A node.
    Node(Text),
    /// A GPU.
    Gpu(GpuAt),
}

impl Scope {
    /// The node that it names or lies in.
    pub fn node(&self) -> Option<&Text> {
        match self {
            Self::Fleet => None,
            Self::Node(node) => Some(node),
            Self::Gpu(at) => Some(&at.node),
        }
    }
}

/// A screen.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Screen {
    /// The start: a row a node; of a fleet of one host, that host's [`Screen::Node`].
    Fleet,
    /// A host: a row a GPU.
    Node(Text),
    /// A GPU: a row an instance.
    Gpu(GpuAt),
    /// Instances as one list.
    Slices(Scope),
    /// Xid and SXid reports.
    Xids(Scope),
    /// What happened.
    Events(Scope),
    /// What keeps GPUs in use.
    Holders(Scope),
    /// What is wrong.
    Findings(Scope),
    /// Pods that have GPUs or wait for some.
    Pods(Scope),
    /// Keys and commands.
    Help,
    /// Versions, rights, what is hidden.
    About,
}

impl Screen {
    /// The part of the fleet that the screen is about.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Fleet | Self::Help | Self::About => Scope::Fleet,
            Self::Node(node) => Scope::Node(node.clone()),
            Self::Gpu(at) => Scope::Gpu(at.clone()),
            Self::Slices(scope)
            | Self::Xids(scope)
            | Self::Events(scope)
            | Self::Holders(scope)
            | Self::Findings(scope)
            | Self::Pods(scope) => scope.clone(),
        }
    }

    /// Name in `--view`, in texts and in the keymap's layers.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Node(_) => "node",
            Self::Gpu(_) => "gpu",
            Self::Slices(_) => "slices",
            Self::Xids(_) => "xids",
            Self::Events(_) => "events",
            Self::Holders(_) => "holders",
            Self::Findings(_) => "findings",
            Self::Pods(_) => "pods",
            Self::Help => "help",
            Self::About => "about",
        }
    }
}

/// A screen with what the user did on it.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    /// The screen.
    pub screen: Screen,
    /// Its list.
    pub list: List,
}

impl Shown {
    /// A screen as it is first seen.
    pub fn new(screen: Screen) -> Self {
        Self {
            screen,
            list: List::default(),
        }
    }
}

/// Screens on top of each other: Esc takes the top one away. `back` and `forward` walk what was looked at.
#[derive(Clone, PartialEq, Debug)]
pub struct Screens {
    /// Never empty.
    stack: Vec<Shown>,
    back: Vec<Vec<Shown>>,
    forward: Vec<Vec<Shown>>,
}

/// Walks that are remembered.
const REMEMBERED: usize = 50;

impl Screens {
    /// Begins with one screen.
    pub fn new(screen: Screen) -> Self {
        Self {
            stack: vec![Shown::new(screen)],
            back: Vec::new(),
            forward: Vec::new(),
        }
    }

    /// The screen on top.
    #[allow(clippy::missing_panics_doc)] // never empty
    pub fn top(&self) -> &Shown {
        &self.stack[self.stack.len() - 1]
    }

    /// The screen on top, to be changed.
    pub fn top_mut(&mut self) -> &mut Shown {
        let last = self.stack.len() - 1;
        &mut self.stack[last]
    }

    /// From the first to the top.
    pub fn crumbs(&self) -> impl Iterator<Item = &Screen> {
        self.stack.iter().map(|s| &s.screen)
    }

    /// Puts a screen on top. The one that is there already stays as it is.
    pub fn push(&mut self, screen: Screen) {
        if self.top().screen == screen {
            return;
        }
        self.remember();
        self.stack.push(Shown::new(screen));
    }

    /// Puts a screen in the place of the top one.
    pub fn replace(&mut self, screen: Screen) {
        if self.top().screen == screen {
            return;
        }
        self.remember();
        *self.top_mut() = Shown::new(screen);
    }

    /// Leaves all for the first screen and puts `screen` on it.
    pub fn jump(&mut self, screen: Screen) {
        if self.top().screen == screen {
            return;
        }
        self.remember();
        self.stack.truncate(1);
        if self.stack[0].screen != screen {
            self.stack.push(Shown::new(screen));
        }
    }

    /// Takes the top screen away; false where it is the only one.
    pub fn pop(&mut self) -> bool {
        if self.stack.len() < 2 {
            return false;
        }
        self.remember();
        self.stack.pop();
        true
    }

    /// What was looked at before; false where nothing was.
    pub fn back(&mut self) -> bool {
        let Some(earlier) = self.back.pop() else {
            return false;
        };
        self.forward
            .push(std::mem::replace(&mut self.stack, earlier));
        true
    }

    /// What was looked at before [`Screens::back`]; false where nothing was.
    pub fn forward(&mut self) -> bool {
        let Some(later) = self.forward.pop() else {
            return false;
        };
        self.back.push(std::mem::replace(&mut self.stack, later));
        true
    }

    fn remember(&mut self) {
        self.forward.clear();
        self.back.push(self.stack.clone());
        if self.back.len() > REMEMBERED {
            self.back.remove(0);
        }
    }
}
