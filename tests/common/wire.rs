//! What a program writes to a terminal, in pieces: characters, controls and escape sequences.

use std::collections::BTreeSet;

/// A piece of the stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// A character.
    Char(char),
    /// A byte that is no UTF-8.
    Broken(u8),
    /// A C0 control other than ESC, or DEL.
    Control(u8),
    /// `ESC [ mark params inter last`; `mark` is one of `< = > ?`, or 0.
    Csi {
        mark: u8,
        params: String,
        inter: String,
        last: u8,
    },
    /// `ESC ] .. BEL` or `ESC ] .. ESC \`.
    Osc(Vec<u8>),
    /// `ESC P .. ESC \`, and the like for SOS, PM and APC.
    Text(u8, Vec<u8>),
    /// Another sequence: ESC and its bytes.
    Esc(Vec<u8>),
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Ground,
    Utf8(Vec<u8>, usize),
    Esc(Vec<u8>),
    Csi(Vec<u8>),
    /// A string that ends with ST; whether ESC was the last byte.
    Str(u8, Vec<u8>, bool),
}

/// Takes the stream apart, byte by byte, across reads.
#[derive(Clone, Debug, Default)]
pub struct Splitter {
    state: State,
}

impl Splitter {
    /// The piece that `byte` completes.
    pub fn push(&mut self, byte: u8) -> Option<Piece> {
        let (next, piece) = match std::mem::take(&mut self.state) {
            State::Ground => ground(byte),
            State::Utf8(mut seen, length) => {
                seen.push(byte);
                if seen.len() < length {
                    (State::Utf8(seen, length), None)
                } else {
                    let piece = match std::str::from_utf8(&seen) {
                        Ok(text) => text.chars().next().map(Piece::Char),
                        Err(_) => Some(Piece::Broken(seen[0])),
                    };
                    (State::Ground, piece)
                }
            }
            State::Esc(mut seen) => match byte {
                b'[' if seen.is_empty() => (State::Csi(seen), None),
                b']' if seen.is_empty() => (State::Str(b']', seen, false), None),
                b'P' | b'X' | b'^' | b'_' if seen.is_empty() => {
                    (State::Str(byte, seen, false), None)
                }
                0x20..=0x2f => {
                    seen.push(byte);
                    (State::Esc(seen), None)
                }
                _ => {
                    seen.push(byte);
                    (State::Ground, Some(Piece::Esc(seen)))
                }
            },
            State::Csi(mut seen) => match byte {
                0x40..=0x7e => (State::Ground, Some(csi(&seen, byte))),
                _ => {
                    seen.push(byte);
                    (State::Csi(seen), None)
                }
            },
            State::Str(kind, mut seen, escaped) => match byte {
                0x07 if kind == b']' => (State::Ground, Some(Piece::Osc(seen))),
                b'\\' if escaped => (
                    State::Ground,
                    Some(if kind == b']' {
                        Piece::Osc(seen)
                    } else {
                        Piece::Text(kind, seen)
                    }),
                ),
                0x1b => (State::Str(kind, seen, true), None),
                _ => {
                    seen.push(byte);
                    (State::Str(kind, seen, false), None)
                }
            },
        };
        self.state = next;
        piece
    }

    /// All pieces of `bytes`.
    pub fn split(bytes: &[u8]) -> Vec<Piece> {
        let mut splitter = Self::default();
        bytes.iter().filter_map(|b| splitter.push(*b)).collect()
    }
}

fn ground(byte: u8) -> (State, Option<Piece>) {
    match byte {
        0x1b => (State::Esc(Vec::new()), None),
        0x00..=0x1f | 0x7f => (State::Ground, Some(Piece::Control(byte))),
        0x20..=0x7e => (State::Ground, Some(Piece::Char(char::from(byte)))),
        0xc2..=0xdf => (State::Utf8(vec![byte], 2), None),
        0xe0..=0xef => (State::Utf8(vec![byte], 3), None),
        0xf0..=0xf4 => (State::Utf8(vec![byte], 4), None),
        _ => (State::Ground, Some(Piece::Broken(byte))),
    }
}

