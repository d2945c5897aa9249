//! The door: raw commands become submissions under the ledger's keys, and go to the recorder in order.

use std::sync::PoisonError;

use domain::Slug;
use journal::Journal as _;
use runtime::keys::{self, KeyError};
use serde_json::value::RawValue;
use wire::ask::Reply;
use wire::submission::RawSource;
use wire::{LedgerKeys, Outcome, RefusalReply, Submission};

use crate::serve::failure::Failure;
use crate::serve::leases::Service;
use crate::serve::node::Node;

impl Node {
    /// Takes commands through the door to the recorder, in order.
    ///
    /// # Errors
    /// When one of them has no known end; with the same ids it is safe to send all again.
    pub(crate) async fn submit(
        &self,
        ledger: &Slug,
        commands: Vec<Box<RawValue>>,
    ) -> Result<Vec<Outcome>, Failure> {
        let answers = self.decided(ledger, commands).await;
        self.figures.answered(ledger, &answers);
        answers
    }

    async fn decided(&self, ledger: &Slug, commands: Vec<Box<RawValue>>) -> Result<Vec<Outcome>, Failure> {
        let recorder = self.recorder()?;
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
        let mut answers = recorder.submit_all(ledger, submissions).await.into_iter();
        if let Some(projector) = self.projector.get()
            && self.leases(Service::Projector).is_none_or(|leases| leases.takes(ledger))
        {
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

    /// Where the event stands that came from a record of another system: its key goes no further than this door.
    ///
    /// # Errors
    /// When there is no such ledger, or the recorder can't say.
    pub(crate) async fn place_of_source(&self, ledger: &Slug, source: &RawSource) -> Result<Reply, Failure> {
        self.must_exist(ledger).await?;
        let recorder = self.recorder()?;
        let position = match self.keys(ledger, &[]).await? {
            Some(keys) => {
                let source = source.close(&keys).map_err(|refusal| Failure { refusal, repeat: false })?;
                recorder.place_of_source(ledger, &source).await?
            }
            None => None,
        };
        Ok(Reply::Place { position })
    }

    /// The keys of a ledger that has some, or that these commands open.
    async fn keys(&self, ledger: &Slug, commands: &[Box<RawValue>]) -> Result<Option<LedgerKeys>, Failure> {
        if let Some(keys) = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(ledger) {
            return Ok(Some(keys.clone()));
        }
        let keys = match keys::load(&self.home.keys, ledger) {
            Ok(keys) => keys,
            Err(KeyError::Missing(path)) => {
                if self.journal.head(ledger).await?.commit > 0 {
                    return Err(KeyError::Missing(path).into());
                }
                if !commands.iter().any(|command| command.get().contains("\"open-ledger\"")) {
                    return Ok(None);
                }
                keys::load_or_create(&self.home.keys, ledger, self.random.as_ref())?
            }
            Err(error) => return Err(error.into()),
        };
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(ledger.clone(), keys.clone());
        Ok(Some(keys))
    }
}

fn not_open(ledger: &Slug) -> Outcome {
    Outcome::Refusal(
        RefusalReply::new("ledger-not-open", format!("the ledger {ledger} is not open"))
            .hint("open it with open-ledger, or check its name"),
    )
}
