//! Each permission that the documented role gives, taken away: it is named, and all else is shown.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};

use super::shared::{self, cluster};
use super::watched::Kubeconfig;
use crate::common::cluster::block_on;
use crate::common::pty;

/// Rules of `migdeck rbac`, as they are printed.
fn rules() -> Vec<Value> {
    let text = std::process::Command::new(pty::program())
        .args(["rbac", "--yaml"])
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    let first = text.split("\n---").next().unwrap();
    let role: Value = serde_saphyr::from_str(first).unwrap();
    role["rules"].as_array().unwrap().clone()
}

/// Group, resource, verb: each that is in the rules.
fn permissions(rules: &[Value]) -> Vec<[String; 3]> {
    let words = |rule: &Value, key: &str| -> Vec<String> {
        let all = rule[key].as_array().unwrap().iter();
        all.map(|w| w.as_str().unwrap().to_owned()).collect()
    };
    let mut all = Vec::new();
    for rule in rules {
        for group in words(rule, "apiGroups") {
            for resource in words(rule, "resources") {
                for verb in words(rule, "verbs") {
                    all.push([group.clone(), resource.clone(), verb]);
                }
            }
        }
    }
    all
}

/// A user with all permissions but one.
async fn all_but(client: &kube::Client, user: &str, all: &[[String; 3]], but: &[String; 3]) {
    let kept = all.iter().filter(|p| *p != but);
    let rules: Vec<Value> = kept
        .map(|[group, resource, verb]| {
            json!({ "apiGroups": [group], "resources": [resource], "verbs": [verb] })
        })
        .collect();
    let made = PostParams::default();
    let role: ClusterRole =
        serde_json::from_value(json!({ "metadata": { "name": user }, "rules": rules })).unwrap();
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": { "name": user },
        "roleRef": { "kind": "ClusterRole", "name": user, "apiGroup": "rbac.authorization.k8s.io" },
        "subjects": [{ "kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io" }],
    }))
    .unwrap();
    Api::all(client.clone()).create(&made, &role).await.unwrap();
    Api::all(client.clone())
        .create(&made, &binding)
        .await
        .unwrap();
}

/// How a gap of that permission begins.
fn named([group, resource, verb]: &[String; 3]) -> String {
    match group.as_str() {
        "" => format!("{verb} {resource}"),
        group => format!("{verb} {resource}.{group}"),
    }
}

#[test]
fn each_permission_that_is_missing_is_named_and_the_rest_works() {
    let cluster = cluster();
    let resource = "nvidia.com/mig-1g.6gb";
    let all = permissions(&rules());
    assert!(all.len() >= 15, "{all:?}");
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, "with-gaps", &[(resource, 1)]).await;
        let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
        shared::pod(&pods, "seen-with-gaps", "with-gaps", resource).await;
        shared::until(&pods, "seen-with-gaps", |p: Option<&Pod>| {
            p.is_some_and(|p| shared::phase(p) == "Running")
        })
        .await;
        for (n, but) in all.iter().enumerate() {
            all_but(&client, &format!("gap-{n}"), &all, but).await;
        }
    });
    for (n, but) in all.iter().enumerate() {
        let file = Kubeconfig::write(&cluster.kubeconfig_of(&format!("gap-{n}"), None));
        let document = pods(&file);
        let gaps: Vec<&str> = document["cluster"]["gaps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|gap| gap["permission"].as_str().unwrap())
            .collect();
        let [_, resource, verb] = but;
        if verb == "get" {
            // a single object is read where somebody asks for it; lists and watches need no more
            assert!(
                gaps.iter()
                    .all(|gap| !gap.starts_with("list") && !gap.starts_with("watch")),
                "{but:?}: {gaps:?}"
            );
        } else {
            let name = named(but);
            assert!(
                gaps.iter().any(|gap| gap.starts_with(&name)),
                "{name} is not among {gaps:?}"
            );
            assert!(
                gaps.iter().all(|gap| gap.contains(resource.as_str())),
                "{but:?}: {gaps:?}"
            );
        }
        // what does not need it works: the pod is there, by whichever of list and watch is left
        let found = document["pods"].as_array().unwrap().iter();
        let found = found.filter(|pod| pod["name"] == "seen-with-gaps").count();
        // pods are followed by a watch that begins with all of them: without either they are not seen, and both are named
        let hides = resource == "pods";
        assert!(found == 1 || hides, "{but:?}: {}", document["cluster"]);
        assert_eq!(
            document["cluster"]["state"], "live",
            "{but:?}: a gap is not lateness"
        );
    }
}

fn pods(kubeconfig: &Kubeconfig) -> Value {
    let home = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(pty::program())
        // what is optional has permissions of its own
        .args([
            "pods",
            "--json",
            "--no-exporters",
            "--wait",
            "60",
            "--kubeconfig",
        ])
        .arg(&kubeconfig.path)
        .env("HOME", home.path())
        .env_remove("KUBECONFIG")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_gap_is_on_the_screen_beside_what_is_seen() {
    let cluster = cluster();
    let resource = "nvidia.com/mig-1g.7gb";
    let all = permissions(&rules());
    let but = ["", "nodes", "list"].map(str::to_owned);
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, "unlisted", &[(resource, 1)]).await;
        let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
        shared::pod(&pods, "on-an-unlisted-node", "unlisted", resource).await;
        all_but(&client, "screen-gap", &all, &but).await;
    });
    let file = Kubeconfig::write(&cluster.kubeconfig_of("screen-gap", None));
    let session = pty::migdeck("--view pods --no-exporters")
        .size(120, 90)
        .arg("--kubeconfig")
        .arg(&file.path)
        .go();
    session.until("the pod, whose node may not be read", |s| {
        s.line("default/on-an-unlisted-node")
            .is_some_and(|l| l.contains("unlisted"))
    });
    session.keys("A");
    session.until("the gap", |s| s.has("list nodes"));
    session.keys("q");
    session.ends_clean(0);
}
