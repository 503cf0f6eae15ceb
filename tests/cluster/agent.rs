//! The node agent: what the API server holds of a simulated host is what the simulated driver has, whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Node, Pod, ResourceQuota};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, Client};
use nvml_sim::driver::{DeviceRef, Driver, ProcKind};
use nvml_sim::scenario::{Scenario, derive};
use serde_json::json;

use super::shared::{at_last, cluster, host, meanwhile, phase, pod, until};
use crate::common::cluster::agent::RUNS_FOR;
use crate::common::cluster::agent::statuses::held;
use crate::common::cluster::block_on;
use crate::common::cluster::bring_in::{bring_in, create};

#[test]
fn the_bank_is_in_the_cluster_as_its_drivers_have_it() {
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        let mut bank = Scenario::load("bank").unwrap();
        for host in &mut bank.hosts {
            // the lab's stays too old to tell devices
            if host.name != "dgx-mix-01" {
                host.system.kubelet = "v1.36.4".into();
            }
        }
        let agents = bring_in(cluster, &mut bank).await.unwrap();
        assert_eq!(agents.len(), 3);
        for agent in &agents[..2] {
            follows_the_scenario(&client, agent.driver()).await;
        }

        let nodes: Api<Node> = Api::all(client.clone());
        let dev = nodes.get("dgx-dev-01").await.unwrap();
        assert_eq!(
            amounts(&dev),
            [
                ("mig-1g.5gb", "14"),
                ("mig-2g.10gb", "6"),
                ("mig-3g.20gb", "4"),
                ("mig-7g.40gb", "2")
            ]
        );
        let labels = dev.metadata.labels.unwrap();
        assert_eq!(labels["nvidia.com/mig.strategy"], "mixed");
        assert_eq!(labels["nvidia.com/mig-1g.5gb.count"], "14");
        assert_eq!(labels["nvidia.com/gpu.count"], "8");

        let prod = nodes.get("dgx-prod-01").await.unwrap();
        // the kubelet never forgets a name
        assert_eq!(
            amounts(&prod),
            [
                ("gpu", "16"),
                ("mig-1g.5gb", "0"),
                ("mig-2g.10gb", "0"),
                ("mig-3g.20gb", "0"),
                ("mig-7g.40gb", "0")
            ]
        );
        let labels = prod.metadata.labels.unwrap();
        assert_eq!(labels["nvidia.com/mig.strategy"], "single");
        assert_eq!(labels["nvidia.com/gpu.count"], "16");
        assert_eq!(
            labels["nvidia.com/gpu.product"],
            "A100-SXM4-40GB-MIG-3g.20gb"
        );
        assert_eq!(labels["nvidia.com/mig.config.state"], "success");

        // its plugin does not come up over the 1c devices
        let mix = nodes.get("dgx-mix-01").await.unwrap();
        assert!(
            amounts(&mix).iter().all(|(_, n)| *n == "0"),
            "{:?}",
            amounts(&mix)
        );
        let events: Api<Event> = Api::namespaced(client.clone(), "kube-system");
        let events = events.list(&ListParams::default()).await.unwrap().items;
        let back_off = events
            .iter()
            .find(|e| e.reason.as_deref() == Some("BackOff"))
            .unwrap();
        let crashes: Api<Pod> = Api::namespaced(client.clone(), "kube-system");
        let crashes = crashes
            .get("nvidia-device-plugin-daemonset-c9f2r")
            .await
            .unwrap();
        assert_eq!(back_off.involved_object.uid, crashes.metadata.uid);
        let status = crashes
            .status
            .unwrap()
            .container_statuses
            .unwrap()
            .remove(0);
        assert_eq!((status.ready, status.restart_count), (false, 2417));
        waits_and_is_limited(&client).await;
        everybody_is_owned(&client).await;
    });
}

