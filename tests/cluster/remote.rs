//! Telemetry through the API server: an exporter in its pod, and the real Prometheus behind a service.

use std::net::Ipv4Addr;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use k8s_openapi::api::core::v1::{Pod, Service};
use kube::Api;
use kube::api::{DeleteParams, ListParams, PostParams};
use migdeck::domain::fleet::{Fleet, Node};
use migdeck::domain::metric::Metric;
use migdeck::domain::observation::{Health, SourceName};
use migdeck::wiring::cluster::{self as reading, Telemetry, Wanted};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::shared::{self, cluster};
use super::source::{permit, rules};
use super::watched::{Kubeconfig, Watched, gaps, node, options};
use crate::common::cluster::block_on;
use crate::common::prometheus::Prometheus;

/// A host with two slices, of which a pod has one, and an exporter.
fn scenario(name: &str) -> String {
    format!(
        r#"
name = "{name}"
[[hosts]]
name = "{name}"
board = "a100-40"
driver = "535.161.08"
cuda = "12.2"
gpus = [{{ mig = true, instances = ["19@0", "14@2"] }}]
system = {{ kubelet = "v1.36.4" }}
pods = [
  {{ namespace = "{name}", name = "dcgm-exporter-lr6vn", owner = "DaemonSet/dcgm-exporter", age_seconds = 90, containers = [{{ name = "dcgm-exporter", image = "example.org/dcgm-exporter:4.5.2-4.8.2-ubuntu22.04" }}] }},
  {{ namespace = "{name}", name = "works-0", owner = "StatefulSet/works", age_seconds = 90, containers = [{{ name = "main", image = "x", devices = {{ "nvidia.com/mig-1g.5gb" = [[0, 0]] }} }}] }},
]
[hosts.node]
strategy = "mixed"
plugin = true
"#
    )
}

