//! A terminal: it takes bytes, has a screen, and answers when it is asked something.

use std::num::NonZeroU16;

use super::shown::Shown;
use super::wire::{Modes, Piece, Splitter};

/// How a terminal answers queries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Answers {
    /// As xterm does.
    #[default]
    Usual,
    /// As one does that draws East Asian Ambiguous characters two columns wide.
    AmbiguousWide,
    /// Not at all, as a serial line or a script.
    Never,
}

/// Mode of synchronized output.
const SYNC: u16 = 2026;

/// A terminal.
pub struct Terminal {
    parser: vt100::Parser,
    splitter: Splitter,
    modes: Modes,
    answers: Answers,
    /// Columns that ambiguous characters have taken more since the cursor was last placed.
    drift: u16,
    /// Frames, as synchronized output brackets them.
    frames: usize,
    /// What was there before the frame that is being written.
    before: Option<vt100::Screen>,
}

impl Terminal {
    /// Of that many columns and lines; one that has none is drawn as 80 by 24.
    pub fn new(size: (u16, u16), answers: Answers) -> Self {
        let (width, height) = room(size);
        Self {
            parser: vt100::Parser::new(height, width, 0),
            splitter: Splitter::default(),
            modes: Modes::default(),
            answers,
            drift: 0,
            frames: 0,
            before: None,
        }
    }

    /// Takes what a program wrote; what it is to be told comes back.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        let mut done = 0;
        for (n, byte) in bytes.iter().enumerate() {
            let Some(piece) = self.splitter.push(*byte) else {
                continue;
            };
            self.parser.process(&bytes[done..=n]);
            done = n + 1;
            self.modes.see(&piece);
            self.hold_back();
            self.count(&piece);
            if let Some(text) = self.asked(&piece) {
                answer.extend(text.bytes());
            }
        }
        self.parser.process(&bytes[done..]);
        answer
    }

    /// A synchronized frame is to be seen when it is whole, not before.
    fn hold_back(&mut self) {
        if !self.modes.is_on(SYNC) {
            self.before = None;
        } else if self.before.is_none() {
            self.before = Some(self.parser.screen().clone());
        }
    }

    fn count(&mut self, piece: &Piece) {
        match piece {
            Piece::Char(c) if ambiguous(*c) => self.drift += 1,
            Piece::Control(_) => self.drift = 0,
            Piece::Csi {
                mark,
                params,
                last,
                inter,
            } => match last {
                b'H' | b'f' | b'G' | b'J' => self.drift = 0,
                b'l' if *mark == b'?' && params == "2026" && inter.is_empty() => self.frames += 1,
                _ => {}
            },
            _ => {}
        }
    }

    fn asked(&self, piece: &Piece) -> Option<String> {
        if self.answers == Answers::Never {
            return None;
        }
        let Piece::Csi {
            mark,
            params,
            inter,
            last,
        } = piece
        else {
            return None;
        };
        match (mark, params.as_str(), inter.as_str(), last) {
            (0, "6", "", b'n') => {
                let (row, column) = self.parser.screen().cursor_position();
                let wide = self.answers == Answers::AmbiguousWide;
                let drift = if wide { self.drift } else { 0 };
                Some(format!("\x1b[{};{}R", row + 1, column + 1 + drift))
            }
            (0, "5", "", b'n') => Some("\x1b[0n".to_owned()),
            (0, "" | "0", "", b'c') => Some("\x1b[?62;22c".to_owned()),
            (b'?', mode, "$", b'p') => {
                let state = match mode.parse() {
                    Ok(7 | 25 | 1000 | 1002 | 1003 | 1006 | 1049 | 2004 | 2026) => {
                        let on = mode.parse().is_ok_and(|m| self.modes.is_on(m));
                        if on { 1 } else { 2 }
                    }
                    _ => 0,
                };
                Some(format!("\x1b[?{mode};{state}$y"))
            }
            _ => None,
        }
    }

    /// What is to be seen.
    pub fn shown(&self) -> Shown {
        Shown::of(self.before.as_ref().unwrap_or(self.parser.screen()))
    }

    /// Modes that were changed.
    pub fn modes(&self) -> &Modes {
        &self.modes
    }

    /// Ends of synchronized frames so far.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Another size.
    pub fn resize(&mut self, size: (u16, u16)) {
        let (width, height) = room(size);
        self.parser.set_size(height, width);
    }
}

fn room((width, height): (u16, u16)) -> (NonZeroU16, NonZeroU16) {
    let or = |n, usual| NonZeroU16::new(n).unwrap_or(usual);
    const WIDTH: NonZeroU16 = NonZeroU16::new(80).unwrap();
    const HEIGHT: NonZeroU16 = NonZeroU16::new(24).unwrap();
    (or(width, WIDTH), or(height, HEIGHT))
}

/// Whether East Asian terminals may draw it two columns wide.
fn ambiguous(c: char) -> bool {
    matches!(c, '\u{2500}'..='\u{2595}' | '\u{25a0}'..='\u{25ff}' | '·' | '…' | '→' | '±' | '°' | '×' | '•')
}

#[cfg(test)]
mod tests {
    use super::{Answers, Terminal};

    fn told(answers: Answers, asked: &str) -> String {
        let mut terminal = Terminal::new((80, 24), answers);
        String::from_utf8(terminal.take(asked.as_bytes())).unwrap()
    }

    #[test]
    fn a_terminal_says_where_its_cursor_is_at_the_moment_it_is_asked() {
        assert_eq!(told(Answers::Usual, "\x1b[3;5H\x1b[6nabc"), "\x1b[3;5R");
        let probe = "\x1b[1;1H│\x1b[6n";
        assert_eq!(told(Answers::Usual, probe), "\x1b[1;2R");
        assert_eq!(told(Answers::AmbiguousWide, probe), "\x1b[1;3R");
        assert_eq!(told(Answers::Never, probe), "");
    }

    #[test]
    fn a_synchronized_frame_is_seen_when_it_is_whole() {
        let mut terminal = Terminal::new((80, 24), Answers::Usual);
        terminal.take(b"old\x1b[?2026h\x1b[1;1Hnew");
        assert!(terminal.shown().has("old"));
        terminal.take(b"er\x1b[?2026l");
        assert!(terminal.shown().has("newer"));
    }

    #[test]
    fn it_says_what_it_knows_of_a_mode() {
        assert_eq!(told(Answers::Usual, "\x1b[?2026$p"), "\x1b[?2026;2$y");
        assert_eq!(told(Answers::Usual, "\x1b[?4711$p"), "\x1b[?4711;0$y");
    }
}