/// Boot, pods by UID, and each pod's devices, against the simulated driver.
async fn follows_the_scenario(client: &Client, driver: &Driver) {
    let host = driver.host();
    let nodes: Api<Node> = Api::all(client.clone());
    let node = nodes.get(&host.name).await.unwrap();
    let told = node.status.unwrap().node_info.unwrap();
    assert_eq!(told.boot_id, derive::boot_id(host));

    let pods = on_node(client, &host.name).await;
    let devices: BTreeMap<String, BTreeSet<String>> = pods
        .iter()
        .map(|p| {
            (
                p.metadata.uid.clone().unwrap(),
                held(p).into_iter().collect(),
            )
        })
        .collect();
    let layout = driver.peek();
    let device = |slot: &Vec<u32>| {
        let gpu = &layout.gpus[slot[0] as usize];
        let gi = gpu.instances.iter().find(|gi| gi.start == slot[1]).unwrap();
        gi.cis[0].uuid.clone()
    };
    let expected: BTreeMap<String, BTreeSet<String>> = host
        .pods
        .iter()
        .map(|p| {
            let slots = p
                .containers
                .iter()
                .flat_map(|c| c.devices.values().flatten());
            (derive::pod_uid(p), slots.map(device).collect())
        })
        .collect();
    assert_eq!(devices, expected);
    assert!(expected.values().any(|d| !d.is_empty()));
}

/// The real scheduler, quota and disruption controllers come to what the scenario says.
async fn waits_and_is_limited(client: &Client) {
    let pods: Api<Pod> = Api::namespaced(client.clone(), "vision-dev");
    let waits = |p: Option<&Pod>| {
        let conditions = p.and_then(|p| p.status.as_ref()?.conditions.clone());
        conditions.into_iter().flatten().any(|c| {
            let message = c.message.unwrap_or_default();
            c.reason.as_deref() == Some("Unschedulable")
                && message.contains("Insufficient nvidia.com/mig-3g.20gb")
        })
    };
    until(&pods, "doc-layout-train-q8v5m", waits).await;
    let events: Api<Event> = Api::namespaced(client.clone(), "vision-dev");
    at_last("FailedScheduling", async || {
        let all = events.list(&ListParams::default()).await.unwrap();
        let about = "doc-layout-train-q8v5m";
        all.items.into_iter().find(|e| {
            e.reason.as_deref() == Some("FailedScheduling")
                && e.involved_object.name.as_deref() == Some(about)
        })
    })
    .await;

    let quotas: Api<ResourceQuota> = Api::namespaced(client.clone(), "vision-dev");
    until(&quotas, "slices", |q: Option<&ResourceQuota>| {
        let used = q.and_then(|q| q.status.as_ref()?.used.as_ref());
        let used = |name: &str| used.and_then(|u| Some(u.get(name)?.0.clone()));
        // one runs, and one that waits counts as well
        used("requests.nvidia.com/mig-3g.20gb").as_deref() == Some("2")
            && used("requests.nvidia.com/mig-3g.40gb").as_deref() == Some("0")
    })
    .await;
    let budgets: Api<PodDisruptionBudget> = Api::namespaced(client.clone(), "ai-serving");
    until(
        &budgets,
        "fraud-detect",
        |b: Option<&PodDisruptionBudget>| {
            let status = b.and_then(|b| b.status.as_ref());
            status.is_some_and(|s| s.current_healthy == 1 && s.disruptions_allowed == 0)
        },
    )
    .await;
}

