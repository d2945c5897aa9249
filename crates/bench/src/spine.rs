//! `cargo xtask bench spine`: the bars of the services, each as a ratio within one round, beside what people would take
//! instead, measured by the same program in the same round.

use std::fs::File;
use std::io::Write as _;
use std::time::Duration;

use journal::{Embedded, Journal as _};
use runtime::{Clock as _, SystemClock};
use tests::chain::Chain;
use wire::frame;

use crate::calls::Timed;
use crate::machine::{Failure, Figure, Measured, Side};
use crate::postgres::{Check, Postgres};
use crate::{callers, import, lag, own_process, path, read, rows};

/// How much is measured.
pub(crate) struct Spine {
    /// Deliveries of one import.
    pub(crate) deliveries: u64,
    /// Callers at once, and the commands of each.
    pub(crate) callers: usize,
    pub(crate) each: u64,
    /// Commits of one event that one caller appends.
    pub(crate) appends: u64,
    /// Events of a district's year that is read, started on and projected.
    pub(crate) events: u64,
    /// Keys that a register remembers.
    pub(crate) keys: u64,
    /// How long events come at a steady rate.
    pub(crate) steady: Duration,
    pub(crate) rounds: usize,
}

/// What is asked of figures of a long log, by their names.
const BARS: &[(&str, Side, f64)] = &[
    ("replay: verified and typed against serde_json into values", Side::AtLeast, 0.6),
    ("replay: verified and typed against serde_json into types", Side::AtLeast, 0.6),
    ("views: all built from nothing and stored", Side::AtLeast, 150_000.0),
    ("views: peak memory meanwhile", Side::AtMost, 256.0),
    ("views: opened again and answered", Side::AtMost, 2.0),
    ("views: disk against keys and JSON", Side::AtMost, 3.0),
    ("views: peak memory after that", Side::AtMost, 256.0),
    ("views: disk against keys and JSON after that", Side::AtMost, 3.0),
    ("live: p99 from receipt to answer", Side::AtMost, 100.0),
    ("recorder: started on this log", Side::AtMost, 2.0),
    ("register: peak memory", Side::AtMost, 400.0),
];

/// What one round came to.
struct Round {
    imported: [f64; 2],
    raw: [f64; 2],
    copied: f64,
    called: [Timed; 2],
    /// Over NATS to another process, and into three servers.
    beyond: [Timed; 2],
    /// Reading the version first, and in one statement.
    peers: [Timed; 2],
    one_caller: f64,
}

pub(crate) async fn spine(size: &Spine) -> Result<Vec<Measured>, Failure> {
    let mut rounds = Vec::new();
    for _ in 0..size.rounds {
        rounds.push(round(size).await?);
    }
    let each = |figure: fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<f64>>();
    let least = |bar: f64| (Side::AtLeast, bar);
    let [rows, x, calls, ms] = ["rows/s", "x", "calls/s", "ms"];
    Ok(vec![
        Measured::plain("import: JetStream, durable", rows, each(|r| r.imported[1])),
        Measured::plain("import: the same bytes published raw", rows, each(|r| r.raw[1])),
        Measured::plain("import: PostgreSQL, one COPY of the same rows", rows, each(|r| r.copied)),
        Measured::held("import: against raw publishing", x, least(0.5), each(|r| r.imported[1] / r.raw[1])),
        Measured::held("import: against COPY", x, least(2.0), each(|r| r.imported[1] / r.copied)),
        Measured::plain("import: files, durable", rows, each(|r| r.imported[0])),
        Measured::plain("import: files, against raw appends", x, each(|r| r.imported[0] / r.raw[0])),
        Measured::plain("callers: on JetStream", calls, each(|r| r.called[1].per_second)),
        Measured::plain("callers: on JetStream, p99", ms, each(|r| r.called[1].p99)),
        Measured::plain("callers: on files", calls, each(|r| r.called[0].per_second)),
        Measured::plain("callers: on files, p99", ms, each(|r| r.called[0].p99)),
        Measured::plain(
            "callers: over NATS to a recorder of its own",
            calls,
            each(|r| r.beyond[0].per_second),
        ),
        Measured::plain("callers: over NATS, p99", ms, each(|r| r.beyond[0].p99)),
        Measured::held("callers: on three servers, R3", calls, least(5e3), each(|r| r.beyond[1].per_second)),
        Measured::plain("callers: on three servers, p99", ms, each(|r| r.beyond[1].p99)),
        Measured::plain(
            "callers: PostgreSQL, insert with a version check",
            calls,
            each(|r| r.peers[0].per_second),
        ),
        Measured::plain("callers: PostgreSQL, p99", ms, each(|r| r.peers[0].p99)),
        Measured::plain("callers: PostgreSQL, in one statement", calls, each(|r| r.peers[1].per_second)),
        Measured::plain("callers: PostgreSQL, in one statement, p99", ms, each(|r| r.peers[1].p99)),
        Measured::held(
            "callers: on JetStream against PostgreSQL",
            x,
            least(10.0),
            each(|r| r.called[1].per_second / r.peers[0].per_second),
        ),
        Measured::held(
            "callers: on files against PostgreSQL",
            x,
            least(10.0),
            each(|r| r.called[0].per_second / r.peers[0].per_second),
        ),
        Measured::held("one caller: files against append and sync", x, least(0.7), each(|r| r.one_caller)),
    ])
}

