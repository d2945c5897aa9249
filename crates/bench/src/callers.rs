//! Many callers, one durable command each in flight: in the recorder's process, and over NATS.

use std::process::{Command, Stdio};

use async_nats::{RequestError, RequestErrorKind};
use domain::Slug;
use journal::{Embedded, Journal};
use serde_json::Value;
use serde_json::value::RawValue;
use tests::binary::Serving;
use tests::cluster::Cluster;
use tests::nats::Nats;
use wire::ask::{Ask, Reply};

use crate::calls::{Timed, together, told};
use crate::machine::{Failure, Figure};
use crate::postgres::{Check, Postgres};
use crate::rows;

/// So many callers, so many commands each, on this journal.
async fn call<J: Journal>(journal: J, callers: usize, each: u64) -> Result<Timed, Failure> {
    let folder = tempfile::tempdir()?;
    let ledger = rows::ledger()?;
    let recorder = rows::recorder(journal, folder.path())?;
    let opening = rows::submissions(&ledger, rows::opening())?;
    rows::receipts(recorder.submit_all(&ledger, opening).await)?;
    let commands = rows::submissions(&ledger, rows::deliveries(callers as u64 * each))?;
    let asked = recorder.clone();
    let timed = together(commands, callers, move |submission| {
        let recorder = asked.clone();
        async move { rows::receipts(vec![recorder.submit(submission).await]).map(drop).map_err(told) }
    });
    let timed = timed.await?;
    recorder.stop().await;
    Ok(timed)
}

/// Sixty-four callers on JetStream, in turn with as many on PostgreSQL that read the version first.
pub(crate) async fn beside_postgres(each: u64, rounds: usize) -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    let event = rows::deliveries(1).next().unwrap_or_default().to_string();
    for _ in 0..rounds {
        let ours = jetstream(64, each).await?;
        let peer = Postgres::start().await?.callers((64, each / 4), &event, Check::ReadFirst).await?;
        figures.extend([
            Figure::new("callers: on JetStream", ours.per_second, "calls/s"),
            Figure::new("callers: on JetStream, p99", ours.p99, "ms"),
            Figure::new("callers: PostgreSQL, insert with a version check", peer.per_second, "calls/s"),
            Figure::new("callers: on JetStream against PostgreSQL", ours.per_second / peer.per_second, "x"),
        ]);
    }
    Ok(figures)
}

/// Into files.
pub(crate) async fn embedded(callers: usize, each: u64) -> Result<Timed, Failure> {
    let folder = tempfile::tempdir()?;
    call(Embedded::open(folder.path())?, callers, each).await
}

/// Into JetStream that syncs every message.
pub(crate) async fn jetstream(callers: usize, each: u64) -> Result<Timed, Failure> {
    let server = Nats::start();
    call(server.journal().await, callers, each).await
}

/// Into three servers that each sync every message before the leader acknowledges.
pub(crate) async fn replicated(callers: usize, each: u64) -> Result<Timed, Failure> {
    let cluster = Cluster::start();
    call(cluster.journal_of("recorder").await, callers, each).await
}

/// As requests over NATS to a recorder in a process of its own, on JetStream that syncs every message.
pub(crate) async fn requests(callers: usize, each: u64) -> Result<Timed, Failure> {
    let (server, folder) = (Nats::start(), tempfile::tempdir()?);
    let config = folder.path().join("hubledger.toml");
    let (data, url) = (folder.path().join("data"), server.url());
    let journal = format!("kind = \"jetstream\"\nurl = \"{url}\"\naccept_unchecked_sync = true");
    std::fs::write(&config, format!("data = {data:?}\n[journal]\n{journal}\n"))?;
    let mut serve = Command::new(std::env::current_exe()?.with_file_name("hubledger"));
    serve.args(["serve", "recorder", "--config"]).arg(&config);
    serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let recorder = Serving::spawn(serve).map_err(|said| format!("no recorder: {said:?}"))?;
    let (client, ledger) = (async_nats::connect(&url).await?, rows::ledger()?);
    // It says that it serves a moment before the broker has heard of its subscription.
    while let Err(failure) = ask(&client, &ledger, rows::opening()).await {
        match failure.downcast::<RequestError>() {
            Ok(error) if error.kind() == RequestErrorKind::NoResponders => tokio::task::yield_now().await,
            Ok(error) => return Err(error),
            Err(other) => return Err(other),
        }
    }
    let commands = rows::deliveries(callers as u64 * each).collect();
    let timed = together(commands, callers, move |command| {
        let (client, ledger) = (client.clone(), ledger.clone());
        async move { ask(&client, &ledger, vec![command]).await.map_err(told) }
    });
    let timed = timed.await?;
    recorder.stop();
    Ok(timed)
}

/// Asks the recorder behind NATS for receipts.
async fn ask(client: &async_nats::Client, ledger: &Slug, commands: Vec<Value>) -> Result<(), Failure> {
    let commands = commands.into_iter().map(|command| RawValue::from_string(command.to_string()));
    let ask = Ask::Submit { ledger: ledger.clone(), commands: commands.collect::<Result<_, _>>()? };
    let request = client.request(format!("ask.recorder.{ledger}"), serde_json::to_vec(&ask)?.into());
    match serde_json::from_slice(&request.await?.payload)? {
        Reply::Outcomes { outcomes } => rows::receipts(outcomes.into_iter().map(Ok).collect()).map(drop),
        other => Err(format!("no outcome: {other:?}").into()),
    }
}