/// No controller made a pod of its own: the scenario's are what they own.
async fn everybody_is_owned(client: &Client) {
    let sets: Api<StatefulSet> = Api::namespaced(client.clone(), "notebooks");
    until(&sets, "nb-kim-minjun", |s: Option<&StatefulSet>| {
        s.and_then(|s| s.status.as_ref())
            .is_some_and(|s| s.replicas == 1)
    })
    .await;
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), "ai-serving");
    until(&deployments, "fraud-detect", |d: Option<&Deployment>| {
        d.and_then(|d| d.status.as_ref())
            .is_some_and(|s| s.available_replicas == Some(1))
    })
    .await;
    let sets: Api<ReplicaSet> = Api::namespaced(client.clone(), "ai-serving");
    let sets = sets.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(
        sets.len(),
        3,
        "a deployment has made a replica set of its own"
    );
    let daemons: Api<DaemonSet> = Api::namespaced(client.clone(), "gpu-operator");
    until(
        &daemons,
        "nvidia-device-plugin-daemonset",
        |d: Option<&DaemonSet>| {
            d.and_then(|d| d.status.as_ref())
                .is_some_and(|s| s.current_number_scheduled == 1 && s.desired_number_scheduled == 1)
        },
    )
    .await;
    let jobs: Api<Job> = Api::namespaced(client.clone(), "nlp-dev");
    until(&jobs, "bert-ko-pretrain", |j: Option<&Job>| {
        j.and_then(|j| j.status.as_ref())
            .is_some_and(|s| s.active == Some(1))
    })
    .await;
    let bank = Scenario::load("bank").unwrap();
    for host in &bank.hosts {
        let names: BTreeSet<String> = on_node(client, &host.name)
            .await
            .into_iter()
            .filter_map(|p| p.metadata.name)
            .collect();
        let expected: BTreeSet<String> = host.pods.iter().map(|p| p.name.clone()).collect();
        assert_eq!(names, expected, "{}", host.name);
    }
}

/// A host of two small slices; `more` is added to its tables.
fn two_slices(name: &str, kubelet: &str, more: &str) -> String {
    format!(
        r#"
        name = "{name}"
        [[hosts]]
        name = "{name}"
        board = "a100-40"
        driver = "535.161.08"
        cuda = "12.2"
        gpus = [{{ mig = true, instances = ["19@0", "19@1"] }}]
        system = {{ kubelet = "{kubelet}" }}
        {more}
        [hosts.node]
        strategy = "mixed"
        plugin = true
        labels = {{ "example.org/test" = "{name}" }}
        "#
    )
}

const SLICE: &str = "nvidia.com/mig-1g.5gb";

#[test]
fn a_slice_that_vanishes_is_missed_only_when_the_plugin_starts_again() {
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        let nodes: Api<Node> = Api::all(client.clone());
        let agent = host(&two_slices("two-slices", "v1.36.4", "")).await;
        let agents = [agent.clone()];

        let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
        pod(&pods, "takes-one", "two-slices", SLICE).await;
        let given = until(&pods, "takes-one", |p: Option<&Pod>| {
            p.is_some_and(|p| !held(p).is_empty())
        });
        let given = held(&meanwhile(&agents, given).await);
        let driver = agent.driver();
        // the first free one in the plugin's order
        assert_eq!(
            given,
            [driver.peek().gpus[0].instances[0].cis[0].uuid.clone()]
        );

        destroy(driver, &given[0]);
        agent.settle().await.unwrap();
        assert_eq!(
            amounts(&nodes.get("two-slices").await.unwrap()),
            [("mig-1g.5gb", "2")]
        );
        assert_eq!(health(&pods, "takes-one").await, ["Healthy"]);

        // SIGHUP
        agent.hang_up();
        let less = until(&nodes, "two-slices", |n: Option<&Node>| {
            n.is_some_and(|n| amounts(n) == [("mig-1g.5gb", "1")])
        });
        meanwhile(&agents, less).await;
        agent.settle().await.unwrap();
        let node = nodes.get("two-slices").await.unwrap();
        assert_eq!(
            node.metadata.labels.unwrap()["nvidia.com/mig-1g.5gb.count"],
            "1"
        );
        assert_eq!(health(&pods, "takes-one").await, ["Unknown"]);
        assert_eq!(phase(&pods.get("takes-one").await.unwrap()), "Running");

        // a new one is as unknown until the plugin looks again
        driver.create_gi(0, 19, Some((0, 1))).unwrap();
        agent.settle().await.unwrap();
        let node = nodes.get("two-slices").await.unwrap();
        assert_eq!(amounts(&node), [("mig-1g.5gb", "1")]);
    });
}

