//! The other screens at 80x24, with colour and without.

use migdeck::app::texts::Language;

use super::scene::{Look, console, console_of_four, picture, press};

/// Name, and the keys that lead there from the start.
const SCREENS: [(&str, &str); 12] = [
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
    ("describe", "D"),
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
        if matches!(name, "gpu" | "about" | "help" | "findings" | "describe") {
            let mut model = console(Language::Korean);
            press(&mut model, keys);
            insta::assert_snapshot!(
                format!("{name}-80x24-korean"),
                picture(&mut model, Look::Default, 80, 24)
            );
        }
    }
}

/// What a Korean operator reads in English every day.
const FIELD_TERMS: &str = "MIG GPU CUDA NVML Xid SXid ECC NVLink kubelet uid probe migdeck root sudoers gi GI CI ci \
                           device plugin Fabric Manager NVSwitch CDI contained RST pid";

#[test]
fn findings_in_korean_are_korean() {
    for place in ["f", "\n", ""] {
        let mut model = console_of_four(Language::Korean);
        press(&mut model, place);
        for finding in model.fleet().nodes.iter().flat_map(|n| &n.findings) {
            for said in std::iter::once(&finding.text).chain(&finding.evidence) {
                let own = migdeck::app::overview::worst::told(&model, said);
                // a line without a key is somebody else's: the kernel's, a name
                assert!(
                    said.key.is_none() || is_korean(&own),
                    "{}: {own}",
                    finding.id
                );
            }
            assert!(finding.text.key.is_some(), "{}", finding.id);
        }
        // and that is what the screens draw
        let picture = picture(&mut model, Look::Default, 200, 60);
        for finding in model.fleet().nodes.iter().flat_map(|n| &n.findings) {
            assert!(!picture.contains(finding.text.as_str()), "{picture}");
        }
    }
}

/// No word in ASCII letters alone, but for field terms: names, times and paths have other signs too.
fn is_korean(text: &str) -> bool {
    let mut words = text.split(|c: char| c.is_whitespace() || "():;,`".contains(c));
    words.all(|word| {
        let plain = word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic());
        !plain || FIELD_TERMS.split_whitespace().any(|term| term == word)
    })
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
