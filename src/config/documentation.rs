//! Holds `docs/config.md` against the parser.

use std::path::Path;

use super::file::{CLUSTER_KEYS, ClusterFile, HOST_KEYS, KEYS, MEASURED_KEYS, parse, parse_book};
use super::{Files, Overrides, resolve};

const PAGE: &str = include_str!("../../docs/config.md");

/// The section under `### `key``.
fn section(key: &str) -> &'static str {
    let head = format!("### `{key}`\n");
    let start = PAGE
        .find(&head)
        .unwrap_or_else(|| panic!("no section on {key}"));
    let body = &PAGE[start + head.len()..];
    &body[..body.find("\n### ").unwrap_or(body.len())]
}

fn example(key: &str) -> &'static str {
    let body = section(key);
    let start = body
        .find("```toml\n")
        .unwrap_or_else(|| panic!("no example of {key}"))
        + 8;
    &body[start..start + body[start..].find("```").unwrap()]
}

#[test]
fn every_key_has_a_section_with_an_example_that_parses_and_sets_it() {
    for key in KEYS {
        let (file, problems) = parse(Path::new(key), example(key));
        assert_eq!(problems, [], "{key}");
        let set = [
            file.nvml_lib.is_some(),
            file.sudo.is_some(),
            file.beat_seconds.is_some(),
            file.colour.is_some(),
            file.ascii.is_some(),
            file.theme.is_some(),
            file.keymap.is_some(),
            file.language.is_some(),
            file.mouse.is_some(),
            file.bell.is_some(),
            file.dcgm.is_some(),
            file.prometheus.is_some(),
            file.cluster != ClusterFile::default(),
            file.hosts.is_some(),
        ];
        let expected: Vec<bool> = KEYS.iter().map(|k| *k == key).collect();
        assert_eq!(set.to_vec(), expected, "{key}");
    }
    assert_eq!(PAGE.matches("\n### ").count(), KEYS.len());
}

#[test]
fn the_table_lists_every_key_with_the_default_that_holds() {
    let config = resolve(&Files::Layers(Vec::new()), Overrides::default()).unwrap();
    let defaults = [
        config.nvml_lib.value.map(|_| String::new()),
        Some(config.sudo.value.to_string()),
        Some(format!("{:?}", config.beat_seconds.value)),
        Some(format!("\"{}\"", config.colour.value.as_str())),
        config.ascii.value.map(|a| a.to_string()),
        Some(format!("\"{}\"", config.theme.value)),
        Some(format!("\"{}\"", config.keymap.value)),
        Some(format!("\"{}\"", config.language.value)),
        Some(config.mouse.value.to_string()),
        Some(config.bell.value.to_string()),
        Some(format!("{:?}", config.dcgm.value)),
        Some(format!("{:?}", config.prometheus.value)),
        None,
        None,
    ];
    for (key, default) in KEYS.iter().zip(defaults) {
        let row = PAGE
            .lines()
            .find(|l| l.starts_with(&format!("| `{key}` |")))
            .unwrap_or_else(|| panic!("no row of {key}"));
        let expected = default.map_or("| not set".to_owned(), |d| format!("| `{d}` |"));
        assert!(row.contains(&expected), "{row} lacks {expected}");
    }
    for key in CLUSTER_KEYS {
        assert!(
            section("cluster").contains(&format!("| `{key}` |")),
            "{key}"
        );
    }
    let (file, _) = parse(Path::new("cluster"), example("cluster"));
    let all = file.cluster;
    assert!(all.kubeconfig.is_some() && all.context.is_some() && all.namespace.is_some());
    assert!(all.off.is_some() && all.exporters.is_some() && all.prometheus.is_some());
    for key in HOST_KEYS {
        assert!(section("hosts").contains(&format!("| `{key}` |")), "{key}");
    }
}

#[test]
fn the_book_of_measurements_has_its_keys_and_an_example_that_parses() {
    let head = "## The book of measurements\n";
    let start = PAGE.find(head).unwrap() + head.len();
    let body = &PAGE[start..start + PAGE[start..].find("\n## ").unwrap()];
    for key in MEASURED_KEYS {
        assert!(body.contains(&format!("| `{key}` |")), "{key}");
    }
    let example = body.split("```toml\n").nth(1).unwrap();
    let example = &example[..example.find("```").unwrap()];
    let (rows, problems) = parse_book(Path::new("example"), example);
    assert_eq!(problems, []);
    assert_eq!(rows.len(), 2);
}
