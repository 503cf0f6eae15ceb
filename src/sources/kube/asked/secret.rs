//! What of an object nobody has to see: values of environment variables and secrets, and the bookkeeping of writers.

use serde_json::Value;

/// In place of a value.
const MASK: &str = "********";
/// Holds the whole object again, values and all.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Words in the name of an argument whose value is nobody's business.
const WORDS: [&str; 6] = ["password", "passwd", "token", "secret", "apikey", "api-key"];

/// Takes secrets out of an object, and `managedFields`.
pub(super) fn mask(object: &mut Value) {
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("managedFields");
        if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut)
            && let Some(applied) = annotations.get_mut(APPLIED)
        {
            *applied = MASK.into();
        }
    }
    if object["kind"] == "Secret" {
        for part in ["data", "stringData"] {
            let values = object.get_mut(part).and_then(Value::as_object_mut);
            values
                .into_iter()
                .flatten()
                .for_each(|(_, v)| *v = MASK.into());
        }
    }
    walk(object);
}

fn walk(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), &mut *value) {
                    ("env", Value::Array(variables)) => variables.iter_mut().for_each(variable),
                    ("args" | "command", Value::Array(words)) => arguments(words),
                    _ => walk(value),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(walk),
        _ => {}
    }
}

/// The value goes; where it comes from (`valueFrom`) is a name and stays.
fn variable(variable: &mut Value) {
    if let Some(value) = variable.get_mut("value") {
        *value = MASK.into();
    }
}

/// `--token=x`, `--token x`, `PASSWORD=x`.
fn arguments(words: &mut [Value]) {
    let mut masks_next = false;
    for word in words {
        let Some(text) = word.as_str() else {
            continue;
        };
        let lower = text.to_lowercase();
        let name = lower.split('=').next().unwrap_or_default();
        let secret = WORDS.iter().any(|w| name.contains(w));
        if std::mem::take(&mut masks_next) && !text.starts_with('-') {
            *word = MASK.into();
        } else if secret && lower.contains('=') && !lower.contains(' ') {
            let end = text.find('=').unwrap_or_default();
            *word = format!("{}={MASK}", &text[..end]).into();
        } else if secret && text.contains(['\n', ' ']) {
            // a script that names a secret may hold it
            *word = MASK.into();
        } else {
            masks_next = secret && text.starts_with('-');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_value_of_a_variable_and_no_bookkeeping_stays() {
        let mut pod = json!({
            "kind": "Pod",
            "metadata": {
                "name": "a",
                "managedFields": [{"manager": "kubectl"}],
                "annotations": {APPLIED: "{\"env\": \"hunter2\"}", "team": "nlp"},
            },
            "spec": {
                "initContainers": [{"env": [{"name": "A", "value": "hunter2"}]}],
                "containers": [{
                    "env": [
                        {"name": "A", "value": "hunter2"},
                        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                        {"name": "C"},
                    ],
                    "args": ["--token=hunter2", "--api-key", "hunter2", "--steps", "30", "echo $TOKEN hunter2"],
                }],
                "ephemeralContainers": [{"env": [{"name": "A", "value": "hunter2"}]}],
            },
        });
        mask(&mut pod);
        let text = pod.to_string();
        assert!(
            !text.contains("hunter2") && !text.contains("managedFields"),
            "{text}"
        );
        for stays in [
            "secretKeyRef",
            "\"team\":\"nlp\"",
            "--token=********",
            "\"30\"",
            "--api-key",
        ] {
            assert!(text.contains(stays), "{stays}: {text}");
        }
        let mut secret =
            json!({"kind": "Secret", "data": {"p": "aHVudGVyMg=="}, "stringData": {"q": "x"}});
        mask(&mut secret);
        assert_eq!(secret["data"]["p"], MASK);
        assert_eq!(secret["stringData"]["q"], MASK);
    }
}
