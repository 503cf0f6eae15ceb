//! `migdeck profiles`: what a board can be divided into.

use std::collections::BTreeSet;

use crate::domain::catalog::{self, Board, BoardProfile, Origin};
use crate::domain::live_board::LiveBoard;
use crate::domain::placement::Placement;
use crate::formats::profiles::Profiles;

use super::CliError;
use super::args::Wait;
use super::look::to_json;
use super::style::{Role, Style};
use super::text::table::{Cell, Column, lines};
use super::text::{width, wrap};
use super::which::{Subject, Which};

/// `profiles`.
#[derive(Clone, PartialEq, Debug, clap::Args)]
pub struct Args {
    /// The board; without one the built-in boards.
    #[command(flatten)]
    pub of: Option<Which>,
    /// How long a host may take.
    #[command(flatten)]
    pub wait: Wait,
    /// Write JSON (migdeck/profiles/v1)
    #[arg(long)]
    pub json: bool,
}

/// The profiles of a board, live or built-in.
///
/// # Errors
/// The document cannot be written as JSON.
pub fn of_board(subject: &Subject, json: bool, style: Style) -> Result<String, CliError> {
    let (board, live) = (subject.board(), subject.live());
    if json {
        return to_json(&Profiles::of(board, live), false);
    }
    let from = match board.origin {
        Origin::BuiltIn => "built-in table",
        Origin::Driver => "from its driver",
    };
    let mut out = vec![format!(
        "{}  {from}, {} memory slices, {} compute slices",
        style.paint(Role::Heading, &board.model),
        board.axis,
        board.compute_slices
    )];
    out.extend(subject.lines(style));
    out.push(String::new());
    out.extend(profile_table(board, live, style));
    out.push(String::new());
    out.extend(compute_table(board, style));
    out.push(String::new());
    out.extend(sources(board, style));
    Ok(out.join("\n") + "\n")
}

fn profile_table(board: &Board, live: Option<&LiveBoard>, style: Style) -> Vec<String> {
    let columns = [
        Column::left("PROFILE"),
        Column::right("ID"),
        Column::right("MAX"),
        Column::right("FREE"),
        Column::right("GiB"),
        Column::right("SM"),
        Column::right("DEC"),
        Column::right("ENC"),
        Column::right("CE"),
        Column::right("JPG"),
        Column::right("OFA"),
        Column::left("PLACEMENTS"),
        Column::left("FIGURES"),
    ];
    let rows: Vec<Vec<Cell>> = board
        .profiles
        .iter()
        .map(|p| {
            let figure = |value: Option<String>| {
                value.map_or_else(|| Cell::new("n/a", Role::Faint), Cell::from)
            };
            let engine = |of: fn(&crate::domain::gpu::Engines) -> u32| {
                figure(p.engines.as_ref().map(|e| of(e).to_string()))
            };
            vec![
                Cell::from(p.name.to_string()),
                Cell::from(p.id.to_string()),
                Cell::from(p.max.to_string()),
                match live.map(|live| live.room(p)) {
                    None => Cell::from(String::new()),
                    Some(room) => figure(room.value().map(ToString::to_string)),
                },
                figure(p.memory.map(|m| format!("{:.2}", m.to_gib()))),
                figure(p.sm.map(|sm| sm.to_string())),
                engine(|e| e.decoder),
                engine(|e| e.encoder),
                engine(|e| e.copy),
                engine(|e| e.jpeg),
                engine(|e| e.ofa),
                Cell::from(placements(&p.placements)),
                Cell::new(
                    match board.origin {
                        Origin::BuiltIn => p.provenance.weakest().word(),
                        Origin::Driver => "",
                    },
                    Role::Faint,
                ),
            ]
        })
        .collect();
    lines(&columns, &rows, style)
}

/// As `nvidia-smi mig -lgipp` prints them: `{0,4}:4`.
fn placements(all: &[Placement]) -> String {
    let Some(first) = all.first() else {
        return "n/a".to_owned();
    };
    let starts: Vec<_> = all.iter().map(|p| p.start.to_string()).collect();
    format!("{{{}}}:{}", starts.join(","), first.size)
}

fn compute_table(board: &Board, style: Style) -> Vec<String> {
    let columns = [
        Column::left("IN A"),
        Column::flexible("COMPUTE INSTANCES (profile id, most, SMs; * fills it)", 40),
    ];
    let rows: Vec<Vec<Cell>> = board
        .profiles
        .iter()
        .map(|p| vec![Cell::from(p.name.to_string()), Cell::from(compute_line(p))])
        .collect();
    lines(&columns, &rows, style)
}

