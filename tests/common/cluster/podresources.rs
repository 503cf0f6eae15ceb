//! The kubelet's PodResources socket on a simulated host: `v1.PodResourcesLister/List` (k8s.io/kubelet,
//! pkg/apis/podresources/v1/api.proto), from the host as the API server has it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use nvml_sim::cluster as told;
use nvml_sim::driver::Driver;
use tokio::task::JoinHandle;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};

/// Below the host's root.
const SOCKET: &str = "var/lib/kubelet/pod-resources/kubelet.sock";
const LIST: &str = "/v1.PodResourcesLister/List";

/// Listens until it is dropped.
pub struct PodResources {
    host: Host,
    task: JoinHandle<()>,
}

type Host = Arc<Mutex<Arc<Driver>>>;

impl PodResources {
    /// `None`: the path is longer than a socket's may be, and the host has its checkpoint only.
    pub fn start(root: &Path, story: &Arc<Driver>) -> Option<Self> {
        let path = root.join(SOCKET);
        std::fs::create_dir_all(path.parent()?).ok()?;
        let listener = std::os::unix::net::UnixListener::bind(&path)
            .inspect_err(|why| eprintln!("{}: {why}", path.display()))
            .ok()?;
        listener.set_nonblocking(true).ok()?;
        let listener = tokio::net::UnixListener::from_std(listener).ok()?;
        let host = Arc::new(Mutex::new(Arc::clone(story)));
        let lister = Lister(Arc::clone(&host));
        let task = tokio::spawn(async move {
            let incoming = tokio_stream::wrappers::UnixListenerStream::new(listener);
            let server = tonic::transport::Server::builder().add_service(lister);
            if let Err(why) = server.serve_with_incoming(incoming).await {
                eprintln!("PodResources: {why}");
            }
        });
        Some(Self { host, task })
    }

    /// Tells of this from now on.
    pub fn tell(&self, story: &Arc<Driver>) {
        *self.host.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(story);
    }
}

impl Drop for PodResources {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Lister(Host);

impl NamedService for Lister {
    const NAME: &'static str = "v1.PodResourcesLister";
}

impl UnaryService<Nothing> for Lister {
    type Response = List;
    type Future = Ready<Result<tonic::Response<List>, tonic::Status>>;

    fn call(&mut self, _: tonic::Request<Nothing>) -> Self::Future {
        let host = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        ready(Ok(tonic::Response::new(list(&host))))
    }
}

impl Service<http::Request<tonic::body::Body>> for Lister {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let lister = self.clone();
        Box::pin(async move {
            if request.uri().path() != LIST {
                return Ok(tonic::Status::unimplemented("only List").into_http());
            }
            let codec = tonic_prost::ProstCodec::<List, Nothing>::default();
            Ok(Grpc::new(codec).unary(lister, request).await)
        })
    }
}

fn list(driver: &Driver) -> List {
    let host = driver.host();
    let claims = told::claims_json(driver);
    let mut pods: Vec<OfPod> = Vec::new();
    for given in told::pod_resources(driver) {
        let known = host
            .pods
            .iter()
            .find(|p| (&p.namespace, &p.name) == (&given.namespace, &given.pod));
        let own = known
            .iter()
            .flat_map(|p| &p.claims)
            .filter(|c| c.container == given.container);
        let dynamic = own.filter_map(|claim| {
            let object = claims.iter().find(|object| {
                let meta = &object["metadata"];
                meta["namespace"] == given.namespace.as_str()
                    && meta["ownerReferences"][0]["name"] == given.pod.as_str()
                    && object["spec"]["devices"]["requests"][0]["name"] == claim.name.as_str()
            })?;
            let result = &object["status"]["allocation"]["devices"]["results"][0];
            let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
            Some(Dynamic {
                claim: object["metadata"]["name"].as_str()?.to_owned(),
                namespace: given.namespace.clone(),
                resources: vec![OfClaim {
                    driver: text("driver"),
                    pool: text("pool"),
                    device: text("device"),
                }],
            })
        });
        let container = OfContainer {
            name: given.container.clone(),
            devices: given
                .devices
                .iter()
                .map(|(resource, ids)| OfPlugin {
                    resource: resource.clone(),
                    ids: ids.clone(),
                })
                .collect(),
            dynamic: dynamic.collect(),
        };
        match pods
            .iter_mut()
            .find(|p| (&p.namespace, &p.name) == (&given.namespace, &given.pod))
        {
            Some(pod) => pod.containers.push(container),
            None => pods.push(OfPod {
                name: given.pod,
                namespace: given.namespace,
                containers: vec![container],
            }),
        }
    }
    List { pods }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Nothing {}

#[derive(Clone, PartialEq, prost::Message)]
struct List {
    #[prost(message, repeated, tag = "1")]
    pods: Vec<OfPod>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OfPod {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    namespace: String,
    #[prost(message, repeated, tag = "3")]
    containers: Vec<OfContainer>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OfContainer {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    devices: Vec<OfPlugin>,
    #[prost(message, repeated, tag = "5")]
    dynamic: Vec<Dynamic>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OfPlugin {
    #[prost(string, tag = "1")]
    resource: String,
    #[prost(string, repeated, tag = "2")]
    ids: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Dynamic {
    #[prost(string, tag = "1")]
    claim: String,
    #[prost(string, tag = "2")]
    namespace: String,
    #[prost(message, repeated, tag = "3")]
    resources: Vec<OfClaim>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct OfClaim {
    #[prost(string, tag = "2")]
    driver: String,
    #[prost(string, tag = "3")]
    pool: String,
    #[prost(string, tag = "4")]
    device: String,
}
