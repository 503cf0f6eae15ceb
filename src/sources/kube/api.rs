//! Calls to the API server, each with a time limit.

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde::Deserialize;

use crate::domain::text::Text;

/// No answer to anything that is asked for is larger; a list comes in pages.
const LARGEST: usize = 256 << 20;
/// An object with more than this is none that Kubernetes stores.
const LONGEST_LINE: usize = 16 << 20;

/// Why a call came to nothing.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub(super) enum CallError {
    /// The server refuses.
    #[error("the API server refuses ({code} {reason}): {message}")]
    Refused {
        /// Status code of HTTP, or of the error event.
        code: u16,
        /// The API's word for it, such as `Expired`.
        reason: Text,
        /// The API's sentence.
        message: Text,
    },
    /// There is no connection, or it broke.
    #[error("{0}")]
    Lost(Text),
    /// No answer, or nothing more of it, in time.
    #[error("no answer from the API server within {} s", .0.as_secs_f64())]
    Late(Duration),
    /// What came is not what was asked for.
    #[error("the API server's answer is not understood: {0}")]
    Garbled(Text),
}

impl CallError {
    /// Status code of a refusal.
    pub(super) fn code(&self) -> Option<u16> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    pub(super) fn garbled(why: impl ToString) -> Self {
        Self::Garbled(Text::from(why.to_string()))
    }
}

/// The API's answer to what it does not do; also an error event of a watch.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Status {
    code: u16,
    reason: String,
    message: String,
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        Self::Refused {
            code: status.code,
            reason: status.reason.into(),
            message: status.message.into(),
        }
    }
}

/// The API server.
#[derive(Clone)]
pub(super) struct Api {
    client: Client,
    received: Arc<AtomicU64>,
}

impl Api {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            received: Arc::default(),
        }
    }

    /// Gets a whole answer.
    pub(super) async fn get(&self, path: &str, limit: Duration) -> Result<String, CallError> {
        let request = Request::get(path).header(ACCEPT, "application/json");
        within(limit, self.whole(request.body(Body::empty()))).await
    }

    /// Gets what somebody behind the API server answers, of at most so many bytes.
    pub(super) async fn bytes(
        &self,
        path: &str,
        limit: Duration,
        most: usize,
    ) -> Result<Vec<u8>, CallError> {
        let answer = async {
            let response = self.send(Request::get(path).body(Body::empty())).await?;
            self.all(response.into_body(), most).await
        };
        within(limit, answer).await
    }

    /// Posts JSON, and gets a whole answer.
    pub(super) async fn post(
        &self,
        path: &str,
        body: &serde_json::Value,
        limit: Duration,
    ) -> Result<String, CallError> {
        let request = Request::post(path)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json");
        let body = Body::from(body.to_string().into_bytes());
        within(limit, self.whole(request.body(body))).await
    }

    /// Gets an answer that comes in lines for as long as anybody listens; within `limit` it has to begin.
    pub(super) async fn lines(&self, path: &str, limit: Duration) -> Result<Lines, CallError> {
        let request = Request::get(path)
            .header(ACCEPT, "application/json")
            // from 1.37 a watch is compressed in one part an event, and only the first part would be unpacked
            .header(ACCEPT_ENCODING, "identity");
        let begin = async {
            let response = self.send(request.body(Body::empty())).await?;
            Ok(Lines {
                body: response.into_body(),
                buffer: Vec::new(),
                taken: 0,
                searched: 0,
                received: Arc::clone(&self.received),
            })
        };
        within(limit, begin).await
    }

    /// Gets an answer that comes in pieces for as long as anybody listens; within `limit` it has to begin.
    pub(super) async fn chunks(&self, path: &str, limit: Duration) -> Result<Chunks, CallError> {
        let request = Request::get(path).header(ACCEPT_ENCODING, "identity");
        let begin = async {
            let response = self.send(request.body(Body::empty())).await?;
            Ok(Chunks {
                body: response.into_body(),
                received: Arc::clone(&self.received),
            })
        };
        within(limit, begin).await
    }

    async fn whole(
        &self,
        request: Result<Request<Body>, http::Error>,
    ) -> Result<String, CallError> {
        let response = self.send(request).await?;
        let bytes = self.all(response.into_body(), LARGEST).await?;
        String::from_utf8(bytes).map_err(CallError::garbled)
    }

    async fn send(
        &self,
        request: Result<Request<Body>, http::Error>,
    ) -> Result<Response<Body>, CallError> {
        let request = request.map_err(CallError::garbled)?;
        let response = self.client.send(request).await.map_err(|e| lost(&e))?;
        let code = response.status();
        if code.is_success() {
            return Ok(response);
        }
        let bytes = self.all(response.into_body(), LARGEST).await?;
        let mut status: Status = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.code == 0 {
            status.code = code.as_u16();
            // not the API's own answer: a proxy's page, of which the first line says enough
            let text = String::from_utf8_lossy(&bytes);
            let line = text.lines().next().unwrap_or_default();
            status.message = line.chars().take(200).collect();
            status.reason = code.canonical_reason().unwrap_or_default().to_owned();
        }
        Err(status.into())
    }

    async fn all(&self, mut body: Body, most: usize) -> Result<Vec<u8>, CallError> {
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|e| lost(&e))?;
            if let Ok(data) = frame.into_data() {
                self.received
                    .fetch_add(data.len() as u64, Ordering::Relaxed);
                bytes.extend_from_slice(&data);
            }
            if bytes.len() > most {
                return Err(CallError::garbled(format!(
                    "it is longer than {most} bytes"
                )));
            }
        }
        Ok(bytes)
    }
}

