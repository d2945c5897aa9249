//! `cargo xtask bench domain`: a whole county of ledgers with everything that a partnership records, at growing sizes. Each
//! part runs in a process of its own, so that its memory is only that.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use domain::Slug;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use journal::{Embedded, Journal as _, Read};
use projector::{Explained, Explaining, Projector, Settings, Stretch};
use runtime::{Clock as _, SystemClock};
use views::view;
use wire::{AsOf, Query};

use crate::machine::{Failure, Figure, Measured, Side, disk, peak_memory, processor};
use crate::{own_process, path, rows};

/// Events behind a figure that are told at once.
const EXPLAINED: usize = 1_000;

/// What is asked at the largest size.
const BARS: &[(&str, Side, f64)] = &[
    ("recorder: peak memory while recording", Side::AtMost, 400.0),
    ("recorder: started on all ledgers", Side::AtMost, 3.0),
    ("views: all built from nothing", Side::AtLeast, 100_000.0),
    ("views: peak memory meanwhile", Side::AtMost, 512.0),
    ("answers: a point, p99", Side::AtMost, 2.0),
    ("answers: a year of a ledger, p99", Side::AtMost, 50.0),
    ("answers: a year of the county, p99", Side::AtMost, 500.0),
    ("answers: as known at half of the largest ledger", Side::AtMost, 10.0),
    ("explain: a figure of the largest ledger", Side::AtMost, 1.0),
];

/// Measures a county of so many ledgers at each size.
pub(crate) async fn county(sizes: &[u64], ledgers: usize) -> Result<Vec<(u64, Vec<Measured>)>, Failure> {
    let mut all = Vec::new();
    for events in sizes {
        eprintln!("{events} events in {ledgers} ledgers");
        let folder = tempfile::tempdir()?;
        let place = path(folder.path())?;
        let mut figures = own_process(&["county-record", place, &events.to_string(), &ledgers.to_string()])?;
        figures.extend(own_process(&["county-start", place])?);
        figures.extend(own_process(&["county-views", place])?);
        all.push((*events, Measured::over(vec![figures], BARS)));
    }
    Ok(all)
}

/// Records the county, its districts beside each other, and prints the figures.
pub(crate) async fn record(folder: &Path, events: u64, ledgers: usize) -> Result<(), Failure> {
    let recorder = rows::recorder(Embedded::open(folder)?, folder)?;
    let clock = SystemClock::default();
    let began = clock.elapsed();
    // As many at once as there are processors: more would only wait.
    let mut waiting = region::one_by_one(1, events, ledgers);
    let mut running = FuturesUnordered::new();
    let mut recorded = 0;
    loop {
        while running.len() < 2
            && let Some(mut district) = waiting.next()
        {
            let recorder = recorder.clone();
            running.push(async move {
                let ledger = district.ledger().clone();
                let mut recorded = 0;
                loop {
                    let submissions = rows::batch(&mut district)?;
                    if submissions.is_empty() {
                        return Ok::<u64, Failure>(recorded);
                    }
                    recorded += submissions.len() as u64;
                    let events = rows::receipts(recorder.submit_all(&ledger, submissions).await)?;
                    district.recorded(&events);
                }
            });
        }
        let Some(done) = running.next().await else { break };
        recorded += done?;
    }
    let took = (clock.elapsed() - began).as_secs_f64();
    recorder.stop().await;
    tell(&[
        Figure::new("recorder: events recorded, generated meanwhile", recorded as f64 / took, "events/s"),
        Figure::new("recorder: peak memory while recording", peak_memory(), "MB"),
    ]);
    Ok(())
}

