//! Asking what runs in the cluster through the API server: exporters in their pods, Prometheus behind its service.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::api::{Api, CallError};
use super::rights;
use crate::domain::cluster::news::Gap;
use crate::domain::text::Text;

/// How long a list of services may take.
const LIST: Duration = Duration::from_secs(10);
/// By which labels Prometheus' services are known: the operator's own, those of the usual charts.
const SELECTORS: [&str; 3] = [
    "app.kubernetes.io%2Fname%3Dprometheus",
    "app%20in%20(prometheus,kube-prometheus-stack-prometheus)",
    "operated-prometheus%3Dtrue",
];
/// Names of the port that Prometheus' own API is at, the best first.
const PORTS: [&str; 4] = ["web", "http-web", "http", "https"];
/// Prometheus' own port.
const PORT: u16 = 9090;

/// The way through the API server, with the credential and the connection of the watches.
#[derive(Clone)]
pub struct Proxy {
    api: Api,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proxy")
    }
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text}")]
pub struct Unanswered {
    /// Status code, of the API server or of whoever is behind it.
    pub code: Option<u16>,
    /// In words.
    pub text: Text,
}

impl From<CallError> for Unanswered {
    fn from(error: CallError) -> Self {
        Self {
            code: error.code(),
            text: Text::from(error.to_string()),
        }
    }
}

/// Something that is asked for beside the watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Optional {
    /// Exporters in their pods: `get pods/proxy`.
    Exporters,
    /// Finding Prometheus: `list services`.
    Services,
    /// Asking it: `get services/proxy`.
    Prometheus,
}

impl Optional {
    /// Verb, resource and subresource, in the core group.
    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Exporters => ("get", "pods", "proxy"),
            Self::Services => ("list", "services", ""),
            Self::Prometheus => ("get", "services", "proxy"),
        }
    }

    /// What is not seen without it, and which manifest grants it.
    fn gap(self, namespace: Option<&str>, reason: Option<Text>) -> Gap {
        let (verb, resource, subresource) = self.words();
        let slash = if subresource.is_empty() { "" } else { "/" };
        let place = match namespace {
            Some(namespace) => format!("in namespace {namespace}"),
            None => "in all namespaces".to_owned(),
        };
        let misses = match self {
            Self::Exporters => {
                "activity and memory of slices by dcgm-exporter (`migdeck rbac --yaml dcgm` permits it)"
            }
            Self::Services | Self::Prometheus => {
                "activity and memory of slices by Prometheus (`migdeck rbac --yaml prometheus` permits it)"
            }
        };
        Gap {
            permission: format!("{verb} {resource}{slash}{subresource} {place}").into(),
            misses: misses.into(),
            reason,
        }
    }
}

/// A service that may be Prometheus.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Service {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Name or number of the port.
    pub port: String,
    /// Whether TLS is spoken there.
    pub secure: bool,
}

impl Service {
    /// One that somebody has named.
    pub fn new(namespace: &str, name: &str, port: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            port: port.to_owned(),
            secure: is_secure(port),
        }
    }

    /// Path of something that it serves.
    pub fn path(&self, below: &str) -> String {
        let scheme = if self.secure { "https:" } else { "" };
        let Self {
            namespace,
            name,
            port,
            ..
        } = self;
        format!("/api/v1/namespaces/{namespace}/services/{scheme}{name}:{port}/proxy{below}")
    }
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "service {}/{}:{}", self.namespace, self.name, self.port)
    }
}

impl Proxy {
    pub(super) fn new(api: Api) -> Self {
        Self { api }
    }

    /// Gets what is at `path`.
    ///
    /// # Errors
    /// It may not be had, or not in time.
    pub async fn get(
        &self,
        path: &str,
        limit: Duration,
        most: usize,
    ) -> Result<Vec<u8>, Unanswered> {
        Ok(self.api.bytes(path, limit, most).await?)
    }

