//! `events`: the events of a ledger, exactly as they are stored, one a line. Each is verified before it is printed.

use std::io::Write;

use futures::StreamExt as _;
use journal::Until;

use crate::args::Events;
use crate::error::Error;
use crate::exit::Exit;
use crate::log::{Log, ReadError, stored_events};
use crate::output::Output;

/// Prints them.
pub(crate) async fn run(events: &Events, output: Output) -> Result<Exit, Error> {
    let log = Log::open(&events.place, &events.ledger, output).await?;
    let mut verifier = log.verifier();
    let mut commits = log.commits(verifier.tip(), Until::Head);
    let mut out = output.buffered();
    let last = events.to.unwrap_or(u64::MAX);
    while verifier.head().position < last
        && let Some(commit) = commits.next().await
    {
        let commit = commit?;
        let head = verifier.accept(&commit).map_err(ReadError::Broken)?;
        if head.position < events.from {
            continue;
        }
        for (position, event) in (commit.size + 1..).zip(stored_events(&commit)?) {
            if (events.from..=last).contains(&position) {
                out.write_all(event.as_bytes())?;
                out.write_all(b"\n")?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Ok)
}
