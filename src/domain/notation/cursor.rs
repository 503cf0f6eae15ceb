//! A place in a text that is being read.

use crate::domain::text::Text;

/// Reads a text from left to right and knows the column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
    column: usize,
}

impl<'a> Cursor<'a> {
    /// `column` is that of the first character, from 1.
    pub(super) const fn new(text: &'a str, column: usize) -> Self {
        Self { rest: text, column }
    }

    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) const fn column(&self) -> usize {
        self.column
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Steps over `bytes`, which end at a character.
    fn step(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.column += taken.chars().count();
        self.rest = rest;
        taken
    }

    pub(super) fn take(&mut self, what: &str) -> bool {
        let there = self.rest.starts_with(what);
        if there {
            self.step(what.len());
        }
        there
    }

    pub(super) fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let bytes = self.rest.find(|c| !is(c)).unwrap_or(self.rest.len());
        self.step(bytes)
    }

    pub(super) fn blanks(&mut self) -> bool {
        !self.take_while(char::is_whitespace).is_empty()
    }

    /// A number of at most nine digits. `None`, and nothing taken, where there is none.
    pub(super) fn number(&mut self) -> Option<u32> {
        let digits = self.rest.len()
            - self
                .rest
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .len();
        let number = self
            .rest
            .get(..digits)
            .filter(|d| d.len() <= 9)?
            .parse()
            .ok()?;
        self.step(digits);
        Some(number)
    }

    /// A count before what it repeats: `7x`.
    pub(super) fn count(&mut self) -> Option<u32> {
        let mut ahead = *self;
        let count = ahead.number()?;
        let repeats = ahead.take("x") && ahead.peek().is_some_and(|c| !c.is_whitespace());
        repeats.then(|| {
            *self = ahead;
            count
        })
    }

    /// What stands here, for an error: the word, quoted and safe to print.
    pub(super) fn shown(&self) -> String {
        const LONGEST: usize = 40;
        let word: String = self
            .rest
            .chars()
            .take_while(|c| !c.is_whitespace())
            .take(LONGEST)
            .collect();
        match (word.is_empty(), self.rest.is_empty()) {
            (_, true) => "the end".to_owned(),
            (true, false) => "a blank".to_owned(),
            (false, false) => format!("`{}`", Text::new(&word)),
        }
    }
}
