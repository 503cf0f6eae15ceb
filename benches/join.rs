//! What the join costs: one beat of the host of eight GPUs with seven slices each, from records to a new generation.
//!
//! `cargo bench --bench join`. The records are a real probe's, of the simulated host in `beat.toml`.

mod common;

use divan::{Bencher, black_box};
use jiff::Timestamp;
use migdeck::domain::ids::StreamId;
use migdeck::domain::observation::{Fact, Observation};
use migdeck::domain::text::Text;
use migdeck::store::Store;

use common::lines;

fn main() {
    divan::main();
}

const STREAM: StreamId = StreamId(0);

fn read(lines: &[String]) -> Vec<Observation> {
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect()
}

fn told(records: &[Observation]) -> Store {
    let mut store = Store::new();
    store.expect(STREAM, Text::new("a100"), Timestamp::UNIX_EPOCH);
    for record in records {
        store.apply(STREAM, record.clone());
    }
    store
}

/// The samples of all GPUs and the end of the beat, applied, joined and looked at once.
#[divan::bench]
fn a_beat_of_8_gpus_with_56_slices(bencher: Bencher) {
    let records = read(&lines());
    let beat: Vec<_> = records
        .iter()
        .filter(|r| matches!(r.fact, Fact::Sample(_) | Fact::Beat { .. }))
        .rev()
        .take(9)
        .cloned()
        .collect();
    bencher
        .with_inputs(|| {
            let mut store = told(&records);
            store.fleet();
            (store, beat.clone())
        })
        .bench_local_values(|(mut store, beat)| {
            for record in beat {
                store.apply(STREAM, record);
            }
            black_box(store.fleet());
            store
        });
}

/// Everything from the first record on.
#[divan::bench]
fn a_host_from_nothing(bencher: Bencher) {
    let records = read(&lines());
    bencher.bench_local(|| told(black_box(&records)).fleet());
}

/// From the lines of a stream to records.
#[divan::bench]
fn the_records_of_a_host_parsed(bencher: Bencher) {
    let lines = lines();
    bencher.bench_local(|| read(black_box(&lines)));
}
