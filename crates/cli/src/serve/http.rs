//! HTTP for districts' systems: a gateway before the node of this process, or before servers behind NATS.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Slug;
use futures::future::BoxFuture;
use gateway::{Backend, Buckets, Gateway, Limits, Parts, Tls, TlsError, Trace};
use journal::bucket::{self, Folder, Stream};
use journal::{AnyBucket, AnyJournal, JetStream, JournalError};
use runtime::certificate::{self, Certified};
use runtime::config::{self, Config};
use runtime::keys::{self, KeyError};
use runtime::{Shutdown, SystemClock, SystemRandom};
use tokio::signal::unix::{SignalKind, signal};
use wire::RefusalReply;
use wire::ask::{Ask, Reply};

use crate::client::{ask_nats, journal_error};
use crate::error::Error;
use crate::exit::Exit;
use crate::home::Home;
use crate::serve::courier;
use crate::serve::node::Node;
use crate::serve::trace::tell;

/// A gateway, and the certificate that it shows if it speaks TLS.
pub(crate) struct Http {
    gateway: Gateway,
    tls: Option<Tls>,
}

impl Http {
    /// Its address, with scheme and port.
    pub(crate) fn url(&self) -> String {
        self.gateway.url()
    }

    /// Answers until it is time to stop. A SIGHUP has it read its certificate again.
    pub(crate) async fn serve(self, parts: Parts, config: &Config) {
        let renewed = async {
            // Without the signal nothing is read again, and all else goes on.
            let Ok(mut hangups) = signal(SignalKind::hangup()) else { return std::future::pending().await };
            while hangups.recv().await.is_some() {
                renew(self.tls.as_ref(), config);
            }
            std::future::pending().await
        };
        tokio::select! {
            () = self.gateway.serve(parts) => {}
            () = renewed => {}
        }
    }
}

fn renew(tls: Option<&Tls>, config: &Config) {
    let Some(tls) = tls else { return };
    let read = certified(config).map_err(|error| error.to_string());
    let replaced = read.and_then(|Certified { certificate, key }| {
        tls.replace(&certificate, &key).map_err(|error| error.to_string())
    });
    match replaced {
        Ok(()) => tracing::info!(certificate = tls.fingerprint(), "the certificate was read again"),
        Err(why) => tracing::error!(why, "the certificate can't be read again; the one before is shown"),
    }
}

/// Listens where the configuration says, if anywhere.
///
/// # Errors
/// When somebody else listens there, or the certificate can't be used.
pub(crate) async fn bind(config: &Config) -> Result<Option<Http>, Error> {
    let Some(address) = config.gateway.address() else { return Ok(None) };
    let unusable = |why: &TlsError| {
        Error::new(Exit::Configuration, "gateway.tls can't be had")
            .why(why)
            .hint("tls_certificate is the certificate and those above it, tls_key its private key, both PEM")
    };
    let tls = match config.gateway.tls {
        config::Tls::Off => None,
        config::Tls::Files | config::Tls::SelfSigned => {
            let unreadable = |error: KeyError| {
                Error::new(Exit::SetupMissing, "the gateway's certificate can't be used").why(error)
            };
            let Certified { certificate, key } = certified(config).map_err(unreadable)?;
            let tls = Tls::new(&certificate, &key).map_err(|error| unusable(&error))?;
            tracing::info!(certificate = tls.fingerprint(), "TLS shows this certificate");
            Some(tls)
        }
    };
    if config.gateway.is_overheard() {
        tracing::warn!("plain HTTP beyond this machine: whoever is on the way reads tokens; set gateway.tls");
    }
    Ok(Some(Http { gateway: listen(address, tls.clone()).await?, tls }))
}

/// The certificate that the configuration names, or one of our own making.
fn certified(config: &Config) -> Result<Certified, KeyError> {
    let gateway = &config.gateway;
    if gateway.tls == config::Tls::Files {
        let (certificate, key) = (&gateway.tls_certificate, &gateway.tls_key);
        let read = std::fs::read(certificate).map_err(|error| KeyError::Io(certificate.clone(), error));
        return Ok(Certified { certificate: read?, key: keys::secret(key)? });
    }
    let address = gateway.address().map_or([127, 0, 0, 1].into(), |address| address.ip());
    certificate::self_signed(&config.recorder.keys_dir(&config.data), address, &SystemRandom)
}

/// Listens.
///
/// # Errors
/// When somebody else listens there.
pub(crate) async fn listen(address: SocketAddr, tls: Option<Tls>) -> Result<Gateway, Error> {
    Gateway::bind(address, tls).await.map_err(|error| {
        Error::new(Exit::Unavailable, format!("can't listen on {address} for HTTP"))
            .why(error)
            .hint("set gateway.listen to another port, or to port 0 for any that is free")
    })
}

