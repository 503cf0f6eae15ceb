//! What owns the scenario's pods. The pods are there first and are adopted, so that they keep the scenario's names; from
//! then on the controllers act on them as on any: a pod that goes comes again, and who has no owner left is collected.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::runtime::wait::await_condition;
use kube::{Api, Client};
use serde_json::{Value, json};

use super::bring_in::{Outcome, create, said};
use super::{PATIENCE, agent};

/// Daemon sets of NVIDIA's operator, and the part of the node's label `nvidia.com/gpu.deploy.PART` that places them.
const OPERANDS: [(&str, &str); 5] = [
    ("nvidia-device-plugin-daemonset", "device-plugin"),
    ("gpu-feature-discovery", "gpu-feature-discovery"),
    ("nvidia-dcgm-exporter", "dcgm-exporter"),
    ("nvidia-mig-manager", "mig-manager"),
    ("nvidia-container-toolkit-daemonset", "container-toolkit"),
];

/// An owner by kind, namespace and name.
type Key = (String, String, String);

/// The owners of some pods.
#[derive(Default)]
pub struct Owners {
    all: BTreeMap<Key, Owned>,
    /// Pods, by namespace and name.
    pods: BTreeSet<(String, String)>,
}

struct Owned {
    /// The first pod, after which others are made.
    pod: Value,
    count: usize,
    hosts: BTreeSet<String>,
}

impl Owners {
    /// Notes a pod's owner, and makes the pod one that the owner will take for its own.
    pub fn note(&mut self, pod: &mut Value) {
        let owner = pod["metadata"]["ownerReferences"][0].take();
        pod["metadata"]["ownerReferences"] = json!([]);
        let (Some(kind), Some(name)) = (owner["kind"].as_str(), owner["name"].as_str()) else {
            return;
        };
        let labels = &mut pod["metadata"]["labels"];
        if labels["app"].is_null() {
            labels["app"] = name.into();
        }
        match kind {
            "ReplicaSet" => {
                if let Some((_, hash)) = name.rsplit_once('-') {
                    labels["pod-template-hash"] = hash.into();
                }
            }
            "Job" => pod["spec"]["restartPolicy"] = "Never".into(),
            "DaemonSet" => {
                // two of NVIDIA's call their pods by the same app
                labels["app.kubernetes.io/instance"] = name.into();
                // what the controller itself gives its pods
                pod["spec"]["tolerations"] = ["NoSchedule", "NoExecute"]
                    .map(|effect| json!({ "operator": "Exists", "effect": effect }))
                    .as_slice()
                    .into();
            }
            _ => {}
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let namespace = text(&pod["metadata"]["namespace"]);
        let host = text(&pod["spec"]["nodeName"]);
        self.pods
            .insert((namespace.clone(), text(&pod["metadata"]["name"])));
        let key = (kind.to_owned(), namespace, name.to_owned());
        let owned = self.all.entry(key).or_insert_with(|| Owned {
            pod: pod.clone(),
            count: 0,
            hosts: BTreeSet::new(),
        });
        owned.count += 1;
        owned.hosts.insert(host);
    }

    /// Creates them, and waits until they have taken the pods. `labels`: of the nodes.
    ///
    /// # Errors
    /// The API server refuses one, or a pod stays alone.
    pub async fn create(&self, client: &Client, labels: &BTreeMap<String, Value>) -> Outcome<()> {
        for ((kind, namespace, name), owned) in &self.all {
            let meta = json!({ "name": name, "namespace": namespace });
            let selector = selector(&owned.pod);
            let template = template(&owned.pod);
            let replicas = owned.count;
            match kind.as_str() {
                "DaemonSet" => {
                    let mut template = template;
                    place(&mut template, name, &owned.hosts, labels);
                    let set = json!({
                        "metadata": meta,
                        "spec": {
                            "selector": { "matchLabels": selector },
                            "template": template,
                            "updateStrategy": { "type": "OnDelete" },
                        },
                    });
                    create::<DaemonSet>(client, namespace, set).await?;
                }
                "StatefulSet" => {
                    let set = json!({
                        "metadata": meta,
                        "spec": {
                            "serviceName": name,
                            "replicas": replicas,
                            "podManagementPolicy": "Parallel",
                            "selector": { "matchLabels": selector },
                            "template": template,
                            // the pods are of a revision that it does not know
                            "updateStrategy": { "type": "OnDelete" },
                        },
                    });
                    create::<StatefulSet>(client, namespace, set).await?;
                }
                "Job" => {
                    let job = json!({
                        "metadata": meta,
                        "spec": {
                            "parallelism": replicas,
                            "completions": replicas,
                            "manualSelector": true,
                            "selector": { "matchLabels": selector },
                            "template": template,
                        },
                    });
                    create::<Job>(client, namespace, job).await?;
                }
                "ReplicaSet" => replica_set(client, namespace, name, owned).await?,
                other => return Err(format!("a pod is owned by a {other}, which is not known")),
            }
        }
        self.wait(client).await
    }

    async fn wait(&self, client: &Client) -> Outcome<()> {
        let begun = std::time::Instant::now();
        let api: Api<Pod> = Api::all(client.clone());
        loop {
            let all = api.list(&ListParams::default()).await.map_err(said)?;
            let alone: Vec<String> = all
                .into_iter()
                .map(|p| p.metadata)
                .filter(|p| p.owner_references.as_ref().is_none_or(Vec::is_empty))
                .filter_map(|p| Some((p.namespace?, p.name?)))
                .filter(|p| self.pods.contains(p))
                .map(|(_, name)| name)
                .collect();
            if alone.is_empty() {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("nobody owns the pods {}", alone.join(", ")));
            }
            tokio::time::sleep(agent::LOOK).await;
        }
    }
}

