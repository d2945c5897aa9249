//! A node: journal, door and recorder and projector of one deployment in one process.
//!
//! `demo` and `serve all` run one, and so does a client verb that finds nobody on its data directory. It answers
//! `wire::ask`; how a question comes is not its business.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Slug;
use futures::StreamExt as _;
use journal::{AnyJournal, EMPTY, Journal as _, Until};
use projector::{Lag, Projector};
use recorder::Recorder;
use runtime::keys::{self, KeyError};
use runtime::{Random, SystemClock, SystemRandom};
use serde_json::value::RawValue;
use tokio::sync::OnceCell;
use wire::ask::{Ask, Reply};
use wire::{HeadReply, LedgerKeys, Outcome, Query, RefusalReply, Submission, Tip, frame};

use crate::home::Home;
use crate::serve::failure::{Failure, no_such_ledger};

/// Bytes of frames in one reply to `Read`; base64 makes them a third longer, and NATS carries 1 MiB.
const READ_BYTES_MAX: usize = 700 * 1024;

/// A running node.
pub(crate) struct Node {
    home: Home,
    journal: AnyJournal,
    recorder: Recorder,
    projector: OnceCell<Projector<AnyJournal>>,
    limits: Limits,
    random: Arc<dyn Random>,
    keys: Mutex<BTreeMap<Slug, LedgerKeys>>,
}

/// What a node may hold and how long it waits.
pub(crate) struct Limits {
    recorder: runtime::config::Recorder,
    projector: runtime::config::Projector,
    /// Whether every answer of a view waits for all that is recorded.
    patient: bool,
}

impl Limits {
    /// As configured.
    pub(crate) fn of(config: &runtime::Config) -> Self {
        Self { recorder: config.recorder.clone(), projector: config.projector.clone(), patient: false }
    }

    /// For a verb that works directly: its views were closed until now, and nobody but it waits for them.
    pub(crate) fn patient(config: &runtime::Config) -> Self {
        let wait_ms = u64::from(u32::MAX);
        let projector = runtime::config::Projector { wait_ms, ..config.projector.clone() };
        Self { projector, patient: true, ..Self::of(config) }
    }
}

impl Node {
    /// Starts the recorder on this journal; the projector with [`project`](Self::project), or when a view is first
    /// asked. Ledgers are taken up when they are first named.
    pub(crate) fn start(home: Home, journal: AnyJournal, limits: Limits) -> Self {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let settings = recorder::Settings {
            waiting_max: limits.recorder.queue,
            ..recorder::Settings::new(home.dir.clone(), home.deployment.clone())
        };
        let recorder =
            Recorder::start(journal.clone(), settings, Arc::new(SystemClock::default()), random.clone());
        let (projector, keys) = (OnceCell::new(), Mutex::default());
        Self { home, journal, recorder, projector, limits, random, keys }
    }

    /// Starts the projector if it does not run yet.
    ///
    /// # Errors
    /// When the view store can't be opened or the log not be read.
    pub(crate) async fn project(&self) -> Result<&Projector<AnyJournal>, projector::Error> {
        let limits = &self.limits.projector;
        let settings = projector::Settings {
            data_dir: self.home.dir.clone(),
            deployment: self.home.deployment.clone(),
            flush_events: limits.flush_events,
            cache_bytes: limits.cache_bytes,
            wait: Duration::from_millis(limits.wait_ms),
        };
        self.projector.get_or_try_init(|| Projector::start(self.journal.clone(), settings)).await
    }

    /// Lets what is in flight finish, and closes register and views.
    pub(crate) async fn stop(&self) {
        self.recorder.stop().await;
        if let Some(projector) = self.projector.get() {
            projector.stop().await;
        }
    }

    /// Answers a question.
    pub(crate) async fn reply(&self, ask: Ask) -> Reply {
        let reply = match ask {
            Ask::Health => self.health().await,
            Ask::Ledgers => {
                self.journal.ledgers().await.map(|ledgers| Reply::Ledgers { ledgers }).map_err(Failure::from)
            }
            Ask::Head { ledger } => self.head(&ledger).await,
            Ask::Submit { ledger, commands } => {
                self.submit(&ledger, commands).await.map(|outcomes| Reply::Outcomes { outcomes })
            }
            Ask::Read { ledger, after } => self.read(&ledger, after).await,
            Ask::Query { query } => self.query(query).await,
            Ask::Digests { ledger } => self.digests(&ledger).await,
            Ask::Rebuild { ledger, view } => self.rebuild(&ledger, &view).await,
        };
        reply.unwrap_or_else(|Failure { refusal, repeat }| Reply::Failed { refusal, repeat })
    }

    /// Takes commands through the door to the recorder, in order.
    ///
    /// # Errors
    /// When one of them has no known end; with the same ids it is safe to send all again.
    pub(crate) async fn submit(
        &self,
        ledger: &Slug,
        commands: Vec<Box<RawValue>>,
    ) -> Result<Vec<Outcome>, Failure> {
        let Some(keys) = self.keys(ledger, &commands).await? else {
            return Ok(commands.iter().map(|_| not_open(ledger)).collect());
        };
        let mut refused = Vec::new();
        let mut submissions = Vec::with_capacity(commands.len());
        for command in &commands {
            match Submission::from_json(command.get().as_bytes(), ledger, &keys) {
                Ok(submission) => {
                    submissions.push(submission);
                    refused.push(None);
                }
                Err(refusal) => refused.push(Some(Outcome::Refusal(refusal))),
            }
        }
        let mut answers = self.recorder.submit_all(ledger, submissions).await.into_iter();
        if let Some(projector) = self.projector.get() {
            // It may be new. What was recorded stays recorded, whatever becomes of the views.
            if let Err(error) = projector.track(ledger) {
                tracing::error!(%ledger, %error, "the views can't be kept");
            }
        }
        let mut outcomes = Vec::with_capacity(refused.len());
        for refused in refused {
            outcomes.push(match refused {
                Some(outcome) => outcome,
                None => answers.next().unwrap_or(Err(recorder::Error::Stopped))?,
            });
        }
        Ok(outcomes)
    }

