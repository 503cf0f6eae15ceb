//! The pure console: what is shown, what a key means, what is to be done.
//!
//! [`update`] takes a [`Message`] and changes the [`Model`]; what has to happen outside comes back as [`Effect`]s, plain
//! data that the console performs in one place. Time enters only as [`Message::Tick`]. The model holds no colour and no
//! cell: `view` draws it.

pub mod about;
pub mod activity;
pub mod at;
pub mod command;
pub mod copy;
pub mod effect;
pub mod filter;
pub mod fits;
#[cfg(test)]
pub mod fixture;
pub mod happening;
pub mod help;
pub mod hints;
pub mod hits;
pub mod input;
pub mod key;
pub mod keymap;
pub mod list;
pub mod message;
pub mod modal;
pub mod model;
pub mod occupant;
pub mod on_slot;
pub mod overview;
pub mod palette;
pub mod pods;
pub mod rows;
pub mod screen;
pub mod session;
pub mod snapshot;
pub mod sort;
pub mod telemetry;
pub mod texts;
pub mod throttle;
pub mod times;
pub mod tour;
pub mod trouble;
pub mod update;
pub mod words;

pub use command::Command;
pub use effect::Effect;
pub use hits::Hits;
pub use key::Key;
pub use message::Message;
pub use modal::Modal;
pub use model::Model;
pub use screen::{Scope, Screen};
pub use snapshot::Snapshot;
pub use texts::Texts;
pub use update::update;
