//! dcgm-exporter in the pods that are one: the simulator's text at the pod's own address.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use k8s_openapi::api::core::v1::Pod;
use nvml_sim::driver::Driver;
use nvml_sim::exporter;

use super::agent::{is_exporter, runs};
use super::serve::{self, Server};

/// Where an exporter listens in its pod.
pub const PORT: u16 = 9400;

/// Those of one host.
#[derive(Default)]
pub struct Exporters {
    /// What they tell of.
    host: Arc<Mutex<Option<Arc<Driver>>>>,
    /// By the pod's UID; `None`: its address cannot be listened on.
    servers: tokio::sync::Mutex<BTreeMap<String, Option<Server>>>,
}

impl Exporters {
    /// Runs one in each pod that is one, and tells of the host as `story` has it.
    pub async fn follow(&self, pods: &[&Pod], story: &Arc<Driver>) {
        *self.host.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(story));
        let wanted: BTreeMap<String, IpAddr> = pods.iter().filter_map(|p| address(p)).collect();
        let mut servers = self.servers.lock().await;
        servers.retain(|uid, _| wanted.contains_key(uid));
        for (uid, address) in wanted {
            let host = Arc::clone(&self.host);
            servers
                .entry(uid)
                .or_insert_with(|| start(SocketAddr::new(address, PORT), host));
        }
    }

    /// Where they answer.
    pub async fn urls(&self) -> Vec<String> {
        let servers = self.servers.lock().await;
        let running = servers.values().flatten();
        running
            .map(|s| format!("http://{}/metrics", s.address))
            .collect()
    }
}

fn start(address: SocketAddr, host: Arc<Mutex<Option<Arc<Driver>>>>) -> Option<Server> {
    let server = serve::serve(address, None, move |request| {
        let host = host.lock().unwrap_or_else(PoisonError::into_inner).clone();
        async move {
            match (request.uri().path(), host) {
                ("/metrics", Some(host)) => {
                    let kind = "text/plain; version=0.0.4; charset=utf-8";
                    serve::text(StatusCode::OK, kind, exporter::text(&host))
                }
                ("/health", _) => serve::text(StatusCode::OK, "text/plain", "OK".into()),
                _ => serve::text(
                    StatusCode::NOT_FOUND,
                    "text/plain",
                    "404 page not found\n".into(),
                ),
            }
        }
    });
    server
        .inspect_err(|why| eprintln!("exporter at {address}: {why}"))
        .ok()
}

/// UID and address of a pod that exports.
fn address(pod: &Pod) -> Option<(String, IpAddr)> {
    let containers = &pod.spec.as_ref()?.containers;
    let exports = containers
        .iter()
        .filter_map(|c| c.image.as_deref())
        .any(is_exporter);
    let address = pod.status.as_ref()?.pod_ip.as_ref()?.parse().ok()?;
    let going = pod.metadata.deletion_timestamp.is_some();
    (exports && runs(pod) && !going).then_some((pod.metadata.uid.clone()?, address))
}
