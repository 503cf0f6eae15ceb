//! An API server that goes and comes back, and one that has not all that a newer one has.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use migdeck::domain::observation::Health;

use super::shared::{self, GUARD};
use super::watched::{Kubeconfig, Watched, health, node, options, pod};
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
    cluster.run("kube-apiserver").unwrap();
    cluster.wait_for_server().unwrap();
    watched.until("that it is back", |f| health(f) == Some(Health::Live));
    make("after");
    let fleet = watched.until("a pod that came after", |f| {
        pod(f, "stays", "after").is_some()
    });
    assert!(pod(&fleet, "stays", "before").is_some());

    assert_eq!(streamed_beginning(&cluster), 422);
    // a new reader of that server is refused the streamed beginning, and takes pages
    let mut late = Watched::start(options(&cluster.kubeconfig()));
    let fleet = late.settle();
    assert!(node(&fleet, "stays").is_some());
    late.until("both", |f| {
        pod(f, "stays", "before").is_some() && pod(f, "stays", "after").is_some()
    });
    assert_eq!(health(&late.fleet()), Some(Health::Live));
}

/// What that server answers to who asks for a streamed beginning.
fn streamed_beginning(cluster: &Cluster) -> u16 {
    let path = "/api/v1/nodes?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    let answer = block_on(async { cluster.admin().await.request_text(request).await });
    match answer {
        Err(kube::Error::Api(status)) => status.code,
        other => panic!("{other:?}"),
    }
}

/// A server that takes connections and says nothing.
#[test]
fn a_server_that_hangs_is_down_in_time_and_one_that_is_not_there_at_once() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let text = |port: u16| {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: c}}}}]\nclusters: [{{name: c, cluster: {{server: \"http://127.0.0.1:{port}\"}}}}]\n"
        )
    };
    let file = Kubeconfig::write(&text(port));
    let begun = Instant::now();
    let mut watched = Watched::start(options(&file.path));
    watched.settle();
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    let Some(Health::Down { why, .. }) = health(&watched.fleet()) else {
        panic!("{:?}", health(&watched.fleet()))
    };
    assert!(
        why.text
            .contains("no answer from the API server within 5 s"),
        "{why:?}"
    );
    drop(silent);

    let file = Kubeconfig::write(&text(port));
    let mut watched = Watched::start(options(&file.path));
    watched.settle();
    let Some(Health::Down { why, .. }) = health(&watched.fleet()) else {
        panic!("{:?}", health(&watched.fleet()))
    };
    assert!(why.text.to_lowercase().contains("refused"), "{why:?}");
}
