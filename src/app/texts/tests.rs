//! Both tables say the same things, and code asks for nothing that they lack.

use std::collections::BTreeSet;
use std::path::Path;

use super::{LANGUAGES, Language, ONE, Texts, flat};
use crate::app::command::COMMANDS;

fn places(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect()
}

#[test]
fn every_language_has_every_key_with_the_same_places() {
    let english = flat(Language::English.table());
    assert!(english.len() > 5);
    for language in LANGUAGES {
        let table = flat(language.table());
        let is_form = |key: &str| {
            let plain = key.strip_suffix(ONE);
            plain.is_some_and(|plain| english.contains_key(plain))
        };
        for (key, text) in english.iter().filter(|(key, _)| !is_form(key)) {
            let there = table
                .get(key)
                .unwrap_or_else(|| panic!("{} lacks {key}", language.code()));
            assert_eq!(places(there), places(text), "{}: {key}", language.code());
        }
        for key in table.keys().filter(|k| {
            // sections that stand beside a table of code, whose own words are the English
            let own = ["command.", "said.", "xid.", "sxid.", "xid_do."];
            !own.iter().any(|section| k.starts_with(section))
        }) {
            assert!(
                english.contains_key(key),
                "{} alone has {key}",
                language.code()
            );
        }
        if language != Language::English {
            for row in COMMANDS {
                let key = format!("command.{}", row.name);
                assert!(table.contains_key(&key), "{} lacks {key}", language.code());
            }
        }
    }
}

#[test]
fn one_thing_is_not_said_in_the_form_for_several() {
    let english = Texts::of(Language::English);
    let of = |n: usize| english.say("gpu.others_fine", &[("n", &n)]);
    assert!(of(1).contains("the other instance of"), "{}", of(1));
    assert!(of(2).contains("the other 2 instances of"), "{}", of(2));
    let korean = Texts::of(Language::Korean);
    let said = korean.say("gpu.others_fine", &[("n", &1)]);
    assert!(said.contains('1') && !said.contains("instance"), "{said}");
}

/// Whatever the catalogue says is said in every language.
#[test]
fn every_catalogued_error_has_its_meaning_in_every_language() {
    use crate::domain::xid::XidFamily;
    use crate::domain::xid_catalog::meaning;
    for language in LANGUAGES.into_iter().filter(|l| *l != Language::English) {
        let table = flat(language.table());
        let has = |key: String| {
            assert!(table.contains_key(&key), "{} lacks {key}", language.code());
        };
        let mut seen = 0;
        for family in [XidFamily::Xid, XidFamily::Sxid] {
            for code in 0..30_000 {
                let Some(meaning) = meaning(family, code) else {
                    continue;
                };
                seen += 1;
                match family {
                    XidFamily::Xid => has(format!("xid.{code}")),
                    XidFamily::Sxid => has(format!("sxid.{}", meaning.name)),
                }
                has(format!("xid_do.{}", meaning.action));
                if !meaning.investigate.is_empty() {
                    has(format!("xid_do.{}", meaning.investigate));
                }
            }
        }
        // those that only a switch's own word gives
        for name in [
            "NVSwitch error that the driver calls fatal",
            "NVSwitch error that the driver calls fatal, on a port",
        ] {
            has(format!("sxid.{name}"));
        }
        assert!(seen > 150, "{seen}");
        // and nothing that the catalogue does not list
        for key in table.keys().filter_map(|k| k.strip_prefix("xid.")) {
            let code = key.parse().unwrap();
            assert!(meaning(XidFamily::Xid, code).is_some(), "{key}");
        }
    }
}

/// Rules can say nothing but phrases, and give a phrase the facts of its English places: so each phrase has its sentence
/// here, and no sentence has a place that nothing fills.
#[test]
fn every_phrase_of_a_finding_is_in_every_language() {
    use crate::domain::finding::phrases::ALL;
    let keys: BTreeSet<_> = ALL.iter().map(|p| format!("said.{}", p.key)).collect();
    assert_eq!(keys.len(), ALL.len(), "keys are unique");
    for language in LANGUAGES.into_iter().filter(|l| *l != Language::English) {
        let table = flat(language.table());
        for phrase in ALL {
            let key = format!("said.{}", phrase.key);
            let own = table
                .get(&key)
                .unwrap_or_else(|| panic!("{} lacks {key}", language.code()));
            let unfilled: Vec<_> = places(own)
                .difference(&places(phrase.english))
                .copied()
                .collect();
            assert_eq!(unfilled, [] as [&str; 0], "{}: {key}", language.code());
            // a sentence of its own: not what English says, unless it is places and names alone
            let words = |text: &str| {
                let all = text.split_whitespace().filter(|word| !word.contains('{'));
                all.count() > 2
            };
            assert!(own != phrase.english || !words(own), "{key} is English");
        }
        for key in table.keys().filter(|k| k.starts_with("said.")) {
            assert!(keys.contains(key), "no rule says {key}");
        }
    }
}

/// String literals in code that look like keys of a section that exists.
#[test]
fn code_asks_for_no_key_that_is_not_there() {
    let english = flat(Language::English.table());
    let sections: BTreeSet<&str> = english.keys().filter_map(|k| k.split('.').next()).collect();
    let asks =
        regex::Regex::new(r#"(?:text|texts\.get|say|get)\(\s*"([a-z_]+\.[a-z0-9_.-]+)""#).unwrap();
    let mut asked = 0;
    for room in ["app", "view"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
        let mut folders = vec![root];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs")
                    && !path.ends_with("texts/tests.rs")
                {
                    let code = std::fs::read_to_string(&path).unwrap();
                    for found in asks.captures_iter(&code) {
                        asked += 1;
                        let key = &found[1];
                        let known = english.contains_key(key)
                            || !sections.contains(key.split('.').next().unwrap());
                        assert!(known, "{}: {key}", path.display());
                    }
                }
            }
        }
    }
    assert!(asked > 0);
}
