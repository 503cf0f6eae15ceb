//! HTTP servers of a simulated host.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::stream::BoxStream;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What is answered.
pub type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// A server that ends with this value.
pub struct Server {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens and answers by `answer`, with TLS where an acceptor is given. Needs a runtime to be polled.
///
/// # Errors
/// The address cannot be listened on.
pub fn serve<F, A>(
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    answer: F,
) -> std::io::Result<Server>
where
    F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let listener = TcpListener::from_std(listener)?;
    let answer = Arc::new(answer);
    let task = tokio::spawn(async move {
        // they end with the server
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let (tls, answer) = (tls.clone(), Arc::clone(&answer));
            connections.spawn(async move {
                let service = service_fn(move |request| {
                    let answer = answer(request);
                    async move { Ok::<_, Infallible>(answer.await) }
                });
                // a client that goes away in the middle is its own affair
                let _ = match tls {
                    None => {
                        http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await
                    }
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => {
                            http1::Builder::new()
                                .serve_connection(TokioIo::new(stream), service)
                                .await
                        }
                        Err(_) => return,
                    },
                };
            });
            while connections.try_join_next().is_some() {}
        }
    });
    Ok(Server { address, task })
}

/// A whole text.
pub fn text(status: StatusCode, kind: &str, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)).boxed_unsync());
    *answer.status_mut() = status;
    if let Ok(kind) = kind.parse() {
        answer
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, kind);
    }
    answer
}

/// A text that comes piece by piece.
pub fn pieces(pieces: BoxStream<'static, String>) -> Answer {
    use futures::StreamExt as _;
    let frames = pieces.map(|piece| Ok(Frame::data(Bytes::from(piece))));
    let mut answer = Response::new(StreamBody::new(frames).boxed_unsync());
    let plain = http::HeaderValue::from_static("text/plain");
    answer
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, plain);
    answer
}
