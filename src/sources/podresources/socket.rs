//! The kubelet's PodResources socket: gRPC over a Unix socket, no TLS, root only.

use std::path::Path;
use std::time::Duration;

use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Endpoint;

use super::proto::{ListRequest, ListResponse};
use super::{is_gpu, refused, without_replicas};
use crate::domain::cluster::{Allocation, AllocationSource};
use crate::domain::reading::{Absence, AbsentCode};
use crate::domain::text::Text;

const LIST: &str = "/v1.PodResourcesLister/List";

/// The driver whose claims are GPUs (its other driver, `compute-domain.nvidia.com`, hands out no GPU).
const DRA_DRIVER: &str = "gpu.nvidia.com";

/// The kubelet's own limit of an answer (`server.maxMsgSize`) is 16 MiB.
const MOST_BYTES: usize = 16 << 20;

/// Asks once, on a runtime of its own that ends with the answer.
pub(super) fn list(path: &Path, timeout: Duration) -> Result<Vec<Allocation>, Absence> {
    let shown = format!("/{}", super::SOCKET);
    path.metadata().map_err(|e| refused(&e, &shown))?;
    let failed = |why: String| Absence::new(AbsentCode::Failed, format!("{shown}: {why}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| failed(e.to_string()))?;
    let talk = async {
        // the error of a socket that may not be opened is lost in the transport's layers: ask for it plainly
        let refusal = tokio::net::UnixStream::connect(path).await;
        drop(refusal.map_err(|e| refused(&e, &shown))?);
        ask(path).await.map_err(failed)
    };
    match runtime.block_on(async { tokio::time::timeout(timeout, talk).await }) {
        Ok(answer) => answer.map(|response| allocations(&response)),
        Err(_) => Err(failed(format!(
            "the kubelet did not answer within {} ms",
            timeout.as_millis()
        ))),
    }
}

async fn ask(path: &Path) -> Result<ListResponse, String> {
    let channel = Endpoint::from_shared(format!("unix://{}", path.display()))
        .map_err(|e| e.to_string())?
        .connect()
        .await
        .map_err(|e| e.to_string())?;
    let mut client = tonic::client::Grpc::new(channel).max_decoding_message_size(MOST_BYTES);
    client.ready().await.map_err(|e| e.to_string())?;
    let codec = tonic_prost::ProstCodec::<ListRequest, ListResponse>::default();
    let response = client
        .unary(
            tonic::Request::new(ListRequest {}),
            PathAndQuery::from_static(LIST),
            codec,
        )
        .await
        .map_err(|status| format!("{:?}: {}", status.code(), status.message()))?;
    Ok(response.into_inner())
}

fn allocations(response: &ListResponse) -> Vec<Allocation> {
    let mut allocations = Vec::new();
    for pod in &response.pods {
        for container in &pod.containers {
            let allocation = |resource: &str, devices: Vec<Text>| Allocation {
                source: AllocationSource::PodResources,
                pod_uid: None,
                namespace: Some(Text::new(&pod.namespace)),
                pod: Some(Text::new(&pod.name)),
                container: Text::new(&container.name),
                resource: Text::new(resource),
                devices,
            };
            for (resource, ids) in by_resource(
                container
                    .devices
                    .iter()
                    .map(|d| (d.resource_name.as_str(), d.device_ids.as_slice())),
            ) {
                allocations.push(allocation(resource, without_replicas(ids.into_iter())));
            }
            let claimed: Vec<Text> = container
                .dynamic_resources
                .iter()
                .flat_map(|claim| &claim.claim_resources)
                .filter(|device| device.driver_name == DRA_DRIVER)
                // the same spelling as in a pod's allocatedResourcesStatus
                .map(|d| Text::from(format!("{DRA_DRIVER}/{}/{}", d.pool_name, d.device_name)))
                .collect();
            if !claimed.is_empty() {
                allocations.push(allocation(DRA_DRIVER, claimed));
            }
        }
    }
    allocations
}

/// The kubelet answers one entry a device where it knows the NUMA node: they are gathered by resource, in its order.
fn by_resource<'a>(
    entries: impl Iterator<Item = (&'a str, &'a [String])>,
) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut gathered: Vec<(&str, Vec<&str>)> = Vec::new();
    for (resource, ids) in entries.filter(|(resource, _)| is_gpu(resource)) {
        let ids = ids.iter().map(String::as_str);
        match gathered.iter_mut().find(|(name, _)| *name == resource) {
            Some((_, all)) => all.extend(ids),
            None => gathered.push((resource, ids.collect())),
        }
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::super::proto::{
        ClaimResource, ContainerDevices, ContainerResources, DynamicResource, PodResources,
    };
    use super::*;
    use std::convert::Infallible;
    use std::future::{Ready, ready};
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;
    use std::task::{Context, Poll};
    use tonic::codegen::{BoxFuture, Service, http};
    use tonic::server::{Grpc, NamedService, UnaryService};

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A kubelet of which only `List` is served.
    #[derive(Clone)]
    struct Kubelet(Result<ListResponse, tonic::Code>);

    impl NamedService for Kubelet {
        const NAME: &'static str = "v1.PodResourcesLister";
    }

    impl UnaryService<ListRequest> for Kubelet {
        type Response = ListResponse;
        type Future = Ready<Result<tonic::Response<ListResponse>, tonic::Status>>;

        fn call(&mut self, _: tonic::Request<ListRequest>) -> Self::Future {
            ready(match &self.0 {
                Ok(response) => Ok(tonic::Response::new(response.clone())),
                Err(code) => Err(tonic::Status::new(*code, "too many requests")),
            })
        }
    }

    impl Service<http::Request<tonic::body::Body>> for Kubelet {
        type Response = http::Response<tonic::body::Body>;
        type Error = Infallible;
        type Future = BoxFuture<Self::Response, Infallible>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
            let kubelet = self.clone();
            Box::pin(async move {
                assert_eq!(request.uri().path(), LIST);
                let codec = tonic_prost::ProstCodec::<ListResponse, ListRequest>::default();
                Ok(Grpc::new(codec).unary(kubelet, request).await)
            })
        }
    }

    /// Serves on a real socket until the test ends.
    fn serve(kubelet: Kubelet) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kubelet.sock");
        let listener = UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::UnixListener::from_std(listener).unwrap();
                let incoming = tokio_stream::wrappers::UnixListenerStream::new(listener);
                let _ = tonic::transport::Server::builder()
                    .add_service(kubelet)
                    .serve_with_incoming(incoming)
                    .await;
            });
        });
        (dir, path)
    }

    fn devices(resource: &str, ids: &[&str]) -> ContainerDevices {
        ContainerDevices {
            resource_name: resource.to_owned(),
            device_ids: ids.iter().map(|s| (*s).to_owned()).collect(),
        }
    }

    #[test]
    fn the_kubelets_answer_becomes_allocations() {
        let claim = |driver: &str| ClaimResource {
            driver_name: driver.to_owned(),
            pool_name: "dgx-01".to_owned(),
            device_name: "gpu-0-mig-1g10gb-19-4".to_owned(),
        };
        let response = ListResponse {
            pods: vec![PodResources {
                name: "kim-0".to_owned(),
                namespace: "jupyter".to_owned(),
                containers: vec![
                    ContainerResources {
                        name: "main".to_owned(),
                        devices: vec![
                            devices("nvidia.com/mig-1g.5gb", &["MIG-a::0"]),
                            devices("rdma/hca", &["hca0"]),
                            devices("nvidia.com/mig-1g.5gb", &["MIG-b", "MIG-a::3"]),
                        ],
                        dynamic_resources: vec![DynamicResource {
                            claim_name: "c".to_owned(),
                            claim_namespace: "jupyter".to_owned(),
                            claim_resources: vec![
                                claim("gpu.nvidia.com"),
                                claim("compute-domain.nvidia.com"),
                            ],
                        }],
                    },
                    ContainerResources {
                        name: "sidecar".to_owned(),
                        ..ContainerResources::default()
                    },
                ],
            }],
        };
        let (_dir, path) = serve(Kubelet(Ok(response)));
        let allocations = list(&path, PATIENCE).unwrap();
        assert_eq!(allocations.len(), 2);
        assert_eq!(allocations[0].pod.as_deref(), Some("kim-0"));
        assert_eq!(allocations[0].container, "main");
        assert_eq!(allocations[0].resource, "nvidia.com/mig-1g.5gb");
        assert_eq!(allocations[0].devices, ["MIG-a", "MIG-b"]);
        assert_eq!(allocations[1].resource, "gpu.nvidia.com");
        assert_eq!(
            allocations[1].devices,
            ["gpu.nvidia.com/dgx-01/gpu-0-mig-1g10gb-19-4"]
        );
    }

    #[test]
    fn no_allocation_is_an_empty_list() {
        let (_dir, path) = serve(Kubelet(Ok(ListResponse::default())));
        assert_eq!(list(&path, PATIENCE).unwrap(), []);
    }

    #[test]
    fn a_refusal_is_told_with_the_kubelets_words() {
        let (_dir, path) = serve(Kubelet(Err(tonic::Code::ResourceExhausted)));
        let why = list(&path, PATIENCE).unwrap_err();
        assert!(why.text.contains("too many requests"), "{}", why.text);
    }

    #[test]
    fn a_kubelet_that_does_not_answer_ends_with_the_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kubelet.sock");
        let _listener = UnixListener::bind(&path).unwrap();
        let why = list(&path, Duration::from_millis(50)).unwrap_err();
        assert!(
            why.text.contains("did not answer within 50 ms"),
            "{}",
            why.text
        );
    }

    #[test]
    fn a_socket_that_nobody_serves_is_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kubelet.sock");
        assert_eq!(
            list(&path, PATIENCE).unwrap_err().code,
            AbsentCode::NoSource
        );
        drop(UnixListener::bind(&path).unwrap());
        let why = list(&path, PATIENCE).unwrap_err();
        assert!(why.text.contains("connection refused"), "{}", why.text);
    }
}
