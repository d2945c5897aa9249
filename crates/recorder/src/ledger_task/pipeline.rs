//! Group after group: while one is on its way to the log, the one before it is answered and the next is decided, on
//! the state that has all of them.

use std::pin::pin;
use std::time::Duration;

use domain::Timestamp;
use journal::Journal;
use wire::Verifier;

use super::log::{Appended, Sender};
use super::{Answers, COURTESY, Forming, IN_HAND_MAX, LedgerTask, Requests};
use crate::Error;
use crate::group::{Before, DecidedEvents};

/// Commands that are decided between two looks for the log's answer.
const AHEAD: usize = 32;

/// A group that is in the log; not remembered and not answered yet.
struct Landed {
    verifier: Verifier,
    decided: DecidedEvents,
    answers: Answers,
    /// From when it was sent until the log had answered.
    took: Duration,
}

impl<J: Journal> LedgerTask<J> {
    /// Appends this group, and those that form while one is on its way.
    pub(super) async fn append_all(&mut self, first: Forming, requests: &mut Requests) -> Result<(), Error> {
        let (mut forming, mut landed) = (first, None);
        loop {
            let (now_landed, next) = self.append(forming, landed.take(), requests).await?;
            let end = *self.stop.borrow() || !self.questions.is_empty();
            // A group that can go at once goes before the last one is answered.
            let ready = next.as_ref().is_some_and(|next| {
                !next.group.is_empty() && (next.full || self.waiting.is_empty()) && self.courtesy == 0
            });
            if ready && !end {
                landed = now_landed;
            } else if let Some(Err(error)) = self.learn(now_landed).await {
                self.drop_overlay(Forming::answers(next));
                return Err(error);
            }
            self.step_back().await;
            let Some(mut next) = next else { return Ok(()) };
            // Neither the end nor a question waits for everybody who comes.
            if end {
                self.drop_overlay(next.answers);
                return Ok(());
            }
            if !ready {
                // Who came too late to be decided meanwhile still fills the group.
                self.take_all(requests);
                if let Err(error) = self.decide(&mut next, None, usize::MAX).await {
                    self.drop_overlay(next.answers);
                    return Err(error);
                }
            }
            if next.group.is_empty() {
                return self.answer_without_append(next.answers, true).await;
            }
            forming = next;
        }
    }

    /// Sends a group to the log. Meanwhile takes in the one before it, and decides the next.
    async fn append(
        &mut self,
        forming: Forming,
        mut before: Option<Landed>,
        requests: &mut Requests,
    ) -> Result<(Option<Landed>, Option<Forming>), Error> {
        let Forming { group, answers, .. } = forming;
        let (began, time, after) = (self.clock.elapsed(), group.time(), group.after());
        let (body, decided) = group.into_parts();
        let verifier = before.as_ref().map_or(self.knowledge.verifier(), |landed| &landed.verifier).clone();
        let sender = Sender::new(self.journal.clone(), self.origin.ledger.clone(), self.stop.clone());
        let mut sending = pin!(sender.send(verifier, body, time));
        let (mut next, mut well) = (None, Ok(()));
        let sent = loop {
            let room = self.waiting.len() < IN_HAND_MAX;
            let full = next.as_ref().is_some_and(|next: &Forming| next.full);
            let decide = well.is_ok() && !full && !self.waiting.is_empty();
            tokio::select! {
                biased;
                sent = &mut sending => break sent,
                () = std::future::ready(()), if before.is_some() => {
                    well = self.learn(before.take()).await.unwrap_or(Ok(()));
                }
                Some(request) = requests.recv(), if room => self.take(request),
                () = std::future::ready(()), if decide => {
                    well = self.decide_ahead(&mut next, (after, time), &decided).await;
                }
            }
        };
        let well = self.learn(before).await.unwrap_or(well);
        match sent {
            Ok(Appended::Yes(verifier)) => {
                let took = self.clock.elapsed().saturating_sub(began);
                let landed = Some(Landed { verifier: *verifier, decided, answers, took });
                self.conflicts = 0;
                let Err(error) = well else { return Ok((landed, next)) };
                // It is in the log, whatever went wrong beside it.
                self.learn(landed).await;
                self.drop_overlay(Forming::answers(next));
                return Err(error);
            }
            Ok(Appended::StoppedWithoutKnowing) => {
                let unknown = Error::OutcomeUnknown(self.origin.ledger.clone());
                for (waiting, _) in answers {
                    let _ = waiting.answer.send(Err(unknown.clone()));
                }
                self.drop_overlay(Forming::answers(next));
                return Err(Error::Stopped);
            }
            Ok(Appended::AnotherFirst) | Err(_) => {}
        }
        self.drop_overlay(answers.into_iter().chain(Forming::answers(next)).collect());
        sent.and(well)?;
        self.settings.observer.lost(&self.origin.ledger);
        self.conflicts += 1;
        self.courtesy = COURTESY;
        self.catch_up().await?;
        Ok((None, None))
    }

    /// Remembers a group that is in the log, and answers it; nothing if there is none.
    async fn learn(&mut self, landed: Option<Landed>) -> Option<Result<(), Error>> {
        let Landed { verifier, decided: DecidedEvents { events, rows }, answers, took } = landed?;
        let (ledger, commands) = (self.origin.ledger.clone(), answers.len());
        let learnt = self.knowledge.appended(verifier, &events, rows);
        self.answer(answers, &events).await;
        let register_rows = self.knowledge.register_rows();
        let told = crate::Appended { ledger: &ledger, events: &events, commands, took, register_rows };
        self.settings.observer.appended(&told);
        Some(learnt)
    }

    /// Decides some of what is in hand as part of the group after the one on its way.
    async fn decide_ahead(
        &mut self,
        next: &mut Option<Forming>,
        (before, last): (Before, Timestamp),
        on_its_way: &DecidedEvents,
    ) -> Result<(), Error> {
        let forming = match next {
            Some(forming) => forming,
            None => next.insert(self.form(before, last)?),
        };
        self.decide(forming, Some(on_its_way), AHEAD).await
    }
}

impl Forming {
    /// Those who wait for a group, if there is one.
    fn answers(forming: Option<Self>) -> Answers {
        forming.map(|forming| forming.answers).unwrap_or_default()
    }
}