/// A simulated host whose agent lives until this value goes.
struct Living {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Living {
    fn host(name: &str) -> Self {
        let text = scenario(name);
        let (ready, up) = channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            block_on(async {
                let agent = shared::host(&text).await;
                ready.send(()).unwrap();
                shared::meanwhile(&[agent], async { stopped.await.unwrap_or_default() }).await;
            });
        });
        up.recv().unwrap();
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where the API server may pass nothing on to addresses of this machine, what there is to see is that it says so.
fn refused() -> bool {
    cluster().block().refused.is_some()
}

/// The activity of the slice of a node that has the id, and who told it.
fn activity(node: &Node, gi: u32) -> Option<(f64, String)> {
    let mut slots = node.gpus.iter().flat_map(|gpu| &gpu.slots);
    let slot = slots.find(|slot| slot.instance.gi.0 == gi)?;
    let sample = slot.sample.as_ref()?;
    let gr = sample.metrics.iter().find(|(m, _)| *m == Metric::GrActive);
    let measured = gr?.1.value()?;
    Some((measured.percent, measured.source.to_string()))
}

fn told_by(fleet: &Fleet, name: &str, source: &str) -> bool {
    let slots =
        node(fleet, name).map(|n| (0..16).filter_map(|gi| activity(n, gi)).collect::<Vec<_>>());
    slots.is_some_and(|all| all.len() == 2 && all.iter().all(|(_, by)| by == source))
}

fn source(fleet: &Fleet, name: &str, source: SourceName) -> Option<Health> {
    let sources = &node(fleet, name)?.sources;
    let state = sources.iter().find(|s| s.source == source)?;
    Some(state.health.clone())
}

fn exporter_address(fleet: &Fleet, name: &str) -> Option<String> {
    let exporters = &node(fleet, name)?.exporters;
    Some(exporters.first()?.address.to_string())
}

#[test]
fn an_exporter_in_its_pod_tells_of_a_node_that_no_probe_reads_and_goes_on_in_the_next_pod() {
    let _host = Living::host("remote");
    let mut watched = Watched::with(options(&cluster().kubeconfig()), Telemetry::default());
    if refused() {
        let fleet = watched.until("the refusal", |f| {
            matches!(
                source(f, "remote", SourceName::Dcgm),
                Some(Health::Down { .. })
            )
        });
        let Some(Health::Down { why, .. }) = source(&fleet, "remote", SourceName::Dcgm) else {
            unreachable!()
        };
        assert!(why.text.contains("address not allowed"), "{why:?}");
        return;
    }
    let fleet = watched.until("activity of both slices", |f| {
        told_by(f, "remote", "dcgm-exporter")
    });
    let seen = node(&fleet, "remote").unwrap();
    assert_eq!(
        source(&fleet, "remote", SourceName::Dcgm),
        Some(Health::Live)
    );
    assert_eq!(
        source(&fleet, "remote", SourceName::Kubernetes),
        Some(Health::Live)
    );
    assert_eq!(
        exporter_address(&fleet, "remote").unwrap(),
        "pod remote/dcgm-exporter-lr6vn:9400"
    );
    // its labels say which slice the pod has, which the API tells by a UUID that no exporter knows
    let mut slots = seen.gpus.iter().flat_map(|gpu| &gpu.slots);
    let mut pods = slots.clone().flat_map(|slot| &slot.pods);
    assert!(
        pods.any(|pod| pod.name.as_deref() == Some("works-0")),
        "{seen:#?}"
    );
    assert!(slots.any(|slot| slot.pods.is_empty()));
    assert!(seen.cluster.value().is_some());

    // another pod of the same set
    block_on(async {
        let pods: Api<Pod> = Api::namespaced(cluster().admin().await, "remote");
        pods.delete(
            "dcgm-exporter-lr6vn",
            &DeleteParams::default().grace_period(0),
        )
        .await
        .unwrap();
    });
    let fleet = watched.until("the next pod", |f| {
        let address = exporter_address(f, "remote");
        address.is_some_and(|a| a.starts_with("pod ") && !a.contains("lr6vn"))
            && source(f, "remote", SourceName::Dcgm) == Some(Health::Live)
    });
    assert!(told_by(&fleet, "remote", "dcgm-exporter"));
}

#[test]
fn an_exporter_that_may_not_be_asked_is_a_gap_that_names_what_permits_it() {
    let _host = Living::host("denied");
    let cluster = cluster();
    let read = json!([{"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "list", "watch"]}]);
    block_on(async {
        permit(&cluster.admin().await, "looks", None, rules(read)).await;
    });
    let file = Kubeconfig::write(&cluster.kubeconfig_of("looks", None));
    let telemetry = Telemetry {
        prometheus: Wanted::Off,
        ..Telemetry::default()
    };
    let mut watched = Watched::with(options(&file.path), telemetry);
    let missing = "get pods/proxy in namespace denied";
    let has = |f: &Fleet| f.cluster.is_some() && gaps(f).iter().any(|gap| gap == missing);
    let fleet = watched.until("the gap", has);
    let all = &fleet.cluster.as_ref().unwrap().gaps;
    let gap = all.iter().find(|gap| gap.permission == missing).unwrap();
    assert!(gap.misses.contains("migdeck rbac --yaml dcgm"), "{gap:?}");
    // those of the watches are named beside it
    assert!(
        all.iter()
            .any(|gap| gap.permission.contains("resourcequotas")),
        "{all:?}"
    );
    assert!(node(&fleet, "denied").unwrap().exporters.is_empty());

    // somebody permits it
    let proxy = json!([{"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get"]}]);
    block_on(async {
        permit(
            &cluster.admin().await,
            "looks",
            Some("denied"),
            rules(proxy),
        )
        .await;
    });
    // authorisers learn of it a moment later
    let proxied = block_on(async {
        shared::at_last("the permission", async || {
            let client = cluster.client_of("looks").await;
            let at = "/api/v1/namespaces/denied/pods/dcgm-exporter-lr6vn:9400/proxy/metrics";
            let asked = client.request_text(http::Request::get(at).body(Vec::new()).unwrap());
            match asked.await {
                Err(kube::Error::Api(status)) if status.is_forbidden() => None,
                other => Some(other.is_ok()),
            }
        })
        .await
    });
    watched.refresh();
    let fleet = watched.until("that the gap is closed", |f| !has(f));
    assert!(!has(&fleet));
    if proxied {
        watched.until("activity", |f| told_by(f, "denied", "dcgm-exporter"));
    }
}

/// A pod of Prometheus behind a service; where it is to listen.
async fn prometheus_pod(namespace: &str, node: &str) -> Ipv4Addr {
    let client = cluster().admin().await;
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "prometheus-k8s-0", "labels": {"app.kubernetes.io/name": "prometheus"}},
        "spec": {"nodeName": node, "containers": [{"name": "prometheus", "image": "example.org/prometheus"}]},
    }))
    .unwrap();
    let pods: Api<Pod> = Api::namespaced(client, namespace);
    pods.create(&PostParams::default(), &pod).await.unwrap();
    shared::at_last("an address", async || {
        let status = pods.get("prometheus-k8s-0").await.ok()?.status?;
        status.pod_ip?.parse().ok()
    })
    .await
}

