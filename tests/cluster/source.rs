//! The source reads a real API server: what is there, and what comes and goes.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use migdeck::domain::event::Happening;
use migdeck::domain::observation::Health;
use migdeck::wiring::cluster::Options;
use nvml_sim::scenario::Scenario;
use serde_json::{Value, json};

use super::shared::{self, cluster};
use super::watched::{Kubeconfig, Watched, gaps, health, node, options, pod, unbound};
use crate::common::cluster::agent::statuses::held;
use crate::common::cluster::block_on;
use crate::common::cluster::bring_in::{bring_in, create_namespace};

/// What comes or goes is to be seen within this.
const SOON: Duration = Duration::from_secs(2);

fn administrator() -> Options {
    options(&cluster().kubeconfig())
}

#[test]
fn pods_are_followed_from_their_making_to_their_end() {
    let cluster = cluster();
    let resource = "nvidia.com/mig-2g.10gb";
    let mut watched = Watched::start(administrator());
    watched.settle();
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, "followed", &[(resource, 1)]).await;
        let pods: Api<Pod> = Api::namespaced(client, "default");
        watched.until("the node", |f| node(f, "followed").is_some());

        let made = Instant::now();
        shared::pod(&pods, "comes", "followed", resource).await;
        let fleet = watched.until("the pod", |f| pod(f, "followed", "comes").is_some());
        assert!(made.elapsed() < SOON, "{:?}", made.elapsed());
        let seen = pod(&fleet, "followed", "comes").unwrap();
        assert_eq!(seen.requests.of(resource), 1);

        // the next one waits, with the scheduler's words
        shared::pod(&pods, "waits", "followed", resource).await;
        let fleet = watched.until("the scheduler's words", |f| {
            unbound(f, "waits").is_some_and(|p| p.unschedulable.is_some())
        });
        let words = unbound(&fleet, "waits").unwrap().unschedulable.clone();
        assert!(
            words
                .unwrap()
                .contains("Insufficient nvidia.com/mig-2g.10gb")
        );

        let ended = Instant::now();
        pods.delete("comes", &DeleteParams::default().grace_period(0))
            .await
            .unwrap();
        watched.until("its end", |f| pod(f, "followed", "comes").is_none());
        assert!(ended.elapsed() < SOON, "{:?}", ended.elapsed());
        // and the one that waited moves from the pods without a node to those of the node
        watched.until("the next one's node", |f| {
            pod(f, "followed", "waits").is_some() && unbound(f, "waits").is_none()
        });

        let nodes: Api<k8s_openapi::api::core::v1::Node> = Api::all(cluster.admin().await);
        let label = json!({"metadata": {"labels": {"nvidia.com/mig.config": "all-2g.10gb"}}, "spec": {"unschedulable": true}});
        let labelled = Instant::now();
        nodes
            .patch("followed", &PatchParams::default(), &Patch::Merge(label))
            .await
            .unwrap();
        watched.until("label and cordon", |f| {
            let known = &node(f, "followed").unwrap().cluster.value().unwrap().node;
            known.cordoned
                && known
                    .label("mig.config")
                    .is_some_and(|v| *v == "all-2g.10gb")
        });
        assert!(labelled.elapsed() < SOON, "{:?}", labelled.elapsed());
    });
}

#[test]
fn lists_in_pages_tell_the_same_as_streams() {
    let cluster = cluster();
    // more than a page has
    let many = 510;
    block_on(async {
        let client = cluster.admin().await;
        create_namespace(&client, "many").await.unwrap();
        let budgets: Api<PodDisruptionBudget> = Api::namespaced(client, "many");
        for chunk in (0..many).collect::<Vec<_>>().chunks(64) {
            let make = chunk.iter().map(|n| {
                let budget = serde_json::from_value(json!({
                    "metadata": {"name": format!("budget-{n}")},
                    "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": format!("app-{n}")}}}
                }))
                .unwrap();
                let budgets = budgets.clone();
                async move { budgets.create(&PostParams::default(), &budget).await.unwrap() }
            });
            futures::future::join_all(make).await;
        }
    });
    let told = |streamed: bool| {
        let mut watched = Watched::start(Options {
            streamed,
            ..administrator()
        });
        let fleet = watched.settle();
        let mut names: Vec<String> = fleet
            .cluster
            .as_ref()
            .unwrap()
            .budgets
            .iter()
            .filter(|b| b.namespace == "many")
            .map(|b| b.name.to_string())
            .collect();
        names.sort();
        names
    };
    let paged = told(false);
    assert_eq!(paged.len(), many);
    assert_eq!(told(true), paged);
}

