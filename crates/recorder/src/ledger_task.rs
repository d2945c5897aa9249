//! The task of one ledger: takes what waits, decides it as a group, appends, then answers.
//!
//! Three rules keep it right without any lease. An append is guarded by the head it was decided on. What appends
//! nothing is answered only with a group that was acknowledged, or from a head that the log's leader confirmed
//! after the command came. And after an append of unknown outcome the same bytes are sent until the log has
//! answered; until then nothing else of the ledger is.

mod answer;
mod log;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::{Slug, State};
use journal::Journal;
use runtime::{Clock, Random};
use tokio::sync::{mpsc, oneshot, watch};
use wire::{Commit, EVENTS_MAX, Head, Origin};

use crate::archive::Archive;
use crate::clock_guard::ClockGuard;
use crate::group::{Decided, Desk, Group, Minted, Verdict};
use crate::handle::{Request, Waiting};
use crate::knowledge::{Knowledge, halt};
use crate::{Error, Fingerprint, Settings};
use log::Appended;

/// Commands in hand. More stay in the queue, where they count against its bound.
const IN_HAND_MAX: usize = EVENTS_MAX;
/// Appends after a conflict for which a recorder steps back for a moment, to let the other one in.
const COURTESY: u32 = 8;

/// One ledger's task, before and while it runs.
pub(crate) struct LedgerTask<J> {
    journal: J,
    origin: Origin,
    settings: Settings,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    stop: watch::Receiver<bool>,
    guard: ClockGuard,
    archive: Archive<J>,
    knowledge: Knowledge,
    /// The state with the group's own events; equal to the known state between groups.
    tentative: State,
    /// Commands in hand, oldest first.
    waiting: VecDeque<Waiting>,
    questions: Vec<Question>,
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
}

type Answers = Vec<(Waiting, Verdict)>;

impl<J: Journal> LedgerTask<J> {
    pub(crate) fn new(
        journal: J,
        ledger: Slug,
        settings: Settings,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
        stop: watch::Receiver<bool>,
    ) -> Self {
        let origin = Origin { deployment: settings.deployment.clone(), ledger };
        Self {
            archive: Archive::new(journal.clone(), origin.ledger.clone()),
            knowledge: Knowledge::nothing(&origin),
            journal,
            origin,
            settings,
            clock,
            random,
            stop,
            guard: ClockGuard::new(),
            tentative: State::default(),
            waiting: VecDeque::new(),
            questions: Vec::new(),
            conflicts: 0,
            courtesy: 0,
            halted: None,
        }
    }

