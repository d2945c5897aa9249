//! The recorder as its callers hold it: a cheap handle in front of one task per ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{Command, Slug};
use futures::future::BoxFuture;
use journal::Journal;
use runtime::{Clock, Random};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;
use wire::{Head, Outcome, Receipt, RefusalReply, SourceRecord, Submission};

use crate::addressee::{Addressee, Batch};
use crate::ledger_task::LedgerTask;
use crate::randomness::Randomness;
use crate::register::{Key, Shelf};
use crate::{Error, Settings};

/// Commands that enter the queue as one message, so that a group can fill from one caller.
const TOGETHER_MAX: usize = 1000;

/// A handle to the recorder. Clones share it; it runs until [`stop`](Self::stop).
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    waiting_max: usize,
    ledgers: Mutex<BTreeMap<Slug, Desk>>,
    starter: Box<dyn Starter>,
    stop: watch::Sender<bool>,
}

/// Where commands for one ledger are handed in.
#[derive(Clone)]
struct Desk {
    requests: mpsc::UnboundedSender<Request>,
    /// Bounds the queue by commands, whatever the number of messages they come in.
    room: Arc<Semaphore>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// What a ledger's task is asked.
pub(crate) enum Request {
    /// Record these, in this order.
    Submit(Vec<Waiting>, OwnedSemaphorePermit),
    /// The verified head, as of now.
    Head(oneshot::Sender<Result<Head, Error>>),
    /// What the task would know after a restart, as digests.
    Fingerprint(oneshot::Sender<Result<Fingerprint, Error>>),
    /// The receipt of the command with this id, if it was accepted.
    Receipt(Uuid, oneshot::Sender<Result<Option<Receipt>, Error>>),
    /// The position of what is remembered under this key, if there is anything.
    Place(Key, oneshot::Sender<Result<Option<u64>, Error>>),
}

/// A command whose caller waits for the answer.
pub(crate) struct Waiting {
    /// The command; boxed, because it changes hands often.
    pub(crate) submission: Box<Submission>,
    /// Minted when it was first decided and kept through every further decision.
    pub(crate) minted: Option<crate::group::Minted>,
    /// Where the answer goes.
    pub(crate) addressee: Addressee,
}

/// How full the queue of a ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The ledger.
    pub ledger: Slug,
    /// Commands that wait to be taken in hand.
    pub waiting: usize,
    /// Commands that may come before one is answered [`Error::Busy`].
    pub room: usize,
}

/// Digests over everything a ledger's task knows: equal on every recorder at the same head, however it came
/// there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Where the ledger stands.
    pub head: Head,
    /// Number of keys in the register.
    pub keys: u64,
    /// SHA-256 over the register's rows in the order of their keys.
    pub register: [u8; 32],
    /// SHA-256 over the serialised state.
    pub state: [u8; 32],
}

/// Starts tasks; hides the kind of journal from the handle's type.
trait Starter: Send + Sync {
    fn start(&self, ledger: Slug, requests: mpsc::UnboundedReceiver<Request>) -> JoinHandle<()>;
    fn has_log<'a>(&'a self, ledger: &'a Slug) -> BoxFuture<'a, Result<bool, Error>>;
}

struct Tasks<J> {
    journal: J,
    settings: Settings,
    shelf: Shelf,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    stop: watch::Receiver<bool>,
}

impl<J: Journal> Starter for Tasks<J> {
    fn start(&self, ledger: Slug, requests: mpsc::UnboundedReceiver<Request>) -> JoinHandle<()> {
        let task = LedgerTask::new(
            self.journal.clone(),
            ledger,
            (self.settings.clone(), self.shelf.clone()),
            (self.clock.clone(), Randomness::new(self.random.clone())),
            self.stop.clone(),
        );
        #[expect(clippy::disallowed_methods, reason = "the desk holds the task, and stop waits for it")]
        tokio::spawn(task.run(requests))
    }