    /// The keys of a ledger that has some, or that these commands open.
    async fn keys(&self, ledger: &Slug, commands: &[Box<RawValue>]) -> Result<Option<LedgerKeys>, Failure> {
        if let Some(keys) = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(ledger) {
            return Ok(Some(keys.clone()));
        }
        let keys = match keys::load(&self.home.dir, ledger) {
            Ok(keys) => keys,
            Err(KeyError::Missing(path)) => {
                if self.journal.head(ledger).await?.commit > 0 {
                    return Err(KeyError::Missing(path).into());
                }
                if !commands.iter().any(|command| command.get().contains("\"open-ledger\"")) {
                    return Ok(None);
                }
                keys::load_or_create(&self.home.dir, ledger, self.random.as_ref())?
            }
            Err(error) => return Err(error.into()),
        };
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(ledger.clone(), keys.clone());
        Ok(Some(keys))
    }

    async fn head(&self, ledger: &Slug) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        let head = self.recorder.head(ledger).await?;
        Ok(Reply::Head { head: HeadReply::new(ledger, &head) })
    }

    /// A ledger without a log is a mistyped name, and must not be answered as an empty one.
    async fn must_exist(&self, ledger: &Slug) -> Result<(), Failure> {
        let ledgers = self.journal.ledgers().await?;
        if ledgers.contains(ledger) { Ok(()) } else { Err(no_such_ledger(ledger, &ledgers)) }
    }

    async fn query(&self, mut query: Query) -> Result<Reply, Failure> {
        self.must_exist(&query.ledger).await?;
        if self.limits.patient && query.min_position.is_none() && query.as_of.is_none() {
            let head = self.recorder.head(&query.ledger).await?;
            query.min_position = Some((head.epoch, head.position));
        }
        Ok(Reply::Answer { answer: self.project().await?.query(&query).await? })
    }

    /// At the head of the log now, or later: digests are asked for to be compared.
    async fn digests(&self, ledger: &Slug) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        let recorded = self.recorder.head(ledger).await?;
        let (head, digests) = self.project().await?.digests(ledger, recorded.position).await?;
        Ok(Reply::Digests { digests, head: HeadReply::new(ledger, &head) })
    }

    async fn rebuild(&self, ledger: &Slug, view: &str) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        let projector = self.project().await?;
        let digest = projector.rebuild(ledger, view).await?;
        let (head, _) = projector.digests(ledger, digest.position).await?;
        Ok(Reply::Digests { digests: vec![digest], head: HeadReply::new(ledger, &head) })
    }

    async fn read(&self, ledger: &Slug, after: u64) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        let after = match self.journal.commit(ledger, after).await? {
            Some(commit) => Tip { epoch: commit.epoch, commit: commit.number, id: Some(commit.id()) },
            None => EMPTY,
        };
        let mut commits = self.journal.commits(ledger, after, Until::Head);
        let (mut frames, mut bytes) = (Vec::new(), 0);
        while bytes < READ_BYTES_MAX
            && let Some(commit) = commits.next().await
        {
            let commit = commit?;
            if !frames.is_empty() && bytes + commit.body.len() > READ_BYTES_MAX {
                break;
            }
            bytes += commit.body.len();
            frames.push(URL_SAFE_NO_PAD.encode(frame::encode(&commit)));
        }
        Ok(Reply::Commits { frames })
    }

    async fn health(&self) -> Result<Reply, Failure> {
        let (mut lines, mut healthy) = (Vec::new(), true);
        for ledger in self.journal.ledgers().await? {
            match self.recorder.head(&ledger).await {
                Ok(head) => lines.push(format!("ok {ledger}: recorded to position {}", head.position)),
                Err(error) => {
                    healthy = false;
                    lines.push(format!("fail {ledger}: {error}"));
                }
            }
            let lag = match self.project().await {
                Ok(projector) => projector.lag(&ledger).await,
                Err(error) => Err(error),
            };
            let (well, line) = match lag {
                Ok(Lag { stopped: Some(why), .. }) => {
                    (false, format!("fail {ledger}: the views stopped: {why}"))
                }
                Ok(Lag { head, commits, parked, .. }) => {
                    let parked: u64 = parked.values().sum();
                    let level = if parked > 0 { "warn" } else { "ok" };
                    let behind =
                        if commits > 0 { format!(", {commits} commits behind") } else { String::new() };
                    let parked = if parked > 0 { format!(", {parked} rows parked") } else { String::new() };
                    (true, format!("{level} {ledger}: viewed to position {}{behind}{parked}", head.position))
                }
                Err(error) => (false, format!("fail {ledger}: {error}")),
            };
            healthy &= well;
            lines.push(line);
        }
        Ok(Reply::Health { healthy, lines })
    }
}

fn not_open(ledger: &Slug) -> Outcome {
    Outcome::Refusal(
        RefusalReply::new("ledger-not-open", format!("the ledger {ledger} is not open"))
            .hint("open it with open-ledger, or check its name"),
    )
}
