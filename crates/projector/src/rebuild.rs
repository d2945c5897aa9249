//! Builds views anew beside the live ones, compares the two, and swaps those that differ.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Journal, Until, read_events};
use wire::{Rebuilt, Verifier, ViewDigest};

use crate::ahead::ahead;
use crate::handle::{Views, Writer};
use crate::ledger_views::{LedgerViews, Live, named};
use crate::store::{Store, rows_prefix};
use crate::{Error, blocking};

/// Rows in memory of views that are being built.
const ROWS_IN_MEMORY_MAX: usize = 100_000;
/// Commits that may be missing when the live views are held still for the last of them.
const NEAR: u64 = 4;
/// Times that the rest is read with the live views moving; a log that grows faster than it is read must not keep a
/// rebuild for ever.
const CHASES_MAX: usize = 16;

/// Views in the making.
struct Beside {
    views: Vec<Live>,
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
            self.views.iter_mut().for_each(|view| view.apply(&read));
            self.verifier = read.verifier;
            let rows: usize = self.views.iter().map(|view| view.rows.in_memory_len()).sum();
            if rows > ROWS_IN_MEMORY_MAX {
                // No cursor points to them yet.
                let changed = self.views.iter_mut().map(|view| view.take_changed(&ledger)).collect();
                self.store.write(&ledger, changed, None)?;
                self.views.iter_mut().for_each(|view| view.rows.forget());
            }
        }
        Ok(())
    }
}

/// Builds these views anew, in one pass over the log, and puts those that differ in the places of the live ones: what
/// all of them hold then follows from the log. One rebuild at a time for a ledger.
///
/// # Errors
/// [`Error`].
pub(crate) async fn rebuild<J: Journal>(
    journal: &J,
    writer: &Writer,
    views: &Views,
    names: &[&str],
) -> Result<Vec<Rebuilt>, Error> {
    let store = writer.lock().await.clone();
    let mut beside = {
        let live = views.lock().await;
        let fresh = |name: &&str| {
            let view = named(name)?;
            let current = live.live.iter().find(|l| l.view.name() == *name).map_or(0, |l| l.generation);
            let generation = current.wrapping_add(1);
            // An earlier try may have left rows.
            store.clear(&rows_prefix(&live.ledger, name, generation))?;
            Ok(Live::stored(&store, &live.ledger, view, generation))
        };
        // One that is named twice is built once.
        let views =
            names.iter().collect::<BTreeSet<_>>().into_iter().map(fresh).collect::<Result<_, Error>>()?;
        let verifier = Verifier::new(live.verifier.origin().clone(), FIRST_EPOCH);
        Beside { views, verifier, store: store.clone() }
    };
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

/// All are at one position and nothing moves: compares, writes new rows and the pointers to them, drops the others.
fn swap(views: &mut LedgerViews, beside: Beside, store: &Store) -> Result<Vec<Rebuilt>, Error> {
    let (ledger, position) = (views.ledger.clone(), views.head().position);
    let stopped = |reason: String| Err(Error::Stopped { ledger: ledger.clone(), reason });
    if views.verifier != beside.verifier {
        return stopped("the log does not hold the commits that the views were built from".to_owned());
    }
    let (mut rebuilt, mut dropped) = (Vec::new(), Vec::new());
    for mut fresh in beside.views {
        let (view, digest) = (fresh.view.name(), fresh.rows.digest());
        if let Some(why) = fresh.rows.unreadable() {
            return stopped(format!("the view store can't be read: {why}"));
        }
        let Some(place) = views.live.iter_mut().find(|live| live.view.name() == view) else {
            return Err(Error::NoSuchLedger(ledger));
        };
        let now = ViewDigest { ledger: ledger.clone(), view: view.to_owned(), digest, position };
        let result = Rebuilt { now, was: place.rows.digest() };
        if !result.is_equal() {
            std::mem::swap(place, &mut fresh);
        }
        dropped.push(rows_prefix(&ledger, view, fresh.generation));
        rebuilt.push(result);
    }
    if !rebuilt.iter().all(Rebuilt::is_equal) {
        let (changed, reached) = views.take_changed()?;
        store.write(&ledger, changed, Some(&reached)).inspect_err(|error| views.distrust(error))?;
    }
    dropped.iter().try_for_each(|rows| store.clear(rows))?;
    Ok(rebuilt)
}