    fn has_log<'a>(&'a self, ledger: &'a Slug) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let ledgers = self.journal.ledgers().await;
            ledgers
                .map(|all| all.contains(ledger))
                .map_err(|e| Error::Journal { ledger: ledger.clone(), reason: e.to_string() })
        })
    }
}

impl Recorder {
    /// Starts a recorder on this journal. Ledgers are taken up when the first command for them comes. Must be
    /// called inside a tokio runtime.
    pub fn start<J: Journal>(
        journal: J,
        settings: Settings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let waiting_max = settings.waiting_max.max(TOGETHER_MAX);
        let shelf = Shelf::new(&settings.data_dir);
        let starter = Box::new(Tasks { journal, settings, shelf, clock, random, stop: stopped });
        Self { shared: Arc::new(Shared { waiting_max, ledgers: Mutex::default(), starter, stop }) }
    }

    /// Records one command: a receipt, an earlier receipt, what a dry run would give, or a refusal.
    ///
    /// # Errors
    /// [`Error`]; all but `outcome-unknown` mean that this call appended nothing, and that one is safe to repeat
    /// under the same command id.
    pub async fn submit(&self, submission: Submission) -> Result<Outcome, Error> {
        let opens = opens(&submission);
        let Some(desk) = self.desk(&submission.ledger, opens).await? else {
            return Ok(not_open(&submission.ledger));
        };
        let busy = Error::Busy(submission.ledger.clone());
        let permit = desk.room.clone().try_acquire_owned().map_err(|_| busy)?;
        let (answer, answered) = oneshot::channel();
        let waiting = waiting(submission, Addressee::Alone(answer));
        desk.requests.send(Request::Submit(vec![waiting], permit)).map_err(|_| Error::Stopped)?;
        answered.await.unwrap_or(Err(Error::Stopped))
    }

    /// Records many commands of one ledger in this order; they enter the queue together so that groups fill.
    /// Waits for room instead of answering `busy`. A submission that names another ledger goes to `ledger` all the
    /// same: the caller has chosen.
    pub async fn submit_all(
        &self,
        ledger: &Slug,
        submissions: Vec<Submission>,
    ) -> Vec<Result<Outcome, Error>> {
        let count = submissions.len();
        let opens = submissions.iter().any(opens);
        let desk = match self.desk(ledger, opens).await {
            Ok(Some(desk)) => desk,
            Ok(None) => return (0..count).map(|_| Ok(not_open(ledger))).collect(),
            Err(error) => return vec![Err(error); count],
        };
        let mut answers = Vec::with_capacity(count.div_ceil(TOGETHER_MAX));
        let mut rest = submissions.into_iter();
        while rest.len() > 0 {
            let (addressees, answered) = Batch::of(rest.len().min(TOGETHER_MAX));
            answers.push(answered);
            // The addressees come first, so that no command is taken for which there is none.
            let together = addressees.zip(rest.by_ref());
            let waiting: Vec<_> = together.map(|(to, submission)| waiting(submission, to)).collect();
            let permits = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
            // Without room or without a task the messages are dropped, and the answers below say so.
            if let Ok(permit) = desk.room.clone().acquire_many_owned(permits).await {
                let _ = desk.requests.send(Request::Submit(waiting, permit));
            }
        }
        let mut outcomes = Vec::with_capacity(count);
        for answers in answers {
            outcomes.append(&mut answers.all().await);
        }
        outcomes
    }

    /// The ledger's verified head, which includes everything appended before this call.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); a ledger without a log is [`Error::Journal`].
    pub async fn head(&self, ledger: &Slug) -> Result<Head, Error> {
        self.ask(ledger, Request::Head).await
    }

