//! Text for the user's clipboard: OSC 52, which the terminal may obey or not, and never says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::capability::Environment;

/// Longest text in base64 that terminals take (xterm, and what copies it).
const LONGEST: usize = 74_994;
/// Longest string that GNU screen passes on in one piece.
const SCREEN_PIECE: usize = 256;

/// Why a terminal is not asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The user or the configuration does not want it.
    Off,
    /// This terminal would show it instead.
    Terminal,
    /// More than terminals take.
    TooLong,
}

/// What asks the terminal to take `text`.
///
/// # Errors
/// It is not to be asked.
pub fn ask(text: &str, environment: &Environment) -> Result<Vec<u8>, Refused> {
    if environment.clipboard_off {
        return Err(Refused::Off);
    }
    if !environment.answers() {
        return Err(Refused::Terminal);
    }
    let coded = STANDARD.encode(text);
    if coded.len() > LONGEST {
        return Err(Refused::TooLong);
    }
    let plain = format!("\x1b]52;c;{coded}\x07").into_bytes();
    Ok(if environment.screen {
        through_screen(&plain)
    } else if environment.tmux || environment.term.starts_with("tmux") {
        // one of the two gets through: the first with `set-clipboard on`, the second with `allow-passthrough on`
        let mut both = plain.clone();
        both.extend(through_tmux(&plain));
        both
    } else {
        plain
    })
}

/// For the terminal that tmux is in: each ESC doubled.
fn through_tmux(sequence: &[u8]) -> Vec<u8> {
    let mut out = b"\x1bPtmux;".to_vec();
    for byte in sequence {
        if *byte == 0x1b {
            out.push(0x1b);
        }
        out.push(*byte);
    }
    out.extend(b"\x1b\\");
    out
}

/// For the terminal that GNU screen is in: in pieces, each a string of its own.
fn through_screen(sequence: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in sequence.chunks(SCREEN_PIECE) {
        out.extend(b"\x1bP");
        out.extend(piece);
        out.extend(b"\x1b\\");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(term: &str) -> Environment {
        Environment {
            term: term.to_owned(),
            ..Environment::default()
        }
    }

    /// What a terminal that gets `bytes` has on its clipboard.
    fn taken(bytes: &[u8]) -> String {
        let text = std::str::from_utf8(bytes).unwrap();
        let coded = text.strip_prefix("\u{1b}]52;c;").unwrap();
        let coded = coded.strip_suffix('\u{7}').unwrap();
        String::from_utf8(STANDARD.decode(coded).unwrap()).unwrap()
    }

    #[test]
    fn a_terminal_gets_exactly_the_text() {
        for text in ["GPU 5\n한글 3g.20gb\n", "", "\u{1b}[31m"] {
            assert_eq!(taken(&ask(text, &terminal("xterm")).unwrap()), text);
        }
    }

    #[test]
    fn tmux_and_screen_hand_it_on_to_the_terminal_that_they_are_in() {
        let text = "x".repeat(1000);
        let inside = Environment {
            tmux: true,
            ..terminal("screen-256color")
        };
        let both = String::from_utf8(ask(&text, &inside).unwrap()).unwrap();
        let (plain, wrapped) = both.split_once("\u{1b}Ptmux;").unwrap();
        assert_eq!(taken(plain.as_bytes()), text);
        let inner = wrapped.strip_suffix("\u{1b}\\").unwrap();
        assert_eq!(
            taken(inner.replace("\u{1b}\u{1b}", "\u{1b}").as_bytes()),
            text
        );

        let inside = Environment {
            screen: true,
            ..terminal("screen")
        };
        let bytes = String::from_utf8(ask(&text, &inside).unwrap()).unwrap();
        let pieces: Vec<&str> = bytes
            .split_terminator("\u{1b}\\")
            .map(|piece| piece.strip_prefix("\u{1b}P").unwrap())
            .collect();
        assert!(pieces.iter().all(|p| p.len() <= SCREEN_PIECE));
        assert_eq!(taken(pieces.concat().as_bytes()), text);
    }

    #[test]
    fn what_would_be_shown_or_cut_is_not_sent() {
        assert_eq!(ask("x", &terminal("linux")), Err(Refused::Terminal));
        let off = Environment {
            clipboard_off: true,
            ..terminal("xterm")
        };
        assert_eq!(ask("x", &off), Err(Refused::Off));
        let fits = "x".repeat(LONGEST / 4 * 3);
        assert!(ask(&fits, &terminal("xterm")).is_ok());
        let more = fits + "xxx";
        assert_eq!(ask(&more, &terminal("xterm")), Err(Refused::TooLong));
    }
}