/// Starts a recorder on the county and has it tell every head.
pub(crate) async fn start(folder: &Path) -> Result<(), Failure> {
    let clock = SystemClock::default();
    let began = clock.elapsed();
    let journal = Embedded::open(folder)?;
    let ledgers = journal.ledgers().await?;
    let recorder = rows::recorder(journal, folder)?;
    for ledger in &ledgers {
        recorder.head(ledger).await?;
    }
    let took = (clock.elapsed() - began).as_secs_f64();
    recorder.stop().await;
    tell(&[
        Figure::new("recorder: started on all ledgers", took, "s"),
        Figure::new("recorder: peak memory after the start", peak_memory(), "MB"),
    ]);
    Ok(())
}

/// The views of a county, to be asked.
struct Asked {
    projector: Projector<Embedded>,
    journal: Embedded,
    /// Each with its position, the largest last.
    ledgers: Vec<(Slug, u64)>,
    clock: SystemClock,
}

/// Builds all views of the county and asks them.
pub(crate) async fn views(folder: &Path) -> Result<(), Failure> {
    let (journal, clock) = (Embedded::open_read_only(folder), SystemClock::default());
    let stored = tempfile::tempdir()?;
    let settings = Settings {
        data_dir: stored.path().to_owned(),
        deployment: "county".parse().map_err(|_| "no slug")?,
        flush_events: 65_536,
        cache_bytes: 64 << 20,
        wait: Duration::from_secs(3_600),
    };
    let mut ledgers = Vec::new();
    for ledger in journal.ledgers().await? {
        // A commit is applied whole, so its first event is enough to wait for.
        let tip = journal.head(&ledger).await?;
        let last = journal.commit(&ledger, tip.commit).await?.ok_or("a log is empty")?;
        ledgers.push((ledger, last.size + 1));
    }
    ledgers.sort_by_key(|(_, position)| *position);
    let (began, idle) = (clock.elapsed(), processor());
    let projector = Projector::start(journal.clone(), settings).await?;
    let mut asked = Asked { projector, journal, ledgers, clock };
    let mut events = 0;
    for (ledger, position) in &mut asked.ledgers {
        let query = question(ledger, "activity-feed", &[], Some(*position));
        *position = asked.projector.query(&query).await?.head.position;
        events += *position;
    }
    let built = (asked.clock.elapsed() - began).as_secs_f64();
    let worked = processor() - idle;
    let memory = peak_memory();
    let mut figures = vec![
        Figure::new("views: all built from nothing", events as f64 / built, "events/s"),
        Figure::new("views: the same, a second of one processor", events as f64 / worked, "events/s"),
        Figure::new("views: peak memory meanwhile", memory, "MB"),
    ];
    figures.extend(asked.answers().await?);
    figures.extend(asked.old_answers().await?);
    asked.projector.stop().await;
    figures.push(Figure::new(
        "views: on disk, an event",
        disk(stored.path())? * 1e6 / events as f64,
        "bytes",
    ));
    tell(&figures);
    Ok(())
}

impl Asked {
    fn largest(&self) -> Result<&(Slug, u64), Failure> {
        self.ledgers.last().ok_or_else(|| "there is no ledger".into())
    }

    /// What live views answer: one cell, a year of a ledger, a year of the county.
    async fn answers(&self) -> Result<Vec<Figure>, Failure> {
        let (ledger, _) = self.largest()?;
        let sites = self.projector.query(&question(ledger, "site-profile", &[], None)).await?.rows;
        let sites: Vec<&str> = sites.iter().filter_map(|row| row.get("site")?.as_str()).collect();
        let (mut points, mut years, mut counties) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..300 {
            let site = sites.get(n % sites.len().max(1)).copied().unwrap_or_default();
            points.push(self.timed(&question(ledger, "site-profile", &[("site", site)], None)).await?);
        }
        let year = [("by", "pillar,tier"), ("school_year", "2025-26")];
        // Its rows may have been let go of; the next ones find them in memory.
        let first = self.timed(&question(ledger, "service-ledger", &year, None)).await?;
        for _ in 0..300 {
            years.push(self.timed(&question(ledger, "service-ledger", &year, None)).await?);
        }
        for _ in 0..20 {
            let mut county = 0.0;
            for (ledger, _) in &self.ledgers {
                county += self.timed(&question(ledger, "service-ledger", &year, None)).await?;
            }
            counties.push(county);
        }
        Ok(vec![
            Figure::new("answers: a point, p99", p99(points), "ms"),
            Figure::new("answers: a year of a ledger, the first after the building", first, "ms"),
            Figure::new("answers: a year of a ledger, p99", p99(years), "ms"),
            Figure::new("answers: a year of the county, p99", p99(counties), "ms"),
        ])
    }