fn csi(seen: &[u8], last: u8) -> Piece {
    let mark = seen
        .first()
        .copied()
        .filter(|b| (b'<'..=b'?').contains(b))
        .unwrap_or(0);
    let rest = &seen[usize::from(mark != 0)..];
    let of = |range: std::ops::RangeInclusive<u8>| {
        rest.iter()
            .filter(|b| range.contains(b))
            .map(|b| char::from(*b))
            .collect()
    };
    Piece::Csi {
        mark,
        params: of(0x30..=0x3b),
        inter: of(0x20..=0x2f),
        last,
    }
}

/// Modes of a terminal that a program can leave on. Numbers are DEC's private modes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Modes {
    on: BTreeSet<u16>,
    off: BTreeSet<u16>,
}

impl Modes {
    /// Takes a piece into account.
    pub fn see(&mut self, piece: &Piece) {
        let Piece::Csi {
            mark: b'?',
            params,
            last,
            ..
        } = piece
        else {
            return;
        };
        for mode in params.split(';').filter_map(|p| p.parse().ok()) {
            // wraparound and the cursor are on in a terminal that nobody has touched
            let usual = matches!(mode, 7 | 25);
            let (set, other) = match last {
                b'h' => (&mut self.on, &mut self.off),
                b'l' => (&mut self.off, &mut self.on),
                _ => continue,
            };
            other.remove(&mode);
            if usual == (*last == b'l') {
                set.insert(mode);
            }
        }
    }

    /// Whether this mode is on.
    pub fn is_on(&self, mode: u16) -> bool {
        match mode {
            7 | 25 => !self.off.contains(&mode),
            _ => self.on.contains(&mode),
        }
    }

    /// What is not as it was found, in words.
    pub fn left(&self) -> Vec<String> {
        let on = self.on.iter().map(|m| format!("{} left on", name(*m)));
        let off = self.off.iter().map(|m| format!("{} left off", name(*m)));
        on.chain(off).collect()
    }
}

fn name(mode: u16) -> String {
    match mode {
        7 => "wraparound".to_owned(),
        25 => "the cursor".to_owned(),
        9 | 1000..=1016 => format!("the mouse ({mode})"),
        47 | 1047 | 1049 => "the alternate screen".to_owned(),
        2004 => "bracketed paste".to_owned(),
        2026 => "synchronized output".to_owned(),
        other => format!("mode {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Modes, Piece, Splitter};

    #[test]
    fn sequences_are_taken_apart_wherever_they_are_cut() {
        let bytes = b"a\x1b[?1049h\x1b[1;31m\xed\x95\x9c\x1b]52;c;aGk=\x07\x1b[?2026$p\x1b(B\r\xff";
        let pieces = Splitter::split(bytes);
        assert_eq!(pieces.len(), 9);
        assert_eq!(pieces[3], Piece::Char('한'));
        assert_eq!(pieces[4], Piece::Osc(b"52;c;aGk=".to_vec()));
        assert_eq!(pieces[6], Piece::Esc(b"(B".to_vec()));
        assert_eq!(pieces[7], Piece::Control(b'\r'));
        assert_eq!(pieces[8], Piece::Broken(0xff));
    }

    #[test]
    fn what_is_left_on_has_a_name() {
        let mut modes = Modes::default();
        for piece in Splitter::split(b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?2004l") {
            modes.see(&piece);
        }
        assert_eq!(
            modes.left(),
            ["the alternate screen left on", "the cursor left off"]
        );
        for piece in Splitter::split(b"\x1b[?1049l\x1b[?25h") {
            modes.see(&piece);
        }
        assert!(modes.left().is_empty());
    }
}
