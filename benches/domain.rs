//! What geometry costs: the built-in catalog, the table of all layouts, reading and writing layouts.
//!
//! `cargo bench --bench domain`. The table of a seven-slice board has a budget of one millisecond.

use divan::{Bencher, black_box};
use migdeck::domain::catalog::{Board, boards, build, named};
use migdeck::domain::gpu::GiProfile;
use migdeck::domain::layout::{GpuLayout, Layout};
use migdeck::domain::layouts::Table;
use migdeck::domain::notation::{parse_gpu, parse_node, print_gpu};
use migdeck::domain::reading::Reading;
use migdeck::domain::units::Bytes;

fn main() {
    // built on first use; the benches below are not to pay for it
    black_box(boards());
    divan::main();
}

fn board(model: &str) -> &'static Board {
    named(model).unwrap_or_else(|e| panic!("{e}"))
}

/// The built-in catalog from its tables: once a process.
#[divan::bench]
fn catalog_built_in() -> Vec<Board> {
    build()
}

/// A board from what a driver lists, as at every change of a live GPU's profiles.
#[divan::bench]
fn catalog_from_live(bencher: Bencher) {
    let a100 = board("a100-40");
    let listed: Vec<GiProfile> = a100
        .profiles
        .iter()
        .map(|p| GiProfile {
            kind: p.kind,
            id: p.id,
            name: p.name.to_string().into(),
            slices: p.slices,
            max: p.max,
            memory: p.memory.unwrap_or(Bytes(0)),
            sm: p.sm.unwrap_or(0),
            engines: p.engines.unwrap_or_default(),
            placements: Reading::Value(p.placements.clone()),
        })
        .collect();
    bencher.bench(|| Board::from_live("NVIDIA A100-SXM4-40GB", black_box(&listed)));
}

#[divan::bench(args = ["a30-24", "a100-40", "rtxpro6000-96"])]
fn layout_table(bencher: Bencher, model: &str) {
    let board = board(model);
    bencher.bench(|| Table::new(black_box(board), false));
}

#[divan::bench(args = ["a30-24", "a100-40", "rtxpro6000-96"])]
fn layout_table_with_media(bencher: Bencher, model: &str) {
    let board = board(model);
    bencher.bench(|| Table::new(black_box(board), true));
}

const MIXED: &str = "3g.20gb@4 2g.10gb@0 1g.5gb@2 1g.5gb@3[]";

#[divan::bench(args = [MIXED, "7x1g.5gb"])]
fn notation_parse(bencher: Bencher, text: &str) {
    let board = board("a100-40");
    bencher.bench(|| parse_gpu(black_box(text), board));
}

/// With open starts this builds the table.
#[divan::bench(args = [MIXED, "7x1g.5gb"])]
fn notation_parse_and_complete(bencher: Bencher, text: &str) {
    let board = board("a100-40");
    bencher.bench(|| parse_gpu(black_box(text), board).map(|sketch| sketch.complete(board)));
}

#[divan::bench]
fn notation_print(bencher: Bencher) {
    let board = board("a100-40");
    let table = Table::new(board, false);
    let layouts: Vec<GpuLayout> = table
        .rows()
        .iter()
        .map(|row| GpuLayout::On(table.layout(board, row.set)))
        .collect();
    bencher
        .counter(divan::counter::ItemsCount::new(layouts.len()))
        .bench(|| {
            layouts
                .iter()
                .map(|layout| print_gpu(board, layout).len())
                .sum::<usize>()
        });
}

#[divan::bench]
fn notation_parse_node(bencher: Bencher) {
    let text = "0-1: 7x1g.5gb\n2-3: 3x2g.10gb\n4-5: 2x3g.20gb\n6-7: 7g.40gb\n";
    bencher.bench(|| parse_node(black_box(text)));
}

/// What an editor asks after every key: what still fits, and what is lost.
#[divan::bench]
fn fits_and_space(bencher: Bencher) {
    let board = board("a100-40");
    let layout = match parse_gpu(MIXED, board).map(|sketch| sketch.complete(board)) {
        Ok(Ok(GpuLayout::On(layout))) => layout,
        _ => Layout::default(),
    };
    bencher.bench(|| (layout.fits(board), layout.space(board)));
}
