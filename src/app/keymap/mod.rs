//! What keys mean: layers of sequences, from a file and the patches over it.

use super::command::Context;
use super::{Command, Key};

/// All bindings.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Keymap {
    bindings: Vec<(Context, Vec<Key>, Command)>,
}

/// What the keys pressed so far mean.
#[derive(Clone, PartialEq, Debug)]
pub enum Match {
    /// This.
    Command(Command),
    /// Nothing yet: these keys would go on, and that is what they would mean.
    Pending(Vec<(Key, Command)>),
    /// Nothing.
    None,
}

impl Keymap {
    /// What `keys` mean where `layers` hold, the first above the others.
    pub fn find(&self, layers: &[Context], keys: &[Key]) -> Match {
        for layer in layers {
            let hit = |(l, k, _): &&(Context, Vec<Key>, Command)| l == layer && k == keys;
            if let Some((_, _, command)) = self.bindings.iter().find(hit) {
                return Match::Command(*command);
            }
        }
        Match::None
    }

    /// The keymap that comes with migdeck.
    pub fn default_keymap() -> Self {
        use super::key::Code;
        let plain = |c| Key::plain(c);
        let rows = [
            (Context::List, plain(Code::Up), Command::Up),
            (Context::List, plain(Code::Down), Command::Down),
            (Context::List, Key::char('k'), Command::Up),
            (Context::List, Key::char('j'), Command::Down),
            (Context::List, plain(Code::Enter), Command::Open),
            (Context::Global, plain(Code::Esc), Command::Back),
            (Context::Global, Key::char('s'), Command::Slices),
            (Context::Global, Key::char('H'), Command::Holders),
            (Context::Global, Key::char('x'), Command::Xids),
            (Context::Global, Key::char('E'), Command::Events),
            (Context::Global, Key::char('f'), Command::Findings),
            (Context::Global, Key::char('A'), Command::About),
            (Context::Global, Key::char('?'), Command::Help),
            (Context::Global, Key::char('q'), Command::Quit),
            (Context::Global, Key::ctrl('c'), Command::Quit),
        ];
        Self {
            bindings: rows.map(|(l, k, c)| (l, vec![k], c)).to_vec(),
        }
    }
}
