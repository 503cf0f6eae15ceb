//! The library exports what the list says, and nothing else of NVML.
//!
//! `sim/core/exports.txt` is the list of functions of NVIDIA's header 13.2 that this library implements, by section of the header.
// a test says what is wrong by panicking, in its helpers too
#![allow(unsafe_code, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use libloading::Library;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).into()
}

/// Names of the list.
fn listed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder().join("../core/exports.txt")).unwrap();
    let names: Vec<String> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let set: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(set.len(), names.len(), "a name is listed twice");
    set
}

fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().join("libnvidia_ml_sim.so")
}

#[test]
fn every_listed_function_is_found_in_the_library() {
    // SAFETY: the library runs no code when it is loaded, and none of its functions is called.
    let library = unsafe { Library::new(library()) }.unwrap();
    let missing: Vec<String> = listed()
        .into_iter()
        // SAFETY: the address is looked up and not used.
        .filter(|name| unsafe { library.get::<*const ()>(name.as_bytes()) }.is_err())
        .collect();
    assert!(missing.is_empty(), "not exported: {missing:?}");
    // SAFETY: as above.
    let absent = unsafe { library.get::<*const ()>(b"nvmlDeviceSetPowerManagementLimit") };
    assert!(absent.is_err(), "what is not implemented is absent");
}

#[test]
fn every_function_of_the_source_is_listed() {
    let mut defined = BTreeSet::new();
    for entry in std::fs::read_dir(folder().join("src")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines().map(str::trim_start) {
            let name = line
                .trim_start_matches("pub extern \"C\" ")
                .trim_start_matches("fn ")
                .split('(')
                .next()
                .unwrap();
            let is_definition =
                line != name && (line.contains("fn nvml") || line.contains(") -> v"));
            if is_definition && name.starts_with("nvml") {
                defined.insert(name.to_owned());
            }
        }
    }
    let listed = listed();
    let unlisted: Vec<_> = defined.difference(&listed).collect();
    assert!(unlisted.is_empty(), "not in exports.txt: {unlisted:?}");
    let undefined: Vec<_> = listed.difference(&defined).collect();
    assert!(undefined.is_empty(), "listed, not defined: {undefined:?}");
}

#[test]
fn the_library_bears_the_name_that_programs_load() {
    let bytes = std::fs::read(library()).unwrap();
    let name = b"libnvidia-ml.so.1\0";
    assert!(bytes.windows(name.len()).any(|window| window == name));
}
