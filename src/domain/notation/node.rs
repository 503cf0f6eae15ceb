//! Reading the layout of a node: lines of `GPUS: layout`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use super::cursor::Cursor;
use super::error::ParseError;
use super::gpu::parse_from;
use crate::domain::catalog::Board;
use crate::domain::ids::{GpuIndex, GpuUuid};
use crate::domain::sketch::Sketch;
use crate::domain::text::Text;

/// More than any host has: 255 is the minor number of `/dev/nvidiactl`, and the GPUs' device files stand below it.
const LAST_INDEX: u32 = 255;
/// Shorter tails are not told apart from indexes, and hardly from each other.
const SHORTEST_TAIL: usize = 8;
/// Hexadecimal digits between the dashes of a UUID.
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// Which GPUs a line is about.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum GpuSelector {
    /// One, by its position.
    Index(u32),
    /// All from the first to the last position, both included.
    Range(u32, u32),
    /// By the last eight or more characters of its UUID.
    Uuid(Text),
}

impl GpuSelector {
    /// Whether it means this GPU.
    pub fn selects(&self, index: GpuIndex, uuid: &GpuUuid) -> bool {
        match self {
            Self::Index(n) => *n == index.0,
            Self::Range(first, last) => (*first..=*last).contains(&index.0),
            Self::Uuid(tail) => uuid
                .as_str()
                .to_ascii_lowercase()
                .ends_with(&tail.to_ascii_lowercase()),
        }
    }
}

impl fmt::Display for GpuSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(n) => write!(f, "{n}"),
            Self::Range(first, last) => write!(f, "{first}-{last}"),
            Self::Uuid(whole) if whole.starts_with("GPU-") => write!(f, "{whole}"),
            Self::Uuid(tail) => write!(f, "..{tail}"),
        }
    }
}

/// One line of a node layout. Its layout is read once the board of its GPUs is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeLine {
    /// Which line of the text, from 1.
    pub line: usize,
    /// The GPUs.
    pub gpus: Vec<GpuSelector>,
    layout: String,
    column: usize,
}

impl NodeLine {
    /// Its layout on a board.
    ///
    /// # Errors
    /// As [`super::parse_gpu`], with line and column of the whole text.
    pub fn sketch(&self, board: &Board) -> Result<Sketch, ParseError> {
        parse_from(Cursor::new(&self.layout, self.column), board).map_err(|e| ParseError {
            line: Some(self.line),
            ..e
        })
    }
}

/// Reads a node layout.
///
/// # Errors
/// Each line that cannot be read, with what was expected; GPUs that are on two lines; a text without any line.
pub fn parse_node(text: &str) -> Result<Vec<NodeLine>, Vec<ParseError>> {
    let mut lines: Vec<NodeLine> = Vec::new();
    let mut errors = Vec::new();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    // an editor's byte order mark is no part of the first GPU
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (n, raw) in text.lines().enumerate() {
        let line = n + 1;
        let body = without_comment(raw);
        if body.trim().is_empty() {
            continue;
        }
        match parse_line(body, line, &mut taken) {
            Ok(parsed) => lines.push(parsed),
            Err(e) => {
                let e = ParseError {
                    line: Some(line),
                    ..e
                };
                errors.push(if body.contains(':') {
                    e
                } else {
                    e.hint(
                        "each line of a node layout begins with `GPUS:`, such as `0-7: 7x1g.5gb`",
                    )
                });
            }
        }
    }
    if lines.is_empty() && errors.is_empty() {
        errors.push(ParseError::at(
            &Cursor::new("", 1),
            "a line `GPUS: layout`, such as `0-7: 7x1g.5gb`",
        ));
    }
    if errors.is_empty() {
        Ok(lines)
    } else {
        Err(errors)
    }
}

/// The one line of a text that holds a layout without naming GPUs: its number, from 1, and what it says. `None` where the
/// text has more lines or none, or names GPUs.
pub fn only_line(text: &str) -> Option<(usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text
        .lines()
        .map(without_comment)
        .enumerate()
        .filter(|(_, body)| !body.trim().is_empty());
    let (n, body) = lines.next()?;
    (lines.next().is_none() && !body.contains(':')).then_some((n + 1, body))
}

/// The part of a line before a comment. `1c#7` is none: there no blank stands before the `#`.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_whitespace() {
            return &line[..at];
        }
        before = c;
    }
    line
}

