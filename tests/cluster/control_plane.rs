//! The control plane itself: it refuses, it schedules, and its nodes and pods come alive.

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Node, Pod, ServiceAccount};
use kube::api::{ListParams, PostParams};
use kube::{Api, Error};

use super::shared::{cluster, node, phase, pod, until};
use crate::common::cluster::block_on;

#[test]
fn an_account_without_rights_is_refused() {
    let cluster = cluster();
    block_on(async {
        let accounts: Api<ServiceAccount> = Api::namespaced(cluster.admin().await, "default");
        let request = TokenRequest {
            spec: TokenRequestSpec::default(),
            ..TokenRequest::default()
        };
        let token = accounts
            .create_token_request("default", &PostParams::default(), &request)
            .await
            .unwrap()
            .status
            .unwrap()
            .token;
        let nodes: Api<Node> = Api::all(cluster.bearer(token).await);
        let Err(Error::Api(status)) = nodes.list(&ListParams::default()).await else {
            panic!("not refused");
        };
        assert_eq!(status.code, 403);
        assert_eq!(
            status.message,
            "nodes is forbidden: User \"system:serviceaccount:default:default\" cannot list resource \"nodes\" in API group \"\" at the cluster scope"
        );
        // the administrator may
        let nodes: Api<Node> = Api::all(cluster.admin().await);
        nodes.list(&ListParams::default()).await.unwrap();
    });
}

#[test]
fn one_slice_runs_one_pod_and_the_other_is_told_why_it_waits() {
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        let resource = "nvidia.com/mig-1g.10gb";
        let node = node(&client, "one-slice", &[(resource, 1)]).await;
        let allocatable = node.status.unwrap().allocatable.unwrap();
        assert_eq!(allocatable[resource].0, "1");

        let pods: Api<Pod> = Api::namespaced(client, "default");
        pod(&pods, "first", "one-slice", resource).await;
        let first = until(&pods, "first", |p: Option<&Pod>| {
            p.is_some_and(|p| phase(p) == "Running")
        })
        .await;
        assert_eq!(first.spec.unwrap().node_name.unwrap(), "one-slice");
        let address = first.status.unwrap().pod_ip.unwrap();
        assert!(
            cluster.block().holds(address.parse().unwrap()),
            "{address} is not of this machine"
        );

        pod(&pods, "second", "one-slice", resource).await;
        let second = until(&pods, "second", |p: Option<&Pod>| {
            p.is_some_and(|p| refusal(p).is_some())
        })
        .await;
        let message = refusal(&second).unwrap();
        assert!(
            message.contains("1 Insufficient nvidia.com/mig-1g.10gb"),
            "{message}"
        );
        assert_eq!(phase(&second), "Pending");
        assert_eq!(second.spec.unwrap().node_name, None);
    });
}

/// What the scheduler says of a pod that it cannot place.
fn refusal(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let scheduled = conditions.iter().find(|c| c.type_ == "PodScheduled")?;
    (scheduled.status == "False" && scheduled.reason.as_deref() == Some("Unschedulable"))
        .then(|| scheduled.message.clone())?
}
