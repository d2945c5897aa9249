//! The admin port of a server: health and figures over HTTP/1.1, for machines that watch.
//!
//! It answers `GET` and `HEAD` of three paths and nothing else, takes no bodies, and tells neither secrets nor ids. It
//! can't be kept busy: few connections at once, of which the oldest gives way, and each has little time and few bytes
//! for its one request.

mod page;
mod process;
mod readiness;
mod sample;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use runtime::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use crate::args::Role;
use crate::serve::admin::page::{Format, page};
use crate::serve::admin::readiness::readiness;
use crate::serve::admin::sample::Sampler;
use crate::serve::courier::CourierFigures;
use crate::serve::figures::Figures;
use crate::serve::node::Node;
use journal::AnyJournal;

/// Connections at once.
const CONNECTIONS_MAX: usize = 32;
/// Bytes of a request's line and headers.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// How long a client may take to send them.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may last, its answer included.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after a connection could not be accepted, most likely for want of open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

const PLAIN: &str = "text/plain; charset=utf-8";

/// Where health and figures are asked for.
pub(crate) struct Admin {
    listener: TcpListener,
    address: SocketAddr,
}

impl Admin {
    /// Listens; nobody is answered before [`serve`](Self::serve).
    ///
    /// # Errors
    /// As the system says, most likely because somebody else listens there.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The address in use; the port is the one that was taken if any would do.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers for ever, if there is such a port.
    pub(crate) async fn serve_if(admin: Option<Self>, watched: Watched, lag_max: u64, shutdown: Shutdown) {
        match admin {
            Some(admin) => admin.serve(watched, lag_max, shutdown).await,
            None => std::future::pending().await,
        }
    }

    /// Answers until it is dropped, also while the server stops.
    async fn serve(self, watched: Watched, lag_max: u64, shutdown: Shutdown) {
        let desk = Arc::new(Desk { sampler: Sampler::new(watched, shutdown), lag_max });
        let (mut connections, mut oldest_first) = (JoinSet::new(), VecDeque::<AbortHandle>::new());
        loop {
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "can't accept a connection to the admin port");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            while connections.try_join_next().is_some() {}
            oldest_first.retain(|connection| !connection.is_finished());
            if oldest_first.len() >= CONNECTIONS_MAX
                && let Some(oldest) = oldest_first.pop_front()
            {
                oldest.abort();
            }
            oldest_first.push_back(connections.spawn(converse(stream, desk.clone())));
        }
    }
}

/// One request and its answer.
async fn converse(stream: TcpStream, desk: Arc<Desk>) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    server.keep_alive(false).max_buf_size(HEAD_BYTES_MAX);
    let answer = service_fn(async |request| Ok::<_, Infallible>(desk.answer(&request).await));
    // A client that sends nonsense, takes too long or goes away is its own trouble.
    let _ = timeout(CONNECTION_TIMEOUT, server.serve_connection(TokioIo::new(stream), answer)).await;
}

/// What is watched.
pub(crate) struct Watched {
    pub(crate) role: Role,
    pub(crate) journal: AnyJournal,
    /// Recorder and projector, where there are any.
    pub(crate) node: Option<Arc<Node>>,
    pub(crate) figures: Arc<Figures>,
    /// The courier's, where there is one.
    pub(crate) courier: Option<Arc<CourierFigures>>,
}

/// What questions are answered from.
struct Desk {
    sampler: Sampler,
    lag_max: u64,
}

impl Desk {
    async fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        if !matches!(path, "/health/live" | "/health/ready" | "/metrics") {
            let there = "not found; there are /health/live, /health/ready and /metrics\n";
            return respond(StatusCode::NOT_FOUND, PLAIN, there.to_owned());
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let refused = "nothing can be changed here; only GET and HEAD are answered\n".to_owned();
            let mut response = respond(StatusCode::METHOD_NOT_ALLOWED, PLAIN, refused);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match path {
            "/health/live" => respond(StatusCode::OK, PLAIN, "live\n".to_owned()),
            "/health/ready" => self.ready().await,
            _ => {
                let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
                self.metrics(Format::accepted(accept.unwrap_or_default())).await
            }
        }
    }

    async fn ready(&self) -> Response<Full<Bytes>> {
        let readiness = readiness(self.sampler.watched.role, &self.sampler.health().await, self.lag_max);
        let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let body = serde_json::to_string(&readiness).unwrap_or_default();
        respond(status, "application/json", body + "\n")
    }

    async fn metrics(&self, format: Format) -> Response<Full<Bytes>> {
        match page(&self.sampler.watched, &self.sampler.everything().await, format) {
            Ok(page) => respond(StatusCode::OK, format.content_type(), page),
            Err(_) => {
                let failed = "the figures can't be written\n".to_owned();
                respond(StatusCode::INTERNAL_SERVER_ERROR, PLAIN, failed)
            }
        }
    }
}

fn respond(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let sniffing = HeaderName::from_static("x-content-type-options");
    headers.insert(sniffing, HeaderValue::from_static("nosniff"));
    response
}
