//! The console as a person has it: the real program in a terminal.

use crate::common::pty;

mod leaving;
