//! Where an answer goes: to a caller who waits for one, or to one who waits for many at once.
//!
//! Who imports a file waits for all its rows; a channel and a wake-up for each would cost more than deciding it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use wire::Outcome;

use crate::Error;

/// What a caller is told.
pub(crate) type Answer = Result<Outcome, Error>;

/// The way to whoever waits for an answer. The caller may have gone away; the command is recorded all the same.
pub(crate) enum Addressee {
    /// Who sent this command alone.
    Alone(oneshot::Sender<Answer>),
    /// Who sent it with others, and its place among them.
    Together(Arc<Batch>, usize),
}

/// Commands whose answers are waited for together.
pub(crate) struct Batch {
    answers: Arc<Mutex<Vec<Answer>>>,
    /// Goes with the last addressee, and so tells that nothing more will come.
    _open: oneshot::Sender<Infallible>,
}

/// Waits for the answers of a batch.
pub(crate) struct Answers {
    answers: Arc<Mutex<Vec<Answer>>>,
    open: oneshot::Receiver<Infallible>,
}

impl Addressee {
    pub(crate) fn tell(self, answer: Answer) {
        match self {
            // A caller that went away can ask again with the same command id.
            Self::Alone(caller) => drop(caller.send(answer)),
            Self::Together(batch, place) => {
                let mut answers = batch.answers.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(waits) = answers.get_mut(place) {
                    *waits = answer;
                }
            }
        }
    }
}

impl Batch {
    /// Addressees for so many commands, in their order, and the answers to wait for.
    pub(crate) fn of(count: usize) -> (impl Iterator<Item = Addressee>, Answers) {
        // Whom nobody tells anything is told that the recorder has stopped.
        let answers = Arc::new(Mutex::new(vec![Err(Error::Stopped); count]));
        let (sender, open) = oneshot::channel();
        let batch = Arc::new(Self { answers: answers.clone(), _open: sender });
        let addressees = (0..count).map(move |place| Addressee::Together(batch.clone(), place));
        (addressees, Answers { answers, open })
    }
}

impl Answers {
    /// All answers, in the order of the commands.
    pub(crate) async fn all(self) -> Vec<Answer> {
        // Nothing is ever sent; that it closes is what is waited for.
        let _ = self.open.await;
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