    /// The receipt of a command that was accepted before this call; none if it was not, and then sending it is safe.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    pub async fn receipt(&self, ledger: &Slug, command: Uuid) -> Result<Option<Receipt>, Error> {
        self.ask(ledger, |answer| Request::Receipt(command, answer)).await
    }

    /// The position of an event by its id.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    pub async fn place(&self, ledger: &Slug, event: Uuid) -> Result<Option<u64>, Error> {
        self.ask(ledger, |answer| Request::Place(Key::event(event), answer)).await
    }

    /// The position of the first event that came from a record of another system.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    pub async fn place_of_source(&self, ledger: &Slug, source: &SourceRecord) -> Result<Option<u64>, Error> {
        self.ask(ledger, |answer| Request::Place(Key::source(source), answer)).await
    }

    /// Digests over what the recorder knows of a ledger. Reads the whole register: for tests and for `doctor`.
    ///
    /// # Errors
    /// As [`head`](Self::head).
    pub async fn fingerprint(&self, ledger: &Slug) -> Result<Fingerprint, Error> {
        self.ask(ledger, Request::Fingerprint).await
    }

    /// The queue of every ledger that was taken up.
    pub async fn queues(&self) -> Vec<Queue> {
        let queue = |(ledger, desk): (&Slug, &Desk)| {
            let room = desk.room.available_permits();
            Queue { ledger: ledger.clone(), waiting: self.shared.waiting_max.saturating_sub(room), room }
        };
        self.shared.ledgers.lock().await.iter().map(queue).collect()
    }

    /// Stops every ledger: what was appended is answered, what waits is told that the recorder has stopped, and
    /// the registers are closed so that the next start needs no replay.
    pub async fn stop(&self) {
        self.shared.stop.send_replace(true);
        let desks = std::mem::take(&mut *self.shared.ledgers.lock().await);
        for desk in desks.into_values() {
            if let Some(task) = desk.task.lock().await.take() {
                // A task that panicked has nothing left to stop.
                let _ = task.await;
            }
        }
    }

    async fn ask<T>(
        &self,
        ledger: &Slug,
        request: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Request,
    ) -> Result<T, Error> {
        let no_log = || Error::Journal { ledger: ledger.clone(), reason: "there is none".to_owned() };
        let desk = self.desk(ledger, false).await?.ok_or_else(no_log)?;
        let (answer, answered) = oneshot::channel();
        desk.requests.send(request(answer)).map_err(|_| Error::Stopped)?;
        answered.await.unwrap_or(Err(Error::Stopped))
    }

    /// The desk of a ledger; none if it has no log and nothing here would open one, so that a mistyped name makes
    /// neither a task nor a stream.
    async fn desk(&self, ledger: &Slug, opens: bool) -> Result<Option<Desk>, Error> {
        let mut ledgers = self.shared.ledgers.lock().await;
        if *self.shared.stop.borrow() {
            return Err(Error::Stopped);
        }
        if let Some(desk) = ledgers.get(ledger) {
            return Ok(Some(desk.clone()));
        }
        if !opens && !self.shared.starter.has_log(ledger).await? {
            return Ok(None);
        }
        let (requests, receiver) = mpsc::unbounded_channel();
        let task = self.shared.starter.start(ledger.clone(), receiver);
        let desk = Desk {
            requests,
            room: Arc::new(Semaphore::new(self.shared.waiting_max)),
            task: Arc::new(Mutex::new(Some(task))),
        };
        ledgers.insert(ledger.clone(), desk.clone());
        Ok(Some(desk))
    }
}

fn waiting(submission: Submission, addressee: Addressee) -> Waiting {
    Waiting { submission: Box::new(submission), minted: None, addressee }
}

fn opens(submission: &Submission) -> bool {
    matches!(submission.command, Command::Ledger(domain::ledger::Command::OpenLedger(_)))
}

fn not_open(ledger: &Slug) -> Outcome {
    let message = format!("the ledger {ledger} is not open");
    let reply = RefusalReply::new("ledger-not-open", message);
    Outcome::Refusal(reply.hint("send open-ledger first, and check the ledger's slug"))
}
