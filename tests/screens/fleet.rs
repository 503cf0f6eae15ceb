//! The start screen in every size and look.

use migdeck::app::texts::Language;

use super::scene::{Look, console, picture};

#[test]
fn in_every_size_and_look() {
    for (look, name) in [
        (Look::Default, "default"),
        (Look::Mono, "mono"),
        (Look::Ascii, "ascii"),
    ] {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let mut model = console(Language::English);
            let picture = picture(&mut model, look, width, height);
            insta::assert_snapshot!(format!("fleet-{width}x{height}-{name}"), picture);
        }
    }
}

#[test]
fn in_korean() {
    let mut model = console(Language::Korean);
    insta::assert_snapshot!(
        "fleet-80x24-korean",
        picture(&mut model, Look::Default, 80, 24)
    );
}

#[test]
fn ascii_is_ascii_in_every_size() {
    for language in [Language::English, Language::Korean] {
        for (width, height) in [(60, 15), (80, 24), (200, 60)] {
            let mut model = console(language);
            let picture = picture(&mut model, Look::Ascii, width, height);
            let strange: Vec<char> = picture.chars().filter(|c| !c.is_ascii()).collect();
            assert!(strange.is_empty(), "{strange:?} in\n{picture}");
        }
    }
}