/// A replica set, and the deployment whose it is.
async fn replica_set(client: &Client, namespace: &str, name: &str, owned: &Owned) -> Outcome<()> {
    let selector = selector(&owned.pod);
    let mut template = template(&owned.pod);
    let replicas = owned.count;
    let set = json!({
        "metadata": { "name": name, "namespace": namespace, "labels": template["metadata"]["labels"] },
        "spec": { "replicas": replicas, "selector": { "matchLabels": selector }, "template": template },
    });
    create::<ReplicaSet>(client, namespace, set).await?;
    // a deployment that does not see its replica set would make another
    let sets: Api<ReplicaSet> = Api::namespaced(client.clone(), namespace);
    let seen = await_condition(sets, name, |s: Option<&ReplicaSet>| {
        let status = s.and_then(|s| s.status.as_ref());
        status.is_some_and(|s| s.observed_generation.is_some())
    });
    match tokio::time::timeout(PATIENCE, seen).await {
        Ok(Ok(_)) => {}
        _ => return Err(format!("no controller sees the replica set {name}")),
    }
    let Some((deployment, _)) = name.rsplit_once('-') else {
        return Ok(());
    };
    let mut selector = selector;
    for labels in [&mut selector, &mut template["metadata"]["labels"]] {
        if let Some(labels) = labels.as_object_mut() {
            labels.remove("pod-template-hash");
        }
    }
    let deployment = json!({
        "metadata": { "name": deployment, "namespace": namespace },
        "spec": { "replicas": replicas, "selector": { "matchLabels": selector }, "template": template },
    });
    create::<Deployment>(client, namespace, deployment).await?;
    Ok(())
}

fn selector(pod: &Value) -> Value {
    let labels = &pod["metadata"]["labels"];
    let mut selector = json!({ "app": labels["app"] });
    for key in ["pod-template-hash", "app.kubernetes.io/instance"] {
        if !labels[key].is_null() {
            selector[key] = labels[key].clone();
        }
    }
    selector
}

fn template(pod: &Value) -> Value {
    let mut spec = pod["spec"].clone();
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("nodeName");
    }
    json!({
        "metadata": { "labels": pod["metadata"]["labels"], "annotations": pod["metadata"]["annotations"] },
        "spec": spec,
    })
}

/// On which nodes a daemon set runs: by the operator's label where the nodes have it, else by name.
fn place(
    template: &mut Value,
    name: &str,
    hosts: &BTreeSet<String>,
    labels: &BTreeMap<String, Value>,
) {
    let part = OPERANDS.iter().find(|(set, _)| *set == name);
    if let Some((_, part)) = part {
        let label = format!("nvidia.com/gpu.deploy.{part}");
        if hosts.iter().all(|h| labels[h][&label] == "true") {
            template["spec"]["nodeSelector"] = json!({ label: "true" });
            return;
        }
    }
    template["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        ["nodeSelectorTerms"] = json!([{
        "matchExpressions": [{ "key": "kubernetes.io/hostname", "operator": "In", "values": hosts }],
    }]);
}
