//! Listens, and gives each connection so much and no more: few bytes and little time for a request's head, so many
//! connections at once, and on stopping time to finish what it does.

mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use runtime::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use tls::{Tls, TlsError};

use crate::access::Peer;
use crate::{Limits, Parts, Shared, imports, route};

/// Connections at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 4096;
/// Bytes of a request's line and headers.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Pause after a connection could not be accepted, most likely for want of open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long what is in work may take when it is time to stop.
const FINISH_TIMEOUT: Duration = Duration::from_secs(10);

/// A gateway that listens.
pub struct Gateway {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
}

impl Gateway {
    /// Listens, for TLS if there is a certificate; nobody is answered before [`serve`](Self::serve).
    ///
    /// # Errors
    /// As the system says, most likely because somebody else listens there.
    pub async fn bind(address: SocketAddr, tls: Option<Tls>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, tls })
    }

    /// Its address with scheme and port; the port is the one that was taken if any would do.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Answers until it is time to stop, and finishes what it has begun.
    pub async fn serve(self, parts: Parts) {
        let (shutdown, limits) = (parts.shutdown.clone(), parts.limits);
        let shared = Shared::new(parts, self.tls.is_some());
        let answering = Answering { router: route::router(&shared), limits };
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut connections = JoinSet::new();
        // Like a connection it is given time to end.
        connections.spawn(imports::work(shared.clone()));
        let (denying, stopping) = (shared.clone(), shutdown.clone());
        connections.spawn(async move { denying.denials.keep(&stopping).await });
        loop {
            let place = tokio::select! {
                () = shutdown.triggered() => break,
                place = room.clone().acquire_owned() => place,
            };
            let stream = tokio::select! {
                () = shutdown.triggered() => break,
                accepted = self.listener.accept() => accepted,
            };
            match (stream, place) {
                (Ok((stream, address)), Ok(place)) => {
                    let peer = Peer::of(address);
                    let (answering, tls, shutdown) = (answering.clone(), self.tls.clone(), shutdown.clone());
                    connections.spawn(async move {
                        let _place = place;
                        connection((stream, peer), tls, answering, &shutdown).await;
                    });
                }
                (Err(error), _) => {
                    tracing::warn!(%error, "can't accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                (_, Err(_)) => break,
            }
            while connections.try_join_next().is_some() {}
        }
        let finish = async { while connections.join_next().await.is_some() {} };
        // What is not done by then may be repeated under the same keys.
        let _ = tokio::time::timeout(FINISH_TIMEOUT, finish).await;
        shared.denials.sum();
    }
}

/// What answers a connection's requests.
#[derive(Clone)]
struct Answering {
    router: Router,
    limits: Limits,
}

/// A connection from its first byte: the handshake, where there is one, and requests.
async fn connection(
    (stream, peer): (TcpStream, Peer),
    tls: Option<Tls>,
    answering: Answering,
    shutdown: &Shutdown,
) {
    // Answers are small and each is waited for.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return converse((stream, peer), answering, shutdown).await };
    let handshake = tokio::time::timeout(answering.limits.handshake, tls.accept(stream));
    let shaken = tokio::select! {
        () = shutdown.triggered() => return,
        shaken = handshake => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => converse((stream, peer), answering, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn converse<S>((stream, peer): (S, Peer), answering: Answering, shutdown: &Shutdown)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Answering { router, limits } = answering;
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(HEAD_BYTES_MAX);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = server.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.triggered() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
