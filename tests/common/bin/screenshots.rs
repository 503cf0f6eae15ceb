//! Pictures of the real program, in `screenshots/`: `cargo run --release --example screenshots [NAME ..]`.
//!
//! It builds `migdeck`, runs it in a terminal of its own on simulated hosts, types, and writes what is to be seen as SVG.
//! Nobody's desktop, fonts or terminal are in it. The animated one is the guided tour.

// a picture that cannot be taken ends it
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use migdeck::formats::picture::{Cell, Grid, Rgb, film, svg};

#[path = "../mod.rs"]
mod common;

use common::pty::{Session, Shown, Start};
use common::shown::Color;

/// A picture: what is typed, and what has to be on the screen before it is taken.
struct Picture {
    name: &'static str,
    size: (u16, u16),
    args: &'static str,
    keys: &'static [(&'static str, &'static str)],
    paper: Paper,
}

#[derive(Clone, Copy)]
enum Paper {
    Dark,
    Light,
}

const DEV: &str = "demo --scenario bank#dgx-dev-01";

const fn dark(
    name: &'static str,
    size: (u16, u16),
    args: &'static str,
    keys: &'static [(&'static str, &'static str)],
) -> Picture {
    Picture {
        name,
        size,
        args,
        keys,
        paper: Paper::Dark,
    }
}

const PICTURES: &[Picture] = &[
    dark("fleet-80x24", (80, 24), DEV, &[("", " 7 ")]),
    dark("fleet-160x45", (160, 45), DEV, &[("", "docclf")]),
    dark(
        "gpu",
        (120, 36),
        DEV,
        &[("", " 7 "), ("gjjjjj", ""), ("<Enter>", "docclf")],
    ),
    dark("xids", (100, 24), DEV, &[("", " 7 "), ("x", "94")]),
    dark("holders", (120, 30), DEV, &[("", " 7 "), ("H", "11237")]),
    dark("help", (120, 40), DEV, &[("", " 7 "), ("?", "This screen")]),
    dark(
        "palette",
        (100, 28),
        DEV,
        &[("", " 7 "), (":", "findings"), ("ho", "holders")],
    ),
    dark("hosts", (120, 30), "demo", &[("", "dgx-h100-01")]),
    Picture {
        name: "light",
        size: (100, 28),
        args: "demo --scenario bank#dgx-dev-01 --theme light",
        keys: &[("", " 7 ")],
        paper: Paper::Light,
    },
    dark(
        "high-contrast",
        (100, 28),
        "demo --scenario bank#dgx-dev-01 --theme high-contrast",
        &[("", " 7 ")],
    ),
    dark(
        "mono",
        (100, 28),
        "demo --scenario bank#dgx-dev-01 --theme mono",
        &[("", " 7 ")],
    ),
    dark(
        "ascii",
        (80, 24),
        "demo --scenario bank#dgx-dev-01 --ascii",
        &[("", " 7 ")],
    ),
    dark(
        "korean",
        (100, 28),
        "demo --scenario bank#dgx-dev-01 --lang ko",
        &[("", " 7 ")],
    ),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let program = build();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let asked = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let write = &|name: &str, text: &str| {
        let path = folder.join(name).with_extension("svg");
        std::fs::write(&path, text).unwrap();
        println!("{}", path.display());
    };
    std::thread::scope(|scope| {
        for picture in PICTURES.iter().filter(|p| asked(p.name)) {
            let program = &program;
            scope.spawn(move || {
                let shown = take(picture, program);
                write(picture.name, &svg(&grid(&shown, picture.paper)));
            });
        }
        if asked("tour") {
            scope.spawn(|| write("tour", &tour(&program)));
        }
    });
}

/// The program of the same profile as this example.
fn build() -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--locked", "--quiet", "--bin", "migdeck"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
    assert!(built.is_ok_and(|s| s.success()), "migdeck was not built");
    common::pty::program()
}

fn take(picture: &Picture, program: &Path) -> Shown {
    let (width, height) = picture.size;
    let session = Start::new(program, picture.args)
        .size(width, height)
        .env("COLORTERM", "truecolor")
        .go();
    // so that lines of the last minute have one
    session.wait_for("SIMULATED");
    session.written_in(HISTORY.saturating_sub(session.begun().elapsed()));
    for (keys, sign) in picture.keys {
        let mark = session.mark();
        session.keys(keys);
        session.wait_that("an answer to a key", || session.mark() > mark);
        session.wait_for(sign);
    }
    settled(&session)
}

