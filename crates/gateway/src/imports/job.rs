//! Carries out one check or commit: chunks become rows, rows become commands, batches of commands are on their way to
//! the recorder, and what came of them goes into the reports. Memory holds a chunk and a few batches, however long the
//! file is.
//!
//! Whatever is out of reach is waited for. Now and then the record is told how far it is: whoever takes the work on
//! goes on from there, and what was sent since is repeated.

mod batch;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesOrdered;
use intake::{Ended, Format, Rows, Sender, Table, Told, ended};
use sha2::Sha256;
use wire::ask::{Ask, Reply};

use super::range::finished;
use super::record::{Does, Import, Trouble};
use super::sheet::Sheet;
use super::store::{Piece, Store, Unsaved, pieces};
use super::worker::tidy;
use crate::Shared;
use crate::desk::failed;
use crate::problem::Problem;
use batch::{Batch, submitted};

/// Batches on their way to the recorder.
const ON_THE_WAY_MAX: usize = 4;
/// How often the record is told how far it is.
const CHECKPOINT: Duration = Duration::from_secs(1);
/// Pause before something out of reach is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// Why work stops before it is done.
#[derive(Debug)]
enum Stop {
    /// The gateway stops; somebody else goes on.
    Shutdown,
    /// Somebody else has it, or it was removed.
    Lost,
}

/// What is waited for, told by whoever waits.
type Waits = Arc<Mutex<Option<String>>>;

/// One check or commit under way.
pub(crate) struct Work {
    shared: Arc<Shared>,
    store: Store,
    import: Import,
    revision: u64,
    format: &'static Format,
    rows: Box<dyn Rows>,
    table: Table,
    sender: Sender,
    /// Answers of views hold what was recorded before this began.
    min_position: Option<(u64, u64)>,
    /// Chunks that are not read yet, and what is left of the last one.
    chunks: VecDeque<Piece>,
    input: Bytes,
    hash: Option<Sha256>,
    report: Sheet,
    errors: Sheet,
    trouble: Option<Trouble>,
    at_end: bool,
    waits: Waits,
    /// When the record was told last.
    told: Duration,
}

impl Work {
    /// On an import that was just claimed under this run; none for one that asks for nothing known.
    pub(crate) fn new(shared: Arc<Shared>, import: Import, revision: u64, run: u32) -> Option<Self> {
        let (format, job) = (intake::format(&import.format)?, import.job.as_ref()?);
        let rows: Box<dyn Rows> = match format.is_lines() {
            true => Box::new(intake::Commands { may: job.asker.may.clone() }),
            false => (format.rows)(),
        };
        let sender = Sender {
            ledger: import.ledger.clone(),
            source: import.source.clone(),
            starts: None,
            actor: job.asker.actor.clone(),
            credential: job.asker.credential.clone(),
            dry_run: job.does == Does::Check,
        };
        let hash = (job.does == Does::Check).then(Default::default);
        let (store, told) = (shared.imports.clone(), shared.clock.elapsed());
        Some(Self {
            table: Table::new(format),
            report: Sheet::new("report", run),
            errors: Sheet::new("errors", run),
            chunks: VecDeque::new(),
            input: Bytes::new(),
            waits: Waits::default(),
            min_position: None,
            trouble: None,
            at_end: false,
            shared,
            store,
            import,
            revision,
            format,
            rows,
            sender,
            hash,
            told,
        })
    }

    /// Works until it is done, or must stop.
    pub(crate) async fn run(mut self) {
        match self.all().await {
            Ok(()) => {}
            Err(Stop::Lost) => tracing::debug!(import = %self.import.id, "somebody else works on an import"),
            Err(Stop::Shutdown) => {
                if let Err(problem) = self.release().await {
                    tracing::debug!(import = %self.import.id, why = problem.detail, "not given back");
                }
            }
        }
    }

