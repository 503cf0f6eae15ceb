//! Both tables say the same things, and code asks for nothing that they lack.

use std::collections::BTreeSet;
use std::path::Path;

use super::{LANGUAGES, Language, flat};
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
        for (key, text) in &english {
            let there = table
                .get(key)
                .unwrap_or_else(|| panic!("{} lacks {key}", language.code()));
            assert_eq!(places(there), places(text), "{}: {key}", language.code());
        }
        for key in table
            .keys()
            .filter(|k| !k.starts_with("command.") && !k.starts_with("finding."))
        {
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
