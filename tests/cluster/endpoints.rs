//! What the API server passes on: logs from the kubelet, metrics from the exporter's pod, to hosts that are simulated.

use std::sync::Arc;

use futures::AsyncReadExt as _;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{DeleteParams, LogParams};
use kube::{Api, Error};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::shared::{at_last, cluster, host, meanwhile};
use crate::common::cluster::agent::NodeAgent;
use crate::common::cluster::{PATIENCE, block_on, kubelet};

const HOST: &str = r#"
name = "endpoints"
[[hosts]]
name = "endpoints"
board = "a100-40"
driver = "535.161.08"
cuda = "12.2"
gpus = [{ mig = true, instances = ["19@0", "19@1"] }]
system = { kubelet = "v1.36.4" }
pods = [
  { namespace = "endpoints", name = "dcgm-exporter-lr6vn", owner = "DaemonSet/dcgm-exporter", age_seconds = 90, containers = [{ name = "dcgm-exporter", image = "example.org/dcgm-exporter:4.5.2-4.8.2-ubuntu22.04" }] },
  { namespace = "endpoints", name = "apply-q6z2n", owner = "Job/apply", age_seconds = 90, containers = [{ name = "main", image = "x", log = ["one", "두 번째", "three"], devices = { "nvidia.com/mig-1g.5gb" = [[0, 0]] } }] },
  { namespace = "endpoints", name = "crashes-0", owner = "StatefulSet/crashes", age_seconds = 90, containers = [{ name = "main", image = "x", waiting = "CrashLoopBackOff", restarts = 7, log = ["again"] }] },
]
[hosts.node]
strategy = "mixed"
plugin = true
"#;

#[test]
fn logs_and_metrics_come_through_the_api_server() {
    let cluster = cluster();
    block_on(async {
        let client = cluster.admin().await;
        let agent = host(HOST).await;
        let agents = [agent.clone()];
        let pods: Api<Pod> = Api::namespaced(client.clone(), "endpoints");

        let all = LogParams::default();
        assert_eq!(
            pods.logs("apply-q6z2n", &all).await.unwrap(),
            "one\n두 번째\nthree\n"
        );
        let last = LogParams {
            tail_lines: Some(1),
            timestamps: true,
            ..LogParams::default()
        };
        let last = pods.logs("apply-q6z2n", &last).await.unwrap();
        let (at, text) = last.split_once(' ').unwrap();
        assert_eq!(text, "three\n");
        at.parse::<jiff::Timestamp>().unwrap();
        let previous = LogParams {
            previous: true,
            ..LogParams::default()
        };
        assert_eq!(pods.logs("crashes-0", &previous).await.unwrap(), "again\n");
        let Err(Error::Api(none)) = pods.logs("apply-q6z2n", &previous).await else {
            panic!("it has not run before");
        };
        assert_eq!(none.code, 400);

        // as long as it is followed a program goes on to write, until its pod goes
        let follow = LogParams {
            follow: true,
            ..LogParams::default()
        };
        let mut log = pods
            .log_stream("dcgm-exporter-lr6vn", &follow)
            .await
            .unwrap();
        let mut text = String::new();
        let mut piece = [0; 4096];
        while !text.contains("step 2\n") {
            let n = log.read(&mut piece).await.unwrap();
            assert_ne!(n, 0, "the log ends with {text}");
            text.push_str(std::str::from_utf8(&piece[..n]).unwrap());
        }

        metrics(&agents, &client).await;

        pods.delete("dcgm-exporter-lr6vn", &DeleteParams::default())
            .await
            .unwrap();
        let mut rest = Vec::new();
        let end = tokio::time::timeout(PATIENCE, log.read_to_end(&mut rest));
        end.await.unwrap().unwrap();
        stranger(&client).await;
    });
}

/// By the pod's proxy where the API server may, else by URL.
async fn metrics(agents: &[Arc<NodeAgent>; 1], client: &kube::Client) {
    let cluster = cluster();
    let ask = || {
        let at = "/api/v1/namespaces/endpoints/pods/dcgm-exporter-lr6vn:9400/proxy/metrics";
        client.request_text(http::Request::get(at).body(Vec::new()).unwrap())
    };
    let text = meanwhile(
        agents,
        at_last("the exporter listens", async || {
            if cluster.block().refused.is_none() {
                return ask().await.ok();
            }
            let Err(Error::Api(refused)) = ask().await else {
                panic!("the API server passes on to loopback");
            };
            assert_eq!(refused.message, "address not allowed");
            get(agents[0].exporters().await.first()?).await
        }),
    )
    .await;
    let line = text
        .lines()
        .find(|l| l.starts_with("DCGM_FI_DEV_FB_USED{") && l.contains("apply-q6z2n"))
        .unwrap_or_else(|| panic!("{text}"));
    for part in [
        "Hostname=\"endpoints\"",
        "namespace=\"endpoints\"",
        "GPU_I_PROFILE=\"1g.5gb\"",
    ] {
        assert!(line.contains(part), "{line}");
    }
}

async fn get(url: &str) -> Option<String> {
    let (address, path) = url.strip_prefix("http://")?.split_once('/')?;
    let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

/// Who is not the API server is not answered by a kubelet.
async fn stranger(client: &kube::Client) {
    let nodes: Api<Node> = Api::all(client.clone());
    let status = nodes.get("endpoints").await.unwrap().status.unwrap();
    let address = &status.addresses.unwrap()[0].address;
    let mut stream = tokio::net::TcpStream::connect((address.as_str(), kubelet::PORT))
        .await
        .unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // an alert of TLS, or nothing at all
    let _ = stream.read_to_end(&mut answer).await;
    assert!(
        !answer.starts_with(b"HTTP"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}