async fn prometheus_service(namespace: &str, port: u16) {
    let service: Service = serde_json::from_value(json!({
        "metadata": {"name": "prometheus-k8s", "labels": {"app.kubernetes.io/name": "prometheus"}},
        "spec": {
            "selector": {"app.kubernetes.io/name": "prometheus"},
            "ports": [{"name": "web", "port": 9090, "targetPort": port}],
        },
    }))
    .unwrap();
    let services: Api<Service> = Api::namespaced(cluster().admin().await, namespace);
    services
        .create(&PostParams::default(), &service)
        .await
        .unwrap();
}

/// Where the exporters of a namespace listen.
async fn exporters(namespace: &str) -> Vec<String> {
    let pods: Api<Pod> = Api::namespaced(cluster().admin().await, namespace);
    let all = pods.list(&ListParams::default()).await.unwrap();
    let exporters = all.items.iter().filter(|p| {
        let name = p.metadata.name.as_deref().unwrap_or_default();
        name.starts_with("dcgm-exporter")
    });
    let address = |pod: &Pod| pod.status.as_ref()?.pod_ip.clone();
    exporters
        .filter_map(address)
        .map(|ip| format!("http://{ip}:9400/metrics"))
        .collect()
}

#[test]
fn a_prometheus_is_found_among_the_services_where_exporters_may_not_be_asked() {
    if refused() {
        // it would listen where the API server does not go
        return;
    }
    let _host = Living::host("scraped");
    let cluster = cluster();
    let at = block_on(prometheus_pod("scraped", "scraped"));
    let targets = block_on(exporters("scraped"));
    assert_eq!(targets.len(), 1);
    let prometheus = Prometheus::scraping(&targets, at);
    block_on(async {
        prometheus_service("scraped", prometheus.port).await;
        let read: Value = json!([
            {"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["services"], "verbs": ["get", "list"]},
            {"apiGroups": [""], "resources": ["services/proxy"], "verbs": ["get"]},
        ]);
        permit(&cluster.admin().await, "scrapes", None, rules(read)).await;
        let client = cluster.client_of("scrapes").await;
        let at = "/api/v1/namespaces/scraped/services/prometheus-k8s:web/proxy/-/ready";
        shared::at_last("Prometheus answers", async || {
            let request = http::Request::get(at).body(Vec::new()).unwrap();
            client.request_text(request).await.ok()
        })
        .await;
    });
    let file = Kubeconfig::write(&cluster.kubeconfig_of("scrapes", None));
    let mut watched = Watched::with(options(&file.path), Telemetry::default());
    let fleet = watched.until("activity by Prometheus", |f| {
        told_by(f, "scraped", "prometheus")
    });
    assert_eq!(
        source(&fleet, "scraped", SourceName::Prometheus),
        Some(Health::Live)
    );
    assert_eq!(
        exporter_address(&fleet, "scraped").unwrap(),
        "service scraped/prometheus-k8s:web"
    );

    // named by somebody it is asked in place of exporters that may be asked
    let named = Telemetry {
        exporters: true,
        prometheus: Wanted::Service(reading::Service::new("scraped", "prometheus-k8s", "web")),
    };
    let mut watched = Watched::with(options(&cluster.kubeconfig()), named);
    let fleet = watched.until("activity by Prometheus", |f| {
        told_by(f, "scraped", "prometheus")
    });
    assert_eq!(source(&fleet, "scraped", SourceName::Dcgm), None);
}