#[test]
fn warnings_about_pods_with_gpus_are_told_and_others_are_not() {
    let cluster = cluster();
    let resource = "nvidia.com/mig-3g.21gb";
    let mut watched = Watched::start(administrator());
    watched.settle();
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, "warned", &[(resource, 1)]).await;
        let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
        shared::pod(&pods, "warned-of", "warned", resource).await;
        watched.until("the pod", |f| pod(f, "warned", "warned-of").is_some());
        // the scheduler warns of the next one by itself
        shared::pod(&pods, "warned-waits", "warned", resource).await;
        let fleet = watched.until("the scheduler's warning", |f| {
            let waits = unbound(f, "warned-waits");
            let events = |uid| f.cluster.as_ref().map(|c| c.events_of(uid).count());
            waits
                .and_then(|pod| events(&pod.uid))
                .is_some_and(|n| n > 0)
        });
        let waits = unbound(&fleet, "warned-waits").unwrap();
        let whole = fleet.cluster.as_ref().unwrap();
        let event = whole.events_of(&waits.uid).next().unwrap();
        assert_eq!(event.reason, "FailedScheduling");
        assert!(event.message.contains("Insufficient"), "{event:?}");
        assert!(event.last.is_some() && event.count >= 1);

        let uid = pods.get("warned-of").await.unwrap().metadata.uid.unwrap();
        for (n, kind, of) in [
            (1, "Normal", &uid),
            (2, "Warning", &uid),
            (3, "Warning", &"other".to_owned()),
        ] {
            let event = json!({
                "metadata": {"name": format!("warned-of.{n}")}, "type": kind, "reason": "BackOff", "count": 7,
                "message": "Back-off restarting failed container", "lastTimestamp": "2026-01-02T03:04:05Z",
                "involvedObject": {"kind": "Pod", "namespace": "default", "name": "warned-of", "uid": of},
                "source": {"component": "kubelet"},
            });
            let events: Api<k8s_openapi::api::core::v1::Event> =
                Api::namespaced(client.clone(), "default");
            let event = serde_json::from_value(event).unwrap();
            events.create(&PostParams::default(), &event).await.unwrap();
        }
        let fleet = watched.until("the warning", |f| {
            node(f, "warned").is_some_and(|n| !n.events.is_empty())
        });
        let on = node(&fleet, "warned").unwrap();
        assert_eq!(on.events.len(), 1, "{:?}", on.events);
        let Happening::PodWarned {
            pod, reason, count, ..
        } = &on.events[0].what
        else {
            panic!("{:?}", on.events)
        };
        assert_eq!(
            (pod.as_str(), reason.as_str(), *count),
            ("warned-of", "BackOff", 7)
        );
        assert_eq!(on.events[0].at.to_string(), "2026-01-02T03:04:05Z");
    });
}

pub(super) fn rules(rules: Value) -> Value {
    json!({"metadata": {"name": "test"}, "rules": rules})
}

