//! A recorder on a log in memory, commands to give it, and what the log says afterwards.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use domain::code::Phase;
use domain::command::{Act, Create};
use domain::id::SiteId;
use domain::ledger::{OpenLedger, OperatorActed, Persons, Policy};
use domain::{Command, Effective, Slug, Timestamp, ledger, site};
use futures::StreamExt;
use jiff::civil::date;
use journal::{AppendError, Commits, Journal, JournalError, Memory, Until};
use recorder::{Recorder, Settings};
use runtime::clock::FixedClock;
use runtime::random::SeededRandom;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;
use wire::{Commit, Interpreted, Origin, Outcome, Receipt, RecordedEvent, RefusalReply};
use wire::{SourceRecord, Submission, Tip, Verifier};

/// 2026-03-02, a Monday.
pub(crate) const NOW: Timestamp = Timestamp(1_772_470_800_000_000);

pub(crate) fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

pub(crate) fn azusa() -> Slug {
    slug("azusa-usd")
}

/// What happens to an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It lands, and the answer is lost.
    AnswerLost,
    /// It never arrives.
    NeverArrives,
    /// It lands when the next append is sent, before that.
    LandsLate,
    /// It is refused.
    Refused,
    /// It is on its way until the gate opens.
    Held,
}

/// A log with trouble on the way to it, in the order of the script; then none.
#[derive(Clone, Default)]
pub(crate) struct Log {
    memory: Memory,
    script: Arc<Mutex<VecDeque<Trouble>>>,
    late: Arc<Mutex<Option<Commit>>>,
    /// Appends that were sent, and commits that were looked up one by one.
    pub(crate) sent: Arc<watch::Sender<u64>>,
    pub(crate) looked_up: Arc<AtomicU64>,
    gate: Arc<watch::Sender<bool>>,
}

impl Log {
    pub(crate) fn trouble(&self, script: &[Trouble]) {
        self.script.lock().unwrap().extend(script);
    }

    /// Waits until so many appends were sent.
    pub(crate) async fn sent(&self, appends: u64) {
        self.sent.subscribe().wait_for(|sent| *sent >= appends).await.unwrap();
    }

    /// Lets go what is held.
    pub(crate) fn open_the_gate(&self) {
        self.gate.send_replace(true);
    }

    /// Every event of a ledger, verified.
    pub(crate) async fn events(&self, ledger: &Slug) -> Vec<RecordedEvent> {
        let origin = Origin { deployment: slug("county"), ledger: ledger.clone() };
        let verifier = Verifier::new(origin, 1);
        let mut commits = journal::read_events(&self.memory, ledger, verifier, Until::Head);
        let mut events = Vec::new();
        while let Some(commit) = commits.next().await {
            for event in commit.unwrap().events {
                match event {
                    Interpreted::Event(event) => events.push(*event),
                    Interpreted::Unknown { kind, .. } => panic!("unknown {kind}"),
                }
            }
        }
        events
    }

    pub(crate) async fn tip(&self, ledger: &Slug) -> Tip {
        self.memory.head(ledger).await.unwrap()
    }
}

impl Journal for Log {
    async fn open(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        self.memory.open(ledger).await
    }

    async fn ledgers(&self) -> Result<Vec<Slug>, JournalError> {
        self.memory.ledgers().await
    }

    async fn append(&self, ledger: &Slug, commit: &Commit) -> Result<(), AppendError> {
        self.sent.send_modify(|sent| *sent += 1);
        let late = self.late.lock().unwrap().take();
        if let Some(late) = late {
            // Whether it finds its place is the log's business.
            let _ = self.memory.append(ledger, &late).await;
        }
        let trouble = self.script.lock().unwrap().pop_front();
        let unknown = || Err(AppendError::Unknown("no answer".to_owned()));
        match trouble {
            None => {
                // Other tasks get their turn between deciding and appending, as on a network.
                tokio::task::yield_now().await;
                self.memory.append(ledger, commit).await
            }
            Some(Trouble::AnswerLost) => {
                // One that lost its race has no other answer to lose.
                self.memory.append(ledger, commit).await?;
                unknown()
            }
            Some(Trouble::NeverArrives) => unknown(),
            Some(Trouble::LandsLate) => {
                *self.late.lock().unwrap() = Some(commit.clone());
                unknown()
            }
            Some(Trouble::Held) => {
                self.gate.subscribe().wait_for(|open| *open).await.unwrap();
                self.memory.append(ledger, commit).await
            }
            Some(Trouble::Refused) => Err(AppendError::Refused("no space".to_owned())),
        }
    }

    fn commits(&self, ledger: &Slug, after: Tip, until: Until) -> Commits {
        self.memory.commits(ledger, after, until)
    }

    async fn commit(&self, ledger: &Slug, number: u64) -> Result<Option<Commit>, JournalError> {
        self.looked_up.fetch_add(1, Ordering::Relaxed);
        self.memory.commit(ledger, number).await
    }

