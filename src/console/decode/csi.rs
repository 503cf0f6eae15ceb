//! Sequences that begin with `ESC [`.

use super::{Pointer, Reply, Seen};
use crate::app::key::{Code, Key};

/// What bytes after `ESC [` are.
pub(super) enum Found {
    /// Not yet a whole sequence.
    More,
    /// A paste begins.
    Paste,
    /// This.
    Seen(Seen),
    /// A sequence that means nothing here.
    Nothing,
}

/// Looks at the bytes after `ESC [`.
pub(super) fn parse(bytes: &[u8]) -> Found {
    match bytes {
        [] | [b'['] => return Found::More,
        // the Linux console's F1 to F5
        [b'[', last] => {
            return match last {
                b'A'..=b'E' => plain(Code::F(last - b'A' + 1)),
                _ => Found::Nothing,
            };
        }
        // a mouse without SGR coordinates: three more bytes, never asked for
        [b'M', rest @ ..] => {
            return if rest.len() < 3 {
                Found::More
            } else {
                Found::Nothing
            };
        }
        _ => {}
    }
    let Some((last, body)) = bytes.split_last() else {
        return Found::More;
    };
    match last {
        // parameters and intermediates
        0x20..=0x3f => return Found::More,
        0x40..=0x7e => {}
        // not a sequence: whatever it was is given up
        _ => return Found::Nothing,
    }
    let inter = body.iter().rev().take_while(|b| matches!(b, 0x20..=0x2f));
    let (params, inter) = body.split_at(body.len() - inter.count());
    let (mark, params) = match params {
        [mark @ (b'<' | b'=' | b'>' | b'?'), rest @ ..] => (*mark, rest),
        _ => (0, params),
    };
    let params = numbers(params);
    match (mark, inter, last) {
        (b'?', b"$", b'y') => Found::Seen(Seen::Reply(Reply::Mode {
            mode: params.first(0),
            state: params.nth(1, 0),
        })),
        (b'<', b"", b'M' | b'm') => mouse(&params, *last == b'M'),
        (0, b"", _) => without_mark(&params, *last),
        _ => Found::Nothing,
    }
}

fn without_mark(params: &Numbers, last: u8) -> Found {
    let code = match last {
        // a cursor in the first line cannot be told from F3 with modifiers: it is never asked for there
        b'R' if params.len() == 2 && params.first(1) > 1 => {
            return Found::Seen(Seen::Reply(Reply::Cursor {
                line: params.first(1),
                column: params.nth(1, 1),
            }));
        }
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'F' => Code::End,
        b'H' => Code::Home,
        b'P'..=b'S' => Code::F(last - b'P' + 1),
        b'Z' => {
            let key = Key {
                shift: true,
                ..Key::plain(Code::Tab)
            };
            return Found::Seen(Seen::Key(key));
        }
        // rxvt with Shift
        b'a'..=b'd' => {
            let code = [Code::Up, Code::Down, Code::Right, Code::Left];
            let key = Key {
                shift: true,
                ..Key::plain(code[usize::from(last - b'a')])
            };
            return Found::Seen(Seen::Key(key));
        }
        b'u' => return unicode(params.first(0), params),
        b'~' => return numbered(params),
        _ => return Found::Nothing,
    };
    modified(code, params)
}

/// `CSI n ~`.
fn numbered(params: &Numbers) -> Found {
    let code = match params.first(0) {
        1 | 7 => Code::Home,
        2 => Code::Insert,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        n @ 11..=15 => f(n - 10),
        n @ 17..=21 => f(n - 11),
        n @ 23..=26 => f(n - 12),
        n @ 28..=29 => f(n - 13),
        n @ 31..=34 => f(n - 14),
        // `CSI 27 ; modifiers ; character ~`: xterm's modifyOtherKeys
        27 => return unicode(params.nth(2, 0), params),
        200 => return Found::Paste,
        _ => return Found::Nothing,
    };
    modified(code, params)
}

fn f(n: u16) -> Code {
    Code::F(u8::try_from(n).unwrap_or(u8::MAX))
}

/// A key by its character's number: `CSI n ; modifiers u`.
fn unicode(number: u16, params: &Numbers) -> Found {
    let code = match char::from_u32(number.into()) {
        Some('\r') => Code::Enter,
        Some('\t') => Code::Tab,
        Some('\u{1b}') => Code::Esc,
        Some('\u{7f}' | '\u{8}') => Code::Backspace,
        Some(c) if !c.is_control() => Code::Char(c),
        _ => return Found::Nothing,
    };
    modified(code, params)
}

/// A key with the modifiers of the second parameter; a release (`:3` behind them) is none.
fn modified(code: Code, params: &Numbers) -> Found {
    if params.sub(1) == Some(3) {
        return Found::Nothing;
    }
    let bits = params.nth(1, 1).saturating_sub(1);
    let is_char = matches!(code, Code::Char(_));
    let shift = bits & 1 != 0;
    let code = match code {
        Code::Char(c) if shift => Code::Char(c.to_uppercase().next().unwrap_or(c)),
        other => other,
    };
    Found::Seen(Seen::Key(Key {
        code,
        shift: shift && !is_char,
        alt: bits & 2 != 0,
        ctrl: bits & 4 != 0,
    }))
}

fn plain(code: Code) -> Found {
    Found::Seen(Seen::Key(Key::plain(code)))
}

/// `CSI < button ; column ; line M`, with `m` when the button goes up.
fn mouse(params: &Numbers, down: bool) -> Found {
    let x = params.nth(1, 1).saturating_sub(1);
    let y = params.nth(2, 1).saturating_sub(1);
    // bits 2 to 4 are modifiers
    let pointer = match params.first(0) & !0b1_1100 {
        0 if down => Pointer::Press { x, y },
        64 if down => Pointer::Wheel { up: true },
        65 if down => Pointer::Wheel { up: false },
        _ => return Found::Nothing,
    };
    Found::Seen(Seen::Mouse(pointer))
}

/// Parameters; of each, the number and what follows it after a colon.
struct Numbers(Vec<(Option<u16>, Option<u16>)>);

impl Numbers {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn first(&self, usual: u16) -> u16 {
        self.nth(0, usual)
    }

    fn nth(&self, n: usize, usual: u16) -> u16 {
        self.0.get(n).and_then(|(n, _)| *n).unwrap_or(usual)
    }

    /// What follows the number after a colon.
    fn sub(&self, n: usize) -> Option<u16> {
        self.0.get(n).and_then(|(_, sub)| *sub)
    }
}

fn numbers(bytes: &[u8]) -> Numbers {
    let number = |bytes: Option<&[u8]>| {
        let text = std::str::from_utf8(bytes?).ok()?;
        text.parse().ok()
    };
    let of = |part: &[u8]| {
        let mut pieces = part.split(|b| *b == b':');
        (number(pieces.next()), number(pieces.next()))
    };
    Numbers(bytes.split(|b| *b == b';').map(of).collect())
}
