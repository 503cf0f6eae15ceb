//! What does not change while the console runs.

use jiff::Timestamp;

use crate::domain::fits::Book;
use crate::domain::text::Text;

/// How to see what this user's rights hide: lines to copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    /// What has to be done before such a line is safe.
    pub first: Option<Install>,
    /// The line of a sudoers file.
    pub line: Text,
}

/// A program that others than root can replace, and how it gets where they cannot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Install {
    /// What they can write: the program or a folder above it.
    pub weak: Text,
    /// The command.
    pub command: Text,
}

/// What does not change while the console runs.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    /// Version of migdeck.
    pub version: Text,
    /// The user's name.
    pub user: Text,
    /// Everything is simulated: said on every screen, from the first frame.
    pub simulated: bool,
    /// Facts come from this file, not from live hosts.
    pub saved: Option<Text>,
    /// Hosts that are expected, by the names they were asked under.
    pub hosts: Vec<Text>,
    /// How to see what this user's rights hide, where the local probe runs as the user. It may be known only after sudo
    /// was asked.
    pub advice: Option<Advice>,
    /// Themes that can be had, in the order in which they are cycled through.
    pub themes: Vec<String>,
    /// The book of measurements.
    pub book: Book,
    /// Ring the bell on a new finding of severity danger.
    pub bell: bool,
    /// When the console was started.
    pub started: Timestamp,
    /// UTC offset of the local time zone in seconds, for clocks on screen.
    pub offset_seconds: i32,
}
