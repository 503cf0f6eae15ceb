//! Lines into records.

use std::io::{self, BufRead, Read};

use crate::domain::observation::Observation;
use crate::domain::text::Text;

/// Longest line that is read; a longer one is skipped as malformed. A host with a thousand processes stays far below.
const LONGEST: u64 = 16 << 20;

/// Longest piece of a malformed line that is kept to be shown.
const SHOWN: usize = 120;

/// What a line was.
#[derive(Clone, PartialEq, Debug)]
pub enum Line {
    /// A record, of a known kind or not.
    Record(Box<Observation>),
    /// No record: not JSON, or a known kind with fields that do not fit.
    Malformed {
        /// Number of the line, from 1.
        number: u64,
        /// What does not fit, and the beginning of the line.
        why: Text,
    },
    /// The last line ends without a newline and is no record: whoever wrote it was stopped in the middle.
    Torn {
        /// Number of the line, from 1.
        number: u64,
    },
}

/// The lines of a stream, one after the other. Ends at the end of the input; an input error is the last item.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    number: u64,
    raw: Vec<u8>,
    /// The last line was longer than is read: its rest is still to come.
    rest: bool,
}

impl<R: BufRead> Lines<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Self {
        Self {
            input,
            number: 0,
            raw: Vec::new(),
            rest: false,
        }
    }

    /// The bytes of the last line, without its newline.
    pub fn raw(&self) -> &[u8] {
        self.raw.strip_suffix(b"\n").unwrap_or(&self.raw)
    }

    /// Passes over a line; false: there is none.
    ///
    /// # Errors
    /// Reading fails.
    pub fn pass_over(&mut self) -> io::Result<bool> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(false);
        }
        if std::mem::take(&mut self.rest) {
            return self.skip_rest_of_line().map(|()| true);
        }
        self.number += 1;
        self.raw.clear();
        self.skip_rest_of_line().map(|()| true)
    }

    fn skip_rest_of_line(&mut self) -> io::Result<()> {
        let mut piece = Vec::new();
        loop {
            piece.clear();
            let read = self
                .input
                .by_ref()
                .take(1 << 16)
                .read_until(b'\n', &mut piece)?;
            if read == 0 || piece.last() == Some(&b'\n') {
                return Ok(());
            }
        }
    }

    fn parse(&self) -> Line {
        match serde_json::from_slice::<Observation>(self.raw()) {
            Ok(record) => Line::Record(Box::new(record)),
            Err(_) if self.raw.last() != Some(&b'\n') => Line::Torn {
                number: self.number,
            },
            Err(error) => Line::Malformed {
                number: self.number,
                why: Text::from(format!("{error}: {}", beginning(self.raw()))),
            },
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        if std::mem::take(&mut self.rest)
            && let Err(error) = self.skip_rest_of_line()
        {
            return Some(Err(error));
        }
        loop {
            self.raw.clear();
            let read = self
                .input
                .by_ref()
                .take(LONGEST)
                .read_until(b'\n', &mut self.raw);
            match read {
                Ok(0) => return None,
                Ok(_) => self.number += 1,
                Err(error) => return Some(Err(error)),
            }
            if self.raw.len() as u64 == LONGEST && self.raw.last() != Some(&b'\n') {
                // told at once: it may never end
                self.rest = true;
                return Some(Ok(Line::Malformed {
                    number: self.number,
                    why: Text::from(format!("the line is longer than {LONGEST} bytes")),
                }));
            }
            if !self.raw().trim_ascii().is_empty() {
                return Some(Ok(self.parse()));
            }
        }
    }
}

fn beginning(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}..", &text[..at]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::Fact;

    const BEAT: &str = r#"{"at":"2026-01-02T03:04:05Z","kind":"beat","n":1,"dropped":0}"#;

    fn lines(text: &str) -> Vec<Line> {
        Lines::new(text.as_bytes()).map(Result::unwrap).collect()
    }

    #[test]
    fn an_unknown_kind_is_a_record_and_unknown_fields_are_ignored() {
        let found = lines(
            "{\"at\":\"2026-01-02T03:04:05Z\",\"kind\":\"weather\",\"wind\":3}\n\
             {\"at\":\"2026-01-02T03:04:05Z\",\"kind\":\"beat\",\"n\":1,\"dropped\":0,\"mood\":\"good\"}\n",
        );
        let facts: Vec<_> = found
            .into_iter()
            .map(|line| match line {
                Line::Record(record) => record.fact,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(facts, [Fact::Unknown, Fact::Beat { n: 1, dropped: 0 }]);
    }

    #[test]
    fn a_malformed_line_says_where_and_why_and_the_next_is_read() {
        let found = lines(&format!("\n{{\"at\":\"yesterday\"}}\n{BEAT}\n"));
        assert!(
            matches!(&found[0], Line::Malformed { number: 2, why } if why.contains("yesterday")),
            "{found:?}"
        );
        assert!(matches!(&found[1], Line::Record(_)));
    }

    #[test]
    fn a_line_cut_short_is_torn_and_a_whole_one_without_newline_is_read() {
        let found = lines(&format!("{BEAT}\n{}", &BEAT[..30]));
        assert_eq!(found[1], Line::Torn { number: 2 });
        assert!(matches!(lines(BEAT)[..], [Line::Record(_)]));
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let endless = io::repeat(b'x').take(LONGEST * 2);
        let input = io::BufReader::new(endless.chain(io::Cursor::new(format!("\n{BEAT}\n"))));
        let found: Vec<_> = Lines::new(input).map(Result::unwrap).collect();
        assert!(matches!(found[0], Line::Malformed { number: 1, .. }));
        assert!(matches!(found[1..], [Line::Record(_)]), "{found:?}");
    }
}
