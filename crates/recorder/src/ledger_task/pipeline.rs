//! Group after group: while some are on their way to the log, those that landed are answered and the next is decided, on
//! the state that has all of them.

use std::collections::VecDeque;
use std::time::Duration;

use journal::Journal;
use wire::Verifier;

use super::line::{Appended, Line};
use super::sealing::{self, Sealing};
use super::{Answers, COURTESY, Forming, IN_HAND_MAX, LedgerTask, Requests};
use crate::Error;
use crate::decided::DecidedEvents;
use crate::group::Before;

/// Commands that are decided between two looks for the log's answer.
const PORTION: usize = 32;
/// Groups that may be closed and not known yet: one is sent, one hashed, and one waits for either.
const CLOSED_MAX: usize = 3;

/// A group that takes nobody more in, on its way to the log.
struct Closed {
    commit: Sealing,
    decided: DecidedEvents,
    answers: Answers,
    /// What the log will hold with it.
    after: Before,
}

/// The groups between the state that is known and the commands that wait.
struct Underway {
    line: Line,
    /// Oldest first.
    closed: VecDeque<Closed>,
    forming: Option<Forming>,
    /// What went wrong beside the line. Nothing more is sent then, but what is underway is waited for.
    well: Result<(), Error>,
}

impl Underway {
    /// Those who wait for these groups, oldest first.
    fn answers(self) -> impl Iterator<Item = Answers> {
        let closed = self.closed.into_iter().map(|closed| closed.answers);
        closed.chain(self.forming.map(|forming| forming.answers))
    }
}

impl<J: Journal> LedgerTask<J> {
    /// Appends this group, and those that form while it is on its way.
    pub(super) async fn append_all(&mut self, first: Forming, requests: &mut Requests) -> Result<(), Error> {
        let (journal, ledger) = (self.journal.clone(), self.origin.ledger.clone());
        let line = Line::start(journal, ledger, self.stop.clone(), self.clock.clone());
        let (closed, forming) = (VecDeque::new(), Some(first));
        let mut underway = Underway { line, closed, forming, well: Ok(()) };
        loop {
            // Neither the end nor a question waits for everybody who comes.
            let end = *self.stop.borrow() || !self.questions.is_empty() || underway.well.is_err();
            if !end && self.may_close(&underway) {
                self.close(&mut underway).await;
                continue;
            }
            if underway.closed.is_empty() {
                return self.finish(underway, end).await;
            }
            let room = self.waiting.len() < IN_HAND_MAX;
            let full = underway.forming.as_ref().is_some_and(|forming| forming.full);
            let decide = !end && !full && !self.waiting.is_empty();
            tokio::select! {
                biased;
                ended = underway.line.ended() => match ended {
                    Ok(Appended::Yes(verifier, took)) => self.landed(&mut underway, (verifier, took), requests).await,
                    ended => return self.lost(underway, ended).await,
                },
                Some(request) = requests.recv(), if room => self.take(request),
                () = std::future::ready(()), if decide => underway.well = self.decide_ahead(&mut underway).await,
            }
        }
    }

    /// Whether the group that forms goes now.
    fn may_close(&self, underway: &Underway) -> bool {
        let Some(forming) = &underway.forming else { return false };
        let goes = match underway.closed.front() {
            None => true,
            // Where another recorder is at work, what is decided far ahead is mostly decided in vain.
            Some(_) if self.courtesy > 0 => false,
            // The one on its way has half of those who call, so this one has the other half; it is to be ready.
            Some(sent) if underway.closed.len() == 1 && self.waiting.is_empty() => {
                forming.full || forming.answers.len() >= sent.answers.len()
            }
            Some(_) => forming.full && underway.closed.len() < CLOSED_MAX,
        };
        goes && !forming.group.is_empty()
    }

    /// Sends the group that forms after those before it.
    async fn close(&mut self, underway: &mut Underway) {
        let Some(Forming { group, answers, .. }) = underway.forming.take() else { return };
        self.step_back().await;
        self.room = group.room();
        let after = group.after();
        let (body, decided) = group.into_parts();
        let (ledger, body) = (self.origin.ledger.clone(), (body, decided.time));
        let commit = match underway.closed.back() {
            Some(last) => Sealing::new(ledger, body, last.commit.clone().verifier()),
            None => Sealing::new(ledger, body, std::future::ready(Ok(self.knowledge.verifier().clone()))),
        };
        // Alone and small it is sealed as fast by the line as by anybody else.
        if !underway.closed.is_empty() || decided.events.len() >= sealing::BESIDE {
            commit.begin();
        }
        underway.line.send(commit.clone());
        underway.closed.push_back(Closed { commit, decided, answers, after });
    }

