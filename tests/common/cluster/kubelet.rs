//! The part of a kubelet that the API server asks: logs of containers, for nobody but the API server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client};
use nvml_sim::scenario::model::Host;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

use super::agent::runs;
use super::keys::Authority;
use super::serve::{self, Answer, Server};

/// Where kubelets listen.
pub const PORT: u16 = 10_250;
/// Between two lines of a program of which the scenario tells no log.
const STEP: i64 = 2;
/// Between two looks for further lines.
const LOOK: Duration = Duration::from_millis(200);
/// The most lines that are kept, as the runtime rotates.
const KEPT: i64 = 500;

/// One node's. It ends with this value.
pub struct Kubelet {
    _server: Server,
}

impl Kubelet {
    /// Listens at the node's address.
    ///
    /// # Errors
    /// The address is taken, or there is no such address.
    pub fn start(
        authority: &Authority,
        host: Host,
        address: Ipv4Addr,
        client: Client,
    ) -> Result<Self, String> {
        let tls = acceptor(authority, &host.name, address)
            .map_err(|e| format!("kubelet of {}: {e}", host.name))?;
        let at = SocketAddr::from((address, PORT));
        let name = host.name.clone();
        let logs = Arc::new(Logs { host, client });
        let server = serve::serve(at, Some(tls), move |request| {
            let logs = Arc::clone(&logs);
            async move {
                let path = request.uri().path().to_owned();
                let query = request.uri().query().unwrap_or_default().to_owned();
                let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
                match parts.as_slice() {
                    ["containerLogs", namespace, pod, container] => {
                        logs.answer(namespace, pod, container, &Asked::read(&query))
                            .await
                    }
                    ["healthz"] => plain(StatusCode::OK, "ok"),
                    _ => plain(StatusCode::NOT_FOUND, "404 page not found\n"),
                }
            }
        });
        let server = server.map_err(|e| format!("kubelet of {name} at {at}: {e}"))?;
        Ok(Self { _server: server })
    }
}

fn acceptor(
    authority: &Authority,
    name: &str,
    address: Ipv4Addr,
) -> Result<TlsAcceptor, Box<dyn std::error::Error>> {
    let identity = authority.server(name, &[name, &address.to_string()]);
    let provider = Arc::new(crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes())?)?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(
                identity.certificate.as_bytes(),
            )?],
            PrivateKeyDer::from_pem_slice(identity.key.as_bytes())?,
        )?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn plain(status: StatusCode, said: &str) -> Answer {
    serve::text(status, "text/plain", said.to_owned())
}

/// What of a log is wanted (PodLogOptions).
#[derive(Clone, Default)]
struct Asked {
    follow: bool,
    previous: bool,
    timestamps: bool,
    tail: Option<usize>,
    since: Option<Timestamp>,
    limit: Option<usize>,
}

impl Asked {
    fn read(query: &str) -> Self {
        let mut asked = Self::default();
        for (key, value) in query.split('&').filter_map(|p| p.split_once('=')) {
            match key {
                "follow" => asked.follow = value == "true",
                "previous" => asked.previous = value == "true",
                "timestamps" => asked.timestamps = value == "true",
                "tailLines" => asked.tail = value.parse().ok(),
                "limitBytes" => asked.limit = value.parse().ok(),
                "sinceSeconds" => {
                    let seconds = value.parse().unwrap_or(0);
                    asked.since = Timestamp::now()
                        .checked_sub(SignedDuration::from_secs(seconds))
                        .ok();
                }
                "sinceTime" => asked.since = value.replace("%3A", ":").parse().ok(),
                _ => {}
            }
        }
        asked
    }

    fn line(&self, line: &Line) -> String {
        if self.timestamps {
            format!("{} {}\n", line.at, line.text)
        } else {
            format!("{}\n", line.text)
        }
    }
}

struct Line {
    at: Timestamp,
    text: String,
}

struct Logs {
    host: Host,
    client: Client,
}

