//! Every document against its schema in `docs/schema`, which must know every key.

use serde_json::{Value, json};

use super::run::{migdeck, repository, simulated};

/// The published schema, made strict: a key that it does not list is an error here (and allowed to others).
fn strict(name: &str) -> jsonschema::Validator {
    let path = repository(&format!("docs/schema/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    close(&mut schema);
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") {
                object
                    .entry("additionalProperties")
                    .or_insert_with(|| json!(false));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn check(name: &str, document: &Value) {
    let validator = strict(name);
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|e| format!("{} at {}", e, e.instance_path()))
        .take(10)
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

/// In every object: a key of `absent` names a key that is `null`, or a list that may be incomplete.
fn absent_means_null(at: &str, value: &Value) {
    match value {
        Value::Object(object) => {
            for key in object
                .get("absent")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let there = object.get(key.0);
                assert!(
                    matches!(there, Some(Value::Null)) || key.0 == "holders",
                    "{at}: `{}` has a reason to be absent and is {there:?}",
                    key.0
                );
            }
            for (key, value) in object {
                absent_means_null(&format!("{at}/{key}"), value);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                absent_means_null(&format!("{at}/{n}"), item);
            }
        }
        _ => {}
    }
}

/// Keys whose `null` is the fact itself, as their descriptions in the schema say: by the object they stand in.
const MEANT: [(&str, &[&str]); 12] = [
    ("", &["cluster"]),
    (
        "cluster",
        &["context", "server", "version", "state", "since", "reason"],
    ),
    ("sources", &["since", "reason"]),
    ("nodes", &["paused", "driver_limits"]),
    ("owner", &["layout"]),
    ("calls", &["since", "until", "call", "reason"]),
    // with MIG on there is no state of the whole
    ("gpus", &["state"]),
    // it was there at the first look
    ("instances", &["appeared"]),
    ("pods", &["namespace", "name", "uid", "container"]),
    ("findings", &["next"]),
    (
        "holders",
        &[
            "gpu",
            "gpu_index",
            "gi",
            "ci",
            "pid",
            "unit",
            "pod",
            "module",
            "path",
        ],
    ),
    (
        "xids",
        &[
            "name",
            "fault",
            "action",
            "pci",
            "gpu",
            "gpu_index",
            "gi",
            "ci",
            "pid",
            "process",
        ],
    ),
];

/// In every object: a key that is `null` has its reason, unless `null` is what it says.
fn null_has_its_reason(of: &str, at: &str, value: &Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let meant = MEANT
                    .iter()
                    .any(|(name, keys)| *name == of && keys.contains(&key.as_str()))
                    // a kernel module is nobody's process
                    || (of == "holders" && object["pid"].is_null());
                assert!(
                    !value.is_null()
                        || meant
                        || object.get("absent").and_then(|a| a.get(key)).is_some(),
                    "{at}: `{key}` is null without a reason"
                );
                null_has_its_reason(key, &format!("{at}/{key}"), value);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                null_has_its_reason(of, &format!("{at}/{n}"), item);
            }
        }
        _ => {}
    }
}

fn scenario(name: &str) {
    let status = simulated(name);
    check("status", &status);
    absent_means_null("", &status);
    null_has_its_reason("", "", &status);
    assert_eq!(status["simulated"], true);
    let holders = migdeck(&format!("demo --scenario {name} holders --json --wait 120"))
        .ok()
        .json();
    check("holders", &holders);
    let pods = migdeck(&format!("demo --scenario {name} pods --json --wait 120"))
        .ok()
        .json();
    check("pods", &pods);
    absent_means_null("", &pods);
}

#[test]
fn bank() {
    scenario("bank");
}

#[test]
fn h100() {
    scenario("h100");
}

#[test]
fn a30() {
    scenario("a30");
}

#[test]
fn blackwell() {
    scenario("blackwell");
}

#[test]
fn r450() {
    scenario("r450");
}

#[test]
fn a_schema_refuses_what_is_wrong() {
    let mut status = simulated("a30");
    let validator = strict("status");
    assert!(validator.is_valid(&status));
    status["nodes"][0]["gpus"][0]["memory"]["used"] = json!({"code": "failed", "text": "x"});
    assert!(!validator.is_valid(&status));
    status["nodes"][0]["gpus"][0]["memory"]["used"] = json!(1.5);
    assert!(!validator.is_valid(&status));
    status["nodes"][0]["gpus"][0]["memory"]["used"] = json!(1);
    assert!(validator.is_valid(&status));
    status["nodes"][0]["surprise"] = json!(1);
    assert!(!validator.is_valid(&status));
}

/// Checks a document of a command against the schema of that name.
pub fn conforms(name: &str, document: &Value) {
    check(name, document);
    absent_means_null("", document);
    if name == "status" {
        null_has_its_reason("", "", document);
    }
}