#[test]
fn a_device_that_is_gone_cannot_be_given() {
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        let agent = host(&two_slices("stale", "v1.36.4", "")).await;
        let lost = agent.driver().peek().gpus[0].instances[0].cis[0]
            .uuid
            .clone();
        destroy(agent.driver(), &lost);
        let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
        pod(&pods, "gets-nothing", "stale", SLICE).await;
        let failed = until(&pods, "gets-nothing", |p: Option<&Pod>| {
            p.is_some_and(|p| phase(p) == "Failed")
        });
        let failed = meanwhile(std::slice::from_ref(&agent), failed)
            .await
            .status
            .unwrap();
        assert_eq!(failed.reason.as_deref(), Some("UnexpectedAdmissionError"));
        assert!(failed.message.unwrap().contains(&lost));
        let events: Api<Event> = Api::namespaced(client, "default");
        at_last("an event of the kubelet", async || {
            let all = events.list(&ListParams::default()).await.unwrap().items;
            all.into_iter().find(|e| {
                e.reason.as_deref() == Some("UnexpectedAdmissionError")
                    && e.involved_object.name.as_deref() == Some("gets-nothing")
            })
        })
        .await;
    });
}

#[test]
fn what_ends_gives_its_device_back() {
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        // too old to tell devices: the host's own files do
        let agent = host(&two_slices("gives-back", "v1.35.4", "")).await;
        let checkpoint = agent
            .files()
            .join("var/lib/kubelet/device-plugins/kubelet_internal_checkpoint");
        let on_host = |uid: &str| -> Vec<String> {
            let text = std::fs::read_to_string(&checkpoint).unwrap();
            let all: serde_json::Value = serde_json::from_str(&text).unwrap();
            let entries = all["Data"]["PodDeviceEntries"].as_array().unwrap();
            let own = entries.iter().filter(|e| e["PodUID"] == uid);
            own.flat_map(|e| e["DeviceIDs"]["-1"].as_array().unwrap())
                .map(|id| id.as_str().unwrap().to_owned())
                .collect()
        };
        let job = |name: &str| {
            json!({
                "metadata": { "name": name },
                "spec": { "template": { "spec": {
                    "restartPolicy": "Never",
                    "nodeSelector": { "example.org/test": "gives-back" },
                    "containers": [{ "name": "main", "image": "x", "resources": { "limits": { SLICE: "2" } } }],
                } } },
            })
        };
        let jobs: Api<Job> = Api::namespaced(client.clone(), "default");
        let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
        let mut given = Vec::new();
        for name in ["first-job", "second-job"] {
            create::<Job>(&client, "default", job(name)).await.unwrap();
            let devices = meanwhile(std::slice::from_ref(&agent), async {
                let (pod, devices) = at_last("devices in the checkpoint", async || {
                    let pods = on_node(&client, "gives-back").await;
                    let named = |p: &Pod| p.metadata.name.as_ref().unwrap().starts_with(name);
                    let own = pods.into_iter().find(named)?;
                    let devices = on_host(own.metadata.uid.as_ref().unwrap());
                    assert_eq!(held(&own), [""; 0]);
                    (!devices.is_empty()).then_some((own.metadata.name.unwrap(), devices))
                })
                .await;
                let ends = json!({ "metadata": { "annotations": { RUNS_FOR: "0" } } });
                pods.patch(&pod, &PatchParams::default(), &Patch::Merge(ends))
                    .await
                    .unwrap();
                until(&jobs, name, |j: Option<&Job>| {
                    j.and_then(|j| j.status.as_ref())
                        .is_some_and(|s| s.succeeded == Some(1))
                })
                .await;
                devices
            })
            .await;
            given.push(devices);
        }
        // the same two, in the same order
        assert_eq!(given[0].len(), 2);
        assert_eq!(given[0], given[1]);
    });
}