    /// Whether the user may; the gap that it is, if not.
    ///
    /// # Errors
    /// The server does not say.
    pub async fn may(
        &self,
        what: Optional,
        namespace: Option<&str>,
    ) -> Result<Result<(), Gap>, Unanswered> {
        let (verb, resource, subresource) = what.words();
        let attributes = json!({
            "verb": verb,
            "resource": resource,
            "subresource": subresource,
            "namespace": namespace.unwrap_or_default(),
        });
        let (allowed, reason) = rights::review(&self.api, &attributes).await?;
        Ok(match allowed {
            true => Ok(()),
            false => Err(what.gap(namespace, reason)),
        })
    }

    /// Services that may be Prometheus, by their labels; each once.
    ///
    /// # Errors
    /// They may not be listed, or the server does not answer.
    pub async fn services(&self) -> Result<Vec<Service>, Unanswered> {
        let mut all = Vec::new();
        for selector in SELECTORS {
            let path = format!("/api/v1/services?labelSelector={selector}");
            let answer = self.api.get(&path, LIST).await?;
            let list: Services = serde_json::from_str(&answer).map_err(CallError::garbled)?;
            let found = list.items.into_iter().filter_map(ServiceObject::service);
            for service in found {
                if !all.contains(&service) {
                    all.push(service);
                }
            }
        }
        Ok(all)
    }
}

#[derive(Deserialize)]
struct Services {
    #[serde(default)]
    items: Vec<ServiceObject>,
}

#[derive(Deserialize)]
struct ServiceObject {
    metadata: Named,
    spec: Spec,
}

#[derive(Deserialize)]
struct Named {
    namespace: String,
    name: String,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    ports: Vec<Port>,
}

#[derive(Deserialize)]
struct Port {
    #[serde(default)]
    name: String,
    port: u16,
}

/// What is called so is so.
fn is_secure(port: &str) -> bool {
    matches!(port, "https" | "443")
}

impl ServiceObject {
    fn service(self) -> Option<Service> {
        let Self { metadata, spec } = self;
        let named = PORTS
            .iter()
            .find_map(|name| spec.ports.iter().find(|port| port.name == *name));
        let port = named
            .or_else(|| spec.ports.iter().find(|port| port.port == PORT))
            .or(spec.ports.first())?;
        Some(Service {
            secure: is_secure(&port.name) || port.port == 443,
            port: match port.name.as_str() {
                "" => port.port.to_string(),
                name => name.to_owned(),
            },
            namespace: metadata.namespace,
            name: metadata.name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(ports: serde_json::Value) -> Option<Service> {
        let object = json!({
            "metadata": {"namespace": "monitoring", "name": "prometheus-k8s"},
            "spec": {"ports": ports},
        });
        let object: ServiceObject = serde_json::from_value(object).unwrap();
        object.service()
    }

    #[test]
    fn the_port_of_its_own_api_is_taken() {
        let ports = json!([{"name": "reloader-web", "port": 8080}, {"name": "web", "port": 9090}]);
        let path = service(ports).unwrap().path("/api/v1/query?query=up");
        assert_eq!(
            path,
            "/api/v1/namespaces/monitoring/services/prometheus-k8s:web/proxy/api/v1/query?query=up"
        );
        let bare = service(json!([{"port": 80}, {"port": 9090}])).unwrap();
        assert_eq!((bare.port.as_str(), bare.secure), ("9090", false));
        let secure = service(json!([{"name": "https", "port": 9091}])).unwrap();
        assert!(
            secure
                .path("/x")
                .contains("services/https:prometheus-k8s:https/proxy/x")
        );
        assert_eq!(service(json!([])), None);
    }

    #[test]
    fn a_gap_names_the_permission_and_what_grants_it() {
        let gap = Optional::Exporters.gap(Some("gpu-operator"), None);
        assert_eq!(gap.permission, "get pods/proxy in namespace gpu-operator");
        assert!(gap.misses.contains("`migdeck rbac --yaml dcgm`"));
        let gap = Optional::Services.gap(None, None);
        assert_eq!(gap.permission, "list services in all namespaces");
    }
}
