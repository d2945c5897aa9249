//! Whom the gateway asks: recorder and projector, in this process or behind NATS.

use domain::Slug;
use futures::future::BoxFuture;
use wire::ask::{Ask, Reply};

/// Recorder and projector as the gateway sees them. What fails is a [`Reply::Failed`], which says whether it is safe to
/// repeat.
pub trait Backend: Send + Sync + 'static {
    /// Asks; `ledger` is where the question is routed to.
    fn ask<'a>(&'a self, ledger: &'a Slug, ask: Ask) -> BoxFuture<'a, Reply>;
}
