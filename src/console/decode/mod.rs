//! What a terminal sends, byte by byte: keys, pastes, the mouse, and answers to what it was asked.
//!
//! Own code, because an answer may come late or between keys: whoever reads the terminal for it has to know keys too. A
//! sequence that nothing is known of is swallowed whole, never taken for keys.

mod csi;

use crate::app::key::{Code, Key};

/// Something that a terminal sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A key.
    Key(Key),
    /// A bracketed paste, with `\n` at the ends of lines.
    Paste(String),
    /// The mouse.
    Mouse(Pointer),
    /// An answer.
    Reply(Reply),
}

/// The mouse, in cells from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pointer {
    /// The first button went down.
    Press {
        /// Column.
        x: u16,
        /// Line.
        y: u16,
    },
    /// The wheel by one notch.
    Wheel {
        /// Towards the beginning.
        up: bool,
    },
}

/// An answer of the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Where the cursor is (CPR), from 1.
    Cursor {
        /// Line.
        line: u16,
        /// Column.
        column: u16,
    },
    /// What it says of a private mode (DECRPM): 0 unknown, 1 set, 2 reset, 3 always set, 4 always reset.
    Mode {
        /// Number of the mode.
        mode: u16,
        /// Its state.
        state: u16,
    },
}

/// Longest paste that is kept, bytes.
const PASTE: usize = 1 << 20;
/// Longest sequence that is looked at, bytes.
const SEQUENCE: usize = 4096;
/// What ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";

/// Takes bytes and tells what they mean.
#[derive(Debug)]
pub struct Decoder {
    /// The beginning of something.
    held: Vec<u8>,
    /// A paste that has begun.
    paste: Option<Vec<u8>>,
    /// What the terminal sends for the key that erases (termios VERASE).
    erase: u8,
}

impl Decoder {
    /// A decoder for a terminal whose erase key sends that byte.
    pub fn new(erase: u8) -> Self {
        Self {
            held: Vec::new(),
            paste: None,
            erase,
        }
    }

    /// Whether something has begun and may or may not go on: after a moment of silence call [`silence`](Self::silence).
    pub fn waits(&self) -> bool {
        !self.held.is_empty() || self.paste.is_some()
    }

    /// Whether a paste has begun: its end may be a while away.
    pub fn pasting(&self) -> bool {
        self.paste.is_some()
    }