    /// Lets somebody else go on at once. What can't be written now they find by the lease, from the last checkpoint.
    async fn release(&mut self) -> Result<(), Problem> {
        let (ledger, id) = (self.import.ledger.clone(), self.import.id);
        self.report.write(&self.store, (&ledger, id), true).await?;
        self.errors.write(&self.store, (&ledger, id), true).await?;
        let Some(job) = &mut self.import.job else { return Ok(()) };
        self.report.set(&mut job.report);
        self.errors.set(&mut job.errors);
        job.holder = None;
        match self.store.save(&self.import, Some(self.revision)).await {
            Err(Unsaved::Failed(problem)) => Err(problem),
            Ok(_) | Err(Unsaved::Changed) => Ok(()),
        }
    }

    async fn all(&mut self) -> Result<(), Stop> {
        self.prepare().await?;
        self.look_at_asker().await;
        let at_once = if self.format.is_lines() { 1 } else { ON_THE_WAY_MAX };
        let mut on_the_way = FuturesOrdered::new();
        loop {
            while on_the_way.len() < at_once
                && let Some((batch, commands)) = self.batch().await?
            {
                let (shared, ledger) = (self.shared.clone(), self.import.ledger.clone());
                let sent = submitted(shared, ledger, commands, self.waits.clone());
                on_the_way.push_back(async move { (batch, sent.await) });
            }
            if on_the_way.is_empty() {
                return self.finish().await;
            }
            let shutdown = self.shared.shutdown.clone();
            tokio::select! {
                () = shutdown.triggered() => return Err(Stop::Shutdown),
                Some((batch, outcomes)) = on_the_way.next() => self.answered(batch, outcomes).await?,
                () = tokio::time::sleep(CHECKPOINT) => {}
            }
            if self.shared.clock.elapsed().saturating_sub(self.told) >= CHECKPOINT {
                // A bucket out of reach is tried again; the work goes on as long as chunks need not be written.
                self.checkpoint().await?;
                self.look_at_asker().await;
            }
        }
    }

    /// Ends the work, once what is on its way has come back, when the token that asked for it does not stand any more. While
    /// nobody can say, it goes on.
    async fn look_at_asker(&mut self) {
        let Some(job) = self.import.job.as_ref().filter(|_| self.trouble.is_none()) else { return };
        let Some(Ok(token)) = job.asker.credential.as_deref().map(str::parse) else { return };
        let ledger = &self.import.ledger;
        let home = job.asker.home.as_ref().unwrap_or(ledger);
        if let Ok(false) = self.shared.tokens.stands((home, ledger), token).await {
            tracing::warn!(import = %self.import.id, %token, "an import ends: who asked for it may not any more");
            (self.trouble, self.at_end) = (Some(Trouble::revoked()), true);
        }
    }

    /// Whether whoever asked for the work may not any more.
    fn is_revoked(&self) -> bool {
        self.trouble.as_ref().is_some_and(Trouble::is_of_asker)
    }

    /// Looks up what all rows need, and goes to where the work is.
    async fn prepare(&mut self) -> Result<(), Stop> {
        let ledger = self.import.ledger.clone();
        while self.format.starts && self.sender.starts.is_none() {
            match self.shared.log.event(&ledger, 1).await {
                Ok(event) => self.sender.starts = event.and_then(|event| batch::first_day(&event)),
                Err(problem) => self.wait(&problem).await?,
            }
            if self.sender.starts.is_none() {
                self.wait(&Problem::new("no-such-ledger", "the ledger is not open")).await?;
            }
        }
        loop {
            match self.shared.backend.ask(&ledger, Ask::Head { ledger: ledger.clone() }).await {
                Reply::Head { head } => break self.min_position = Some((head.epoch, head.position)),
                reply => self.wait(&failed(reply)).await?,
            }
        }
        self.chunks = pieces(&self.import.data, 0).into();
        let (offset, row) = self.import.job.as_ref().map_or((0, 0), |job| (job.offset, job.row));
        if offset > 0 {
            while !self.table.has_header() && !self.at_end {
                self.header().await?;
            }
            self.table.go_on(offset, row);
            self.chunks = pieces(&self.import.data, offset).into();
            self.input = Bytes::new();
        }
        Ok(())
    }

