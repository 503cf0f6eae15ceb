//! What `describe` tells of a pod, from its object and its events.

use serde_json::Value;

use crate::domain::cluster::asked::{ContainerDetails, EventLine, PodDetails};
use crate::domain::text::Text;

/// Names of a pod's containers: those that one asks for first come first.
pub fn containers(object: &Value) -> Vec<Text> {
    let spec = &object["spec"];
    let name = |container: &Value| container["name"].as_str().map(Text::new);
    ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|part| list(&spec[part]).iter().filter_map(name))
        .collect()
}

/// What a pod's object tells.
pub fn details(object: &Value, events: Result<Vec<Value>, Text>) -> PodDetails {
    let (spec, status) = (&object["spec"], &object["status"]);
    let facts = [
        ("pods.priority", &spec["priorityClassName"]),
        ("pods.account", &spec["serviceAccountName"]),
        ("pods.qos", &status["qosClass"]),
        ("pods.address", &status["podIP"]),
        ("pods.runtime_class", &spec["runtimeClassName"]),
        ("pods.message", &status["message"]),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(label, value)| Some((label, Text::new(value.as_str()?))))
        .collect();
    let parts = [
        ("initContainers", "initContainerStatuses"),
        ("containers", "containerStatuses"),
        ("ephemeralContainers", "ephemeralContainerStatuses"),
    ];
    let containers = parts.into_iter().flat_map(|(part, statuses)| {
        let all = list(&spec[part]).iter();
        all.map(move |c| container(c, part, list(&status[statuses])))
    });
    let (events, events_unread) = match events {
        Ok(events) => (event_lines(&events), None),
        Err(why) => (Vec::new(), Some(why)),
    };
    PodDetails {
        facts,
        containers: containers.collect(),
        conditions: list(&status["conditions"]).iter().map(condition).collect(),
        volumes: list(&spec["volumes"]).iter().filter_map(volume).collect(),
        events,
        events_unread,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn container(spec: &Value, part: &str, statuses: &[Value]) -> ContainerDetails {
    let status = statuses.iter().find(|s| s["name"] == spec["name"]);
    let kind = match (part, spec["restartPolicy"].as_str()) {
        ("initContainers", Some("Always")) => "sidecar",
        ("initContainers", _) => "init",
        ("ephemeralContainers", _) => "ephemeral",
        _ => "",
    };
    let state = status.map_or_else(String::new, |s| state(&s["state"]));
    let last = status.map(|s| self::state(&s["lastState"]));
    let names = list(&spec["env"]).iter();
    ContainerDetails {
        name: text(&spec["name"]).into(),
        kind,
        image: text(&spec["image"]).into(),
        state: state.into(),
        last: last.filter(|l| !l.is_empty()).map(Text::from),
        restarts: status.and_then(|s| s["restartCount"].as_u64()),
        variables: names
            .filter_map(|v| v["name"].as_str().map(Text::new))
            .collect(),
    }
}

/// `running`, `waiting CrashLoopBackOff: back-off ..`, `terminated Error (1)`.
fn state(state: &Value) -> String {
    let Some((word, inner)) = state.as_object().and_then(|map| map.iter().next()) else {
        return String::new();
    };
    let mut out = word.clone();
    for part in [&inner["reason"], &inner["message"]] {
        if let Some(text) = part.as_str().filter(|t| !t.is_empty()) {
            out.push_str(if part == &inner["reason"] { " " } else { ": " });
            out.push_str(text.trim());
        }
    }
    if let Some(code) = inner["exitCode"].as_i64() {
        out.push_str(&format!(" ({code})"));
    }
    out
}

fn condition(condition: &Value) -> Text {
    let mut out = format!(
        "{} {}",
        text(&condition["type"]),
        text(&condition["status"])
    );
    for part in ["reason", "message"] {
        if let Some(text) = condition[part].as_str().filter(|t| !t.is_empty()) {
            out.push_str(&format!(", {text}"));
        }
    }
    out.into()
}

/// `cache: emptyDir`, `model: persistentVolumeClaim models`. The token that every pod has is left out.
fn volume(volume: &Value) -> Option<Text> {
    let name = text(&volume["name"]);
    if name.starts_with("kube-api-access-") {
        return None;
    }
    let (kind, inner) = volume.as_object()?.iter().find(|(key, _)| *key != "name")?;
    let of = ["claimName", "secretName", "name", "path"]
        .into_iter()
        .find_map(|key| inner[key].as_str());
    Some(match of {
        Some(of) => format!("{name}: {kind} {of}").into(),
        None => format!("{name}: {kind}").into(),
    })
}

/// The newest first.
fn event_lines(events: &[Value]) -> Vec<EventLine> {
    let mut all: Vec<EventLine> = events
        .iter()
        .map(|event| {
            let series = &event["series"];
            let times = [
                &series["lastObservedTime"],
                &event["lastTimestamp"],
                &event["eventTime"],
                &event["firstTimestamp"],
            ];
            let at = times.into_iter().find_map(|t| t.as_str()?.parse().ok());
            let count = series["count"].as_u64().or(event["count"].as_u64());
            EventLine {
                at,
                count: count.unwrap_or(1),
                kind: text(&event["type"]).into(),
                reason: text(&event["reason"]).into(),
                message: text(&event["message"]).into(),
            }
        })
        .collect();
    all.sort_by_key(|event| std::cmp::Reverse(event.at));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn containers_events_and_volumes_are_told_without_values() {
        let pod = json!({
            "spec": {
                "priorityClassName": "batch",
                "initContainers": [{"name": "pull", "image": "p:1"}, {"name": "log", "restartPolicy": "Always"}],
                "containers": [{"name": "main", "image": "m:2", "env": [{"name": "DB", "value": "hunter2"}]}],
                "volumes": [{"name": "kube-api-access-x", "projected": {}}, {"name": "m", "persistentVolumeClaim": {"claimName": "models"}}, {"name": "c", "emptyDir": {}}],
            },
            "status": {
                "qosClass": "Burstable",
                "containerStatuses": [{"name": "main", "restartCount": 7,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m"}},
                    "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}],
                "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
            },
        });
        let events = vec![
            json!({"type": "Normal", "reason": "Pulled", "lastTimestamp": "2026-01-02T03:00:00Z", "count": 2}),
            json!({"type": "Warning", "reason": "BackOff", "message": "no", "eventTime": "2026-01-02T03:01:00.5Z", "series": {"count": 9, "lastObservedTime": "2026-01-02T03:04:00Z"}}),
        ];
        let told = details(&pod, Ok(events));
        assert_eq!(containers(&pod), ["main", "pull", "log"]);
        let kinds: Vec<&str> = told.containers.iter().map(|c| c.kind).collect();
        assert_eq!(kinds, ["init", "sidecar", ""]);
        let main = &told.containers[2];
        assert_eq!(main.state, "waiting CrashLoopBackOff: back-off 5m");
        assert_eq!(main.last.as_deref(), Some("terminated OOMKilled (137)"));
        assert_eq!((main.restarts, main.variables.len()), (Some(7), 1));
        assert_eq!(
            told.volumes,
            ["m: persistentVolumeClaim models", "c: emptyDir"]
        );
        assert_eq!(told.events[0].reason, "BackOff");
        assert_eq!(told.events[0].count, 9);
        assert!(!format!("{told:?}").contains("hunter2"));
        let unread = details(&pod, Err("not allowed: list events".into()));
        assert_eq!(
            unread.events_unread.as_deref(),
            Some("not allowed: list events")
        );
    }
}
