//! The task's answers, once they may be given.

use journal::Journal;
use wire::{CommitId, Outcome, Receipt};

use super::{Answers, LedgerTask, Question};
use crate::Error;
use crate::decided::{DecidedEvent, DecidedEvents, Span};
use crate::group::Verdict;
use crate::register::{Key, Remembered};

impl<J: Journal> LedgerTask<J> {
    /// Answers a group; `appended` is what was decided in it, which is the last commit now.
    pub(super) async fn answer(&mut self, answers: Answers, appended: Option<&DecidedEvents>) {
        for (waiting, verdict) in answers {
            let outcome = match verdict {
                Verdict::Settled(outcome) => Ok(outcome),
                Verdict::Stands { span, repeated } => {
                    let receipt =
                        match (appended.and_then(|decided| decided.find(span)), self.knowledge.tip().id) {
                            (Some(events), Some(id)) => Ok(self.receipt(id, events, span)),
                            _ => self.archive.receipt(span, self.knowledge.head()).await,
                        };
                    receipt.map(|r| if repeated { Outcome::Repeated(r) } else { Outcome::Receipt(r) })
                }
            };
            waiting.addressee.tell(outcome);
        }
    }

    /// A receipt for events of the commit that was just appended.
    fn receipt(&self, id: CommitId, events: &[DecidedEvent], span: Span) -> Receipt {
        let head = self.knowledge.head();
        Receipt {
            ledger: self.origin.ledger.clone(),
            epoch: head.epoch,
            commit: span.commit,
            commit_id: id,
            positions: span.positions().collect(),
            event_ids: events.iter().map(|event| event.id).collect(),
            root: head.root,
        }
    }

    /// Answers what was asked besides commands, from a state that includes the log's head.
    pub(super) async fn answer_questions(&mut self, has_log: bool) -> Result<(), Error> {
        if self.questions.is_empty() {
            return Ok(());
        }
        if has_log && !self.is_fresh().await? {
            self.catch_up().await?;
        }
        let none =
            || Error::Journal { ledger: self.origin.ledger.clone(), reason: "there is none".to_owned() };
        for question in self.questions.drain(..) {
            match question {
                Question::Head(answer) => {
                    let head = if has_log { Ok(self.knowledge.head()) } else { Err(none()) };
                    drop(answer.send(head));
                }
                Question::Fingerprint(answer) => drop(answer.send(self.knowledge.fingerprint())),
                Question::Receipt(command, answer) => {
                    let receipt = match self.knowledge.look_up(&Key::command(command)) {
                        Ok(Some(Remembered::Accepted { commit, position, count, .. })) => {
                            let span = Span { commit, position, count };
                            self.archive.receipt(span, self.knowledge.head()).await.map(Some)
                        }
                        Ok(_) => Ok(None),
                        Err(error) => Err(error),
                    };
                    drop(answer.send(receipt));
                }
                Question::Place(key, answer) => {
                    let place = self.knowledge.look_up(&key).map(|found| match found {
                        Some(Remembered::Event { position, .. } | Remembered::Accepted { position, .. }) => {
                            Some(position)
                        }
                        None => None,
                    });
                    drop(answer.send(place));
                }
            }
        }
        Ok(())
    }
}