/// Its slices are of sizes that no other node has.
const OPERATED: &str = r#"
        name = "operated"
        [[hosts]]
        name = "operated"
        board = "h100-80"
        driver = "550.163.01"
        cuda = "12.4"
        gpus = [{ mig = true, instances = ["9@0", "14@4"] }]
        system = { kubelet = "v1.36.4" }
        pods = [
          { namespace = "operated", name = "nvidia-device-plugin-daemonset-abcde", owner = "DaemonSet/nvidia-device-plugin-daemonset", age_seconds = 90, containers = [{ name = "plugin", image = "example.org/k8s-device-plugin:v0.20.0" }] },
          { namespace = "operated", name = "serve-7b9d6c5f8b-q6z2n", owner = "ReplicaSet/serve-7b9d6c5f8b", age_seconds = 90, labels = { app = "serve" }, containers = [{ name = "main", image = "x", devices = { "nvidia.com/mig-3g.40gb" = [[0, 0]] } }] },
        ]
        processes = [{ pid = 4711, user = "root", pod = "operated/serve-7b9d6c5f8b-q6z2n", container = "main", argv = ["serve"], gpu = 0, at = 0, memory_mib = 900 }]
        [hosts.node]
        strategy = "mixed"
        plugin = true
"#;

#[test]
fn without_its_pod_the_plugin_advertises_nothing_and_a_new_one_looks_anew() {
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        let nodes: Api<Node> = Api::all(client.clone());
        let agent = host(OPERATED).await;
        let agents = [agent.clone()];
        let pods: Api<Pod> = Api::namespaced(client.clone(), "operated");
        assert_eq!(health(&pods, "serve-7b9d6c5f8b-q6z2n").await, ["Healthy"]);

        // held back, so that its absence can be seen
        let sets: Api<DaemonSet> = Api::namespaced(client.clone(), "operated");
        let name = "nvidia-device-plugin-daemonset";
        let orphan = DeleteParams {
            propagation_policy: Some(kube::api::PropagationPolicy::Orphan),
            ..DeleteParams::default()
        };
        let set = sets.get(name).await.unwrap();
        sets.delete(name, &orphan).await.unwrap();
        let plugin = "nvidia-device-plugin-daemonset-abcde";
        until(&pods, plugin, |p: Option<&Pod>| {
            p.is_some_and(|p| {
                p.metadata
                    .owner_references
                    .as_ref()
                    .is_none_or(Vec::is_empty)
            })
        })
        .await;
        pods.delete(plugin, &DeleteParams::default()).await.unwrap();
        let none = until(&nodes, "operated", |n: Option<&Node>| {
            n.is_some_and(|n| amounts(n) == [("mig-2g.20gb", "0"), ("mig-3g.40gb", "0")])
        });
        let node = meanwhile(&agents, none).await;
        let capacity = node.status.unwrap().capacity.unwrap();
        assert_eq!(capacity["nvidia.com/mig-3g.40gb"].0, "1");
        agent.settle().await.unwrap();
        assert_eq!(health(&pods, "serve-7b9d6c5f8b-q6z2n").await, ["Unknown"]);

        agent.driver().init().unwrap();
        let gi = agent.driver().create_gi(0, 19, Some((6, 1))).unwrap();
        agent.driver().create_ci(0, gi, 0, None).unwrap();
        let spec = json!(set.spec);
        create::<DaemonSet>(
            &client,
            "operated",
            json!({ "metadata": { "name": name }, "spec": spec }),
        )
        .await
        .unwrap();
        let three = until(&nodes, "operated", |n: Option<&Node>| {
            n.is_some_and(|n| {
                amounts(n)
                    == [
                        ("mig-1g.10gb", "1"),
                        ("mig-2g.20gb", "1"),
                        ("mig-3g.40gb", "1"),
                    ]
            })
        });
        meanwhile(&agents, three).await;
        agent.settle().await.unwrap();
        assert_eq!(health(&pods, "serve-7b9d6c5f8b-q6z2n").await, ["Healthy"]);
        let labels = nodes
            .get("operated")
            .await
            .unwrap()
            .metadata
            .labels
            .unwrap();
        assert_eq!(labels["nvidia.com/mig-1g.10gb.count"], "1");

        // who is deleted comes again under another name, with a device, and the old one's process is gone
        let layout = agent.driver().peek();
        let first = layout.gpus[0]
            .instances
            .iter()
            .find(|gi| gi.start == 0)
            .unwrap()
            .gi;
        assert_eq!(programs(agent.driver(), first), [4711]);
        pods.delete("serve-7b9d6c5f8b-q6z2n", &DeleteParams::default())
            .await
            .unwrap();
        let next = meanwhile(
            &agents,
            at_last("another pod of the replica set", async || {
                let all = on_node(&client, "operated").await;
                all.into_iter().find(|p| {
                    let name = p.metadata.name.as_deref().unwrap();
                    name.starts_with("serve-7b9d6c5f8b-")
                        && !name.ends_with("q6z2n")
                        && held(p).len() == 1
                })
            }),
        )
        .await;
        agent.settle().await.unwrap();
        assert!(!programs(agent.driver(), first).contains(&4711));
        let layout = agent.driver().peek();
        let mut instances = layout.gpus[0].instances.iter();
        let on = instances
            .find(|gi| held(&next) == [gi.cis[0].uuid.clone()])
            .unwrap();
        assert_eq!(programs(agent.driver(), on.gi).len(), 1);
        // and with the deployment all of its pods go
        let deployments: Api<Deployment> = Api::namespaced(client.clone(), "operated");
        deployments
            .delete("serve", &DeleteParams::default())
            .await
            .unwrap();
        at_last("the collector takes the pods", async || {
            let all = on_node(&client, "operated").await;
            let mut names = all.iter().filter_map(|p| p.metadata.name.as_deref());
            (!names.any(|n| n.starts_with("serve-"))).then_some(())
        })
        .await;
    });
}