fn parse_line(
    body: &str,
    line: usize,
    taken: &mut BTreeMap<String, usize>,
) -> Result<NodeLine, ParseError> {
    let mut at = Cursor::new(body, 1);
    let mut gpus = Vec::new();
    loop {
        at.blanks();
        let before = at;
        let selector = selector(&mut at)?;
        claim(&before, &selector, line, taken)?;
        gpus.push(selector);
        at.blanks();
        if at.take(":") {
            break;
        }
        if !at.take(",") {
            return Err(ParseError::at(
                &at,
                "`:` and a layout, or `,` and another GPU",
            ));
        }
    }
    at.blanks();
    if at.rest().is_empty() {
        return Err(ParseError::at(
            &at,
            "a layout, such as `7x1g.5gb`, `empty` or `off`",
        ));
    }
    Ok(NodeLine {
        line,
        gpus,
        layout: at.rest().to_owned(),
        column: at.column(),
    })
}

/// Remembers which line a GPU is on; the second one is an error.
fn claim(
    at: &Cursor<'_>,
    selector: &GpuSelector,
    line: usize,
    taken: &mut BTreeMap<String, usize>,
) -> Result<(), ParseError> {
    let names: Vec<String> = match selector {
        GpuSelector::Index(n) => vec![n.to_string()],
        GpuSelector::Range(first, last) => (*first..=*last).map(|n| n.to_string()).collect(),
        GpuSelector::Uuid(tail) => vec![format!("..{}", tail.to_ascii_lowercase())],
    };
    for name in names {
        if let Some(earlier) = taken.get(&name) {
            return Err(ParseError::at(
                at,
                format!("a GPU that has no line yet (GPU {name} is on line {earlier})"),
            ));
        }
        taken.insert(name, line);
    }
    Ok(())
}

/// Reads the name of GPUs as it stands in front of a layout: `0`, `0-3`, `..60cb61c8`.
///
/// # Errors
/// It is something else, or more than one name.
pub fn parse_selector(text: &str) -> Result<GpuSelector, ParseError> {
    let mut at = Cursor::new(text, 1);
    let selector = selector(&mut at)?;
    if at.rest().is_empty() {
        Ok(selector)
    } else {
        Err(ParseError::at(&at, "nothing more"))
    }
}

fn selector(at: &mut Cursor<'_>) -> Result<GpuSelector, ParseError> {
    let before = *at;
    let expected = || {
        ParseError::at(
            &before,
            format!(
                "GPUs: an index (0), a range (0-3), or at least {SHORTEST_TAIL} characters of the end of a UUID"
            ),
        )
    };
    let word = at.take_while(|c| !c.is_whitespace() && !matches!(c, ',' | ':'));
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    if is_number(first) && is_number(last) {
        let (Some(first), Some(last)) = (index(first), index(last)) else {
            let error = ParseError::at(&before, format!("GPU indexes from 0 to {LAST_INDEX}"));
            return Err(if is_tail(word) {
                error.hint(format!(
                    "the end of a UUID that looks like a number is written ..{word}"
                ))
            } else {
                error
            });
        };
        return match first.cmp(&last) {
            Ordering::Less => Ok(GpuSelector::Range(first, last)),
            Ordering::Equal => Ok(GpuSelector::Index(first)),
            Ordering::Greater => Err(expected().hint(format!("did you mean {last}-{first}?"))),
        };
    }
    let tail = word.strip_prefix("..").unwrap_or(word);
    if is_tail(tail) {
        return Ok(GpuSelector::Uuid(Text::new(tail)));
    }
    Err(expected())
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

fn index(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|n| *n <= LAST_INDEX)
}

/// Whether a UUID can end like that: dashes where a UUID has them, else hexadecimal digits; `GPU-` before a whole one.
fn is_tail(word: &str) -> bool {
    let (digits, whole) = match word.strip_prefix("GPU-") {
        Some(digits) => (digits, true),
        None => (word, false),
    };
    let groups: Vec<&str> = digits.split('-').collect();
    let Some(skipped) = UUID_GROUPS.len().checked_sub(groups.len()) else {
        return false;
    };
    let is_cut = |n: usize, length: usize| n == 0 && !whole && length <= UUID_GROUPS[skipped];
    digits.len() >= SHORTEST_TAIL
        && (!whole || skipped == 0)
        && groups
            .iter()
            .zip(&UUID_GROUPS[skipped..])
            .enumerate()
            .all(|(n, (group, length))| {
                group.bytes().all(|b| b.is_ascii_hexdigit())
                    && (group.len() == *length || is_cut(n, group.len()))
            })
}
