//! Whom the gateway asks: recorder and projector, in this process or behind NATS.

use std::sync::Arc;

use domain::Slug;
use futures::future::BoxFuture;
use wire::ask::{Ask, Reply};

use crate::trace::Trace;

/// Recorder and projector as the gateway sees them. What fails is a [`Reply::Failed`], which says whether it is safe to
/// repeat.
pub trait Backend: Send + Sync + 'static {
    /// Asks; `ledger` is where the question is routed to, `trace` what it is asked for.
    fn ask<'a>(&'a self, ledger: &'a Slug, ask: Ask, trace: &'a Trace) -> BoxFuture<'a, Reply>;
}

/// The same as handlers have it: each question carries the trace of the request that is being answered.
#[derive(Clone)]
pub(crate) struct Behind(Arc<dyn Backend>);

impl Behind {
    pub(crate) fn new(backend: Arc<dyn Backend>) -> Self {
        Self(backend)
    }

    /// Asks for the request that is being answered.
    pub(crate) async fn ask(&self, ledger: &Slug, ask: Ask) -> Reply {
        self.ask_for(ledger, ask, &Trace::now()).await
    }

    /// Asks for others.
    pub(crate) async fn ask_for(&self, ledger: &Slug, ask: Ask, trace: &Trace) -> Reply {
        self.0.ask(ledger, ask, trace).await
    }
}
