//! Hashing a closed group into the commit that is sent, beside the deciding of the next.
//!
//! A commit names the tree before it, so it is sealed after the one before it; whether that one is in the log already
//! does not matter here.

use std::sync::Arc;

use domain::{Slug, Timestamp};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use wire::{Body, Commit, Tip, Verifier};

use crate::Error;
use crate::knowledge::halt;

/// Events from which a thread of its own is worth its start.
pub(super) const BESIDE: usize = 64;

/// A commit, and the reader that has read it.
pub(super) struct Sealed {
    /// Where the log stands when it comes.
    pub(super) before: Tip,
    pub(super) commit: Commit,
    pub(super) verifier: Verifier,
}

/// A commit in the making. Clones wait for the same one.
#[derive(Clone)]
pub(super) struct Sealing(Shared<BoxFuture<'static, Result<Arc<Sealed>, Error>>>);

impl Sealing {
    /// Of a body of this time, after what the reader has read once there is one. It begins when it is waited for.
    pub(super) fn new(
        ledger: Slug,
        (body, time): (Body, Timestamp),
        before: impl Future<Output = Result<Verifier, Error>> + Send + 'static,
    ) -> Self {
        let sealed = async move {
            let before = before.await?;
            let beside = body.events() >= BESIDE;
            let seal = move || {
                let tip = before.tip();
                let (commit, verifier) = before.seal(body, time);
                Arc::new(Sealed { before: tip, commit, verifier })
            };
            if !beside {
                return Ok(seal());
            }
            tokio::task::spawn_blocking(seal).await.map_err(|error| halt(&ledger, error))
        };
        Self(sealed.boxed().shared())
    }

    /// Begins now, for whoever will wait for it.
    pub(super) fn begin(&self) {
        #[expect(clippy::disallowed_methods, reason = "whoever sends the commit waits for it")]
        tokio::spawn(self.0.clone());
    }

    /// The commit, once it is made.
    ///
    /// # Errors
    /// [`Error::Halted`] if the thread that made it, or the one before it, has died.
    pub(super) async fn sealed(self) -> Result<Arc<Sealed>, Error> {
        self.0.await
    }

    /// The reader that has read the commit.
    ///
    /// # Errors
    /// As [`sealed`](Self::sealed).
    pub(super) async fn verifier(self) -> Result<Verifier, Error> {
        Ok(self.0.await?.verifier.clone())
    }
}
