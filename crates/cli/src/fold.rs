//! Views folded from the log in this process, wherever the log is: for `replay` and for answers from another vantage.

use futures::StreamExt as _;
use journal::{Read, Until};
use projector::Folded;
use wire::{AsOf, Vantage};

use crate::client::view_error;
use crate::error::Error;
use crate::exit::Exit;
use crate::log::{Log, ReadError};
use crate::output::Output;

/// Folds as far as can be seen from the vantage; memory grows with the rows, not with the events.
///
/// # Errors
/// When the log is broken or can't be read, or ends before the position.
pub(crate) async fn fold(
    log: &Log,
    mut folded: Folded,
    vantage: Vantage,
    output: Output,
) -> Result<Folded, Error> {
    let to = if let Some(AsOf::Position(last)) = vantage.as_of { Some(last) } else { None };
    let mut verifier = log.verifier();
    let mut commits = log.commits(verifier.tip(), Until::Head);
    let progress = output.progress(to, "folding");
    while !folded.is_complete()
        && let Some(commit) = commits.next().await
    {
        let commit = commit?;
        let events = verifier.accept_events(&commit).map_err(ReadError::Broken)?;
        let read = Read { commit, events, verifier: verifier.clone() };
        folded.take(read).map_err(|error| view_error(&error))?;
        progress.set_position(verifier.head().position.min(to.unwrap_or(u64::MAX)));
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
