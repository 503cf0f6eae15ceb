//! The start screen: one host in every size and look.

use super::print::print;
use super::stage::{Look, Stage};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn host(size: (u16, u16), look: Look) -> String {
    print(&Stage::new(&["dgx-dev-01"], size, look).draw())
}

fn snapshots(look: Look, sizes: &[(u16, u16)]) {
    for (width, height) in sizes {
        let name = format!("fleet-{width}x{height}-{}", look.name());
        insta::assert_snapshot!(name, host((*width, *height), look));
    }
}

#[test]
fn in_the_default_theme() {
    snapshots(Look::Default, &SIZES);
}

#[test]
fn without_colour() {
    snapshots(Look::Mono, &SIZES);
}

#[test]
fn in_ascii() {
    snapshots(Look::Ascii, &SIZES);
}

#[test]
fn in_korean() {
    snapshots(Look::Korean, &SIZES[..1]);
}

#[test]
fn ascii_is_ascii_in_every_size() {
    for size in SIZES {
        let text = host(size, Look::Ascii);
        assert!(text.is_ascii(), "{text}");
    }
}

/// A look that has no colour tells as much: the text is the same, letter by letter.
#[test]
fn the_text_is_the_same_without_colour() {
    for size in SIZES {
        let text = |look| {
            let all = host(size, look);
            let (text, _) = all.split_once("\n\n").unwrap();
            text.to_owned()
        };
        let (with, without) = (text(Look::Default), text(Look::Mono));
        let said =
            |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
        assert_eq!(said(&with), said(&without));
    }
}