    /// Takes bytes.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Seen>) {
        for byte in bytes {
            self.push(*byte, out);
        }
    }

    /// Nothing more came: a lone ESC is the key, and a paste without end has ended.
    pub fn silence(&mut self, out: &mut Vec<Seen>) {
        if let Some(text) = self.paste.take() {
            self.held.clear();
            out.push(Seen::Paste(pasted(&text)));
            return;
        }
        let held = std::mem::take(&mut self.held);
        match held.as_slice() {
            [0x1b] => out.push(key(Code::Esc)),
            [0x1b, 0x1b] => out.extend([key(Code::Esc), key(Code::Esc)]),
            // Alt with a character that could have begun a sequence
            [0x1b, byte] => self.plain(*byte, true, out),
            _ => {}
        }
    }

    fn push(&mut self, byte: u8, out: &mut Vec<Seen>) {
        if let Some(text) = &mut self.paste {
            text.push(byte);
            if text.len() > PASTE + SEQUENCE {
                // what is over the limit goes, but for what may be the beginning of the end
                text.drain(PASTE..text.len() - PASTE_END.len());
            }
            if text.ends_with(PASTE_END) {
                text.truncate((text.len() - PASTE_END.len()).min(PASTE));
                let text = pasted(text);
                self.paste = None;
                out.push(Seen::Paste(text));
            }
            return;
        }
        // ESC cannot be inside a sequence; it begins the next one. Only a string (OSC, DCS) ends with `ESC \`.
        if byte == 0x1b && self.held.len() > 1 && !self.in_string() {
            self.held.clear();
        }
        self.held.push(byte);
        if self.held.len() > SEQUENCE {
            self.held.clear();
            return;
        }
        match self.look(out) {
            Progress::More => {}
            Progress::Done => self.held.clear(),
        }
    }

    fn in_string(&self) -> bool {
        matches!(
            self.held.get(..2),
            Some([0x1b, b']' | b'P' | b'_' | b'^' | b'X'])
        )
    }

    /// Looks at what is held.
    fn look(&mut self, out: &mut Vec<Seen>) -> Progress {
        let alt_twice = self.held.starts_with(b"\x1b\x1b") && self.held.len() > 2;
        let (held, alt) = if alt_twice {
            (&self.held[1..], true)
        } else {
            (&self.held[..], false)
        };
        match held {
            [0x1b] | [0x1b, 0x1b] => Progress::More,
            [0x1b, b'[', rest @ ..] => match csi::parse(rest) {
                csi::Found::More => Progress::More,
                csi::Found::Paste => {
                    if alt {
                        out.push(key(Code::Esc));
                    }
                    self.paste = Some(Vec::new());
                    Progress::Done
                }
                csi::Found::Seen(seen) => {
                    match seen {
                        Seen::Key(k) => out.push(Seen::Key(Key {
                            alt: k.alt | alt,
                            ..k
                        })),
                        // only keys are sent with Alt: this ESC was the key, just before an answer or the mouse
                        other if alt => out.extend([key(Code::Esc), other]),
                        other => out.push(other),
                    }
                    Progress::Done
                }
                csi::Found::Nothing => {
                    // an answer to a question of somebody before us
                    if alt && rest.first() == Some(&b'?') {
                        out.push(key(Code::Esc));
                    }
                    Progress::Done
                }
            },
            [0x1b, b'O'] => Progress::More,
            [0x1b, b'O', last] => {
                if let Some(k) = ss3(*last) {
                    out.push(Seen::Key(Key {
                        alt: k.alt | alt,
                        ..k
                    }));
                }
                Progress::Done
            }
            [0x1b, b']' | b'P' | b'_' | b'^' | b'X', string @ ..] => match string {
                [.., 0x07] | [.., 0x1b, b'\\'] => Progress::Done,
                _ => Progress::More,
            },
            [0x1b, rest @ ..] => {
                let rest = rest.to_vec();
                // `ESC ESC x`: the key Esc, then Alt with x
                if alt {
                    out.push(key(Code::Esc));
                }
                self.character(&rest, true, out)
            }
            _ => {
                let held = self.held.clone();
                self.character(&held, false, out)
            }
        }
    }

    /// A character of one to four bytes.
    fn character(&self, bytes: &[u8], alt: bool, out: &mut Vec<Seen>) -> Progress {
        let Some(first) = bytes.first() else {
            return Progress::More;
        };
        if *first < 0x80 {
            self.plain(*first, alt, out);
            return Progress::Done;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let shown = text.chars().filter(|c| !c.is_control());
                out.extend(shown.map(|c| Seen::Key(char_key(c, false, alt))));
                Progress::Done
            }
            // cut off, not wrong
            Err(error) if error.error_len().is_none() => Progress::More,
            Err(_) => Progress::Done,
        }
    }

    /// A character of one byte.
    fn plain(&self, byte: u8, alt: bool, out: &mut Vec<Seen>) {
        let code = |code| Key {
            alt,
            ..Key::plain(code)
        };
        out.push(Seen::Key(match byte {
            0x7f => code(Code::Backspace),
            b if b == self.erase && b < 0x20 => code(Code::Backspace),
            b'\r' => code(Code::Enter),
            b'\t' => code(Code::Tab),
            0x1b => code(Code::Esc),
            0 => char_key(' ', true, alt),
            1..=0x1a => char_key(char::from(byte - 1 + b'a'), true, alt),
            0x1c..=0x1f => char_key(char::from(byte - 0x1c + b'\\'), true, alt),
            _ => char_key(char::from(byte), false, alt),
        }));
    }
}

enum Progress {
    More,
    Done,
}

fn pasted(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .replace("\r\n", "\n")
        .replace('\r', "\n")
}

fn key(code: Code) -> Seen {
    Seen::Key(Key::plain(code))
}

fn char_key(c: char, ctrl: bool, alt: bool) -> Key {
    Key {
        ctrl,
        alt,
        ..Key::char(c)
    }
}

/// `ESC O x`: cursor and function keys in application mode, and the keypad.
fn ss3(last: u8) -> Option<Key> {
    let code = match last {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'F' => Code::End,
        b'H' => Code::Home,
        b'M' => Code::Enter,
        b'P'..=b'S' => Code::F(last - b'P' + 1),
        // the keypad in application mode: `* + , - . / 0 .. 9`
        b'j'..=b'y' => Code::Char(char::from(last - b'j' + b'*')),
        _ => return None,
    };
    Some(Key::plain(code))
}

#[cfg(test)]
mod tests;
