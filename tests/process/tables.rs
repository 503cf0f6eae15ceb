//! `profiles`, `layouts` and `validate`: no host needed.

use super::run::migdeck;
use super::schema::conforms;

const MODELS: [&str; 16] = [
    "a30-24",
    "a100-40",
    "a100-80",
    "h100-80",
    "h100-pcie-80",
    "h100-nvl-94",
    "h100-96",
    "h20-96",
    "gh200-96",
    "gh200-144",
    "h200-141",
    "b200-180",
    "gb200-186",
    "b300-269",
    "gb300-278",
    "rtxpro6000-96",
];

#[test]
fn every_board_conforms() {
    conforms("profiles", &migdeck("profiles --json").ok().json());
    for model in MODELS {
        let profiles = migdeck(&format!("profiles --model {model} --json"))
            .ok()
            .json();
        conforms("profiles", &profiles);
        assert!(
            !profiles["profiles"].as_array().unwrap().is_empty(),
            "{model}"
        );
    }
}

#[test]
fn the_layouts_of_an_a100_are_those_of_the_guide() {
    let all = migdeck("layouts --model a100-40 --no-media --json")
        .ok()
        .json();
    conforms("layouts", &all);
    assert_eq!(all["count"], 723);
    let maximal = migdeck("layouts --model a100-40 --no-media --maximal --json")
        .ok()
        .json();
    conforms("layouts", &maximal);
    assert_eq!(maximal["count"], 78);
}

#[test]
fn validate_answers_with_its_exit_code() {
    let fits = migdeck("validate --model a100-40 --json")
        .arg("3g.20gb 2g.10gb 1g.5gb")
        .go();
    assert_eq!(fits.code, 0, "{}{}", fits.out, fits.err);
    conforms("validate", &fits.json());
    assert_eq!(fits.json()["valid"], true);
    let collides = migdeck("validate --model a100-40 --json")
        .arg("3g.20gb 3g.20gb 1g.5gb")
        .go();
    assert_eq!(collides.code, 3, "{}{}", collides.out, collides.err);
    conforms("validate", &collides.json());
    assert_eq!(collides.json()["valid"], false);
    assert!(!collides.json()["collisions"].as_array().unwrap().is_empty());
    let nonsense = migdeck("validate --model a100-40").arg("3g.20gb@@1").go();
    assert_eq!(nonsense.code, 2, "{}{}", nonsense.out, nonsense.err);
    let unknown = migdeck("validate --model a9000 x").go();
    assert_eq!(unknown.code, 2, "{}{}", unknown.out, unknown.err);
}
