//! The node agent: what the API server holds of a simulated host is what the simulated driver has.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::ListParams;
use kube::{Api, Client};
use nvml_sim::driver::Driver;
use nvml_sim::scenario::{Scenario, derive};

use super::shared::{cluster, phase, pod, until};
use crate::common::cluster::agent::NodeAgent;
use crate::common::cluster::agent::statuses::held;
use crate::common::cluster::block_on;

#[test]
fn the_bank_is_in_the_cluster_as_its_drivers_have_it() {
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        let mut bank = Scenario::load("bank").unwrap();
        for host in ["dgx-dev-01", "dgx-prod-01"] {
            let agent = NodeAgent::join(client.clone(), &mut bank, host, None).await;
            follows_the_scenario(&client, agent.driver()).await;
        }

        let nodes: Api<Node> = Api::all(client);
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
    });
}

/// Boot, pods by UID, and each pod's devices, against the simulated driver.
async fn follows_the_scenario(client: &Client, driver: &Driver) {
    let host = driver.host();
    let nodes: Api<Node> = Api::all(client.clone());
    let node = nodes.get(&host.name).await.unwrap();
    let told = node.status.unwrap().node_info.unwrap();
    assert_eq!(told.boot_id, derive::boot_id(host));

    let on_it = ListParams::default().fields(&format!("spec.nodeName={}", host.name));
    let pods: Api<Pod> = Api::all(client.clone());
    let pods = pods.list(&on_it).await.unwrap().items;
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

#[test]
fn a_slice_that_vanishes_is_missed_only_when_the_plugin_starts_again() {
    let mut scenario: Scenario = toml::from_str(
        r#"
        name = "two slices"
        [[hosts]]
        name = "two-slices"
        board = "a100-40"
        driver = "535.161.08"
        cuda = "12.2"
        gpus = [{ mig = true, instances = ["19@0", "19@1"] }]
        [hosts.node]
        strategy = "mixed"
        plugin = true
        labels = { "example.org/test" = "two-slices" }
        "#,
    )
    .unwrap();
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        let nodes: Api<Node> = Api::all(client.clone());
        let agent = NodeAgent::join(client.clone(), &mut scenario, "two-slices", None).await;
        let resource = "nvidia.com/mig-1g.5gb";

        let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
        pod(&pods, "takes-one", "two-slices", resource).await;
        let given = until(&pods, "takes-one", |p: Option<&Pod>| {
            p.is_some_and(|p| !held(p).is_empty())
        });
        let given = tokio::select! {
            () = agent.follow() => unreachable!(),
            pod = given => held(&pod),
        };
        let driver = agent.driver();
        let slices = driver.peek().gpus[0].instances.clone();
        assert!(slices.iter().any(|gi| given == [gi.cis[0].uuid.clone()]));

        driver.init().unwrap();
        for gi in slices.iter().filter(|gi| given == [gi.cis[0].uuid.clone()]) {
            driver.destroy_ci(0, gi.gi, gi.cis[0].ci).unwrap();
            driver.destroy_gi(0, gi.gi).unwrap();
        }
        agent.settle().await;
        assert_eq!(
            amounts(&nodes.get("two-slices").await.unwrap()),
            [("mig-1g.5gb", "2")]
        );
        assert_eq!(health(&pods, "takes-one").await, ["Healthy"]);

        agent.restart_plugin().await;
        agent.discover().await;
        let node = nodes.get("two-slices").await.unwrap();
        assert_eq!(amounts(&node), [("mig-1g.5gb", "1")]);
        assert_eq!(
            node.metadata.labels.unwrap()["nvidia.com/mig-1g.5gb.count"],
            "1"
        );
        assert_eq!(health(&pods, "takes-one").await, ["Unknown"]);
        assert_eq!(phase(&pods.get("takes-one").await.unwrap()), "Running");
    });
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