    /// What came of a batch goes into the reports.
    async fn answered(&mut self, batch: Batch, outcomes: Vec<wire::Outcome>) -> Result<(), Stop> {
        let Some(job) = &mut self.import.job else { return Err(Stop::Lost) };
        let mut outcomes = outcomes.into_iter();
        for (cells, made) in batch.rows {
            let told = match made {
                Ok(commands) => ended(self.rows.as_ref(), cells.number, outcomes.by_ref().take(commands)),
                Err(faults) => Told::fault(cells.number, faults),
            };
            let row = self.table.record(&cells).ok();
            let key = row.as_ref().and_then(|row| self.rows.key(row));
            job.counts.count(told.outcome);
            told.report_line(key, self.report.lines());
            if told.outcome == Ended::Refused {
                told.error_lines(key, self.errors.lines());
            }
        }
        (job.offset, job.row) = (batch.after, batch.last);
        self.write(false).await
    }

    /// Writes the reports, patiently.
    async fn write(&mut self, everything: bool) -> Result<(), Stop> {
        let (ledger, id) = (self.import.ledger.clone(), self.import.id);
        loop {
            let written = async {
                self.report.write(&self.store, (&ledger, id), everything).await?;
                self.errors.write(&self.store, (&ledger, id), everything).await
            };
            match written.await {
                Ok(()) => return Ok(()),
                Err(problem) => self.pause(&problem).await?,
            }
        }
    }

    /// Tells the record how far it is.
    async fn checkpoint(&mut self) -> Result<(), Stop> {
        self.write(true).await?;
        let Some(job) = &mut self.import.job else { return Err(Stop::Lost) };
        self.report.set(&mut job.report);
        self.errors.set(&mut job.errors);
        job.waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(holder) = &mut job.holder {
            holder.beat = self.shared.clock.now().0;
        }
        self.told = self.shared.clock.elapsed();
        self.save().await
    }

    async fn save(&mut self) -> Result<(), Stop> {
        loop {
            match self.store.save(&self.import, Some(self.revision)).await {
                Ok(revision) => {
                    self.revision = revision;
                    return Ok(());
                }
                Err(Unsaved::Changed) => return Err(Stop::Lost),
                Err(Unsaved::Failed(problem)) => self.pause(&problem).await?,
            }
        }
    }

    /// Waits a moment for what is out of reach, and tells the record.
    async fn wait(&mut self, problem: &Problem) -> Result<(), Stop> {
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem.detail.clone());
        self.checkpoint().await?;
        self.look_at_asker().await;
        self.pause(problem).await?;
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    /// Waits a moment.
    async fn pause(&self, problem: &Problem) -> Result<(), Stop> {
        tracing::debug!(import = %self.import.id, why = problem.detail, "an import waits");
        tokio::select! {
            () = self.shared.shutdown.triggered() => Err(Stop::Shutdown),
            () = tokio::time::sleep(PAUSE) => Ok(()),
        }
    }

    /// All rows have ended.
    async fn finish(&mut self) -> Result<(), Stop> {
        if let Some(hash) = self.hash.take().filter(|_| self.trouble.is_none()) {
            let digest = finished(hash);
            let differs = self.import.claimed.as_ref().filter(|claimed| **claimed != digest);
            self.trouble = differs.map(|claimed| Trouble {
                code: "digest-mismatch".to_owned(),
                message: format!("the digest of what came is {digest}, and {claimed} was said"),
            });
            self.import.digest = Some(digest);
        }
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.checkpoint().await?;
        let trouble = self.trouble.take();
        if trouble.as_ref().is_some_and(|trouble| trouble.code == "people-not-taken") {
            self.import.data.clear();
            (self.import.received, self.import.total) = (0, None);
        }
        self.import.end(trouble);
        self.save().await?;
        // What is left behind is removed by whoever looks next.
        if let Err(problem) = tidy(&self.shared, &self.import).await {
            tracing::debug!(import = %self.import.id, why = problem.detail, "not tidied up yet");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