impl Logs {
    async fn answer(
        self: Arc<Self>,
        namespace: &str,
        name: &str,
        container: &str,
        asked: &Asked,
    ) -> Answer {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let pod = match pods.get(name).await {
            Ok(pod) => pod,
            Err(why) => return plain(StatusCode::NOT_FOUND, &why.to_string()),
        };
        let Some(lines) = self.lines(&pod, container, asked.previous) else {
            let what = if asked.previous {
                "previous terminated container"
            } else {
                "container"
            };
            let said = format!("{what} \"{container}\" in pod \"{name}\" not found");
            return plain(StatusCode::BAD_REQUEST, &said);
        };
        let mut text: Vec<String> = lines
            .iter()
            .filter(|l| asked.since.is_none_or(|since| l.at >= since))
            .map(|l| asked.line(l))
            .collect();
        if let Some(tail) = asked.tail {
            text.drain(..text.len().saturating_sub(tail));
        }
        let mut text = text.concat();
        if !asked.follow {
            if let Some(limit) = asked.limit {
                text.truncate(limit);
            }
            return plain(StatusCode::OK, &text);
        }
        let seen = lines.last().map(|l| l.at);
        let following = Following {
            logs: self,
            pods,
            pod,
            container: container.to_owned(),
            asked: asked.clone(),
            seen,
        };
        let more = futures::stream::unfold(following, Following::next);
        serve::pieces(futures::stream::once(async { text }).chain(more).boxed())
    }

    /// All that a container has written; `None`: it has not.
    fn lines(&self, pod: &Pod, container: &str, previous: bool) -> Option<Vec<Line>> {
        let uid = pod.metadata.uid.as_deref()?;
        let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
        let status = statuses.iter().find(|s| s.name == container)?;
        let mut own = self
            .host
            .pods
            .iter()
            .filter(|p| p.uid == uid)
            .flat_map(|p| &p.containers);
        let own = own.find(|c| c.name == container);
        let start = pod.status.as_ref()?.start_time.as_ref()?.0;
        if let Some(own) = own
            && !own.log.is_empty()
        {
            // one that keeps restarting wrote the same before
            if previous && own.restarts == 0 {
                return None;
            }
            let lines = own.log.iter().map(|text| Line {
                at: start,
                text: text.clone(),
            });
            return Some(lines.collect());
        }
        if previous {
            return None;
        }
        let ended = status
            .state
            .as_ref()
            .and_then(|s| s.terminated.as_ref()?.finished_at.as_ref());
        let until = ended.map_or_else(Timestamp::now, |t| t.0);
        let steps = (until.as_second() - start.as_second()).max(0) / STEP;
        let lines = ((steps - KEPT).max(0)..=steps).filter_map(|n| {
            let at = start
                .checked_add(SignedDuration::from_secs(n * STEP))
                .ok()?;
            let text = match n {
                0 => format!("{container} starts on {}", self.host.name),
                n => format!("{container} step {n}"),
            };
            Some(Line { at, text })
        });
        Some(lines.collect())
    }
}

/// A log that somebody follows.
struct Following {
    logs: Arc<Logs>,
    pods: Api<Pod>,
    pod: Pod,
    container: String,
    asked: Asked,
    seen: Option<Timestamp>,
}

impl Following {
    /// What was written since; the end when the pod has ended.
    async fn next(mut self) -> Option<(String, Self)> {
        loop {
            tokio::time::sleep(LOOK).await;
            let name = self.pod.metadata.name.as_deref().unwrap_or_default();
            let now = self.pods.get_opt(name).await.ok().flatten()?;
            let goes_on = runs(&now) && now.metadata.uid == self.pod.metadata.uid;
            let lines = self
                .logs
                .lines(&now, &self.container, false)
                .unwrap_or_default();
            let new: Vec<&Line> = lines.iter().filter(|l| Some(l.at) > self.seen).collect();
            if let Some(last) = new.last() {
                self.seen = Some(last.at);
                let text = new.iter().map(|l| self.asked.line(l)).collect();
                return Some((text, self));
            }
            if !goes_on {
                return None;
            }
        }
    }
}
