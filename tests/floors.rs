//! The floors of the house: which room may import from which. `docs/architecture.md` draws them.
//!
//! The code itself is parsed: imports, re-exports, paths in expressions, types and macros. Modules under `#[cfg(test)]`
//! are left out, since a test may build whatever it needs.

// helpers outside of test functions fall by panicking as well
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod floors {
    pub mod imports;
    pub mod rooms;
}

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use floors::imports::{Import, imports};
use floors::rooms::{breach, room_of};

fn source_files(dir: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every file under `src`, by its path from there, with its text.
fn house() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    files
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&src)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// Breaches of the table, one sentence each.
fn breaches(files: &[(String, String)]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (file, text) in files {
        for import in imports(file, text) {
            if let Some(why) = breach(file, &import) {
                found.insert(format!("{file}: {why}"));
            }
        }
    }
    found.into_iter().collect()
}

/// Rooms that import each other, directly or in a round.
fn circles(files: &[(String, String)]) -> Vec<String> {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, text) in files {
        let from = room_of(file);
        for import in imports(file, text) {
            if let Import::Room(to) = import
                && to != from
            {
                edges.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    let reaches = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut todo = vec![from.to_owned()];
        while let Some(room) = todo.pop() {
            for next in edges.get(&room).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    todo.push(next.clone());
                }
            }
        }
        seen
    };
    edges
        .keys()
        .filter(|room| reaches(room).contains(*room))
        .cloned()
        .collect()
}

#[test]
fn no_room_imports_from_above() {
    let found = breaches(&house());
    assert!(
        found.is_empty(),
        "the floors are broken:\n{}",
        found.join("\n")
    );
}

#[test]
fn no_rooms_import_in_a_circle() {
    let found = circles(&house());
    assert!(found.is_empty(), "rooms in a circle: {found:?}");
}

#[test]
fn a_planted_breach_is_found() {
    let planted = |file: &str, text: &str| breaches(&[(file.to_owned(), text.to_owned())]);
    for (file, text) in [
        ("domain/layout.rs", "use crate::sources::nvml::open;"),
        ("domain/layout.rs", "pub use super::super::store::Store;"),
        ("domain/catalog/mod.rs", "fn f() { std::fs::read(\"x\"); }"),
        (
            "domain/layout.rs",
            "fn f() -> tokio::runtime::Runtime { todo!() }",
        ),
        (
            "domain/layout.rs",
            "fn now() { let _ = jiff::Timestamp::now(); }",
        ),
        (
            "domain/layout.rs",
            "use jiff::Timestamp as T; fn now() { T::now(); }",
        ),
        (
            "sources/procfs/mod.rs",
            "fn f() { crate::sources::nvml::open(); }",
        ),
        (
            "sources/procfs/mod.rs",
            "fn f() { println!(\"{}\", crate::store::x()); }",
        ),
        (
            "store/mod.rs",
            "use crate::{domain::text::Text, wiring::sim::SimHost};",
        ),
        ("probe/mod.rs", "use nvml_sim::driver::Driver;"),
        ("cli/status.rs", "type T = crate::view::theme::Theme;"),
        ("main.rs", "fn main() { migdeck::store::x(); }"),
    ] {
        assert_eq!(planted(file, text).len(), 1, "not found in {file}: {text}");
    }
    for (file, text) in [
        (
            "domain/layout.rs",
            "use super::catalog::Board; use std::fmt;",
        ),
        (
            "sources/nvml/open.rs",
            "use crate::domain::text::Text; use super::ffi::Library;",
        ),
        ("wiring/sim.rs", "use nvml_sim::driver::Driver;"),
        (
            "store/mod.rs",
            "#[cfg(test)] mod tests { use crate::wiring::sim::SimHost; }",
        ),
        ("cli/status.rs", "use crate::wiring::headless;"),
    ] {
        assert_eq!(planted(file, text), Vec::<String>::new(), "{file}: {text}");
    }
    let circle = [
        (
            "store/mod.rs".to_owned(),
            "use crate::wiring::x;".to_owned(),
        ),
        (
            "wiring/mod.rs".to_owned(),
            "use crate::store::y;".to_owned(),
        ),
    ];
    assert_eq!(circles(&circle), ["store", "wiring"]);
}

#[test]
fn unsafe_code_stays_where_it_is_allowed() {
    for (file, text) in house() {
        let allows = text.contains("allow(unsafe_code)") || text.contains("expect(unsafe_code)");
        assert!(
            !allows || file == "sources/nvml/ffi.rs",
            "{file} allows unsafe code"
        );
    }
}

/// Prints what a human should judge: long files and wide structs. Fails for none of them.
#[test]
fn what_a_human_should_judge() {
    for (file, text) in house() {
        let lines = text.lines().count();
        if lines > 400 {
            println!("{file}: {lines} lines");
        }
        for (name, fields) in floors::imports::wide_structs(&text, 15) {
            println!("{file}: struct {name} has {fields} fields");
        }
    }
}
