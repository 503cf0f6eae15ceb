//! The list of four hosts in every size and look.

use migdeck::app::texts::Language;

use super::scene::{FOUR, Look, console_of_four, picture};

#[test]
fn in_every_size_and_look() {
    for (look, name, width, height) in [
        (Look::Default, "default", 80, 24),
        (Look::Default, "default", 120, 40),
        (Look::Default, "default", 160, 45),
        (Look::Default, "default", 200, 60),
        (Look::Ascii, "ascii", 80, 24),
        (Look::Mono, "mono", 80, 24),
    ] {
        let mut model = console_of_four(Language::English);
        let picture = picture(&mut model, look, width, height);
        insta::assert_snapshot!(format!("nodes-{width}x{height}-{name}"), picture);
    }
}

#[test]
fn in_korean() {
    let mut model = console_of_four(Language::Korean);
    insta::assert_snapshot!(
        "nodes-80x24-korean",
        picture(&mut model, Look::Default, 80, 24)
    );
}

#[test]
fn every_host_has_its_name_whole_in_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40), (160, 45), (200, 60)] {
        let mut model = console_of_four(Language::English);
        let picture = picture(&mut model, Look::Default, width, height);
        for host in FOUR {
            assert!(picture.contains(host), "{host}\n{picture}");
        }
    }
}
