//! Verified reading: what every reader of the log calls.

use domain::Slug;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use wire::{Broken, Commit, Head, Interpreted, Verifier};

use crate::{Journal, JournalError, Until};

/// A verified commit with its events and the reader's place after it.
#[derive(Debug, Clone)]
pub struct Read {
    /// As stored.
    pub commit: Commit,
    /// Its events, in order.
    pub events: Vec<Interpreted>,
    /// The place after it.
    pub verifier: Verifier,
}

/// Commits after the verifier's place, each verified, with the head after it. The stream yields an error and ends
/// when the log is broken or contradicts `from`.
pub fn read<J: Journal>(
    journal: &J,
    ledger: &Slug,
    from: Verifier,
    until: Until,
) -> BoxStream<'static, Result<(Commit, Head), JournalError>> {
    verified(journal, ledger, from, until, |verifier, commit| {
        let head = verifier.accept(&commit)?;
        Ok((commit, head))
    })
}

/// The same with every event interpreted.
pub fn read_events<J: Journal>(
    journal: &J,
    ledger: &Slug,
    from: Verifier,
    until: Until,
) -> BoxStream<'static, Result<Read, JournalError>> {
    verified(journal, ledger, from, until, |verifier, commit| {
        let events = verifier.accept_events(&commit)?;
        Ok(Read { commit, events, verifier: verifier.clone() })
    })
}

pub(crate) fn verified<J: Journal, T: Send + 'static>(
    journal: &J,
    ledger: &Slug,
    from: Verifier,
    until: Until,
    check: impl Fn(&mut Verifier, Commit) -> Result<T, Broken> + Send + 'static,
) -> BoxStream<'static, Result<T, JournalError>> {
    let commits = journal.commits(ledger, from.tip(), until);
    let ledger = ledger.clone();
    commits
        .scan((from, false), move |(verifier, ended), commit| {
            let result = match (*ended, commit) {
                (true, _) => None,
                (false, Ok(commit)) => {
                    let broken = |broken| JournalError::Broken { ledger: ledger.clone(), broken };
                    Some(check(verifier, commit).map_err(broken))
                }
                // The store knows the commit; the position is what this reader has not read yet.
                (false, Err(JournalError::Broken { ledger, broken })) => {
                    let broken = Broken { position: verifier.head().position + 1, ..broken };
                    Some(Err(JournalError::Broken { ledger, broken }))
                }
                (false, Err(error)) => Some(Err(error)),
            };
            *ended |= matches!(result, Some(Err(_)));
            futures::future::ready(result)
        })
        .boxed()
}
