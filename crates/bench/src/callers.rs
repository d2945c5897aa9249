//! Many callers in the recorder's process, one durable command each in flight.

use futures::future::try_join_all;
use journal::{Embedded, Journal};
use recorder::Recorder;
use runtime::{Clock as _, SystemClock};
use tests::nats::Nats;
use wire::Submission;

use crate::machine::{Failure, Timed};
use crate::rows;

/// So many callers, so many commands each, on this journal.
async fn call<J: Journal>(journal: J, callers: usize, each: u64) -> Result<Timed, Failure> {
    let folder = tempfile::tempdir()?;
    let ledger = rows::ledger()?;
    let recorder = rows::recorder(journal, folder.path())?;
    rows::receipts(recorder.submit_all(&ledger, rows::opening(&ledger)?).await)?;
    let mut commands = rows::deliveries(&ledger, callers as u64 * each)?.into_iter();
    let portions: Vec<Vec<Submission>> =
        (0..callers).map(|_| commands.by_ref().take(each as usize).collect()).collect();
    let clock = SystemClock::default();
    let began = clock.elapsed();
    let tasks = portions.into_iter().map(|portion| {
        #[expect(clippy::disallowed_methods, reason = "all are waited for below")]
        let task = tokio::spawn(caller(recorder.clone(), portion));
        async move { task.await.map_err(|error| error.to_string())? }
    });
    let latencies = try_join_all(tasks).await?;
    let took = clock.elapsed() - began;
    recorder.stop().await;
    Ok(Timed::new(took, latencies.into_iter().flatten().collect()))
}

async fn caller(recorder: Recorder, portion: Vec<Submission>) -> Result<Vec<std::time::Duration>, String> {
    let clock = SystemClock::default();
    let mut latencies = Vec::with_capacity(portion.len());
    for submission in portion {
        let sent = clock.elapsed();
        let answer = recorder.submit(submission).await;
        latencies.push(clock.elapsed() - sent);
        rows::receipts(vec![answer]).map_err(|error| error.to_string())?;
    }
    Ok(latencies)
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