/// Gives a user a role in the whole cluster or, by its name, in a namespace.
pub(super) async fn permit(client: &Client, user: &str, namespace: Option<&str>, rules: Value) {
    let name = format!("test-{user}");
    let subjects = json!([{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]);
    let made = PostParams::default();
    let role = |kind: &str| {
        (
            json!({"metadata": {"name": name}, "rules": rules["rules"]}),
            json!({"metadata": {"name": name}, "subjects": subjects,
                "roleRef": {"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"}}),
        )
    };
    match namespace {
        None => {
            let (role, binding) = role("ClusterRole");
            let role: ClusterRole = serde_json::from_value(role).unwrap();
            let binding: ClusterRoleBinding = serde_json::from_value(binding).unwrap();
            Api::all(client.clone()).create(&made, &role).await.unwrap();
            Api::all(client.clone())
                .create(&made, &binding)
                .await
                .unwrap();
        }
        Some(namespace) => {
            let (role, binding) = role("Role");
            let role: Role = serde_json::from_value(role).unwrap();
            let binding: RoleBinding = serde_json::from_value(binding).unwrap();
            let roles = Api::namespaced(client.clone(), namespace);
            roles.create(&made, &role).await.unwrap();
            let bindings = Api::namespaced(client.clone(), namespace);
            bindings.create(&made, &binding).await.unwrap();
        }
    }
}

#[test]
fn what_may_not_be_read_is_named_and_the_rest_works() {
    let cluster = cluster();
    let resource = "nvidia.com/mig-1g.20gb";
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, "guarded", &[(resource, 1)]).await;
        let read = json!([{"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "list", "watch"]}]);
        permit(&client, "half", None, rules(read)).await;
        let pods: Api<Pod> = Api::namespaced(client, "default");
        shared::pod(&pods, "seen-by-half", "guarded", resource).await;
    });
    let file = Kubeconfig::write(&cluster.kubeconfig_of("half", None));
    let mut watched = Watched::start(options(&file.path));
    let fleet = watched.settle();
    let gaps = gaps(&fleet);
    for missing in [
        "list poddisruptionbudgets.policy in all namespaces",
        "watch poddisruptionbudgets.policy in all namespaces",
        "list resourcequotas in all namespaces",
        "list resourceslices.resource.k8s.io",
        "list resourceclaims.resource.k8s.io in all namespaces",
    ] {
        assert!(
            gaps.iter().any(|gap| gap == missing),
            "{missing} is not among {gaps:#?}"
        );
    }
    assert!(
        !gaps
            .iter()
            .any(|gap| gap.contains(" pods") || gap.contains(" nodes")),
        "{gaps:#?}"
    );
    assert_eq!(health(&fleet), Some(Health::Live), "a gap is not lateness");
    watched.until("a pod", |f| pod(f, "guarded", "seen-by-half").is_some());
}

#[test]
fn who_may_read_one_namespace_sees_that() {
    let cluster = cluster();
    let resource = "nvidia.com/mig-1g.12gb";
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, "of-teams", &[(resource, 2)]).await;
        for namespace in ["team-own", "team-other"] {
            create_namespace(&client, namespace).await.unwrap();
            let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
            shared::pod(&pods, namespace, "of-teams", resource).await;
        }
        let read =
            json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]);
        permit(&client, "member", Some("team-own"), rules(read)).await;
    });
    let file = Kubeconfig::write(&cluster.kubeconfig_of("member", None));
    let mut watched = Watched::start(Options {
        namespace: Some("team-own".to_owned()),
        ..options(&file.path)
    });
    let fleet = watched.settle();
    let gaps = gaps(&fleet);
    for missing in ["list pods in all namespaces", "list nodes"] {
        assert!(
            gaps.iter().any(|gap| gap == missing),
            "{missing} is not among {gaps:#?}"
        );
    }
    // the node may not be read, and yet its name is known from the pod
    let fleet = watched.until("the own pod", |f| pod(f, "of-teams", "team-own").is_some());
    assert_eq!(pod(&fleet, "of-teams", "team-other"), None);
    assert!(
        node(&fleet, "of-teams")
            .unwrap()
            .cluster
            .value()
            .unwrap()
            .node
            .labels
            .is_empty()
    );
}

#[test]
fn who_is_not_known_is_refused_with_the_servers_words() {
    let text = std::fs::read_to_string(cluster().kubeconfig()).unwrap();
    let user = text.split("users:").nth(1).unwrap();
    let text = text.replace(user, "\n- name: test\n  user: { token: nobodys }\n");
    let file = Kubeconfig::write(&text);
    let mut watched = Watched::start(options(&file.path));
    let fleet = watched.until("the refusal", |f| health(f).is_some());
    let Some(Health::Down { why, .. }) = health(&fleet) else {
        panic!("{fleet:?}")
    };
    assert!(why.text.contains("401"), "{why:?}");
}

#[test]
fn a_program_gives_the_credential() {
    let cluster = cluster();
    let text = std::fs::read_to_string(cluster.kubeconfig()).unwrap();
    let field = |name: &str| {
        let line = text
            .lines()
            .find(|l| l.trim_start().starts_with(name))
            .unwrap();
        let value = line.split(": ").nth(1).unwrap();
        String::from_utf8(STANDARD.decode(value).unwrap()).unwrap()
    };
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"clientCertificateData": field("client-certificate-data"), "clientKeyData": field("client-key-data")}
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("credential"), credential.to_string()).unwrap();
    let user = text.split("users:").nth(1).unwrap();
    let plugin = format!(
        "\n- name: test\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: cat\n      args: [\"{}\"]\n      interactiveMode: IfAvailable\n",
        folder.path().join("credential").display()
    );
    let file = Kubeconfig::write(&text.replace(user, &plugin));
    let mut watched = Watched::start(options(&file.path));
    let fleet = watched.settle();
    assert_eq!(health(&fleet), Some(Health::Live));
}

