//! How long after its receipt an event is in an answer, at a steady rate, on JetStream that syncs every message.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesOrdered;
use journal::JetStream;
use projector::{Projector, Settings};
use recorder::Recorder;
use region::District;
use runtime::{Clock as _, SystemClock};
use tests::nats::Nats;
use tokio::task::JoinSet;
use uuid::Uuid;
use wire::{Outcome, Query, Submission};

use crate::machine::{Failure, Figure};
use crate::rows;

/// Events of the ledger before it is measured.
const BEFORE: u64 = 100_000;
const RATE: u64 = 5_000;
/// Commands that are sent together, so many times a second.
const TOGETHER: usize = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// One ledger with a recorder and a projector, in the middle of its year.
struct House {
    recorder: Recorder,
    projector: Projector<JetStream>,
    clock: SystemClock,
}

/// What became of commands that were sent together.
struct Sent {
    events: Vec<Option<Uuid>>,
    /// From the receipt to the answer that holds it.
    lag: Duration,
}

impl House {
    /// Sends and then asks for what the receipts name.
    async fn send(&self, submissions: Vec<Submission>) -> Result<Sent, Failure> {
        let ledger = submissions.first().map(|s| s.ledger.clone()).ok_or("nothing was sent")?;
        let answers = self.recorder.submit_all(&ledger, submissions).await;
        let acknowledged = self.clock.elapsed();
        let position = answers.iter().flatten().filter_map(|outcome| match outcome {
            Outcome::Receipt(receipt) => receipt.positions.last().copied(),
            _ => None,
        });
        let query = asked(&ledger, "partner-directory", position.max().unwrap_or(0));
        self.projector.query(&query).await?;
        let lag = self.clock.elapsed() - acknowledged;
        Ok(Sent { events: rows::receipts(answers)?, lag })
    }
}

fn asked(ledger: &domain::Slug, view: &str, position: u64) -> Query {
    Query {
        ledger: ledger.clone(),
        view: view.to_owned(),
        filters: Default::default(),
        as_of: None,
        valid_on: None,
        min_position: Some((1, position)),
        limit: None,
        wait: None,
    }
}

/// For so long, in the middle of a district's year; the second time with somebody who asks for a whole view each second.
pub(crate) async fn steady(time: Duration) -> Result<Vec<Figure>, Failure> {
    let server = Nats::start();
    let journal = server.journal().await;
    let folder = tempfile::tempdir()?;
    let recorder = rows::recorder(journal.clone(), folder.path())?;
    let events = BEFORE + 2 * RATE * (time.as_secs() + 1);
    let mut district = region::region(1, 2 * events).pop().ok_or("the region has no district")?;
    let ledger = district.ledger().clone();
    for _ in 0..BEFORE / region::BATCH as u64 {
        let answers = recorder.submit_all(&ledger, rows::batch(&mut district)?).await;
        district.recorded(&rows::receipts(answers)?);
    }
    let settings = Settings {
        data_dir: folder.path().to_owned(),
        deployment: "county".parse().map_err(|_| "no slug")?,
        flush_events: 65_536,
        cache_bytes: 64 << 20,
        wait: Duration::from_secs(3_600),
    };
    let projector = Projector::start(journal, settings).await?;
    projector.query(&asked(&ledger, "partner-directory", BEFORE)).await?;
    let house = House { recorder, projector, clock: SystemClock::default() };
    let mut figures = paced(&house, &mut district, time, "").await?;
    let (asking, query) = (house.projector.clone(), asked(&ledger, "service-ledger", 0));
    let mut reader = JoinSet::new();
    reader.spawn(async move {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        while asking.query(&query).await.is_ok() {
            second.tick().await;
        }
    });
    figures.extend(paced(&house, &mut district, time, ", whole views asked").await?);
    house.recorder.stop().await;
    house.projector.stop().await;
    Ok(figures)
}

/// Sends at the rate and measures, each event with the lag of those that it was sent with.
async fn paced(
    house: &House,
    district: &mut District,
    time: Duration,
    how: &str,
) -> Result<Vec<Figure>, Failure> {
    let mut pause = tokio::time::interval(PAUSE);
    let (mut lags, mut sent) = (Vec::new(), 0_u64);
    let began = house.clock.elapsed();
    while sent < RATE * time.as_secs() {
        let mut submissions = rows::batch(district)?;
        sent += submissions.len() as u64;
        let (mut under_way, mut events) = (FuturesOrdered::new(), Vec::new());
        while !submissions.is_empty() || !under_way.is_empty() {
            tokio::select! {
                // Who was sent first is asked first, so that they enter in order.
                biased;
                Some(done) = under_way.next() => {
                    let Sent { events: more, lag } = done?;
                    lags.extend(more.iter().map(|_| lag));
                    events.extend(more);
                }
                _ = pause.tick(), if !submissions.is_empty() => {
                    let later = submissions.split_off(TOGETHER.min(submissions.len()));
                    under_way.push_back(house.send(std::mem::replace(&mut submissions, later)));
                }
            }
        }
        // The next commands correct some of these.
        district.recorded(&events);
    }
    let rate = sent as f64 / (house.clock.elapsed() - began).as_secs_f64();
    lags.sort_unstable();
    let share = |percent: usize| {
        let at = (lags.len() * percent / 100).min(lags.len().saturating_sub(1));
        lags.get(at).map_or(0.0, |lag| lag.as_secs_f64() * 1e3)
    };
    let figure = |what: &str, value: f64, unit: &str| Figure::new(&format!("live{how}: {what}"), value, unit);
    Ok(vec![
        figure("events recorded and projected", rate, "events/s"),
        figure("p50 from receipt to answer", share(50), "ms"),
        figure("p99 from receipt to answer", share(99), "ms"),
        figure("longest from receipt to answer", share(100), "ms"),
    ])
}