    /// What is read from the log: an old answer, and the events behind a figure.
    async fn old_answers(&self) -> Result<Vec<Figure>, Failure> {
        let (ledger, position) = self.largest()?;
        let mut old = question(ledger, "service-ledger", &[("by", "pillar")], None);
        old.as_of = Some(AsOf::Position(position / 2));
        let known = self.timed(&old).await? / 1e3;
        let month = [("kind", "tutoring"), ("month", "2025-10")];
        let explained = self.explained(&question(ledger, "service-ledger", &month, None)).await?;
        let sites = self.projector.query(&question(ledger, "site-profile", &[], None)).await?.rows;
        let profile = sites.first().and_then(|row| row.get("site")?.as_str()).ok_or("there is no site")?;
        let page = self.explained(&question(ledger, "site-profile", &[("site", profile)], None)).await?;
        let site = format!("site/{profile}");
        let rare = self.explained(&question(ledger, "timeline", &[("subject", &site)], None)).await?;
        Ok(vec![
            Figure::new("events of the largest ledger", *position as f64, "events"),
            Figure::new("answers: as known at half of the largest ledger", known, "s"),
            Figure::new("explain: a figure of the largest ledger", explained, "s"),
            Figure::new("explain: the page of a site", page, "s"),
            Figure::new("explain: what happened to a site, few events in all", rare, "s"),
        ])
    }

    /// Seconds until the events are found that made an answer, the first thousand of them.
    async fn explained(&self, query: &Query) -> Result<f64, Failure> {
        let began = self.clock.elapsed();
        let view = view(&query.view).ok_or("there is no such view")?;
        let Explained { answer, stretches, all } = self.projector.explain(query, 0).await?;
        let mut explaining = Explaining::new(view, &answer, 0);
        let (mut made, mut read) = (0, 0);
        for Stretch { mut from, commit, .. } in stretches {
            for number in from.tip().commit + 1..=commit {
                let commit =
                    self.journal.commit(&query.ledger, number).await?.ok_or("a commit is missing")?;
                let events = from.accept_events(&commit).map_err(|broken| broken.to_string())?;
                made += explaining.take(Read { commit, events, verifier: from.clone() })?.len();
            }
            read += 1;
            if made >= EXPLAINED {
                break;
            }
        }
        if made == 0 {
            return Err("nothing made the figure".into());
        }
        let took = (self.clock.elapsed() - began).as_secs_f64();
        eprintln!("{}: {made} events in {read} of {all} stretches", query.view);
        Ok(took)
    }

    /// Milliseconds of an answer.
    async fn timed(&self, query: &Query) -> Result<f64, Failure> {
        let began = self.clock.elapsed();
        std::hint::black_box(self.projector.query(query).await?);
        Ok((self.clock.elapsed() - began).as_secs_f64() * 1e3)
    }
}

fn question(ledger: &Slug, view: &str, filters: &[(&str, &str)], position: Option<u64>) -> Query {
    let filters: BTreeMap<String, String> =
        filters.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect();
    let min_position = position.map(|position| (journal::FIRST_EPOCH, position));
    let (ledger, view) = (ledger.clone(), view.to_owned());
    Query { ledger, view, filters, as_of: None, valid_on: None, min_position, limit: None, wait: None }
}

fn p99(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    all.get((all.len() * 99 / 100).min(all.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn tell(figures: &[Figure]) {
    figures.iter().for_each(|figure| println!("{}", figure.json()));
}
