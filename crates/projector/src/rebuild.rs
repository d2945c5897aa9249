//! Builds a view anew beside the live one, compares the two, and swaps.

use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Journal, Until, read_events};
use wire::{Verifier, ViewDigest};

use crate::ahead::ahead;
use crate::handle::{Views, Writer};
use crate::ledger_views::{LedgerViews, Live, named};
use crate::store::{Store, rows_prefix};
use crate::{Error, blocking};

/// Rows in memory of a view that is being built.
const ROWS_IN_MEMORY_MAX: usize = 100_000;
/// Commits that may be missing when the live views are held still for the last of them.
const NEAR: u64 = 4;
/// Times that the rest is read with the live views moving; a log that grows faster than it is read must not keep a
/// rebuild for ever.
const CHASES_MAX: usize = 16;

/// A view in the making.
struct Beside {
    live: Live,
    verifier: Verifier,
    store: Store,
}

impl Beside {
    /// Reads on to this commit, which the log had once.
    async fn read_to<J: Journal>(&mut self, journal: &J, commit: u64) -> Result<(), Error> {
        let ledger = self.verifier.origin().ledger.clone();
        let mut commits = ahead(read_events(journal, &ledger, self.verifier.clone(), Until::Head));
        while self.verifier.tip().commit < commit {
            let Some(read) = commits.next().await else {
                let reason = format!("the log ends before commit {commit}, which the views have");
                return Err(Error::Stopped { ledger, reason });
            };
            let read = read?;
            self.live.apply(&read);
            self.verifier = read.verifier;
            if self.live.rows.in_memory_len() > ROWS_IN_MEMORY_MAX {
                // No cursor points to them yet.
                self.store.write(&ledger, vec![self.live.take_changed(&ledger)], None)?;
                self.live.rows.forget();
            }
        }
        Ok(())
    }
}

/// Builds the view anew and puts it in the place of the live one. One at a time for a ledger.
///
/// # Errors
/// [`Error::Differed`] when the two were not equal at the same position: the new one, which follows from the log, is
/// live then, and somebody should find out why.
pub(crate) async fn rebuild<J: Journal>(
    journal: &J,
    writer: &Writer,
    views: &Views,
    name: &str,
) -> Result<ViewDigest, Error> {
    let view = named(name)?;
    let (ledger, origin, generation) = {
        let live = views.lock().await;
        let current = live.live.iter().find(|l| l.view.name() == name).map_or(0, |l| l.generation);
        (live.ledger.clone(), live.verifier.origin().clone(), current.wrapping_add(1))
    };
    let store = writer.lock().await.clone();
    // An earlier try may have left rows.
    store.clear(&rows_prefix(&ledger, name, generation))?;
    let live = Live::stored(&store, &ledger, view, generation);
    let mut beside = Beside { live, verifier: Verifier::new(origin, FIRST_EPOCH), store };
    for _ in 0..CHASES_MAX {
        let commit = views.lock().await.head().commit;
        beside.read_to(journal, commit).await?;
        if views.lock().await.head().commit <= commit + NEAR {
            break;
        }
    }
    // From here the live views stand still, and nobody else writes.
    let writer = writer.clone().lock_owned().await;
    let mut live = views.clone().lock_owned().await;
    beside.read_to(journal, live.head().commit).await?;
    blocking(move || swap(&mut live, beside, &writer)).await
}

/// Both are at one position and nothing moves: compares, writes the new rows and the pointer to them, drops the old.
fn swap(views: &mut LedgerViews, beside: Beside, store: &Store) -> Result<ViewDigest, Error> {
    let Beside { live: beside, verifier, .. } = beside;
    let (ledger, position) = (views.ledger.clone(), views.head().position);
    let stopped = |reason: String| Err(Error::Stopped { ledger: ledger.clone(), reason });
    if views.verifier != verifier {
        return stopped("the log does not hold the commits that the views were built from".to_owned());
    }
    let name = beside.view.name();
    let rebuilt = beside.rows.digest();
    if let Some(why) = beside.rows.unreadable() {
        return stopped(format!("the view store can't be read: {why}"));
    }
    let Some(place) = views.live.iter_mut().find(|live| live.view.name() == name) else {
        return Err(Error::NoSuchLedger(ledger));
    };
    let live = place.rows.digest();
    let old = std::mem::replace(place, beside);
    let (changed, cursor) = views.take_changed()?;
    store.write(&ledger, changed, Some(&cursor)).inspect_err(|error| views.distrust(error))?;
    store.clear(&rows_prefix(&ledger, name, old.generation))?;
    if live != rebuilt {
        return Err(Error::Differed { view: name.to_owned(), live, rebuilt });
    }
    Ok(ViewDigest { ledger, view: name.to_owned(), digest: rebuilt, position })
}
