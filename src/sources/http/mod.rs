//! Asking a URL: one GET with a deadline for all of it and a limit of what is taken in. What sources that are asked over
//! HTTP share.
//!
//! Nothing is followed, stored or sent along but the credentials that stand in the address itself.

mod address;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use rustls::crypto::ring;

use crate::domain::text::Text;

pub use address::{Address, BadAddress};

/// A connection is there within this, or there is nobody.
const CONNECT: Duration = Duration::from_secs(5);
/// Characters of an answer that are told of one that was not asked for.
const GLIMPSE: usize = 80;

/// What an answer may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// From the first packet to the last.
    pub deadline: Duration,
    /// Bytes.
    pub bytes: usize,
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// Not all of it came in time.
    #[error("no whole answer within {0} s")]
    Late(Seconds),
    /// Too much came.
    #[error("the answer is longer than {0} bytes")]
    Long(usize),
    /// It answers, and not with what was asked for.
    #[error("it answers {status}{said}")]
    Status {
        /// Code and reason.
        status: Text,
        /// What it says to it, after a colon.
        said: Text,
    },
    /// No connection, or one that broke.
    #[error("{0}")]
    Broken(Text),
}

/// Seconds for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seconds(u128);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0 as f64 / 1000.0)
    }
}

/// Asks URLs, each by a connection of its own: at one question in half a minute, a kept one may have died in between.
#[derive(Clone, Debug)]
pub struct Client(Pool<HttpsConnector<HttpConnector>, Empty<Bytes>>);

/// TLS cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub struct NoTls(String);

impl Client {
    /// One that can ask these. The system's certificates are read only if one of them is https (`SSL_CERT_FILE` names
    /// others).
    ///
    /// # Errors
    /// The system's certificates cannot be read.
    pub fn new<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Result<Self, NoTls> {
        let builder = HttpsConnectorBuilder::new();
        let secure = addresses.into_iter().any(Address::is_secure);
        let no_tls = |e: &dyn Error| NoTls(e.to_string());
        let builder = if secure {
            builder
                .with_provider_and_native_roots(ring::default_provider())
                .map_err(|e| no_tls(&e))?
        } else {
            let config = ClientConfig::builder_with_provider(ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .map_err(|e| no_tls(&e))?
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            builder.with_tls_config(config)
        };
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECT));
        let connector = builder
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self(
            Pool::builder(TokioExecutor::new())
                .pool_max_idle_per_host(0)
                .build(connector),
        ))
    }

    /// The body of the answer to a GET.
    ///
    /// # Errors
    /// Nobody answers, not in time, not with success, or with too much.
    pub async fn get(&self, address: &Address, limits: Limits) -> Result<Bytes, Failure> {
        match tokio::time::timeout(limits.deadline, self.ask(address, limits.bytes)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Late(Seconds(limits.deadline.as_millis()))),
        }
    }

    async fn ask(&self, address: &Address, most: usize) -> Result<Bytes, Failure> {
        let mut request = Request::get(address.uri().clone())
            .header(
                header::USER_AGENT,
                concat!("migdeck/", env!("CARGO_PKG_VERSION")),
            )
            .header(
                header::ACCEPT,
                "text/plain, application/json;q=0.9, */*;q=0.1",
            );
        if let Some(credentials) = address.authorization() {
            request = request.header(header::AUTHORIZATION, credentials.clone());
        }
        let request = request.body(Empty::new()).map_err(|e| broken(&e))?;
        let answer = self.0.request(request).await.map_err(|e| broken(&e))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, most).collect().await;
        if !head.status.is_success() {
            let said = body.map(|b| glimpse(&b.to_bytes())).unwrap_or_default();
            let colon = if said.is_empty() { "" } else { ": " };
            return Err(Failure::Status {
                status: Text::from(head.status.to_string()),
                said: Text::from(format!("{colon}{said}")),
            });
        }
        match body {
            Ok(body) => Ok(body.to_bytes()),
            Err(e) if e.is::<http_body_util::LengthLimitError>() => Err(Failure::Long(most)),
            Err(e) => Err(broken(&*e)),
        }
    }
}

/// The first line of what somebody says to a refusal.
fn glimpse(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|l| !l.is_empty());
    line.unwrap_or_default().chars().take(GLIMPSE).collect()
}

/// The innermost of nested errors says what happened; those around it say where.
fn broken(error: &(dyn Error + 'static)) -> Failure {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let text = inner.to_string();
    // hyper's own sentence for a server that hangs up
    let text = match text.as_str() {
        "connection closed before message completed"
        | "end of file before message length reached" => {
            "it closed the connection before its answer was whole"
        }
        other => other,
    };
    Failure::Broken(Text::from(text))
}
