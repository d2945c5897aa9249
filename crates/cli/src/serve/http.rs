//! HTTP for districts' systems: a gateway before the node of this process, or before servers behind NATS.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use domain::Slug;
use futures::future::BoxFuture;
use gateway::{Backend, Buckets, Gateway, Parts, Trace};
use journal::bucket::{self, Folder, Stream};
use journal::{AnyBucket, AnyJournal, JetStream, JournalError};
use runtime::config::Config;
use runtime::keys::{self, KeyError};
use runtime::{Shutdown, SystemClock, SystemRandom};
use wire::RefusalReply;
use wire::ask::{Ask, Reply};

use crate::client::{ask_nats, journal_error};
use crate::error::Error;
use crate::exit::Exit;
use crate::home::Home;
use crate::serve::node::Node;
use crate::serve::trace::tell;

/// Listens where the configuration says, if anywhere.
///
/// # Errors
/// When somebody else listens there.
pub(crate) async fn bind(config: &Config) -> Result<Option<Gateway>, Error> {
    let Some(address) = config.gateway.address() else { return Ok(None) };
    listen(address).await.map(Some)
}

/// Listens.
///
/// # Errors
/// When somebody else listens there.
pub(crate) async fn listen(address: SocketAddr) -> Result<Gateway, Error> {
    Gateway::bind(address).await.map_err(|error| {
        Error::new(Exit::Unavailable, format!("can't listen on {address} for HTTP"))
            .why(error)
            .hint("set gateway.listen to another port, or to port 0 for any that is free")
    })
}

/// What a gateway stands on; `data` is where it keeps its buckets when the log is not in NATS.
///
/// # Errors
/// When the key of its passes, or its buckets, can't be used.
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
        requests_per_second: config.gateway.requests_per_second,
        clock: Arc::new(SystemClock::default()),
        random,
        shutdown,
    })
}

/// The buckets beside the log: in NATS if the log is there, otherwise in the data directory.
async fn buckets(journal: &AnyJournal, data: &Path) -> Result<Buckets, JournalError> {
    let open = async |name| match journal {
        AnyJournal::JetStream(jetstream) => Stream::open(jetstream, name).await.map(AnyBucket::Stream),
        AnyJournal::Embedded(_) | AnyJournal::Memory(_) => Folder::open(data, name).map(AnyBucket::Folder),
    };
    Ok(Buckets {
        imports: open(bucket::IMPORTS).await?,
        webhooks: open(bucket::WEBHOOKS).await?,
        tokens: open(bucket::TOKENS).await?,
    })
}

/// What a gateway before the node of this process stands on.
///
/// # Errors
/// As [`parts`].
pub(crate) async fn before(node: &Arc<Node>, config: &Config, shutdown: Shutdown) -> Result<Parts, Error> {
    let Home { keys, dir, .. } = &node.home;
    let parts = parts(config, (node.clone(), node.journal.clone()), (keys, dir), shutdown).await?;
    Ok(Parts { deployment: node.home.deployment.clone(), ..parts })
}

impl Backend for Node {
    fn ask<'a>(&'a self, ledger: &'a Slug, ask: Ask, trace: &'a Trace) -> BoxFuture<'a, Reply> {
        tell("node", Some(ledger), &ask, trace);
        Box::pin(self.reply(ask))
    }
}

/// Servers behind NATS.
pub(crate) struct Behind(pub(crate) Box<JetStream>);

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
