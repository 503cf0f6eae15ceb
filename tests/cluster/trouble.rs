//! An API server that goes and comes back, and one that has not all that a newer one has.

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use migdeck::domain::observation::Health;

use super::shared::{self, GUARD};
use super::watched::{Watched, health, node, options, pod};
use crate::common::cluster::{Cluster, block_on};

#[test]
fn a_server_that_goes_leaves_what_was_told_and_says_since_when_and_all_goes_on_when_it_is_back() {
    // nobody else's server is to go
    let cluster = Cluster::start(&GUARD);
    let resource = "nvidia.com/mig-1g.5gb";
    let make = |name: &str| {
        block_on(async {
            let pods: Api<Pod> = Api::namespaced(cluster.admin().await, "default");
            shared::pod(&pods, name, "stays", resource).await;
        });
    };
    block_on(async {
        let client = cluster.admin().await;
        shared::node(&client, "stays", &[(resource, 4)]).await;
    });
    make("before");
    let mut watched = Watched::start(options(&cluster.kubeconfig()));
    watched.settle();
    watched.until("the pod", |f| {
        pod(f, "stays", "before").is_some_and(|p| p.phase == "Running")
    });

    cluster.kill("kube-apiserver");
    let fleet = watched.until("that it is late", |f| {
        matches!(health(f), Some(Health::Late { .. }))
    });
    assert!(
        pod(&fleet, "stays", "before").is_some(),
        "late is not empty"
    );
    let Some(Health::Late { since, why }) = health(&fleet) else {
        unreachable!()
    };
    assert!(!why.is_empty());
    assert!(since.as_second() > 0);

    // it comes back as one that has no streamed beginnings, and has forgotten where watches were
    cluster.argument("kube-apiserver", "--feature-gates=WatchList=false");
    cluster.run("kube-apiserver");
    cluster.wait_for_server();
    watched.until("that it is back", |f| health(f) == Some(Health::Live));
    make("after");
    let fleet = watched.until("a pod that came after", |f| {
        pod(f, "stays", "after").is_some()
    });
    assert!(pod(&fleet, "stays", "before").is_some());

    // a new reader of that server is refused the streamed beginning, and takes pages
    let mut late = Watched::start(options(&cluster.kubeconfig()));
    let fleet = late.settle();
    assert!(node(&fleet, "stays").is_some());
    late.until("both", |f| {
        pod(f, "stays", "before").is_some() && pod(f, "stays", "after").is_some()
    });
    assert_eq!(health(&late.fleet()), Some(Health::Live));
}
