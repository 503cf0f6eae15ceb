//! An object as YAML, for people.

use serde_json::Value;

use super::secret;
use crate::domain::text::Text;

/// The lines of an object without what is secret in it.
pub fn lines(mut object: Value) -> Vec<Text> {
    secret::mask(&mut object);
    let mut out = Vec::new();
    write(&object, 0, "", &mut out);
    out.iter().map(|line| Text::new(line)).collect()
}

/// Writes a value below or beside what stands before it.
fn write(value: &Value, depth: usize, before: &str, out: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut lead = before.to_owned();
            for (key, value) in map {
                let lead = if lead.is_empty() {
                    indent.clone()
                } else {
                    std::mem::take(&mut lead)
                };
                let key = scalar_text(key);
                match value {
                    Value::Object(inner) if !inner.is_empty() => {
                        out.push(format!("{lead}{key}:"));
                        write(value, depth + 1, "", out);
                    }
                    Value::Array(inner) if !inner.is_empty() => {
                        out.push(format!("{lead}{key}:"));
                        write(value, depth, "", out);
                    }
                    Value::String(text) if text.contains('\n') => {
                        block(&format!("{lead}{key}: "), text, depth + 1, out);
                    }
                    _ => out.push(format!("{lead}{key}: {}", scalar(value))),
                }
            }
        }
        Value::Array(all) if !all.is_empty() => {
            for one in all {
                let lead = format!("{indent}- ");
                match one {
                    Value::Object(map) if !map.is_empty() => write(one, depth + 1, &lead, out),
                    Value::Array(inner) if !inner.is_empty() => {
                        out.push(format!("{indent}-"));
                        write(one, depth + 1, "", out);
                    }
                    Value::String(text) if text.contains('\n') => {
                        block(&lead, text, depth + 1, out);
                    }
                    _ => out.push(format!("{lead}{}", scalar(one))),
                }
            }
        }
        _ => out.push(format!("{indent}{before}{}", scalar(value))),
    }
}

/// Text of several lines as a block. One that a block cannot hold stays in quotes.
fn block(lead: &str, text: &str, depth: usize, out: &mut Vec<String>) {
    let plain = text.chars().all(|c| c == '\n' || !c.is_control());
    if !plain || text.starts_with([' ', '\n']) || text.trim_end_matches('\n').is_empty() {
        out.push(format!("{lead}{}", quoted(text)));
        return;
    }
    let sign = match text.len() - text.trim_end_matches('\n').len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    };
    out.push(format!("{lead}{sign}"));
    let indent = "  ".repeat(depth);
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        // an empty line needs no indent, and spaces at the end of another are its own
        out.push(if line.is_empty() {
            String::new()
        } else {
            format!("{indent}{line}")
        });
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => scalar_text(text),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// In quotes only where it would be read as something else.
fn scalar_text(text: &str) -> String {
    const WORDS: [&str; 11] = [
        "true", "false", "null", "yes", "no", "on", "off", "~", "y", "n", "nan",
    ];
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '_');
    let safe = |c: char| c.is_alphanumeric() || " /_.,()@+=-:;%".contains(c);
    let plain = starts
        && text.chars().all(safe)
        && !text.contains(": ")
        && !text.ends_with([' ', ':'])
        && !WORDS.contains(&text.to_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

/// Strings of JSON are strings of YAML.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn again(value: &Value) -> Value {
        let lines: Vec<String> = lines(value.clone())
            .iter()
            .map(ToString::to_string)
            .collect();
        let text = lines.join("\n") + "\n";
        serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    #[test]
    fn what_is_written_reads_as_what_it_was() {
        let value = json!({
            "apiVersion": "v1",
            "metadata": {"labels": {"a": "1", "b": "true", "nvidia.com/x": "", "c": "- x", "d": "a: b"}},
            "spec": {
                "containers": [
                    {"args": ["sh", "-c", "a\n  b\n"], "name": "x", "ports": [{"p": 1}]},
                    {"args": [], "empty": {}, "name": "y", "none": null, "on": true},
                ],
                "nested": [[1, 2], [3]],
                "script": "#!/bin/sh\nexit 0",
                "time": "2026-01-02T03:04:05Z",
            },
        });
        assert_eq!(again(&value), value);
        let text: Vec<String> = lines(value).iter().map(ToString::to_string).collect();
        assert!(text.contains(&"  containers:".to_owned()), "{text:#?}");
        assert!(text.contains(&"  - args:".to_owned()), "{text:#?}");
        assert!(text.contains(&"    name: x".to_owned()), "{text:#?}");
    }

    proptest! {
        #[test]
        fn any_text_survives(text in "[ -~\n가-힣]{0,30}") {
            let value = json!({"a": {"t": text.clone()}, "l": [text]});
            prop_assert_eq!(again(&value), value);
        }
    }
}
