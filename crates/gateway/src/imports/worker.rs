//! Looks for imports that somebody has to work on, and takes those that nobody is at. Each gateway does: one that is
//! killed is silent, and another, or the same after a start, goes on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::Slug;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::job::Work;
use super::record::{Does, Phase};
use crate::Shared;
use crate::problem::Problem;

/// How often is looked. What this gateway is asked for it looks at at once.
const LOOK: Duration = Duration::from_secs(2);
/// Imports that one gateway works on at once.
const AT_ONCE_MAX: usize = 4;

/// Rung when there is something to do.
#[derive(Debug, Default)]
pub(crate) struct Bell(Notify);

impl Bell {
    pub(crate) fn ring(&self) {
        self.0.notify_one();
    }
}

/// Works until it is time to stop.
pub(crate) async fn work(shared: Arc<Shared>) {
    let (mut running, mut mine) = (JoinSet::new(), BTreeSet::new());
    loop {
        for (ledger, id) in shared.imports.to_do().await.unwrap_or_default() {
            if running.len() >= AT_ONCE_MAX || mine.contains(&(ledger.clone(), id)) {
                continue;
            }
            match take(&shared, &ledger, id).await {
                Ok(Some(work)) => {
                    mine.insert((ledger.clone(), id));
                    running.spawn(async move {
                        work.run().await;
                        (ledger, id)
                    });
                }
                Ok(None) => {}
                Err(problem) => tracing::debug!(%ledger, %id, why = problem.detail, "an import waits"),
            }
        }
        tokio::select! {
            () = shared.shutdown.triggered() => break,
            () = shared.bell.0.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
            Some(done) = running.join_next(), if !running.is_empty() => match done {
                Ok(done) => drop(mine.remove(&done)),
                // A defect of ours. Leases keep what still runs from being taken twice.
                Err(_) => mine.clear(),
            },
        }
    }
    while running.join_next().await.is_some() {}
}

/// Takes an import on, if nobody is at it; tidies up behind one that has ended.
async fn take(shared: &Arc<Shared>, ledger: &Slug, id: Uuid) -> Result<Option<Work>, Problem> {
    let Some((mut import, revision)) = shared.imports.load(ledger, id).await? else {
        return shared.imports.close(ledger, id).await.map(|()| None);
    };
    if !import.is_open() {
        tidy(shared, &import).await?;
        return Ok(None);
    }
    let worker = Uuid::from_bytes(shared.random.bytes());
    let Some(run) = import.claim(worker, shared.clock.now().0) else { return Ok(None) };
    match shared.imports.save(&import, Some(revision)).await {
        Ok(revision) => Ok(Work::new(shared.clone(), import, revision, run)),
        // Somebody else was first, or it is asked again in a moment.
        Err(_) => Ok(None),
    }
}

/// Removes what nobody needs once an import has ended: its data, if they are recorded or not to be kept.
pub(crate) async fn tidy(shared: &Shared, import: &super::record::Import) -> Result<(), Problem> {
    let is_of_people = import.data.is_empty() && import.phase() == Phase::Unusable;
    let is_recorded =
        import.job.as_ref().is_some_and(|job| job.does == Does::Commit && job.trouble.is_none());
    if is_of_people || is_recorded {
        shared.imports.remove(("data", &import.ledger, import.id), None).await?;
    }
    shared.imports.close(&import.ledger, import.id).await
}
