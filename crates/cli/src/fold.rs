//! Views folded from the log in this process, wherever the log is: for `replay` and for answers as of a position.

use futures::StreamExt as _;
use journal::{Read, Until};
use projector::Folded;

use crate::client::view_error;
use crate::error::Error;
use crate::exit::Exit;
use crate::log::{Log, ReadError};
use crate::output::Output;

/// Folds to this position, or to the head; memory grows with the rows, not with the events.
///
/// # Errors
/// When the log is broken or can't be read, or ends before the position.
pub(crate) async fn fold(log: &Log, to: Option<u64>, output: Output) -> Result<Folded, Error> {
    let mut verifier = log.verifier();
    let mut folded = Folded::new(log.origin().clone());
    let mut commits = log.commits(verifier.tip(), Until::Head);
    let progress = output.progress(to, "folding");
    let last = to.unwrap_or(u64::MAX);
    while verifier.head().position < last
        && let Some(commit) = commits.next().await
    {
        let commit = commit?;
        let events = verifier.accept_events(&commit).map_err(ReadError::Broken)?;
        let read = Read { commit, events, verifier: verifier.clone() };
        folded.take(read, last).map_err(|error| view_error(&error))?;
        progress.set_position(verifier.head().position.min(last));
    }
    progress.finish_and_clear();
    let reached = verifier.head().position;
    match to {
        Some(to) if to > reached => {
            let what = format!("{} has no position {to} yet; its last is {reached}", log.origin().ledger);
            Err(Error::new(Exit::NotFound, what).hint("leave the position out to get the last"))
        }
        _ => Ok(folded),
    }
}