    async fn head(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        tokio::task::yield_now().await;
        self.memory.head(ledger).await
    }
}

/// A recorder with its own directory on a log that others may share.
pub(crate) struct Desk {
    pub(crate) log: Log,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) directory: TempDir,
    pub(crate) recorder: Recorder,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::on(Log::default(), 1)
    }

    pub(crate) fn on(log: Log, seed: u64) -> Self {
        let clock = Arc::new(FixedClock::at(NOW));
        let directory = TempDir::new().unwrap();
        let recorder = start(&log, directory.path(), &clock, seed);
        Self { log, clock, directory, recorder }
    }

    /// A recorder whose ledger is open.
    pub(crate) async fn open() -> Self {
        let desk = Self::new();
        desk.receipt(open_ledger()).await;
        desk
    }

    pub(crate) async fn submit(&self, submission: Submission) -> Outcome {
        self.recorder.submit(submission).await.unwrap()
    }

    pub(crate) async fn receipt(&self, submission: Submission) -> Receipt {
        match self.submit(submission).await {
            Outcome::Receipt(receipt) => receipt,
            other => panic!("no receipt: {other:?}"),
        }
    }

    pub(crate) async fn repeated(&self, submission: Submission) -> Receipt {
        match self.submit(submission).await {
            Outcome::Repeated(receipt) => receipt,
            other => panic!("not repeated: {other:?}"),
        }
    }

    pub(crate) async fn refusal(&self, submission: Submission) -> RefusalReply {
        match self.submit(submission).await {
            Outcome::Refusal(refusal) => refusal,
            other => panic!("no refusal: {other:?}"),
        }
    }
}

pub(crate) fn start(log: &Log, directory: &std::path::Path, clock: &Arc<FixedClock>, seed: u64) -> Recorder {
    let settings = Settings::new(directory, slug("county"));
    Recorder::start(log.clone(), settings, clock.clone(), Arc::new(SeededRandom::new(seed)))
}

/// A submission; its hash is that of the command's JSON-like form, as the door's would be.
pub(crate) fn submission(n: u64, command: Command) -> Submission {
    let digest = Sha256::digest(format!("{command:?}"));
    Submission {
        ledger: azusa(),
        command_id: Uuid::from_u64_pair(1, n),
        command_hash: *digest.first_chunk().unwrap(),
        command,
        actor: "svc:azusa-sis".to_owned(),
        on_behalf_of: None,
        credential: None,
        basis: None,
        purpose: None,
        source: None,
        correlation_id: None,
        causation_id: None,
        dry_run: false,
        unchanged: None,
    }
}

pub(crate) fn open_ledger() -> Submission {
    let open = OpenLedger {
        owner: "Azusa Unified".to_owned(),
        cds: "19642790000000".parse().unwrap(),
        time_zone: "America/Los_Angeles".to_owned(),
        starts: date(2019, 9, 1),
        policy: Policy { suppress_under: 11, late_days_max: 400, persons: Persons::Any },
    };
    submission(0, Command::Ledger(ledger::Command::OpenLedger(open)))
}

/// Always accepted.
pub(crate) fn act(n: u64, act: &str) -> Submission {
    let acted =
        OperatorActed { operator: "usr:ops-3".to_owned(), act: act.to_owned(), reason: "routine".to_owned() };
    submission(n, Command::Ledger(ledger::Command::RecordOperatorAct(acted)))
}

pub(crate) fn site_id(number: u64) -> SiteId {
    SiteId::new(Uuid::from_u64_pair(77, number))
}

/// Accepted once for each site number.
pub(crate) fn register_site(n: u64, number: u64) -> Submission {
    submission(n, register(number, "Slauson"))
}

pub(crate) fn register(number: u64, name: &str) -> Command {
    Command::Site(site::Command::RegisterSite(Create {
        id: Some(site_id(number)),
        effective: Effective::Day(date(2020, 7, 1)),
        details: registered(number, name),
    }))
}

pub(crate) fn registered(number: u64, name: &str) -> site::Registered {
    site::Registered {
        name: name.to_owned(),
        cds: format!("1964279{number:07}").parse().unwrap(),
        nces: None,
        grades: None,
        city: "Azusa".to_owned(),
    }
}

/// Accepted only when the site is registered, and once.
pub(crate) fn designate_site(n: u64, number: u64) -> Submission {
    let details = site::Designated { program: "ccspp".to_owned(), cohort: 1, phase: Phase::Visioning };
    let act = Act { id: site_id(number), effective: Effective::Day(date(2021, 7, 1)), details };
    submission(n, Command::Site(site::Command::DesignateSite(act)))
}

/// A source record's key, as the door leaves it.
pub(crate) fn from_record(record: u8, submission: Submission) -> Submission {
    let source =
        SourceRecord { system: "azusa-sis".to_owned(), key: [record; 16], part: None, reported: None };
    Submission { source: Some(source), ..submission }
}

pub(crate) fn dry(submission: Submission) -> Submission {
    Submission { dry_run: true, ..submission }
}