/// What a gateway stands on; `data` is where it keeps its buckets when the log is not in NATS.
///
/// # Errors
/// When one of its keys, or its buckets, can't be used.
pub(crate) async fn parts(
    config: &Config,
    (backend, journal): (Arc<dyn Backend>, AnyJournal),
    (keys, data): (&Path, &Path),
    shutdown: Shutdown,
) -> Result<Parts, Error> {
    let buckets = buckets(&journal, data).await.map_err(|error| journal_error(&error))?;
    let random = Arc::new(SystemRandom);
    let pass_key = config.gateway.tokens.then(|| keys::pass_key(keys, random.as_ref())).transpose();
    let unusable =
        |error: KeyError| Error::new(Exit::SetupMissing, "the gateway's key can't be used").why(error);
    Ok(Parts {
        backend,
        journal,
        buckets,
        deployment: config.deployment.clone(),
        pass_key: pass_key.map_err(unusable)?,
        courier_key: courier::key(keys)?,
        private_targets: config.courier.allow_private_targets,
        requests_per_second: config.gateway.requests_per_second,
        exports_per_minute: config.gateway.exports_per_minute,
        invalid_tokens_per_minute: config.gateway.invalid_tokens_per_minute,
        limits: Limits {
            handshake: Duration::from_millis(config.gateway.handshake_ms),
            head: Duration::from_millis(config.gateway.head_ms),
            body: Duration::from_millis(config.gateway.body_ms),
        },
        clock: Arc::new(SystemClock::default()),
        random,
        unverified: Arc::default(),
        shutdown,
    })
}

/// The buckets beside the log: in NATS if the log is there, otherwise in the data directory.
async fn buckets(journal: &AnyJournal, data: &Path) -> Result<Buckets, JournalError> {
    Ok(Buckets {
        imports: open(journal, data, bucket::IMPORTS).await?,
        webhooks: open(journal, data, bucket::WEBHOOKS).await?,
        tokens: open(journal, data, bucket::TOKENS).await?,
    })
}

/// A bucket where the log is; in a data directory it must be opened once only.
///
/// # Errors
/// When it can't be.
pub(crate) async fn open(
    journal: &AnyJournal,
    data: &Path,
    name: bucket::Name,
) -> Result<AnyBucket, JournalError> {
    match journal {
        AnyJournal::JetStream(jetstream) => Stream::open(jetstream, name).await.map(AnyBucket::Stream),
        AnyJournal::Embedded(_) | AnyJournal::Memory(_) => Folder::open(data, name).map(AnyBucket::Folder),
    }
}

/// What a gateway before the node of this process stands on.
///
/// # Errors
/// As [`parts`].
pub(crate) async fn before(node: &Arc<Node>, config: &Config, shutdown: Shutdown) -> Result<Parts, Error> {
    let Home { keys, dir, .. } = &node.home;
    let parts = parts(config, (node.clone(), node.journal.clone()), (keys, dir), shutdown).await?;
    let unverified = node.figures.unverified.clone();
    Ok(Parts { deployment: node.home.deployment.clone(), unverified, ..parts })
}

/// What a gateway before servers behind NATS stands on.
///
/// # Errors
/// As [`parts`], and when the log is not in NATS.
pub(crate) async fn behind(journal: AnyJournal, config: &Config, shutdown: Shutdown) -> Result<Parts, Error> {
    let AnyJournal::JetStream(journal) = journal else {
        return Err(Error::new(Exit::Configuration, "a gateway of its own needs the log in NATS JetStream"));
    };
    let backend = Arc::new(Behind(journal.clone()));
    let keys = config.recorder.keys_dir(&config.data);
    parts(config, (backend, AnyJournal::JetStream(journal)), (&keys, &config.data), shutdown).await
}

impl Backend for Node {
    fn ask<'a>(&'a self, ledger: &'a Slug, ask: Ask, trace: &'a Trace) -> BoxFuture<'a, Reply> {
        tell("node", Some(ledger), &ask, trace);
        Box::pin(self.reply(ask))
    }
}

/// Servers behind NATS.
struct Behind(Box<JetStream>);

impl Backend for Behind {
    fn ask<'a>(&'a self, ledger: &'a Slug, ask: Ask, trace: &'a Trace) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            ask_nats(&self.0, ledger, &ask, trace).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "no answer came through NATS");
                let refusal = RefusalReply::new("unavailable", error.to_string());
                Reply::Failed { refusal, repeat: true }
            })
        })
    }
}
