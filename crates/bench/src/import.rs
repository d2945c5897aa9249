//! Durable import of deliveries, beside raw appends of the same bytes in as many writes.

use std::fs::File;
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use journal::{EMPTY, Embedded, Journal, Until};
use runtime::{Clock as _, SystemClock};
use tests::nats::Nats;
use wire::{Commit, frame};

use crate::machine::{Failure, Figure, median};
use crate::rows;

/// One import: how long it took, and the commits that it made.
async fn import<J: Journal>(journal: J, count: u64) -> Result<(Duration, Vec<Commit>), Failure> {
    let folder = tempfile::tempdir()?;
    let (ledger, clock) = (rows::ledger()?, SystemClock::default());
    let recorder = rows::recorder(journal.clone(), folder.path())?;
    let opening = rows::submissions(&ledger, rows::opening())?;
    rows::receipts(recorder.submit_all(&ledger, opening).await)?;
    let deliveries = rows::submissions(&ledger, rows::deliveries(count))?;
    let began = clock.elapsed();
    let answers = recorder.submit_all(&ledger, deliveries).await;
    let took = clock.elapsed() - began;
    rows::receipts(answers)?;
    recorder.stop().await;
    let mut commits = Vec::new();
    // The first commit is the opening.
    let mut stored = journal.commits(&ledger, EMPTY, Until::Head).skip(1);
    while let Some(commit) = stored.next().await {
        commits.push(commit?);
    }
    Ok((took, commits))
}

/// One import, and the same bytes without us.
pub(crate) struct Imported {
    pub(crate) took: Duration,
    pub(crate) raw: Duration,
    pub(crate) commits: Vec<Commit>,
}

/// Into files, beside plain appends of the same bytes that are synced as often.
pub(crate) async fn embedded_once(count: u64) -> Result<Imported, Failure> {
    let folder = tempfile::tempdir()?;
    let (took, commits) = import(Embedded::open(folder.path())?, count).await?;
    let frames: Vec<Vec<u8>> = commits.iter().map(frame::encode).collect();
    let clock = SystemClock::default();
    let mut file = File::create_new(folder.path().join("raw"))?;
    let began = clock.elapsed();
    for frame in &frames {
        file.write_all(frame)?;
        file.sync_data()?;
    }
    Ok(Imported { took, raw: clock.elapsed() - began, commits })
}

/// Into JetStream that syncs every message, beside plain publishing of the same messages, each acknowledged.
pub(crate) async fn jetstream_once(count: u64) -> Result<Imported, Failure> {
    let server = Nats::start();
    let journal = server.journal().await;
    let (took, commits) = import(journal.clone(), count).await?;
    let context = async_nats::jetstream::new(journal.client());
    let stream = async_nats::jetstream::stream::Config { name: "RAW".to_owned(), ..Default::default() };
    context.create_stream(stream).await?;
    let bodies: Vec<Bytes> = commits.iter().map(|commit| commit.body.clone()).collect();
    let clock = SystemClock::default();
    let began = clock.elapsed();
    for body in bodies {
        context.publish("RAW", body).await?.await?;
    }
    Ok(Imported { took, raw: clock.elapsed() - began, commits })
}

/// Into files, several times.
pub(crate) async fn embedded(count: u64, rounds: usize) -> Result<Vec<Figure>, Failure> {
    let mut all = Vec::new();
    for _ in 0..rounds {
        all.push(embedded_once(count).await?);
    }
    Ok(figures("embedded", count, &all))
}

/// Into JetStream, several times.
pub(crate) async fn jetstream(count: u64, rounds: usize) -> Result<Vec<Figure>, Failure> {
    let mut all = Vec::new();
    for _ in 0..rounds {
        all.push(jetstream_once(count).await?);
    }
    Ok(figures("jetstream", count, &all))
}

fn figures(journal: &str, count: u64, all: &[Imported]) -> Vec<Figure> {
    let import = median(all.iter().map(|once| once.took).collect());
    let raw = median(all.iter().map(|once| once.raw).collect());
    let per_second = |seconds: f64| count as f64 / seconds;
    vec![
        Figure::new(&format!("{journal}: durable import of deliveries"), per_second(import), "rows/s"),
        Figure::new(&format!("{journal}: raw appends of the same bytes"), per_second(raw), "rows/s"),
        Figure::new(&format!("{journal}: import against raw"), raw / import, "x"),
    ]
}
