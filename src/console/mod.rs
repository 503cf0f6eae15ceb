//! The console: terminal, loop, effects.
//!
//! Threads, and what each may do to the terminal:
//!
//! | thread    | does                                                   | terminal                                    |
//! | --------- | ------------------------------------------------------ | ------------------------------------------- |
//! | the loop  | messages, effects, frames (`ui`)                       | sets up, writes, restores; may be stuck there |
//! | keys      | reads (`input`), decodes (`decode`)                    | reads                                       |
//! | hang-up   | waits for the terminal's loss (`hangup`)               | ends the process at once, restores nothing |
//! | signals   | ends, stops, continues, size (`signals`)               | keeps a stuck loop from writing; restores by force |
//! | files     | one for each file, and each text for tmux (`effects`)          | none                                        |
//! | streams   | `wiring::live`: snapshots                              | none                                        |
//!
//! A panic of the loop restores the terminal before it is told; one of any other thread leaves the terminal as it is, is
//! shown, and told at the end (`faults`).

mod advice;
mod backlog;
mod canvas;
mod capability;
mod changes;
mod clipboard;
mod clock;
mod decode;
mod effects;
mod event;
mod faults;
mod hangup;
mod input;
mod look;
mod modes;
mod options;
mod pen;
mod picture;
#[cfg(debug_assertions)]
mod planted;
mod run;
mod save;
mod signals;
mod tmux;
mod tty;
mod ui;

pub use look::{shipped_themes, theme_problems};
pub use options::{Error, Options, ThemeFile, Wishes};
pub use run::run;
