//! What does not change while the console runs.

use jiff::Timestamp;

use crate::domain::text::Text;

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
    /// How to see what this user's rights hide, where the local probe runs as the user; lines to copy. It may be known only
    /// after sudo was asked.
    pub advice: Vec<Text>,
    /// Themes that can be had, in the order in which they are cycled through.
    pub themes: Vec<String>,
    /// Ring the bell on a new finding of severity danger.
    pub bell: bool,
    /// When the console was started.
    pub started: Timestamp,
    /// UTC offset of the local time zone in seconds, for clocks on screen.
    pub offset_seconds: i32,
}