async fn within<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer,
        Err(_) => Err(CallError::Late(limit)),
    }
}

/// The innermost cause says what has happened; what is around it says only that something has.
fn lost(error: &(dyn Error + 'static)) -> CallError {
    let mut innermost: &dyn Error = error;
    let mut words = error.to_string();
    while let Some(cause) = innermost.source() {
        innermost = cause;
        let cause = cause.to_string();
        if !words.contains(&cause) {
            words = cause;
        }
    }
    let text = words.lines().next().unwrap_or_default();
    CallError::Lost(Text::new(text))
}

/// An answer that comes in pieces.
pub(super) struct Chunks {
    body: Body,
    received: Arc<AtomicU64>,
}

impl Chunks {
    /// The next piece, whenever it comes; `None`: there will be none.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, CallError> {
        loop {
            let frame = match self.body.frame().await {
                None => return Ok(None),
                Some(frame) => frame.map_err(|e| lost(&e))?,
            };
            if let Ok(data) = frame.into_data() {
                self.received
                    .fetch_add(data.len() as u64, Ordering::Relaxed);
                return Ok(Some(data.to_vec()));
            }
        }
    }
}

/// An answer that comes in lines.
pub(super) struct Lines {
    body: Body,
    buffer: Vec<u8>,
    /// What lies before this was handed out.
    taken: usize,
    /// There is no end of a line between `taken` and here.
    searched: usize,
    received: Arc<AtomicU64>,
}

impl Lines {
    /// A line that has come already.
    pub(super) fn ready(&mut self) -> Result<Option<&str>, CallError> {
        match self.find() {
            Some(line) => self.text(line).map(Some),
            None => Ok(None),
        }
    }

    /// The next line; `None`: there will be none. Something of it has to come within `idle`.
    pub(super) async fn next(&mut self, idle: Duration) -> Result<Option<&str>, CallError> {
        loop {
            if let Some(line) = self.find() {
                return self.text(line).map(Some);
            }
            let more = async {
                match self.body.frame().await {
                    None => Ok(None),
                    Some(Ok(frame)) => Ok(Some(frame)),
                    Some(Err(error)) => Err(lost(&error)),
                }
            };
            let Some(frame) = within(idle, more).await? else {
                return Ok(None);
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.received
                .fetch_add(data.len() as u64, Ordering::Relaxed);
            self.buffer.drain(..self.taken);
            self.searched -= self.taken;
            self.taken = 0;
            self.buffer.extend_from_slice(&data);
            if self.buffer.len() > LONGEST_LINE + data.len() {
                return Err(CallError::garbled("a line without end"));
            }
        }
    }

    fn find(&mut self) -> Option<Range<usize>> {
        let unseen = &self.buffer[self.searched..];
        let Some(end) = unseen.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            return None;
        };
        let line = self.taken..self.searched + end;
        self.taken = line.end + 1;
        self.searched = self.taken;
        Some(line)
    }

    fn text(&self, line: Range<usize>) -> Result<&str, CallError> {
        std::str::from_utf8(&self.buffer[line]).map_err(CallError::garbled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&str]) -> Lines {
        Lines {
            body: Body::from(parts.concat().into_bytes()),
            buffer: Vec::new(),
            taken: 0,
            searched: 0,
            received: Arc::default(),
        }
    }

    #[test]
    fn lines_come_one_by_one_and_the_rest_is_ready() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut lines = lines(&["one\ntwo\n", "thr", "ee\nfour"]);
            let idle = Duration::from_secs(1);
            assert_eq!(lines.ready(), Ok(None));
            assert_eq!(lines.next(idle).await, Ok(Some("one")));
            assert_eq!(lines.ready(), Ok(Some("two")));
            assert_eq!(lines.next(idle).await, Ok(Some("three")));
            // a torn last line is no line
            assert_eq!(lines.next(idle).await, Ok(None));
            assert_eq!(lines.received.load(Ordering::Relaxed), 18);
        });
    }

    #[test]
    fn a_lost_connection_is_told_by_its_innermost_cause() {
        #[derive(Debug, thiserror::Error)]
        #[error("service error")]
        struct Outer(#[source] std::io::Error);
        let outer = Outer(std::io::Error::other("connection refused\nand more"));
        assert_eq!(
            lost(&outer),
            CallError::Lost(Text::new("connection refused"))
        );
    }
}