/// `1c #0 x3 14, 2c #1 x1 28, 3c #2* x1 42`.
fn compute_line(profile: &BoardProfile) -> String {
    let full = profile.full_compute().map(|c| c.id);
    let words: Vec<_> = profile
        .compute
        .iter()
        .map(|c| {
            let star = if Some(c.id) == full { "*" } else { "" };
            let sm = c.sm.map_or_else(|| "n/a".to_owned(), |sm| sm.to_string());
            format!("{}c #{}{star} x{} {sm}", c.slices, c.id, c.max)
        })
        .collect();
    words.join(", ")
}

/// Each source once, wrapped.
fn sources(board: &Board, style: Style) -> Vec<String> {
    let sources: BTreeSet<&str> = board
        .profiles
        .iter()
        .map(|p| p.provenance.source.as_str())
        .collect();
    sources
        .into_iter()
        .flat_map(|source| {
            let text = format!("Source: {source}.");
            wrap(text.split(' '), " ", style.width)
        })
        .map(|line| style.paint(Role::Faint, &line))
        .collect()
}

/// The column of product names becomes no narrower than that.
const NARROWEST_PRODUCTS: usize = 20;

/// The cells of a board's first line, but for the products.
fn board_facts(board: &Board) -> Vec<Cell> {
    vec![
        Cell::from(board.model.as_str()),
        Cell::from(board.axis.to_string()),
        Cell::from(board.compute_slices.to_string()),
        Cell::from(board.profiles.len().to_string()),
        Cell::new(board.weakest_mark().word(), Role::Faint),
        Cell::from(board.pci.first().map_or_else(String::new, pci_id)),
    ]
}

fn pci_id(id: &u16) -> String {
    format!("{id:04x}")
}

/// A board with all its PCI ids, one a line, and its products whole, in as many lines as they take.
fn board_rows(board: &Board, facts: Vec<Cell>, room: usize) -> Vec<Vec<Cell>> {
    let last = board.products.len().saturating_sub(1);
    let products: Vec<String> = board
        .products
        .iter()
        .enumerate()
        .map(|(n, product)| {
            let comma = if n < last { "," } else { "" };
            format!("{}{comma}", product.trim_start_matches("NVIDIA "))
        })
        .collect();
    let names: Vec<String> = wrap(products.iter().map(String::as_str), " ", room)
        .iter()
        .flat_map(|line| wrap(line.split(' '), " ", room))
        .collect();
    let cell = |text: Option<String>| Cell::from(text.unwrap_or_default());
    let mut first = facts;
    let blank = first.len() - 1;
    first.push(cell(names.first().cloned()));
    let more = (1..names.len().max(board.pci.len())).map(|line| {
        let mut row = vec![Cell::default(); blank];
        row.push(cell(board.pci.get(line).map(pci_id)));
        row.push(cell(names.get(line).cloned()));
        row
    });
    std::iter::once(first).chain(more).collect()
}

/// The built-in boards.
///
/// # Errors
/// The document cannot be written as JSON.
pub fn of_boards(json: bool, style: Style) -> Result<String, CliError> {
    let boards = catalog::boards();
    if json {
        return to_json(&Profiles::of_boards(boards), false);
    }
    let columns = [
        Column::left("MODEL"),
        Column::right("MEMORY"),
        Column::right("COMPUTE"),
        Column::right("PROFILES"),
        Column::left("FIGURES"),
        Column::left("PCI"),
        Column::flexible("PRODUCTS", NARROWEST_PRODUCTS),
    ];
    let heads: Vec<Cell> = columns.iter().map(|c| c.head.into()).collect();
    let facts: Vec<Vec<Cell>> = boards.iter().map(board_facts).collect();
    // what the columns before it leave, a blank after each of them
    let taken: usize = (0..columns.len() - 1)
        .map(|c| {
            let cells = facts.iter().chain([&heads]).map(|row| width(&row[c].text));
            cells.max().unwrap_or(0) + 1
        })
        .sum();
    let room = style.width.saturating_sub(taken).max(NARROWEST_PRODUCTS);
    let rows: Vec<Vec<Cell>> = boards
        .iter()
        .zip(facts)
        .flat_map(|(board, facts)| board_rows(board, facts, room))
        .collect();
    let mut out = lines(&columns, &rows, style);
    out.push(String::new());
    out.extend(wrap(
        "MEMORY and COMPUTE are slices, PCI device ids of vendor 10de. FIGURES: listed by a driver or NVIDIA; derived from such a list; unverified, \
         where a figure of it is in no public source."
            .split(' '),
        " ",
        style.width,
    ));
    out.push(String::new());
    out.push("migdeck profiles --model MODEL   one of these boards".to_owned());
    out.push("migdeck profiles --gpu 0         the board of a GPU, from its driver".to_owned());
    Ok(out.join("\n") + "\n")
}
