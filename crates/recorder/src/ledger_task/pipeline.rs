//! Group after group. While one is on its way to the log, the one before it is answered, the one after it is hashed,
//! and the one after that is decided, on the state that has all of them.
//!
//! Only one is ever on its way: the log guards an append by the number of the commit before it, so a second one could
//! land on another recorder's commit in the place of the first.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::OptionFuture;
use journal::Journal;
use wire::Verifier;

use super::log::{Appended, Sender};
use super::sealing::{Sealed, Sealing};
use super::{Answers, COURTESY, Forming, IN_HAND_MAX, LedgerTask, Requests};
use crate::Error;
use crate::decided::DecidedEvents;
use crate::group::Before;

/// Commands that are decided between two looks for the log's answer.
const AHEAD: usize = 32;

/// A group that takes nobody more in.
struct Closed {
    sealing: Sealing,
    decided: DecidedEvents,
    answers: Answers,
    /// What the log will hold with it.
    after: Before,
}

/// A group that is in the log; not remembered and not answered yet.
struct Landed {
    sealed: Arc<Sealed>,
    decided: DecidedEvents,
    answers: Answers,
    /// From when it was sent until the log had answered.
    took: Duration,
}

/// The groups behind the one that is on its way.
#[derive(Default)]
struct Behind {
    /// The next; hashed while it waits.
    closed: Option<Closed>,
    /// The one after that.
    forming: Option<Forming>,
}

impl Behind {
    /// Whether there is one that takes nobody more in.
    fn is_full(&self) -> bool {
        let full = |forming: &Forming| !forming.group.is_empty() && forming.full;
        self.closed.is_some() || self.forming.as_ref().is_some_and(full)
    }

    /// Those who wait for these groups, oldest first.
    fn answers(self) -> impl Iterator<Item = Answers> {
        self.closed
            .map(|closed| closed.answers)
            .into_iter()
            .chain(self.forming.map(|forming| forming.answers))
    }
}

impl<J: Journal> LedgerTask<J> {
    /// Appends this group, and those that form while one is on its way.
    pub(super) async fn append_all(&mut self, first: Forming, requests: &mut Requests) -> Result<(), Error> {
        let known = std::future::ready(Ok(self.knowledge.verifier().clone()));
        let mut next = self.close(first, known);
        let (mut landed, mut behind) = (None, Behind::default());
        loop {
            let before = next.sealing.clone();
            let now = self.append(next, landed.take(), &mut behind, requests).await?;
            let end = *self.stop.borrow() || !self.questions.is_empty() || now.is_none();
            let answered = now.as_ref().map_or((0, Duration::ZERO), |now| (now.answers.len(), now.took));
            // A group that is full goes before the last one is answered.
            if !end && self.courtesy == 0 && behind.is_full() {
                landed = now;
            } else if let Err(error) = self.learn(now).await {
                self.drop_overlay(behind.answers());
                return Err(error);
            }
            self.step_back().await;
            // Neither the end nor a question waits for everybody who comes.
            if end {
                self.drop_overlay(behind.answers());
                return Ok(());
            }
            next = match behind.closed.take() {
                Some(closed) => closed,
                None => {
                    let Some(mut forming) = behind.forming.take() else { return Ok(()) };
                    if landed.is_none() {
                        if !forming.group.is_empty() {
                            self.gather_again(answered, requests).await;
                        }
                        // Who came too late to be decided meanwhile still fills the group.
                        self.take_all(requests);
                        if let Err(error) = self.decide(&mut forming, &[], usize::MAX).await {
                            self.drop_overlay([forming.answers]);
                            return Err(error);
                        }
                    }
                    if forming.group.is_empty() {
                        return self.answer_without_append(forming.answers, true).await;
                    }
                    self.close(forming, before.verifier())
                }
            };
        }
    }

    /// Those who were just answered often come again at once: waiting for them a little, a part of what an append takes,
    /// makes one group of two.
    async fn gather_again(&mut self, (answered, took): (usize, Duration), requests: &mut Requests) {
        let until = self.clock.elapsed() + took / 4;
        while self.waiting.len() < answered && self.clock.elapsed() < until {
            tokio::task::yield_now().await;
            self.take_all(requests);
        }
    }

    /// Closes a group that comes after what this reader will have read.
    fn close(
        &mut self,
        Forming { group, answers, .. }: Forming,
        before: impl Future<Output = Result<Verifier, Error>> + Send + 'static,
    ) -> Closed {
        self.room = group.room();
        let after = group.after();
        let (body, decided) = group.into_parts();
        let sealing = Sealing::new(self.origin.ledger.clone(), (body, decided.time), before);
        Closed { sealing, decided, answers, after }
    }

