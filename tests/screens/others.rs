//! The other screens at 80x24, with colour and without.

use migdeck::app::texts::Language;

use super::scene::{Look, console, picture, press};

/// Name, and the keys that lead there from the start.
const SCREENS: [(&str, &str); 11] = [
    // the console opens on the GPU that is sick
    ("gpu", "\n"),
    ("slices", "s"),
    ("slices-filtered", "s/free mem<1%\n"),
    ("xids", "x"),
    ("events", "E"),
    ("holders", "H"),
    ("findings", "f"),
    ("owner", "o"),
    ("help", "?"),
    ("palette", ":hold"),
    ("about", "A"),
];

#[test]
fn with_colour_and_without() {
    for (name, keys) in SCREENS {
        for (look, how) in [(Look::Default, "default"), (Look::Mono, "mono")] {
            let mut model = console(Language::English);
            press(&mut model, keys);
            insta::assert_snapshot!(
                format!("{name}-80x24-{how}"),
                picture(&mut model, look, 80, 24)
            );
        }
    }
}

#[test]
fn in_korean() {
    for (name, keys) in SCREENS {
        if matches!(name, "gpu" | "about" | "help") {
            let mut model = console(Language::Korean);
            press(&mut model, keys);
            insta::assert_snapshot!(
                format!("{name}-80x24-korean"),
                picture(&mut model, Look::Default, 80, 24)
            );
        }
    }
}

#[test]
fn every_screen_survives_every_size_and_language() {
    for language in [Language::English, Language::Korean] {
        for (name, keys) in SCREENS {
            let mut model = console(language);
            press(&mut model, keys);
            for (width, height) in [(1, 1), (59, 14), (60, 15), (100, 20), (300, 100), (0, 0)] {
                let picture = picture(&mut model, Look::Default, width, height);
                let drawn = width >= 60 && height >= 15;
                assert!(!drawn || picture.contains("SIMULATED"), "{name}\n{picture}");
            }
        }
    }
}
