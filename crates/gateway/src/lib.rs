//! The HTTP face of Hubledger: what districts' systems talk to.
//!
//! Nothing that is recorded is its own: commands go to a recorder and questions to a projector, through [`Backend`], and
//! events come from the log. What it keeps besides is in [`Buckets`] that all gateways share, or may be forgotten at any
//! time. So any number may run. Not here: how recorder and projector are found, and what rules say.

mod access;
mod asked;
mod asyncapi;
mod backend;
mod body;
mod by_key;
mod changes;
mod commands;
mod conditions;
mod counts;
mod desk;
mod edge;
mod events;
mod facts;
mod folding;
mod imports;
mod listener;
mod lists;
mod live;
mod openapi;
mod pages;
mod paging;
mod parameters;
mod problem;
mod reading;
mod reports;
mod route;
mod seek;
mod things;
mod trace;
mod vantage;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use backend::Behind;
use courier::CourierKey;
use domain::Slug;
use journal::{AnyBucket, AnyJournal};
use runtime::{Clock, Random, Shutdown};
use tokio::sync::Semaphore;

pub use asyncapi::document as asyncapi;
pub use backend::Backend;
pub use listener::{Gateway, Tls, TlsError};
pub use openapi::document as openapi;
pub use trace::{Trace, is_traceparent};

/// Folds at once: each takes a processor.
const FOLDS_MAX: usize = 1;

/// What a gateway keeps that is no record; all gateways of a deployment share it.
#[derive(Debug, Clone)]
pub struct Buckets {
    /// Files on their way in, [`journal::bucket::IMPORTS`].
    pub imports: AnyBucket,
    /// Webhooks, [`journal::bucket::WEBHOOKS`].
    pub webhooks: AnyBucket,
    /// When tokens were used, [`journal::bucket::TOKENS`].
    pub tokens: AnyBucket,
}

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a TLS handshake.
    pub handshake: Duration,
    /// To send a request's line and headers; also how long an idle connection is kept.
    pub head: Duration,
    /// To send a body.
    pub body: Duration,
}

/// What a gateway stands on.
pub struct Parts {
    /// Recorder and projector.
    pub backend: Arc<dyn Backend>,
    /// The log, for events and reports.
    pub journal: AnyJournal,
    /// What is kept beside it.
    pub buckets: Buckets,
    /// Name of the deployment.
    pub deployment: Slug,
    /// Key of passes, shared by all gateways of a deployment; none where nobody needs a token.
    pub pass_key: Option<[u8; 32]>,
    /// From which secrets of webhooks follow, shared by all gateways and couriers of a deployment.
    pub courier_key: CourierKey,
    /// Whether webhooks may lead into private networks; for tests and labs.
    pub private_targets: bool,
    /// Requests a second for each token.
    pub requests_per_second: u32,
    /// Exports a minute for each token.
    pub exports_per_minute: u32,
    /// Tokens a minute from one address that may turn out not to be valid.
    pub invalid_tokens_per_minute: u32,
    /// How long a client may take.
    pub limits: Limits,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// How often a reader was told nothing more because the log did not verify; it is added to.
    pub unverified: Arc<AtomicU64>,
    /// When it is time to stop.
    pub shutdown: Shutdown,
}

/// What every handler has.
struct Shared {
    backend: Behind,
    desks: desk::Desks,
    tokens: access::Tokens,
    rate: access::Rate,
    exports: access::Rate,
    /// Of addresses from which tokens come that are not valid.
    strangers: access::Rate,
    denials: access::Denials,
    requests_per_second: u32,
    exports_per_minute: u32,
    uses: access::Uses,
    log: seek::Log,
    imports: imports::Store,
    bell: imports::Bell,
    webhooks: courier::Store,
    courier_key: CourierKey,
    private_targets: bool,
    deployment: Slug,
    is_open: bool,
    /// Whether it speaks TLS.
    is_secure: bool,
    limits: Limits,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    shutdown: Shutdown,
    readers: Arc<Semaphore>,
    folds: Semaphore,
}

impl Shared {
    fn new(parts: Parts, is_secure: bool) -> Arc<Self> {
        let Parts { backend, journal, deployment, pass_key, requests_per_second, .. } = parts;
        let Parts { exports_per_minute, invalid_tokens_per_minute, .. } = parts;
        let Parts { buckets, courier_key, private_targets, limits, clock, random, .. } = parts;
        let Parts { unverified, shutdown, .. } = parts;
        let backend = Behind::new(backend);
        Arc::new(Self {
            desks: desk::Desks::new(backend.clone()),
            tokens: access::Tokens::new(backend.clone(), clock.clone(), pass_key),
            rate: access::Rate::new(requests_per_second, 1, clock.clone()),
            exports: access::Rate::new(exports_per_minute, 60, clock.clone()),
            strangers: access::Rate::new(invalid_tokens_per_minute, 60, clock.clone()),
            denials: access::Denials::default(),
            requests_per_second,
            exports_per_minute,
            uses: access::Uses::new(buckets.tokens.clone(), clock.clone()),
            log: seek::Log::new((journal, deployment.clone()), backend.clone(), unverified),
            is_open: pass_key.is_none(),
            is_secure,
            limits,
            readers: Arc::new(Semaphore::new(live::READERS_MAX)),
            folds: Semaphore::new(FOLDS_MAX),
            imports: imports::Store::new(buckets.imports),
            bell: imports::Bell::default(),
            backend,
            webhooks: courier::Store::new(buckets.webhooks),
            courier_key,
            private_targets,
            deployment,
            clock,
            random,
            shutdown,
        })
    }
}