    /// The oldest group is in the log: remembers it and answers it.
    async fn landed(
        &mut self,
        underway: &mut Underway,
        (verifier, took): (Verifier, Duration),
        requests: &mut Requests,
    ) {
        let Some(Closed { decided, answers, .. }) = underway.closed.pop_front() else { return };
        (self.conflicts, self.heard) = (0, self.clock.elapsed());
        let commands = answers.len();
        let learnt = self.learn(verifier, (&decided, answers), took).await;
        underway.well = std::mem::replace(&mut underway.well, Ok(())).and(learnt);
        let Some(forming) = &mut underway.forming else { return };
        // Nothing is on its way, so who comes now still fills the group.
        if underway.closed.is_empty() && underway.well.is_ok() {
            if !forming.group.is_empty() {
                self.gather_again(commands, took, requests).await;
            }
            self.take_all(requests);
            underway.well = self.decide(forming, &[], usize::MAX).await;
        }
    }

    /// Those who were just answered often come again at once: waiting for them a little, a part of what an append takes,
    /// makes one group of two.
    async fn gather_again(&mut self, answered: usize, took: Duration, requests: &mut Requests) {
        let until = self.clock.elapsed() + took / 4;
        while self.waiting.len() < answered && self.clock.elapsed() < until {
            tokio::task::yield_now().await;
            self.take_all(requests);
        }
    }

    /// Remembers what was decided in a group that is in the log, and answers it.
    async fn learn(
        &mut self,
        verifier: Verifier,
        (decided, answers): (&DecidedEvents, Answers),
        took: Duration,
    ) -> Result<(), Error> {
        let (ledger, commands) = (self.origin.ledger.clone(), answers.len());
        let learnt = self.knowledge.appended(verifier, decided);
        self.answer(answers, Some(decided)).await;
        let register_rows = self.knowledge.register_rows();
        let (time, events) = (decided.time, &*decided.events);
        let told = crate::Appended { ledger: &ledger, time, events, commands, took, register_rows };
        self.settings.observer.appended(&told);
        learnt
    }

    /// Decides some of what is in hand as part of the group behind the others.
    async fn decide_ahead(&mut self, underway: &mut Underway) -> Result<(), Error> {
        let Some(last) = underway.closed.back() else { return Ok(()) };
        let forming = match &mut underway.forming {
            Some(forming) => forming,
            None => underway.forming.insert(self.form(last.after, last.decided.time)?),
        };
        // The newest knows best.
        let ahead: Vec<&DecidedEvents> = underway.closed.iter().rev().map(|closed| &closed.decided).collect();
        self.decide(forming, &ahead, PORTION).await
    }

    /// Nothing is on its way, and nothing goes: what was decided beside is answered or taken back.
    async fn finish(&mut self, underway: Underway, end: bool) -> Result<(), Error> {
        let Underway { line, forming, well, .. } = underway;
        line.close().await;
        match forming {
            Some(forming) if end => self.drop_overlay([forming.answers]),
            Some(forming) => self.answer_without_append(forming.answers, true).await?,
            None => {}
        }
        well
    }

    /// The oldest group is not in the log, as far as anybody knows, and the line has sent nothing after it.
    async fn lost(&mut self, mut underway: Underway, ended: Result<Appended, Error>) -> Result<(), Error> {
        let well = std::mem::replace(&mut underway.well, Ok(()));
        if let Ok(Appended::Unknown) = ended {
            let unknown = Error::OutcomeUnknown(self.origin.ledger.clone());
            for (waiting, _) in underway.closed.pop_front().into_iter().flat_map(|closed| closed.answers) {
                waiting.addressee.tell(Err(unknown.clone()));
            }
            self.drop_overlay(underway.answers());
            return Err(Error::Stopped);
        }
        self.drop_overlay(underway.answers());
        ended.map(drop).and(well)?;
        self.settings.observer.lost(&self.origin.ledger);
        self.conflicts += 1;
        self.courtesy = COURTESY;
        self.catch_up().await
    }
}
