//! The word that `kubectl get pods` has for a pod (its `printPod`): what containers are at says more than the phase.

use std::borrow::Cow;

use super::pod::{ContainerStatus, Ended};

/// The word. `inits`: how many init containers the pod has; `sidecar`: whether one of them is to keep running.
pub(super) fn word<'a>(
    phase: &'a str,
    reason: Option<&'a str>,
    init: &'a [ContainerStatus<'_>],
    inits: usize,
    main: &'a [ContainerStatus<'_>],
    sidecar: impl Fn(&ContainerStatus<'_>) -> bool,
) -> Cow<'a, str> {
    let reason = reason.filter(|reason| !reason.is_empty());
    let unfinished = init.iter().enumerate().find(|(_, status)| {
        let done = status.state.terminated.as_ref();
        let done = done.is_some_and(|ended| ended.exit_code == 0);
        let runs = sidecar(status) && status.started == Some(true);
        !done && !runs
    });
    if let Some((n, status)) = unfinished {
        return of_init(status, n, inits).into();
    }
    let mut word = Cow::Borrowed(reason.unwrap_or(phase));
    let mut running = false;
    for status in main.iter().rev() {
        match (&status.state.waiting, &status.state.terminated) {
            (Some(waits), _) if !waits.reason.is_empty() => {
                word = Cow::Borrowed(&*waits.reason);
            }
            (_, Some(ended)) => word = of_ended(ended),
            _ => running |= status.ready && status.state.running.is_some(),
        }
    }
    if word == "Completed" && running {
        return Cow::Borrowed("Running");
    }
    word
}

fn of_init(status: &ContainerStatus<'_>, n: usize, inits: usize) -> String {
    match (&status.state.waiting, &status.state.terminated) {
        (_, Some(ended)) => format!("Init:{}", of_ended(ended)),
        (Some(waits), _) if !waits.reason.is_empty() && waits.reason != "PodInitializing" => {
            format!("Init:{}", waits.reason)
        }
        _ => format!("Init:{n}/{inits}"),
    }
}

fn of_ended<'a>(ended: &'a Ended<'_>) -> Cow<'a, str> {
    match (&*ended.reason, ended.signal, ended.exit_code) {
        ("", 0, code) => format!("ExitCode:{code}").into(),
        ("", signal, _) => format!("Signal:{signal}").into(),
        (reason, _, _) => Cow::Borrowed(reason),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sources::kube::objects::pod_facts;

    fn state(status: Value) -> (String, Option<u32>) {
        let pod = json!({
            "metadata": {"uid": "u", "namespace": "a", "name": "b"},
            "spec": {
                "containers": [{"name": "main", "resources": {"limits": {"nvidia.com/gpu": "1"}}}],
                "initContainers": [{"name": "pull"}, {"name": "side", "restartPolicy": "Always"}],
            },
            "status": status,
        });
        let facts = pod_facts(&pod).unwrap();
        (facts.status().to_string(), facts.restarts)
    }

    #[test]
    fn a_pod_is_what_its_containers_are_at() {
        let init = |first: Value, second: Value| {
            state(json!({"phase": "Pending", "initContainerStatuses": [
                {"name": "pull", "state": first, "restartCount": 1},
                {"name": "side", "state": second, "started": second.get("running").is_some()},
            ]}))
        };
        let done = json!({"terminated": {"exitCode": 0, "reason": "Completed"}});
        assert_eq!(
            init(json!({"running": {}}), json!({})),
            ("Init:0/2".into(), Some(1))
        );
        assert_eq!(init(done.clone(), json!({})).0, "Init:1/2");
        let failed = json!({"terminated": {"exitCode": 3, "reason": "Error"}});
        assert_eq!(init(failed, json!({})).0, "Init:Error");
        let pulls = json!({"waiting": {"reason": "ImagePullBackOff"}});
        assert_eq!(init(pulls, json!({})).0, "Init:ImagePullBackOff");
        // a sidecar that runs holds nothing up
        assert_eq!(init(done, json!({"running": {}})).0, "Pending");

        let main = |phase: &str, inner: Value| {
            state(json!({"phase": phase, "containerStatuses": [
                {"name": "main", "state": inner, "restartCount": 7},
            ]}))
        };
        let crash = json!({"waiting": {"reason": "CrashLoopBackOff"}});
        assert_eq!(main("Running", crash), ("CrashLoopBackOff".into(), Some(7)));
        assert_eq!(main("Running", json!({"running": {}})).0, "Running");
        let killed = json!({"terminated": {"exitCode": 137, "signal": 9}});
        assert_eq!(main("Failed", killed).0, "Signal:9");
        assert_eq!(
            state(json!({"phase": "Failed", "reason": "Evicted"})),
            ("Evicted".into(), None)
        );
        assert_eq!(state(json!({"phase": "Pending"})).0, "Pending");
    }

    #[test]
    fn who_is_being_deleted_says_so_before_anything_else() {
        let pod = json!({
            "metadata": {"uid": "u", "namespace": "a", "name": "b", "deletionTimestamp": "2026-01-02T03:04:05Z"},
            "spec": {"containers": [{"name": "main", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]},
            "status": {"phase": "Running"},
        });
        assert_eq!(pod_facts(&pod).unwrap().status(), "Terminating");
    }
}