/// A long log, recorded once: in each round it is read, started on and projected, and a register of a long life is
/// filled.
pub(crate) async fn long(size: &Spine) -> Result<Vec<Measured>, Failure> {
    let folder = tempfile::tempdir()?;
    let ledger = rows::record_year(folder.path(), size.events).await?;
    let clock = SystemClock::default();
    let mut rounds = Vec::new();
    for _ in 0..size.rounds {
        let mut figures = read::replay(folder.path(), 1).await?;
        let began = clock.elapsed();
        let recorder = rows::recorder(Embedded::open(folder.path())?, folder.path())?;
        recorder.head(&ledger).await?;
        let started = (clock.elapsed() - began).as_secs_f64();
        recorder.stop().await;
        figures.push(Figure::new("recorder: started on this log", started, "s"));
        figures.extend(own_process(&["rebuild", path(folder.path())?])?);
        figures.extend(lag::steady(size.steady).await?);
        figures.extend(own_process(&["remember", &size.keys.to_string()])?);
        rounds.push(figures);
    }
    Ok(Measured::over(rounds, BARS))
}

async fn round(size: &Spine) -> Result<Round, Failure> {
    let per_second = |took: Duration| size.deliveries as f64 / took.as_secs_f64();
    let files = import::embedded_once(size.deliveries).await?;
    let stream = import::jetstream_once(size.deliveries).await?;
    let postgres = Postgres::start().await?;
    let copied = postgres.copy(&stream.commits).await?;
    let called = [
        callers::embedded(size.callers, size.each).await?,
        callers::jetstream(size.callers, size.each).await?,
    ];
    let event = stream.commits.first().and_then(|commit| commit.body.get(1..)).unwrap_or_default();
    let event: &serde_json::value::RawValue =
        serde_json::Deserializer::from_slice(event).into_iter().next().ok_or("the log is empty")??;
    let load = (size.callers, size.each / 4);
    let peers = [
        postgres.callers(load, event.get(), Check::ReadFirst).await?,
        postgres.callers(load, event.get(), Check::OneStatement).await?,
    ];
    Ok(Round {
        imported: [per_second(files.took), per_second(stream.took)],
        raw: [per_second(files.raw), per_second(stream.raw)],
        copied: per_second(copied),
        called,
        beyond: [
            callers::requests(size.callers, size.each / 2).await?,
            callers::replicated(size.callers, size.each / 4).await?,
        ],
        peers,
        one_caller: one_caller(size.appends).await?,
    })
}

/// One caller appends small commits to files, in turn with a plain file that is synced after each.
async fn one_caller(appends: u64) -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let ledger = rows::ledger()?;
    let journal = Embedded::open(folder.path())?;
    journal.open(&ledger).await?;
    let (mut chain, clock) = (Chain::new(&ledger), SystemClock::default());
    let mut file = File::create_new(folder.path().join("raw"))?;
    let (mut ours, mut raw) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..appends {
        let commit = chain.next("measured", 1);
        let frame = frame::encode(&commit);
        let began = clock.elapsed();
        journal.append(&ledger, &commit).await.map_err(|error| format!("{error:?}"))?;
        let between = clock.elapsed();
        file.write_all(&frame)?;
        file.sync_data()?;
        raw += clock.elapsed() - between;
        ours += between - began;
    }
    Ok(raw.as_secs_f64() / ours.as_secs_f64())
}
