//! Prometheus as it answers instant queries (`/api/v1/query`): the series of one metric, of all hosts that it scrapes.
//!
//! An instant query tells the time of the question, not of the sample. So the samples' own times are asked for beside
//! them, by `timestamp(..)`.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;

use serde::Deserialize;

use crate::domain::text::Text;
use crate::formats::exposition::{MOST_SAMPLES, Sample};

/// Answers hold all labels of all series: a thousand hosts of 56 instances are some 30 MiB.
pub const MOST_BYTES: usize = 64 << 20;

/// An answer that tells nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadAnswer {
    /// Not what Prometheus says.
    #[error("the answer is none of Prometheus: {0}")]
    Foreign(Text),
    /// It says what is wrong.
    #[error("Prometheus says {kind}: {text}")]
    Error {
        /// Its kind.
        kind: Text,
        /// Its words.
        text: Text,
    },
}

/// The path and query that ask for the series of a metric.
pub fn values(metric: &str) -> String {
    instant(metric)
}

/// The path and query that ask for the times of a metric's samples.
pub fn times(metric: &str) -> String {
    instant(&format!("timestamp({metric})"))
}

fn instant(query: &str) -> String {
    let mut path = "/api/v1/query?query=".to_owned();
    for byte in query.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // writing to a text cannot fail
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

#[derive(Deserialize)]
struct Answer {
    status: Text,
    #[serde(default, rename = "errorType")]
    kind: Option<Text>,
    #[serde(default)]
    error: Option<Text>,
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: Text,
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, Text>,
    value: (f64, Text),
}

fn series(body: &[u8]) -> Result<Vec<Series>, BadAnswer> {
    let answer: Answer =
        serde_json::from_slice(body).map_err(|e| BadAnswer::Foreign(e.to_string().into()))?;
    let none = || Text::new("(no reason)");
    if answer.status != "success" {
        return Err(BadAnswer::Error {
            kind: answer.kind.unwrap_or(answer.status),
            text: answer.error.unwrap_or_else(none),
        });
    }
    match answer.data {
        Some(data) if data.result_type == "vector" => Ok(data.result),
        Some(data) => Err(BadAnswer::Foreign(
            format!("a {} in place of a vector", data.result_type).into(),
        )),
        None => Err(BadAnswer::Foreign("no data".into())),
    }
}

/// The series of a metric, as the exporter would have written them, with the labels that Prometheus has added.
///
/// # Errors
/// The answer is not Prometheus', or tells an error.
pub fn samples(body: &[u8], metric: &str) -> Result<Vec<Sample>, BadAnswer> {
    let name: Arc<str> = Arc::from(metric);
    let mut names = Names::default();
    let mut all = Vec::new();
    for series in series(body)?.into_iter().take(MOST_SAMPLES) {
        // Go writes `NaN` and `+Inf`, which Rust reads
        let Ok(value) = series.value.1.parse() else {
            continue;
        };
        all.push(Sample {
            name: Arc::clone(&name),
            labels: names.labels(series.metric),
            value,
            at_ms: None,
        });
    }
    Ok(all)
}

/// Gives samples their own times, out of the answer to [`times`]. A sample without one keeps none.
///
/// # Errors
/// The answer is not Prometheus', or tells an error.
pub fn date(samples: &mut [Sample], body: &[u8]) -> Result<(), BadAnswer> {
    let mut names = Names::default();
    let mut known: HashMap<Vec<(Arc<str>, Text)>, i64> = HashMap::new();
    for series in series(body)? {
        let Ok(seconds) = series.value.1.parse::<f64>() else {
            continue;
        };
        known.insert(names.labels(series.metric), (seconds * 1000.0) as i64);
    }
    for sample in samples {
        // both are in the order of the labels' names
        sample.at_ms = known.get(&sample.labels).copied();
    }
    Ok(())
}

/// Names of labels, shared by all series of an answer.
#[derive(Default)]
struct Names(HashMap<String, Arc<str>>);

impl Names {
    /// Labels in the order of their names, without the metric's own.
    fn labels(&mut self, metric: BTreeMap<String, Text>) -> Vec<(Arc<str>, Text)> {
        let labels = metric.into_iter().filter(|(name, _)| name != "__name__");
        let shared = labels.map(|(name, value)| match self.0.get(&name) {
            Some(known) => (Arc::clone(known), value),
            None => {
                let new: Arc<str> = Arc::from(name.as_str());
                self.0.insert(name, Arc::clone(&new));
                (new, value)
            }
        });
        shared.collect()
    }
}