/// How long a picture's console has run.
const HISTORY: Duration = Duration::from_secs(75);

/// The screen between two frames.
fn settled(session: &Session) -> Shown {
    session.wait_quiet(Duration::from_millis(150));
    session.shown()
}

/// The guided tour, step by step.
fn tour(program: &Path) -> String {
    let session = Start::new(program, "demo --tour")
        .size(100, 28)
        .env("COLORTERM", "truecolor")
        .go();
    session.wait_for("1/");
    let mut grids = Vec::new();
    session.written_in(HISTORY);
    loop {
        let shown = settled(&session);
        let step = step(&shown);
        grids.push((grid(&shown, Paper::Dark), Duration::from_secs(5)));
        let Some((at, of)) = step else { break };
        if at >= of {
            break;
        }
        session.keys("<Space>");
        session.wait_for(&format!("{}/{of}", at + 1));
    }
    film(&grids)
}

/// `3/9` on the screen.
fn step(shown: &Shown) -> Option<(usize, usize)> {
    let pattern = regex::Regex::new(r"\b(\d+)/(\d+)\b").ok()?;
    shown.lines().iter().rev().find_map(|line| {
        let found = pattern.captures(line)?;
        Some((found[1].parse().ok()?, found[2].parse().ok()?))
    })
}

fn grid(shown: &Shown, paper: Paper) -> Grid {
    let (ink, paper) = match paper {
        Paper::Dark => (Rgb(0xd0, 0xd4, 0xd8), Rgb(0x10, 0x12, 0x16)),
        Paper::Light => (Rgb(0x20, 0x20, 0x20), Rgb(0xff, 0xff, 0xff)),
    };
    let mut cells: Vec<Cell> = Vec::new();
    for cell in shown.rows.iter().flatten() {
        // what is wide is seen as one, whatever look its second column was left with
        let look = match cells.last() {
            Some(before) if before.wide => Cell {
                symbol: String::new(),
                wide: false,
                ..before.clone()
            },
            _ => Cell {
                symbol: cell.text.clone(),
                fg: rgb(cell.look.fg),
                bg: rgb(cell.look.bg),
                bold: cell.look.bold,
                dim: cell.look.dim,
                italic: cell.look.italic,
                underline: cell.look.underline,
                reverse: cell.look.inverse,
                wide: cell.wide,
            },
        };
        cells.push(look);
    }
    Grid {
        width: u16::try_from(shown.rows.first().map_or(0, Vec::len)).unwrap(),
        height: u16::try_from(shown.rows.len()).unwrap(),
        cells,
        ink,
        paper,
    }
}

/// The sixteen colours as a terminal of our own would have them; the others are what every terminal has.
const SIXTEEN: [Rgb; 16] = [
    Rgb(0x1c, 0x1c, 0x1c),
    Rgb(0xcc, 0x44, 0x44),
    Rgb(0x4e, 0x9a, 0x06),
    Rgb(0xc4, 0xa0, 0x00),
    Rgb(0x3f, 0x7f, 0xd0),
    Rgb(0xa0, 0x5a, 0xa0),
    Rgb(0x06, 0x98, 0x9a),
    Rgb(0xd3, 0xd7, 0xcf),
    Rgb(0x6c, 0x6f, 0x6a),
    Rgb(0xef, 0x59, 0x59),
    Rgb(0x8a, 0xe2, 0x34),
    Rgb(0xfc, 0xe9, 0x4f),
    Rgb(0x72, 0x9f, 0xcf),
    Rgb(0xad, 0x7f, 0xa8),
    Rgb(0x34, 0xe2, 0xe2),
    Rgb(0xee, 0xee, 0xec),
];

fn rgb(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Default => None,
        Color::Rgb(r, g, b) => Some(Rgb(r, g, b)),
        Color::Idx(n @ 0..=15) => Some(SIXTEEN[usize::from(n)]),
        Color::Idx(n @ 16..=231) => {
            let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let n = n - 16;
            Some(Rgb(step(n / 36), step(n / 6 % 6), step(n % 6)))
        }
        Color::Idx(n) => {
            let grey = 8 + 10 * (n - 232);
            Some(Rgb(grey, grey, grey))
        }
    }
}
