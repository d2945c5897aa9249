//! The task of one ledger: takes what waits, decides it as a group, appends, then answers.
//!
//! Three rules keep it right without any lease. An append is guarded by the head it was decided on. What appends
//! nothing is answered only with a group that was acknowledged, or from a head that the log's leader confirmed
//! after the command came. And after an append of unknown outcome the same bytes are sent until the log has
//! answered; until then nothing else of the ledger is.

mod answer;
mod line;
mod log;
mod pipeline;
mod sealing;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::{Slug, State, Timestamp};
use journal::Journal;
use runtime::Clock;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;
use wire::{EVENTS_MAX, Head, Origin, Receipt};

use crate::archive::Archive;
use crate::clock_guard::ClockGuard;
use crate::decided::DecidedEvents;
use crate::group::{Before, Decided, Desk, Group, Minted, Room, Verdict};
use crate::handle::{Request, Waiting};
use crate::knowledge::Knowledge;
use crate::randomness::Randomness;
use crate::register::{Key, Shelf};
use crate::{Error, Fingerprint, Settings};

/// Commands in hand. More stay in the queue, where they count against its bound.
const IN_HAND_MAX: usize = EVENTS_MAX;
/// Appends after a conflict for which a recorder steps back for a moment, to let the other one in.
const COURTESY: u32 = 8;
/// A group takes nobody in who comes so long after its time, which is all its events'.
const GROUP_AGE_MAX_MICROS: i64 = 1_000_000;

/// After so long without a request a ledger gives back memory, and looks again as long as there is some.
const TIDY_EVERY: Duration = Duration::from_millis(250);
/// After so many looks it rests: what it has only to be quick it lets go. A command that comes later pays for a copy of the
/// state, some milliseconds where a million events are, so this is not done between two commands of somebody who types.
const LOOKS_BEFORE_REST: u32 = 40;
/// After so long without a word of the log, it is asked where it stands before anything is decided: it may have been made
/// again, and the guard, which names a number, does not tell a log from another of the same length.
const SILENCE_MAX: Duration = Duration::from_secs(1);

/// One ledger's task, before and while it runs.
pub(crate) struct LedgerTask<J> {
    journal: J,
    origin: Origin,
    settings: Settings,
    shelf: Shelf,
    clock: Arc<dyn Clock>,
    randomness: Randomness,
    stop: watch::Receiver<bool>,
    guard: ClockGuard,
    archive: Archive<J>,
    knowledge: Knowledge,
    /// The state with the groups' own events; none as long as that is the known state and nobody decides.
    tentative: Option<State>,
    /// What the last group came to hold.
    room: Room,
    /// Commands in hand, oldest first.
    waiting: VecDeque<Waiting>,
    questions: Vec<Question>,
    /// When the log last said something that agreed with what is known, by the clock that never steps.
    heard: Duration,
    /// Nothing was decided since it gave back what it has only to be quick.
    rests: bool,
    /// Appends lost to another recorder, one after the other.
    conflicts: u32,
    courtesy: u32,
    /// Set once, and then told to everybody.
    halted: Option<Error>,
}

/// What is asked besides commands.
enum Question {
    Head(oneshot::Sender<Result<Head, Error>>),
    Fingerprint(oneshot::Sender<Result<Fingerprint, Error>>),
    Receipt(Uuid, oneshot::Sender<Result<Option<Receipt>, Error>>),
    Place(Key, oneshot::Sender<Result<Option<u64>, Error>>),
}

type Answers = Vec<(Waiting, Verdict)>;
type Requests = mpsc::UnboundedReceiver<Request>;

/// A group in the making, and those who wait for it.
struct Forming {
    group: Group,
    answers: Answers,
    /// It takes nobody more in.
    full: bool,
}

impl<J: Journal> LedgerTask<J> {
    pub(crate) fn new(
        journal: J,
        ledger: Slug,
        (settings, shelf): (Settings, Shelf),
        (clock, randomness): (Arc<dyn Clock>, Randomness),
        stop: watch::Receiver<bool>,
    ) -> Self {
        let origin = Origin { deployment: settings.deployment.clone(), ledger };
        Self {
            archive: Archive::new(journal.clone(), origin.ledger.clone()),
            knowledge: Knowledge::nothing(&origin),
            journal,
            origin,
            settings,
            shelf,
            clock,
            randomness,
            stop,
            guard: ClockGuard::new(),
            tentative: None,
            room: Room::default(),
            waiting: VecDeque::new(),
            questions: Vec::new(),
            heard: Duration::ZERO,
            rests: true,
            conflicts: 0,
            courtesy: 0,
            halted: None,
        }
    }

