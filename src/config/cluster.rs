//! What is said of a cluster.

use std::path::PathBuf;

use super::Sourced;

/// The table `[cluster]`, with what flags say above it.
#[derive(Clone, PartialEq, Debug)]
pub struct Cluster {
    /// Read none.
    pub off: Sourced<bool>,
    /// Kubeconfig files, the earlier above the later; empty: the usual ones.
    pub kubeconfig: Sourced<Vec<PathBuf>>,
    /// The context; `None`: the current one.
    pub context: Sourced<Option<String>>,
    /// The namespace to read where not all may be; `None`: the context's.
    pub namespace: Sourced<Option<String>>,
    /// Whether dcgm-exporters are read through the API server.
    pub exporters: Sourced<bool>,
    /// Whether a Prometheus is.
    pub prometheus: Sourced<InCluster>,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            off: Sourced::default(false),
            kubeconfig: Sourced::default(Vec::new()),
            context: Sourced::default(None),
            namespace: Sourced::default(None),
            exporters: Sourced::default(true),
            prometheus: Sourced::default(InCluster::Auto),
        }
    }
}

/// A Prometheus in the cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InCluster {
    /// Looked for where there are too many exporters to ask each, or they may not be asked.
    Auto,
    /// Never asked.
    Off,
    /// Behind this service, in place of exporters.
    Service {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
        /// Name or number of its port.
        port: String,
    },
}

impl InCluster {
    /// What is written in a file.
    pub fn parse(typed: &str) -> Option<Self> {
        match typed {
            "auto" => return Some(Self::Auto),
            "off" => return Some(Self::Off),
            _ => {}
        }
        let (namespace, rest) = typed.split_once('/')?;
        let (name, port) = rest.split_once(':')?;
        let all = [namespace, name, port];
        all.iter()
            .all(|word| is_object_name(word))
            .then(|| Self::Service {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                port: port.to_owned(),
            })
    }
}

impl std::fmt::Display for InCluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Off => f.write_str("off"),
            Self::Service {
                namespace,
                name,
                port,
            } => write!(f, "{namespace}/{name}:{port}"),
        }
    }
}

/// Whether Kubernetes can call an object so (RFC 1123).
pub fn is_object_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let ends = |c: char| c.is_ascii_alphanumeric();
    !name.is_empty() && name.chars().all(plain) && name.starts_with(ends) && name.ends_with(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prometheus_is_named_by_namespace_service_and_port() {
        for text in ["auto", "off", "monitoring/prometheus-k8s:web", "m/p:9090"] {
            assert_eq!(InCluster::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "on",
            "prometheus",
            "m/p",
            "m/p:",
            "M/p:web",
            "m/p/x:1",
            "m/../x:1",
        ] {
            assert_eq!(InCluster::parse(text), None, "{text}");
        }
    }
}
