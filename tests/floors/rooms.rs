//! The table: what each room may import.

use super::imports::Import;

/// The room of a file, given by its path from `src`: `domain`, `sources/nvml`, `main`.
pub fn room_of(file: &str) -> String {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let mut parts = path.split('/');
    match (parts.next(), parts.next()) {
        (Some("sources"), Some(source)) => format!("sources/{source}"),
        (Some(room), _) => room.to_owned(),
        (None, _) => String::new(),
    }
}

/// Rooms that `room` may import from; itself is always allowed.
fn allowed(room: &str) -> &'static [&'static str] {
    match room {
        "domain" => &[],
        "ports" | "formats" | "config" | "audit" => &["domain"],
        "app" => &["domain", "formats"],
        "view" => &["app", "domain"],
        "store" => &["ports", "domain", "formats"],
        "apply" => &["ports", "domain", "audit"],
        "wiring" => &[
            "domain",
            "ports",
            "formats",
            "config",
            "audit",
            "sources/*",
            "store",
            "apply",
        ],
        "probe" => &[
            "wiring",
            "domain",
            "ports",
            "formats",
            "config",
            "audit",
            "sources/*",
            "store",
            "apply",
        ],
        "console" => &[
            "wiring",
            "domain",
            "ports",
            "formats",
            "config",
            "audit",
            "sources/*",
            "store",
            "apply",
            "app",
            "view",
        ],
        "cli" => &[
            "console",
            "probe",
            "wiring",
            "domain",
            "ports",
            "formats",
            "config",
            "audit",
            "sources/*",
            "store",
            "apply",
            "app",
        ],
        "main" => &["cli"],
        "sources" => &["sources/*"],
        // the grounds that sources share: paths, processes and cgroups under any root; asking a URL
        source if source.starts_with("sources/") => {
            &["ports", "domain", "formats", "sources/root", "sources/http"]
        }
        "lib" => &["*"],
        _ => &[],
    }
}

/// Crates that the floor of the domain stands on; nothing else is pure enough.
const DOMAIN_CRATES: [&str; 7] = ["std", "core", "alloc", "serde", "thiserror", "jiff", "sha2"];

/// Parts of the standard library and of jiff that do I/O or look at a clock.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::env",
    "std::time::SystemTime",
    "std::time::Instant",
    "jiff::Timestamp::now",
];

/// Why an import is not allowed, if it is not.
pub fn breach(file: &str, import: &Import) -> Option<String> {
    let room = room_of(file);
    match import {
        Import::Room(to) => {
            let fits = |pattern: &&str| {
                **pattern == *to
                    || **pattern == *"*"
                    || (pattern.ends_with("/*") && to.starts_with(pattern.trim_end_matches('*')))
            };
            let fine = *to == room || allowed(&room).iter().any(fits);
            (!fine).then(|| format!("{room} may not import from {to}"))
        }
        Import::Crate(path) => {
            let name = path.split("::").next().unwrap_or_default();
            if name == "nvml_sim" && file != "wiring/sim.rs" && !file.starts_with("wiring/sim/") {
                return Some(format!(
                    "only wiring/sim.rs and its files name nvml_sim, not {room}"
                ));
            }
            if name == "ratatui" && !matches!(room.as_str(), "view" | "app" | "console") {
                return Some(format!("{room} may not draw"));
            }
            if room == "domain" {
                if !DOMAIN_CRATES.contains(&name) {
                    return Some(format!("the domain may not use {name}"));
                }
                if let Some(what) = IMPURE.iter().find(|what| path.starts_with(**what)) {
                    return Some(format!("the domain is pure and may not use {what}"));
                }
            }
            None
        }
    }
}