    /// Runs until it is told to stop or nobody can ask it any more.
    pub(crate) async fn run(mut self, mut requests: Requests) {
        while self.gather(&mut requests).await {
            if let Err(error) = self.turn(&mut requests).await {
                tracing::warn!(ledger = %self.origin.ledger, %error, "commands were not recorded");
                if matches!(error, Error::Halted { .. }) {
                    self.halted = Some(error.clone());
                }
                self.settings.observer.failed(&self.origin.ledger, &error);
                self.fail(&error);
            }
        }
        self.fail(&Error::Stopped);
        // What a halted ledger has in memory may be half of something.
        if self.halted.is_none()
            && let Err(error) = self.knowledge.close()
        {
            tracing::warn!(ledger = %self.origin.ledger, %error, "the register was not closed; it will be caught up");
        }
    }

    /// Waits for the next request and takes what else is there; false when it is time to end.
    async fn gather(&mut self, requests: &mut Requests) -> bool {
        if self.waiting.is_empty() && self.questions.is_empty() {
            let mut looks = 0;
            let request = loop {
                let next = tokio::select! {
                    biased;
                    _ = self.stop.wait_for(|stop| *stop) => Some(None),
                    request = requests.recv() => Some(request),
                    () = tokio::time::sleep(TIDY_EVERY), if self.is_untidy() => None,
                };
                match next {
                    Some(request) => break request,
                    None => self.tidy(),
                }
                looks += 1;
                if looks == LOOKS_BEFORE_REST {
                    self.rest();
                }
            };
            let Some(request) = request else { return false };
            self.take(request);
        }
        self.take_all(requests);
        !*self.stop.borrow()
    }

    /// Whether there is memory to give back.
    fn is_untidy(&self) -> bool {
        self.halted.is_none() && (self.knowledge.is_writing() || !self.archive.is_empty() || !self.rests)
    }

    /// Nobody asks: memory of what the register has written, and of commits that were looked up, is given back.
    fn tidy(&mut self) {
        self.archive.forget();
        if let Err(error) = self.knowledge.tidy() {
            tracing::warn!(ledger = %self.origin.ledger, %error, "the register could not be written");
            self.halted.get_or_insert(error);
        }
    }

    /// Nobody has asked for long: there is one state again, and no room for groups and rows that may not come.
    fn rest(&mut self) {
        self.tentative = None;
        self.room = Room::default();
        self.waiting = VecDeque::new();
        self.questions = Vec::new();
        self.knowledge.rest();
        self.rests = true;
    }

    fn take_all(&mut self, requests: &mut Requests) {
        while self.waiting.len() < IN_HAND_MAX
            && let Ok(request) = requests.try_recv()
        {
            self.take(request);
        }
    }

    fn take(&mut self, request: Request) {
        match request {
            // Its room in the queue is free again from here.
            Request::Submit(waiting, _room) => self.waiting.extend(waiting),
            Request::Head(answer) => self.questions.push(Question::Head(answer)),
            Request::Fingerprint(answer) => self.questions.push(Question::Fingerprint(answer)),
            Request::Receipt(command, answer) => self.questions.push(Question::Receipt(command, answer)),
            Request::Place(key, answer) => self.questions.push(Question::Place(key, answer)),
        }
    }

    /// Tells everybody in hand.
    fn fail(&mut self, error: &Error) {
        for waiting in self.waiting.drain(..) {
            waiting.addressee.tell(Err(error.clone()));
        }
        for question in self.questions.drain(..) {
            match question {
                Question::Head(answer) => drop(answer.send(Err(error.clone()))),
                Question::Fingerprint(answer) => drop(answer.send(Err(error.clone()))),
                Question::Receipt(_, answer) => drop(answer.send(Err(error.clone()))),
                Question::Place(_, answer) => drop(answer.send(Err(error.clone()))),
            }
        }
    }