    /// Sends a group to the log. Meanwhile takes in the one before it, seals the next and decides the one after that.
    /// Nothing if another commit was first: then everything was taken back.
    async fn append(
        &mut self,
        sent: Closed,
        mut before: Option<Landed>,
        behind: &mut Behind,
        requests: &mut Requests,
    ) -> Result<Option<Landed>, Error> {
        let sender = Sender::new(self.journal.clone(), self.origin.ledger.clone(), self.stop.clone());
        let mut sending = pin!(sender.send(sent.sealing.clone(), self.clock.clone()));
        let mut well = Ok(());
        let ended = loop {
            let room = self.waiting.len() < IN_HAND_MAX;
            let full = behind.forming.as_ref().is_some_and(|forming| forming.full);
            if full && behind.closed.is_none() {
                let forming = behind.forming.take();
                behind.closed = forming.map(|forming| self.close(forming, sent.sealing.clone().verifier()));
                continue;
            }
            let decide = well.is_ok() && !full && !self.waiting.is_empty();
            let sealing = behind.closed.as_ref().map(|closed| closed.sealing.clone());
            let sealing = sealing.filter(|sealing| !sealing.is_done());
            tokio::select! {
                biased;
                ended = &mut sending => break ended,
                () = std::future::ready(()), if before.is_some() => {
                    well = self.learn(before.take()).await;
                }
                // An error shows when it is sent.
                Some(_) = OptionFuture::from(sealing.map(Sealing::sealed)) => {}
                Some(request) = requests.recv(), if room => self.take(request),
                () = std::future::ready(()), if decide => {
                    well = self.decide_ahead(behind, &sent).await;
                }
            }
        };
        let well = self.learn(before).await.and(well);
        let Closed { decided, answers, .. } = sent;
        match ended {
            Ok(Appended::Yes(sealed, took)) => {
                self.conflicts = 0;
                let landed = Some(Landed { sealed, decided, answers, took });
                let Err(error) = well else { return Ok(landed) };
                // It is in the log, whatever went wrong beside it.
                let _ = self.learn(landed).await;
                self.drop_overlay(std::mem::take(behind).answers());
                return Err(error);
            }
            Ok(Appended::StoppedWithoutKnowing) => {
                let unknown = Error::OutcomeUnknown(self.origin.ledger.clone());
                for (waiting, _) in answers {
                    waiting.addressee.tell(Err(unknown.clone()));
                }
                self.drop_overlay(std::mem::take(behind).answers());
                return Err(Error::Stopped);
            }
            Ok(Appended::AnotherFirst) | Err(_) => {}
        }
        self.drop_overlay(std::iter::once(answers).chain(std::mem::take(behind).answers()));
        ended.and(well)?;
        self.settings.observer.lost(&self.origin.ledger);
        self.conflicts += 1;
        self.courtesy = COURTESY;
        self.catch_up().await?;
        Ok(None)
    }

    /// Remembers a group that is in the log, and answers it; nothing if there is none.
    async fn learn(&mut self, landed: Option<Landed>) -> Result<(), Error> {
        let Some(Landed { sealed, decided, answers, took }) = landed else { return Ok(()) };
        let (ledger, commands) = (self.origin.ledger.clone(), answers.len());
        let learnt = self.knowledge.appended(sealed.verifier.clone(), &decided);
        self.answer(answers, Some(&decided)).await;
        let register_rows = self.knowledge.register_rows();
        let (time, events) = (decided.time, &*decided.events);
        let told = crate::Appended { ledger: &ledger, time, events, commands, took, register_rows };
        self.settings.observer.appended(&told);
        learnt
    }

    /// Decides some of what is in hand as part of the group that forms behind the others.
    async fn decide_ahead(&mut self, behind: &mut Behind, sent: &Closed) -> Result<(), Error> {
        let last = behind.closed.as_ref().unwrap_or(sent);
        let forming = match &mut behind.forming {
            Some(forming) => forming,
            None => behind.forming.insert(self.form(last.after, last.decided.time)?),
        };
        // The newest knows best.
        let closed = behind.closed.as_ref().map(|closed| &closed.decided);
        let ahead: Vec<&DecidedEvents> = closed.into_iter().chain([&sent.decided]).collect();
        self.decide(forming, &ahead, AHEAD).await
    }
}
