//! Sends one delivery: looks the name up, judges every address, connects to one that was judged, and asks once. No
//! redirect is followed, and of the answer only its status counts.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::Host;

use crate::pool::{Connection, Pool};
use crate::signature::{ID, SIGNATURE, Signed, TIMESTAMP};
use crate::state::Tried;
use crate::target::{Target, is_public};

/// How long a try may take, from the look-up to the end of the answer; the specification says 15 to 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Finds the addresses that a name stands for.
pub trait Resolve: Send + Sync + 'static {
    /// Looks a name up.
    fn look_up<'a>(&'a self, name: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// The system's resolver.
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn look_up<'a>(&'a self, name: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(lookup_host((name, port)).await?.collect()) })
    }
}

/// Sends deliveries.
pub struct Sender {
    tls: TlsConnector,
    resolver: Arc<dyn Resolve>,
    private_too: bool,
    timeout: Duration,
    pool: Pool,
}

/// Why a try got no answer.
struct Unsent(&'static str);

impl Sender {
    /// A sender that trusts these certificates; `private_too` for tests and labs.
    ///
    /// # Errors
    /// When TLS can't be set up; a defect of ours.
    pub fn new(
        roots: RootCertStore,
        resolver: Arc<dyn Resolve>,
        private_too: bool,
    ) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let (tls, pool) = (TlsConnector::from(Arc::new(config)), Pool::new());
        Ok(Self { tls, resolver, private_too, timeout: TIMEOUT, pool })
    }

    /// The same with less patience.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The same with connections that are used so long.
    #[must_use]
    pub fn aged(self, age: Duration) -> Self {
        Self { pool: self.pool.aged(age), ..self }
    }

    /// Sends a body with its headers, once.
    pub async fn send(&self, url: &str, signed: &Signed, body: String) -> Tried {
        let failed = |why: String| Tried::Failed { why, wait: None };
        let target = match Target::read(url, self.private_too) {
            Ok(target) => target,
            Err(refused) => return failed(refused.to_string()),
        };
        match tokio::time::timeout(self.timeout, self.ask(&target, signed, body)).await {
            Ok(Ok(response)) => judged(&response),
            Ok(Err(Unsent(why))) => failed(why.to_owned()),
            Err(_) => failed(format!("no answer within {} seconds", self.timeout.as_secs())),
        }
    }

    async fn ask(&self, target: &Target, signed: &Signed, body: String) -> Result<Response<()>, Unsent> {
        let body = Bytes::from(body);
        let request =
            || request(target, signed, body.clone()).ok_or(Unsent("the address can't stand in a request"));
        // One that was kept may have been ended by its receiver just now; then it is sent over another, under the same id.
        let answered = match self.pool.take(target) {
            Some(kept) => kept.ask(request()?).await.ok(),
            None => None,
        };
        let (response, again) = match answered {
            Some(answered) => answered,
            None => self.open(target).await?.ask(request()?).await.map_err(broken)?,
        };
        if let Some(again) = again {
            self.pool.put(target, again);
        }
        Ok(response)
    }

    /// A new connection.
    async fn open(&self, target: &Target) -> Result<Connection, Unsent> {
        let stream = self.connect(target).await?;
        if !target.tls {
            return Connection::new(stream).await.map_err(broken);
        }
        let name = match &target.host {
            Host::Domain(name) => ServerName::try_from(name.clone()),
            Host::Ipv4(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
            Host::Ipv6(address) => Ok(ServerName::from(std::net::IpAddr::from(*address))),
        };
        let name = name.map_err(|_| Unsent("the name can't be one of a certificate"))?;
        let stream = self.tls.connect(name, stream).await;
        let stream = stream.map_err(|_| Unsent("TLS failed; is the certificate valid?"))?;
        Connection::new(stream).await.map_err(broken)
    }

    /// Connects to an address that was judged.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Unsent> {
        let addresses = match &target.host {
            Host::Ipv4(address) => vec![SocketAddr::from((*address, target.port))],
            Host::Ipv6(address) => vec![SocketAddr::from((*address, target.port))],
            Host::Domain(name) => {
                let found = self.resolver.look_up(name, target.port).await;
                found.map_err(|_| Unsent("the name can't be looked up"))?
            }
        };
        if !self.private_too && !addresses.iter().all(|address| is_public(address.ip())) {
            return Err(Unsent("the name leads to an address that is not public"));
        }
        for address in addresses {
            if let Ok(stream) = TcpStream::connect(address).await {
                // A delivery is small and waits for its answer; where this can't be set it comes late and no more.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
        }
        Err(Unsent("nobody answers there"))
    }
}

fn request(target: &Target, signed: &Signed, body: Bytes) -> Option<Request<Full<Bytes>>> {
    let request = Request::post(&target.path)
        .header(HOST, &target.authority)
        .header(USER_AGENT, concat!("Hubledger/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header(ID, &signed.id)
        .header(TIMESTAMP, &signed.timestamp)
        .header(SIGNATURE, &signed.signature);
    request.body(Full::new(body)).ok()
}

fn broken(_: hyper::Error) -> Unsent {
    Unsent("the connection broke")
}

fn judged(response: &Response<()>) -> Tried {
    let status = response.status();
    if status.is_success() {
        return Tried::Delivered;
    }
    if status == StatusCode::GONE {
        return Tried::Gone;
    }
    let seconds =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Tried::Failed {
        why: format!("the receiver answered {}", status.as_u16()),
        wait: seconds.map(Duration::from_secs),
    }
}

/// The root certificates of this machine.
pub fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!("no root certificates are on this machine; no webhook that speaks TLS can be reached");
    }
    roots
}
