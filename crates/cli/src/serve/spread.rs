//! What a node does about the ledgers that it holds: reads up on them before it comes, takes them, lets them go.
//!
//! A recorder keeps what it knows of a ledger that it let go; it is behind the log then, and catches up if it gets the
//! ledger back.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Slug;
use journal::Journal as _;
use runtime::Shutdown;

use crate::serve::failure::Failure;
use crate::serve::leases::{Leases, Service};
use crate::serve::node::Node;

/// How often a node looks for ledgers that were opened since.
const LOOK: Duration = Duration::from_secs(2);

impl Node {
    /// Follows every ledger, also those that are opened later, until it is time to stop.
    pub(crate) async fn follow_all(&self, shutdown: &Shutdown) {
        while tokio::time::timeout(LOOK, shutdown.triggered()).await.is_err() {
            if let Err(error) = self.follow_new().await {
                tracing::warn!(%error, "can't look for new ledgers; looking again");
            }
        }
    }

    /// Ledgers are opened by recorders, perhaps in another process.
    async fn follow_new(&self) -> Result<(), projector::Error> {
        let projector = self.project().await?;
        for ledger in self.journal.ledgers().await? {
            projector.track(&ledger)?;
        }
        Ok(())
    }

    /// Before others let go of what this node is going to hold, it knows as much as they. A ledger that can't be read
    /// is told of when it is asked for.
    pub(crate) async fn read_up(&self, leases: &Leases) {
        let read = async {
            for ledger in self.journal.ledgers().await? {
                if leases.takes(&ledger) {
                    match leases.service() {
                        Service::Recorder => drop(self.recorder()?.head(&ledger).await?),
                        Service::Projector => self.project().await?.catch_up(&ledger).await?,
                    }
                }
            }
            Ok::<(), Failure>(())
        };
        if let Err(Failure { refusal, .. }) = read.await {
            tracing::warn!(why = refusal.message, "coming without having read everything");
        }
    }

    /// Takes ledgers and lets them go as members come and go, until it is time to stop.
    pub(crate) async fn share_out(&self, leases: &Leases, shutdown: &Shutdown) {
        let mut changes = leases.changes();
        let mut unheld = BTreeMap::new();
        while !shutdown.is_triggered() {
            if leases.is_here()
                && let Err(Failure { refusal, .. }) = self.look(leases, &mut unheld).await
            {
                tracing::warn!(why = refusal.message, "can't look for new ledgers; looking again");
            }
            tokio::select! {
                () = shutdown.triggered() => return,
                _ = changes.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Looks at every ledger; `unheld` remembers since when some are followed that others hold.
    async fn look(&self, leases: &Leases, unheld: &mut BTreeMap<Slug, Duration>) -> Result<(), Failure> {
        let ledgers = self.journal.ledgers().await?;
        leases.hold(ledgers.iter().filter(|ledger| leases.holds(ledger)).cloned().collect());
        if leases.service() == Service::Recorder {
            return Ok(());
        }
        let projector = self.project().await?;
        for ledger in ledgers.iter().filter(|ledger| leases.takes(ledger)) {
            projector.track(ledger)?;
        }
        let followed = projector.followed();
        unheld.retain(|ledger, _| followed.contains(ledger) && !leases.holds(ledger));
        for ledger in followed.into_iter().filter(|ledger| !leases.holds(ledger)) {
            // Not at once: it was asked for a moment ago, or comes back with a member that was away for a moment.
            let since = *unheld.entry(ledger.clone()).or_insert_with(|| leases.elapsed());
            if leases.elapsed().saturating_sub(since) >= leases.lease() && projector.let_go(&ledger).await {
                unheld.remove(&ledger);
            }
        }
        Ok(())
    }
}