/// Destroys the instance of a MIG device.
fn destroy(driver: &Driver, uuid: &str) {
    driver.init().unwrap();
    let layout = driver.peek();
    let all = layout
        .gpus
        .iter()
        .flat_map(|gpu| gpu.instances.iter().map(move |gi| (gpu, gi)));
    let (gpu, gi) = all
        .into_iter()
        .find(|(_, gi)| gi.cis[0].uuid == uuid)
        .unwrap();
    driver.end(&programs(driver, gi.gi));
    driver.destroy_ci(gpu.index, gi.gi, gi.cis[0].ci).unwrap();
    driver.destroy_gi(gpu.index, gi.gi).unwrap();
}

/// Pids on an instance of the first GPU.
fn programs(driver: &Driver, gi: u32) -> Vec<u32> {
    driver.init().unwrap();
    let device = DeviceRef::Mig { gpu: 0, gi, ci: 0 };
    let symbol = "nvmlDeviceGetComputeRunningProcesses_v3";
    let all = driver.processes(device, ProcKind::Compute, symbol);
    all.unwrap().iter().map(|p| p.pid).collect()
}

async fn on_node(client: &Client, name: &str) -> Vec<Pod> {
    let on_it = ListParams::default().fields(&format!("spec.nodeName={name}"));
    let pods: Api<Pod> = Api::all(client.clone());
    pods.list(&on_it).await.unwrap().items
}

/// Allocatable amounts of NVIDIA's resources.
fn amounts(node: &Node) -> Vec<(&str, &str)> {
    let allocatable = node.status.as_ref().and_then(|s| s.allocatable.as_ref());
    let allocatable = allocatable.into_iter().flatten();
    allocatable
        .filter_map(|(name, amount)| Some((name.strip_prefix("nvidia.com/")?, amount.0.as_str())))
        .collect()
}

async fn health(pods: &Api<Pod>, name: &str) -> Vec<String> {
    let status = pods.get(name).await.unwrap().status.unwrap();
    let containers = status.container_statuses.unwrap().into_iter();
    let resources = containers.flat_map(|c| c.allocated_resources_status.unwrap_or_default());
    let devices = resources.flat_map(|r| r.resources.unwrap_or_default());
    devices.map(|d| d.health.unwrap()).collect()
}
