//! Verified, typed reading of a log, beside a JSON parser alone on the same bytes.

use std::path::Path;

use futures::StreamExt as _;
use journal::{EMPTY, Embedded, FIRST_EPOCH, Journal as _, Until, read, read_events};
use runtime::{Clock as _, SystemClock};
use serde_json::value::RawValue;
use wire::{Origin, Verifier};

use crate::machine::{Failure, Figure, median, processor};

/// The ledger that a folder holds, and a reader of it.
pub(crate) async fn ledger(journal: &Embedded) -> Result<Verifier, Failure> {
    let ledger = journal.ledgers().await?.pop().ok_or("the folder holds no ledger")?;
    let deployment = "county".parse().map_err(|_| "no slug")?;
    Ok(Verifier::new(Origin { deployment, ledger }, FIRST_EPOCH))
}

/// Reads it all in several ways.
pub(crate) async fn replay(folder: &Path, rounds: usize) -> Result<Vec<Figure>, Failure> {
    let journal = Embedded::open_read_only(folder);
    let from = ledger(&journal).await?;
    let ledger = from.origin().ledger.clone();
    let clock = SystemClock::default();
    let [mut typed, mut verified, mut values, mut types] = [const { Vec::new() }; 4];
    let (mut events, mut worked) = (0, 0.0);
    for _ in 0..rounds {
        let (began, idle) = (clock.elapsed(), processor());
        let mut commits = read_events(&journal, &ledger, from.clone(), Until::Head);
        while let Some(read) = commits.next().await {
            events += read?.events.len();
        }
        typed.push(clock.elapsed() - began);
        worked += processor() - idle;

        let began = clock.elapsed();
        let mut commits = read(&journal, &ledger, from.clone(), Until::Head);
        while let Some(read) = commits.next().await {
            read?;
        }
        verified.push(clock.elapsed() - began);

        let began = clock.elapsed();
        let mut commits = journal.commits(&ledger, EMPTY, Until::Head);
        while let Some(commit) = commits.next().await {
            let value: serde_json::Value = serde_json::from_slice(&commit?.body)?;
            std::hint::black_box(value);
        }
        values.push(clock.elapsed() - began);

        let began = clock.elapsed();
        let mut commits = journal.commits(&ledger, EMPTY, Until::Head);
        while let Some(commit) = commits.next().await {
            let body = commit?.body;
            for event in serde_json::from_slice::<Vec<&RawValue>>(&body)? {
                std::hint::black_box(wire::decode::one(event.get())?);
            }
        }
        types.push(clock.elapsed() - began);
    }
    let [typed, verified, values, types] = [typed, verified, values, types].map(median);
    let per_second = |seconds: f64| events as f64 / rounds as f64 / seconds;
    Ok(vec![
        Figure::new("replay: verified and typed", per_second(typed), "events/s"),
        Figure::new("replay: the same, a second of one processor", events as f64 / worked, "events/s"),
        Figure::new("replay: verified only", per_second(verified), "events/s"),
        Figure::new("replay: serde_json alone, into values", per_second(values), "events/s"),
        Figure::new("replay: serde_json alone, into the same types", per_second(types), "events/s"),
        Figure::new("replay: verified and typed against serde_json into values", values / typed, "x"),
        Figure::new("replay: verified and typed against serde_json into types", types / typed, "x"),
    ])
}