    /// One group, from decision to answers, and those that formed while it was on its way. What could not be answered
    /// stays in hand.
    async fn turn(&mut self, requests: &mut Requests) -> Result<(), Error> {
        if let Some(error) = &self.halted {
            return Err(error.clone());
        }
        let has_log = self.ready().await?;
        self.answer_questions(has_log).await?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        let silent = self.clock.elapsed().saturating_sub(self.heard);
        if has_log && silent > SILENCE_MAX && !self.is_fresh().await? {
            self.catch_up().await?;
        }
        let Head { epoch, commit, position, .. } = self.knowledge.head();
        let before = Before { epoch, commit, position };
        let mut first = self.form(before, self.knowledge.verifier().last_time())?;
        if let Err(error) = self.decide(&mut first, &[], usize::MAX).await {
            self.drop_overlay([first.answers]);
            return Err(error);
        }
        if !has_log && !first.group.is_empty() {
            self.drop_overlay([first.answers]);
            // The log exists from here on; what was decided on nothing is decided again on it.
            self.journal.open(&self.origin.ledger).await.map_err(|error| self.failed(&error))?;
            return Ok(());
        }
        if first.group.is_empty() {
            return self.answer_without_append(first.answers, has_log).await;
        }
        self.append_all(first, requests).await
    }

    /// An empty group of now that comes after this in the log.
    fn form(&mut self, before: Before, last: Timestamp) -> Result<Forming, Error> {
        let time = self.guard.time(&*self.clock, last)?;
        let group = Group::new(time, before, self.events_max(), self.room);
        Ok(Forming { group, answers: Answers::new(), full: false })
    }

    /// Decides what is in hand, at most so many, until the group is full. An error leaves the command in hand.
    async fn decide(
        &mut self,
        forming: &mut Forming,
        ahead: &[&DecidedEvents],
        most: usize,
    ) -> Result<(), Error> {
        let now = forming.group.time();
        self.rests = false;
        forming.full |= self.clock.now().0 - now.0 > GROUP_AGE_MAX_MICROS;
        for _ in 0..most {
            if forming.full {
                break;
            }
            let Some(mut waiting) = self.waiting.pop_front() else { break };
            let minted = *waiting.minted.get_or_insert_with(|| Minted::new(now, &mut self.randomness));
            let mut desk = Desk {
                origin: &self.origin,
                knowledge: &self.knowledge,
                ahead,
                tentative: self.tentative.get_or_insert_with(|| self.knowledge.state().clone()),
                archive: &mut self.archive,
            };
            match forming.group.decide(&mut desk, &waiting.submission, &minted).await {
                Ok(Decided::Taken(verdict)) => forming.answers.push((waiting, verdict)),
                Ok(Decided::Full) => {
                    self.waiting.push_front(waiting);
                    forming.full = true;
                }
                Err(error) => {
                    self.waiting.push_front(waiting);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// A group that appends nothing is answered if the log's leader knows no more than we do.
    async fn answer_without_append(&mut self, answers: Answers, has_log: bool) -> Result<(), Error> {
        // Without a log there is no leader; that there is none was asked after these commands came.
        let fresh = if has_log { self.is_fresh().await } else { Ok(true) };
        match fresh {
            Ok(true) => {
                self.answer(answers, None).await;
                Ok(())
            }
            Ok(false) => {
                self.drop_overlay([answers]);
                self.catch_up().await
            }
            Err(error) => {
                self.drop_overlay([answers]);
                Err(error)
            }
        }
    }

    /// Takes back everything that was decided in these groups, oldest first, refusals included; what was minted for a
    /// command stays with it.
    fn drop_overlay(&mut self, groups: impl IntoIterator<Item = Answers>) {
        let mut waiting: VecDeque<Waiting> =
            groups.into_iter().flatten().map(|(waiting, _)| waiting).collect();
        waiting.append(&mut self.waiting);
        self.waiting = waiting;
        self.tentative = None;
    }

    /// After lost races groups become smaller, so that deciding again takes less time in which to lose again.
    fn events_max(&self) -> usize {
        (EVENTS_MAX >> self.conflicts.min(9)).max(1)
    }

    /// Where two recorders share a ledger, the one that has just won waits a moment, so that the other one, which
    /// has to read first, wins in its turn.
    async fn step_back(&mut self) {
        if self.courtesy > 0 {
            self.courtesy -= 1;
            let [byte] = self.randomness.bytes();
            tokio::time::sleep(Duration::from_micros(u64::from(byte) * 20)).await;
        }
    }
}

#[cfg(test)]
mod tests;