const TWO: &str = r#"
name = "told twice"
[[hosts]]
name = "told-twice"
board = "a100-40"
driver = "535.161.08"
cuda = "12.2"
gpus = [{ mig = true, instances = ["5@0"] }]
system = { kubelet = "v1.36.4" }
[hosts.node]
strategy = "mixed"
plugin = true
labels = { "example.org/test" = "told-twice" }
"#;

#[test]
fn migdeck_pods_shows_a_pod_on_the_slice_that_the_driver_has_and_the_api_names() {
    let cluster = cluster();
    let mut scenario: Scenario = toml::from_str(TWO).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    std::fs::write(&file, TWO).unwrap();
    let resource = "nvidia.com/mig-4g.20gb";
    let (state, slice) = block_on(async {
        let client = cluster.admin().await;
        let agents = bring_in(cluster, &mut scenario).await.unwrap();
        let pods: Api<Pod> = Api::namespaced(client, "default");
        shared::pod(&pods, "on-a-slice", "told-twice", resource).await;
        let given = shared::until(&pods, "on-a-slice", |p: Option<&Pod>| {
            p.is_some_and(|p| !held(p).is_empty())
        });
        let given = held(&shared::meanwhile(&agents, given).await);
        shared::pod(&pods, "waits-for-another", "told-twice", resource).await;
        shared::until(&pods, "waits-for-another", |p: Option<&Pod>| {
            let conditions = p.and_then(|p| p.status.as_ref()?.conditions.as_ref());
            conditions
                .into_iter()
                .flatten()
                .any(|c| c.type_ == "PodScheduled" && c.status == "False")
        })
        .await;
        (agents[0].state().to_owned(), given[0].clone())
    });
    let program = env!("CARGO_BIN_EXE_migdeck");
    let config = folder.path().join("config.toml");
    let hosts = format!(
        "[[hosts]]\nname = \"asked\"\nprobe = [\"{program}\", \"probe\", \"--sim\", \"{}#told-twice\", \"--sim-state\", \"{}\"]\n",
        file.display(),
        state.display()
    );
    std::fs::write(&config, hosts).unwrap();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(program)
            .args(arguments)
            .arg("--config")
            .arg(&config)
            .arg("--kubeconfig")
            .arg(cluster.kubeconfig())
            .args(["--wait", "60"])
            .env_remove("KUBECONFIG")
            .env("HOME", folder.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    };
    let document: Value = serde_json::from_str(&run(&["pods", "--json", "-n", "default"])).unwrap();
    fits_its_schema(&document);
    let all = document["pods"].as_array().unwrap();
    assert!(all.iter().all(|pod| pod["namespace"] == "default"));
    let found = |name: &str| all.iter().find(|pod| pod["name"] == name).unwrap();
    let on = found("on-a-slice");
    assert_eq!(on["node"], "told-twice");
    let device = &on["devices"][0];
    assert_eq!(device["uuid"], slice.as_str());
    assert_eq!(
        (&device["gpu_index"], &device["profile"]),
        (&json!(0), &json!("4g.20gb"))
    );
    assert_eq!(device["resource"], resource);
    assert!(device["gi"].is_u64());
    let evidence = device["evidence"].as_array().unwrap();
    assert!(evidence.contains(&json!("pod-status")), "{evidence:?}");
    let waiting = found("waits-for-another");
    let message = waiting["pending"]["message"].as_str().unwrap();
    assert!(message.contains("Insufficient"), "{message}");
    assert_eq!(waiting["pending"]["misses"][resource], 1);
    assert!(waiting["events"].is_array() && on["events"].is_array());

    let page = run(&["pods", "-n", "default"]);
    assert!(
        page.contains("default/on-a-slice") && page.contains("WAITING for a node"),
        "{page}"
    );
    let status: Value = serde_json::from_str(&run(&["status", "--json"])).unwrap();
    let mut sources = status["sources"].as_array().unwrap().iter();
    assert!(
        sources.any(|s| s["node"] == "told-twice" && s["name"] == "k8s" && s["state"] == "live"),
        "{}",
        status["sources"]
    );
    assert_eq!(status["cluster"]["context"], "test");
    assert_eq!(status["cluster"]["state"], "live");
}

fn fits_its_schema(document: &Value) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/pods.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|e| format!("{e} at {}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
