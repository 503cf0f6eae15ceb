//! An entry of the journal, and which of them are the kernel's own.

use jiff::Timestamp;
use serde::Deserialize;

/// An entry of the kernel in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sources::kernlog) struct Entry {
    /// Microseconds since boot.
    pub usec: u64,
    /// Time of day, as the journal noted it.
    pub at: Timestamp,
    /// The message.
    pub text: String,
}

/// An entry as journalctl writes it: every value is a string, a message that is not UTF-8 an array of bytes, and one
/// that is too long null.
#[derive(Deserialize)]
pub(super) struct Raw {
    #[serde(rename = "MESSAGE", default)]
    message: Message,
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    realtime: Option<String>,
    #[serde(rename = "__MONOTONIC_TIMESTAMP")]
    monotonic: Option<String>,
    #[serde(rename = "_SOURCE_MONOTONIC_TIMESTAMP")]
    source_monotonic: Option<String>,
    #[serde(rename = "_SOURCE_BOOTTIME_TIMESTAMP")]
    source_boottime: Option<String>,
    #[serde(rename = "__CURSOR")]
    pub(super) cursor: Option<String>,
    #[serde(rename = "_TRANSPORT")]
    transport: Option<String>,
    #[serde(rename = "SYSLOG_FACILITY")]
    facility: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Message {
    Text(String),
    Bytes(Vec<u8>),
    #[default]
    Nothing,
}

impl Raw {
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// Whether the kernel itself wrote it. What a process writes to `/dev/kmsg` comes by the same transport, with the
    /// facility of a process (systemd, journald-kmsg.c).
    pub(super) fn is_of_kernel(&self) -> bool {
        self.transport.as_deref() == Some("kernel")
            && self.facility.as_deref().is_none_or(|f| f == "0")
    }

    /// The kernel's message; `None` for one of another's, or without text.
    pub(super) fn entry(&self) -> Option<Entry> {
        if !self.is_of_kernel() {
            return None;
        }
        let number = |field: &Option<String>| field.as_ref()?.parse::<u64>().ok();
        let text = match &self.message {
            Message::Text(text) => text.clone(),
            Message::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Message::Nothing => return None,
        };
        let realtime = i64::try_from(number(&self.realtime)?).ok()?;
        Some(Entry {
            usec: number(&self.source_monotonic)
                .or_else(|| number(&self.source_boottime))
                .or_else(|| number(&self.monotonic))?,
            at: Timestamp::from_microsecond(realtime).ok()?,
            text,
        })
    }
}
