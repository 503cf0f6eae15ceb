//! Dynamic resource allocation: the scenario's claims, and a claim that the real scheduler satisfies.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::resource::v1::{ResourceClaim, ResourceSlice};
use kube::Api;
use kube::api::ListParams;
use nvml_sim::scenario::Scenario;
use serde_json::json;

use super::shared::{cluster, meanwhile, until};
use crate::common::cluster::agent::statuses::held;
use crate::common::cluster::block_on;
use crate::common::cluster::bring_in::{bring_in, create};

#[test]
fn claims_hold_the_scenarios_devices_and_a_further_one_gets_what_is_left() {
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        let mut scenario = Scenario::load("dra").unwrap();
        let agents = bring_in(cluster, &mut scenario).await.unwrap();

        let slices: Api<ResourceSlice> = Api::all(client.clone());
        let slices = slices.list(&ListParams::default()).await.unwrap().items;
        let devices = slices.iter().flat_map(|s| s.spec.devices.iter().flatten());
        let devices: BTreeSet<String> = devices.map(|d| d.name.clone()).collect();
        let pods: Api<Pod> = Api::namespaced(client.clone(), "serving");
        let chat = until(&pods, "chat-32b-5b9f7d6c8d-j8r4x", |p: Option<&Pod>| {
            p.is_some_and(|p| !held(p).is_empty())
        })
        .await;
        assert_eq!(
            held(&chat),
            ["gpu.nvidia.com/dgx-dra-01/gpu-0-mig-3g71gb-9-0"]
        );
        let made = chat.status.unwrap().resource_claim_statuses.unwrap();
        let claims: Api<ResourceClaim> = Api::namespaced(client.clone(), "serving");
        let claim = claims
            .get(made[0].resource_claim_name.as_ref().unwrap())
            .await
            .unwrap();
        let reserved = claim.status.unwrap().reserved_for.unwrap();
        assert_eq!(Some(&reserved[0].uid), chat.metadata.uid.as_ref());

        // of the instances of this profile one is left
        let claim = json!({
            "metadata": { "name": "wants-2g" },
            "spec": { "devices": { "requests": [{ "name": "gpu", "exactly": {
                "deviceClassName": "mig.nvidia.com",
                "selectors": [{ "cel": { "expression": "device.attributes['gpu.nvidia.com'].profile == '3g.71gb'" } }],
            } }] } },
        });
        create::<ResourceClaim>(&client, "serving", claim)
            .await
            .unwrap();
        let pod = json!({
            "metadata": { "name": "wants-2g" },
            "spec": {
                "containers": [{ "name": "main", "image": "x", "resources": { "claims": [{ "name": "gpu" }] } }],
                "resourceClaims": [{ "name": "gpu", "resourceClaimName": "wants-2g" }],
            },
        });
        create::<Pod>(&client, "serving", pod).await.unwrap();
        let given = until(&pods, "wants-2g", |p: Option<&Pod>| {
            p.is_some_and(|p| !held(p).is_empty())
        });
        let given = held(&meanwhile(&agents, given).await).remove(0);
        let name = given.strip_prefix("gpu.nvidia.com/dgx-dra-01/").unwrap();
        assert!(devices.contains(name), "{name} is not among {devices:?}");
        assert!(
            name.contains("3g71gb") && name != "gpu-0-mig-3g71gb-9-0",
            "{name}"
        );
    });
}
