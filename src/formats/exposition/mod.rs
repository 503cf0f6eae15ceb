//! The text format in which exporters expose metrics (Prometheus text format 0.0.4; what OpenMetrics adds is read over).
//!
//! Whoever answers at a URL chose these bytes: size, number of series, labels and lengths are bounded, label values are
//! sanitised, and a line that makes no sense loses only itself. Each such line is told with its number and why.

mod line;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::domain::text::Text;

pub use line::Wrong;

/// Series kept of one page. Eight GPUs of seven instances with all counters of dcgm-exporter are about 1,500.
pub const MOST_SAMPLES: usize = 100_000;
/// Longest line read.
pub const LONGEST_LINE: usize = 16 << 10;
/// Problems told of one page; beyond that they are only counted.
const MOST_PROBLEMS: usize = 8;

/// One series at one time.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// Name of the metric. Shared by its series.
    pub name: Arc<str>,
    /// Labels in the order of the page; a name that comes twice has its first value.
    pub labels: Vec<(Arc<str>, Text)>,
    /// Value; may be infinite or no number.
    pub value: f64,
    /// Time that the exporter gave it, milliseconds since the epoch; mostly none.
    pub at_ms: Option<i64>,
}

impl Sample {
    /// Value of a label; `None` where it is missing or empty, which mean the same in Prometheus.
    pub fn label(&self, name: &str) -> Option<&Text> {
        let (_, value) = self.labels.iter().find(|(known, _)| **known == *name)?;
        (!value.is_empty()).then_some(value)
    }
}

/// A line that makes no sense.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Problem {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: Wrong,
}

/// What a page holds.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Page {
    /// The series that were wanted.
    pub samples: Vec<Sample>,
    /// Series on it, wanted or not.
    pub series: usize,
    /// The first lines that make no sense.
    pub problems: Vec<Problem>,
    /// Number of all such lines.
    pub wrong: usize,
    /// True if there were more wanted series than are kept.
    pub cut: bool,
}

/// Reads a page and keeps the series whose name is `wanted`. It never fails: what makes no sense is told beside it.
pub fn parse(page: &[u8], wanted: impl Fn(&str) -> bool) -> Page {
    let mut this = Page::default();
    let mut names = Names::default();
    for (number, bytes) in (1..).zip(page.split(|b| *b == b'\n')) {
        match line::read(bytes, &wanted, &mut names) {
            Ok(line::Line::Nothing) => {}
            Ok(line::Line::Unwanted) => this.series += 1,
            Ok(line::Line::Sample(sample)) => {
                this.series += 1;
                if this.samples.len() < MOST_SAMPLES {
                    this.samples.push(sample);
                } else {
                    this.cut = true;
                }
            }
            Err(why) => {
                this.wrong += 1;
                if this.problems.len() < MOST_PROBLEMS {
                    this.problems.push(Problem { line: number, why });
                }
            }
        }
    }
    this
}

/// Names seen on a page: the few that there are are shared by thousands of series.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<Arc<str>>);

impl Names {
    /// Beyond so many a page is no exporter's, and names are kept one by one.
    const SHARED: usize = 256;

    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.iter().find(|known| &***known == name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(name);
        if self.0.len() < Self::SHARED {
            self.0.push(Arc::clone(&new));
        }
        new
    }
}
