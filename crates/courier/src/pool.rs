//! Connections that are kept for the next delivery to the same place: for moments, because receivers end those that idle,
//! and each for a minute at most, so that a name that leads elsewhere by then is looked up and judged again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::target::Target;

/// How long a connection is kept that nobody uses. Receivers end them after five seconds, or later.
const IDLE: Duration = Duration::from_secs(4);
/// How long one is used.
const AGE: Duration = Duration::from_secs(60);
/// Connections that are kept, of all places.
const KEPT_MAX: usize = 64;
/// Bytes of an answer that are read; nobody looks at them.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// How long they are waited for once the status is known.
const ANSWER_REST: Duration = Duration::from_secs(1);

/// Scheme, host and port.
type Place = (bool, String, u16);

/// A connection; it ends when it is dropped.
pub(crate) struct Connection {
    asks: SendRequest<Full<Bytes>>,
    made: Instant,
    driven: JoinSet<()>,
}

impl Connection {
    /// On a stream that was opened just now.
    pub(crate) async fn new<S>(stream: S) -> Result<Self, hyper::Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (asks, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let mut driven = JoinSet::new();
        // How it ends is told by the request that is under way.
        driven.spawn(async move { drop(connection.await) });
        Ok(Self { asks, made: Instant::now(), driven })
    }

    /// Asks, and gives the connection back if it can be asked again.
    pub(crate) async fn ask(
        mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<(Response<()>, Option<Self>), hyper::Error> {
        self.asks.ready().await?;
        let response: Response<Incoming> = self.asks.send_request(request).await?;
        let (parts, body) = response.into_parts();
        // However the rest ends: the status is known.
        let rest = timeout(ANSWER_REST, Limited::new(body, ANSWER_BYTES_MAX).collect()).await;
        let again = matches!(rest, Ok(Ok(_))) && self.is_open();
        Ok((Response::from_parts(parts, ()), again.then_some(self)))
    }

    fn is_open(&self) -> bool {
        !self.asks.is_closed() && !self.driven.is_empty()
    }
}

/// Connections that nobody uses now.
pub(crate) struct Pool {
    idle: Mutex<BTreeMap<Place, Vec<(Instant, Connection)>>>,
    age: Duration,
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self { idle: Mutex::default(), age: AGE }
    }

    /// The same with connections that are used so long.
    pub(crate) fn aged(self, age: Duration) -> Self {
        Self { age, ..self }
    }

    /// A connection to this place that seems to be open; the one that was used last.
    pub(crate) fn take(&self, target: &Target) -> Option<Connection> {
        let (now, place) = (Instant::now(), place(target));
        let mut idle = self.lock();
        let kept = idle.get_mut(&place)?;
        let mut usable = None;
        while let Some((since, connection)) = kept.pop() {
            if now < since + IDLE && now < connection.made + self.age && connection.is_open() {
                usable = Some(connection);
                break;
            }
        }
        if kept.is_empty() {
            idle.remove(&place);
        }
        usable
    }

    /// Keeps a connection, if there is room.
    pub(crate) fn put(&self, target: &Target, connection: Connection) {
        let now = Instant::now();
        let mut idle = self.lock();
        if idle.values().map(Vec::len).sum::<usize>() >= KEPT_MAX {
            idle.retain(|_, kept| {
                kept.retain(|(since, _)| now < *since + IDLE);
                !kept.is_empty()
            });
        }
        if idle.values().map(Vec::len).sum::<usize>() < KEPT_MAX {
            idle.entry(place(target)).or_default().push((now, connection));
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, Vec<(Instant, Connection)>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(target: &Target) -> Place {
    (target.tls, target.host.to_string(), target.port)
}
