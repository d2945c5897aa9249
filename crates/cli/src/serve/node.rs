//! A node: journal, door and recorder and projector of one deployment in one process.
//!
//! `demo` and `serve all` run one, and so does a client verb that finds nobody on its data directory. It answers
//! `wire::ask`; how a question comes is not its business.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Slug;
use futures::StreamExt as _;
use journal::{AnyJournal, EMPTY, Journal as _, JournalError, Until};
use recorder::Recorder;
use runtime::keys::{self, KeyError};
use runtime::{Random, SystemClock, SystemRandom};
use serde_json::value::RawValue;
use wire::ask::{Ask, Reply};
use wire::{HeadReply, LedgerKeys, Outcome, RefusalReply, Submission, Tip, frame};

use crate::error::Error;
use crate::home::Home;

/// Bytes of frames in one reply to `Read`; base64 makes them a third longer, and NATS carries 1 MiB.
const READ_BYTES_MAX: usize = 700 * 1024;

/// A running node.
pub(crate) struct Node {
    home: Home,
    journal: AnyJournal,
    recorder: Recorder,
    random: Arc<dyn Random>,
    keys: Mutex<BTreeMap<Slug, LedgerKeys>>,
}

/// Why a question got no answer.
pub(crate) struct Failure {
    refusal: RefusalReply,
    repeat: bool,
}

impl Failure {
    fn new(code: &str, message: impl ToString) -> Self {
        Self { refusal: RefusalReply::new(code, message.to_string()), repeat: false }
    }

    fn repeat(mut self) -> Self {
        self.repeat = true;
        self
    }
}

impl From<recorder::Error> for Failure {
    fn from(error: recorder::Error) -> Self {
        let repeat = !matches!(error, recorder::Error::Halted { .. });
        Self { repeat, ..Self::new(error.code(), error) }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match &error {
            JournalError::Broken { .. } => Self::new("log-broken", error),
            JournalError::Unreachable(_) => Self::new("log-unavailable", error).repeat(),
            JournalError::Locked(_) | JournalError::Unsafe { .. } | JournalError::Io(_) => {
                Self::new("log-unusable", error)
            }
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::new("keys-unusable", error)
    }
}

/// What a node may hold and how long it waits.
pub(crate) struct Limits {
    /// Commands that may wait for one ledger.
    queue: usize,
}

impl Limits {
    /// As configured.
    pub(crate) const fn of(config: &runtime::Config) -> Self {
        Self { queue: config.recorder.queue }
    }
}

impl Default for Limits {
    /// A verb that works directly needs room for its own batches only.
    fn default() -> Self {
        Self { queue: 10_000 }
    }
}

impl Node {
    /// Starts recorder and projector on this journal. Ledgers are taken up when they are first named.
    pub(crate) fn start(home: Home, journal: AnyJournal, limits: &Limits) -> Result<Self, Error> {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let settings = recorder::Settings {
            waiting_max: limits.queue,
            ..recorder::Settings::new(home.dir.clone(), home.deployment.clone())
        };
        let recorder =
            Recorder::start(journal.clone(), settings, Arc::new(SystemClock::default()), random.clone());
        Ok(Self { home, journal, recorder, random, keys: Mutex::default() })
    }

    /// Lets what is in flight finish, and closes register and views.
    pub(crate) async fn stop(&self) {
        self.recorder.stop().await;
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
            Ask::Query { .. } | Ask::Digests { .. } | Ask::Rebuild { .. } => {
                Err(Failure::new("no-views", "views are not there yet"))
            }
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

fn no_such_ledger(ledger: &Slug, ledgers: &[Slug]) -> Failure {
    let names: Vec<&str> = ledgers.iter().map(Slug::as_str).collect();
    let mut failure = Failure::new("unknown-ledger", format!("there is no ledger {ledger}"));
    failure.refusal = failure.refusal.hint(&match names.as_slice() {
        [] => "no ledger is open here yet; the first command to a ledger is open-ledger".to_owned(),
        names => format!("there are: {}", names.join(", ")),
    });
    failure
}
