//! Builds a view anew beside the live one, compares the two, and swaps.

use std::sync::{Mutex, PoisonError};

use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Journal, Until, read_events};
use views::Rows;
use wire::{Verifier, ViewDigest};

use crate::Error;
use crate::ledger_views::{LedgerViews, Live, named};
use crate::store::{Store, rows_prefix};

/// Builds the view anew and puts it in the place of the live one.
///
/// # Errors
/// [`Error::Differed`] when the two were not equal at the same position: the new one, which follows from the log, is
/// live then, and somebody should find out why.
pub(crate) async fn rebuild<J: Journal>(
    journal: &J,
    store: &Store,
    views: &Mutex<LedgerViews>,
    name: &str,
) -> Result<ViewDigest, Error> {
    let view = named(name)?;
    let (ledger, origin, generation) = {
        let live = views.lock().unwrap_or_else(PoisonError::into_inner);
        let current = live.live.iter().find(|l| l.view.name() == name).map_or(0, |l| l.generation);
        (live.ledger.clone(), live.verifier.origin().clone(), current.wrapping_add(1))
    };
    let prefix = rows_prefix(&ledger, name, generation);
    // An earlier try may have left rows.
    store.clear(&prefix)?;
    let mut beside =
        Live { view, generation, rows: Rows::new(store.source(prefix.clone()), Default::default()) };
    let mut verifier = Verifier::new(origin, FIRST_EPOCH);
    loop {
        let mut commits = read_events(journal, &ledger, verifier.clone(), Until::Head);
        let live_at = views.lock().unwrap_or_else(PoisonError::into_inner).verifier.head().commit;
        while verifier.head().commit < live_at {
            let Some(read) = commits.next().await else { break };
            let read = read?;
            beside.apply(&read);
            verifier = read.verifier;
        }
        let mut live = views.lock().unwrap_or_else(PoisonError::into_inner);
        if live.verifier == verifier {
            return swap(store, &mut live, beside);
        }
    }
}

/// Both are at one position and nothing moves: compares, writes the new rows and the pointer to them, drops the old.
fn swap(store: &Store, views: &mut LedgerViews, beside: Live) -> Result<ViewDigest, Error> {
    let (ledger, position) = (views.ledger.clone(), views.head().position);
    let name = beside.view.name();
    let rebuilt = beside.rows.digest();
    let Some(place) = views.live.iter_mut().find(|live| live.view.name() == name) else {
        return Err(Error::NoSuchLedger(ledger));
    };
    let live = place.rows.digest();
    let old = std::mem::replace(place, beside);
    views.flush(store)?;
    store.clear(&rows_prefix(&ledger, name, old.generation))?;
    if live != rebuilt {
        return Err(Error::Differed { view: name.to_owned(), live, rebuilt });
    }
    Ok(ViewDigest { ledger, view: name.to_owned(), digest: rebuilt, position })
}