    /// Runs until it is told to stop or nobody can ask it any more.
    pub(crate) async fn run(mut self, mut requests: mpsc::UnboundedReceiver<Request>) {
        while self.gather(&mut requests).await {
            if let Err(error) = self.turn().await {
                tracing::warn!(ledger = %self.origin.ledger, %error, "commands were not recorded");
                if matches!(error, Error::Halted { .. }) {
                    self.halted = Some(error.clone());
                }
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
    async fn gather(&mut self, requests: &mut mpsc::UnboundedReceiver<Request>) -> bool {
        if self.waiting.is_empty() && self.questions.is_empty() {
            let request = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => None,
                request = requests.recv() => request,
            };
            let Some(request) = request else { return false };
            self.take(request);
        }
        while self.waiting.len() < IN_HAND_MAX
            && let Ok(request) = requests.try_recv()
        {
            self.take(request);
        }
        !*self.stop.borrow()
    }

    fn take(&mut self, request: Request) {
        match request {
            // Its room in the queue is free again from here.
            Request::Submit(waiting, _room) => self.waiting.extend(waiting),
            Request::Head(answer) => self.questions.push(Question::Head(answer)),
            Request::Fingerprint(answer) => self.questions.push(Question::Fingerprint(answer)),
        }
    }

    /// Tells everybody in hand.
    fn fail(&mut self, error: &Error) {
        for waiting in self.waiting.drain(..) {
            // A caller that went away misses nothing.
            let _ = waiting.answer.send(Err(error.clone()));
        }
        for question in self.questions.drain(..) {
            match question {
                Question::Head(answer) => drop(answer.send(Err(error.clone()))),
                Question::Fingerprint(answer) => drop(answer.send(Err(error.clone()))),
            }
        }
    }

    /// One group, from decision to answers. What could not be answered stays in hand.
    async fn turn(&mut self) -> Result<(), Error> {
        if let Some(error) = &self.halted {
            return Err(error.clone());
        }
        let has_log = self.ready().await?;
        self.answer_questions(has_log).await?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        let time = self.guard.time(&*self.clock, self.knowledge.verifier().last_time())?;
        let mut group = Group::new(time, self.knowledge.head().commit + 1, self.events_max());
        let decided = self.decide(&mut group).await;
        let answers = match decided {
            Ok(answers) => answers,
            Err((answers, error)) => {
                self.drop_overlay(answers);
                return Err(error);
            }
        };
        if group.is_empty() {
            return self.answer_without_append(answers, has_log).await;
        }
        if !has_log {
            self.drop_overlay(answers);
            // The log exists from here on; what was decided on nothing is decided again on it.
            self.journal.open(&self.origin.ledger).await.map_err(|error| self.failed(&error))?;
            return Ok(());
        }
        self.append_group(group, answers).await
    }

    /// Decides what is in hand until the group is full.
    async fn decide(&mut self, group: &mut Group) -> Result<Answers, (Answers, Error)> {
        let mut answers = Vec::with_capacity(self.waiting.len());
        while let Some(mut waiting) = self.waiting.pop_front() {
            let now = group.time();
            let minted = *waiting.minted.get_or_insert_with(|| Minted::new(now, &*self.random));
            let mut desk = Desk {
                origin: &self.origin,
                knowledge: &self.knowledge,
                tentative: &mut self.tentative,
                archive: &mut self.archive,
            };
            match group.decide(&mut desk, &waiting.submission, &minted).await {
                Ok(Decided::Taken(verdict)) => answers.push((waiting, verdict)),
                Ok(Decided::Full) => {
                    self.waiting.push_front(waiting);
                    break;
                }
                Err(error) => {
                    self.waiting.push_front(waiting);
                    return Err((answers, error));
                }
            }
        }
        Ok(answers)
    }

    /// A group that appends nothing is answered if the log's leader knows no more than we do.
    async fn answer_without_append(&mut self, answers: Answers, has_log: bool) -> Result<(), Error> {
        // Without a log there is no leader; that there is none was asked after these commands came.
        let fresh = if has_log { self.is_fresh().await } else { Ok(true) };
        match fresh {
            Ok(true) => {
                self.answer(answers, &[]).await;
                Ok(())
            }
            Ok(false) => {
                self.drop_overlay(answers);
                self.catch_up().await
            }
            Err(error) => {
                self.drop_overlay(answers);
                Err(error)
            }
        }
    }

    async fn append_group(&mut self, group: Group, answers: Answers) -> Result<(), Error> {
        let (body, events, rows) = group.into_parts();
        let commit = Commit::after(self.knowledge.verifier(), body);
        let mut verifier = self.knowledge.verifier().clone();
        // Never append what a reader would refuse.
        if let Err(broken) = verifier.accept(&commit) {
            self.drop_overlay(answers);
            return Err(halt(&self.origin.ledger, format!("a group was encoded wrongly: {broken}")));
        }
        match self.append(&commit).await {
            Ok(Appended::Yes) => {
                let learnt = self.knowledge.appended(verifier, &events, rows);
                self.answer(answers, &events).await;
                learnt?;
                self.conflicts = 0;
                self.step_back().await;
                Ok(())
            }
            Ok(Appended::AnotherFirst) => {
                self.drop_overlay(answers);
                self.conflicts += 1;
                self.courtesy = COURTESY;
                self.catch_up().await
            }
            Ok(Appended::StoppedWithoutKnowing) => {
                let unknown = Error::OutcomeUnknown(self.origin.ledger.clone());
                for (waiting, _) in answers {
                    let _ = waiting.answer.send(Err(unknown.clone()));
                }
                Err(Error::Stopped)
            }
            Err(error) => {
                self.drop_overlay(answers);
                Err(error)
            }
        }
    }

    /// Takes back everything that was decided, refusals included; what was minted for a command stays with it.
    fn drop_overlay(&mut self, answers: Answers) {
        for (waiting, _) in answers.into_iter().rev() {
            self.waiting.push_front(waiting);
        }
        self.tentative = self.knowledge.state().clone();
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
            let [byte] = self.random.bytes();
            tokio::time::sleep(Duration::from_micros(u64::from(byte) * 20)).await;
        }
    }
}
