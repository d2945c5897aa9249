//! Reading a stream commit by commit, across the server's restarts.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::stream::Stream;
use domain::Slug;
use futures::StreamExt as _;
use wire::{BrokenKind, Commit, Tip};

use super::denials::Listener;
use super::{JetStream, message, stream_name, unreachable};
use crate::{Journal as _, JournalError, Until};

/// Pause before a broken follower asks again.
const RETRY: Duration = Duration::from_millis(100);
/// How long a reader hears nothing before it looks whether the log is still the one that it knows, and whether
/// something in it was not delivered.
const SILENCE: Duration = Duration::from_secs(2);
/// Most of what is on its way to a reader. A server drops a connection with 64 MiB unsent, and what was unsent with it.
const ON_ITS_WAY: (usize, usize) = (500, 16 * 1024 * 1024);
/// How long the server keeps the place of a reader that has gone away.
const ABANDONED: Duration = Duration::from_secs(30);

/// A reader's place in the stream, which survives the server's restarts.
pub(super) struct Place {
    journal: JetStream,
    ledger: Slug,
    after: Tip,
    // The last commit that was handed out; until then `after` is what the reader holds.
    last: Option<Commit>,
    next: u64,
    // Where `Until::Head` ends.
    target: Option<u64>,
    // Whether what the reader holds was found in the log since the server was last lost.
    compared: bool,
    source: Option<Source>,
}

impl Place {
    /// Right after this tip.
    pub(super) const fn new(journal: JetStream, ledger: Slug, after: Tip) -> Self {
        let next = after.commit + 1;
        Self { journal, ledger, after, last: None, next, target: None, compared: false, source: None }
    }

    /// The next commit; nothing at the end.
    pub(super) async fn next(&mut self, until: Until) -> Result<Option<Commit>, JournalError> {
        loop {
            match self.step(until).await {
                Ok(Step::Commit(commit)) => return Ok(Some(commit)),
                Ok(Step::End) => return Ok(None),
                Ok(Step::Silence) => self.compared = false,
                Err(JournalError::Unreachable(why)) if until == Until::Follow => {
                    tracing::debug!(ledger = %self.ledger, why, "the log can't be reached; asking again");
                    (self.source, self.compared) = (None, false);
                    tokio::time::sleep(RETRY).await;
                }
                Err(JournalError::Denied { what, .. }) if until == Until::Follow => {
                    // Somebody may be changing the server's users; it was logged when it came.
                    tracing::warn!(ledger = %self.ledger, what, "the log may not be read; asking again");
                    (self.source, self.compared) = (None, false);
                    tokio::time::sleep(SILENCE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn step(&mut self, until: Until) -> Result<Step, JournalError> {
        // What the log has and the subscription keeps silent about was lost on the way: subscribe again.
        let lost = !self.compared && self.compare().await?.commit >= self.next;
        if lost && matches!(self.source, Some(Source::Pushed(..))) {
            self.source = None;
        }
        if until == Until::Head && self.target.is_some_and(|target| self.next > target) {
            return Ok(Step::End);
        }
        let source = match &mut self.source {
            Some(source) => source,
            None => self.source.insert(subscribe(&self.journal, &self.ledger, self.next).await?),
        };
        let (messages, listener) = match source {
            Source::Pushed(messages, listener) => (messages, listener),
            Source::Asked(stream) => {
                let commit = self.journal.stored(&self.ledger, stream, self.next).await?;
                if commit.is_none() {
                    tokio::time::sleep(RETRY).await;
                }
                return Ok(commit.map_or(Step::Silence, |commit| self.took(commit)));
            }
        };
        let message = match tokio::time::timeout(SILENCE, messages.next()).await {
            Ok(Some(message)) => message.map_err(unreachable)?,
            Ok(None) => return Err(unreachable("the server ended the subscription")),
            Err(_) => {
                let denied = listener.heard(&stream_name(&self.ledger));
                return denied.map_or(Ok(Step::Silence), Err);
            }
        };
        let sequence = message.info().map_err(unreachable)?.stream_sequence;
        if sequence != self.next {
            // Either the log has a gap, or some messages were lost on the way.
            return match self.journal.commit(&self.ledger, self.next).await? {
                None => Err(JournalError::broken(&self.ledger, self.next, BrokenKind::Gap)),
                Some(_) => Ok(Step::Silence),
            };
        }
        let headers = message.headers.clone().unwrap_or_default();
        let commit = message::commit(&self.ledger, sequence, &headers, message.payload.clone())?;
        Ok(self.took(commit))
    }

    fn took(&mut self, commit: Commit) -> Step {
        self.next += 1;
        self.last = Some(commit.clone());
        Step::Commit(commit)
    }

    /// Compares the commit that the reader holds with the log, and tells where the log ends.
    async fn compare(&mut self) -> Result<Tip, JournalError> {
        let tip = self.journal.head(&self.ledger).await?;
        let (number, id) = match &self.last {
            Some(last) => (last.number, Some(last.id())),
            None => (self.after.commit, self.after.id),
        };
        if number > 0 {
            let held = self.journal.commit(&self.ledger, number).await?;
            if !held.is_some_and(|commit| Some(commit.id()) == id) {
                return Err(JournalError::broken(&self.ledger, number, BrokenKind::KnownHead));
            }
        }
        self.target.get_or_insert(tip.commit);
        self.compared = true;
        Ok(tip)
    }
}

/// Where messages come from.
enum Source {
    /// The server sends them, and beside them what it refuses.
    Pushed(Box<pull::Stream>, Listener),
    /// Each is asked for, by whom may not make a consumer.
    Asked(Box<Stream>),
}

/// What came of waiting for a message.
enum Step {
    Commit(Commit),
    End,
    Silence,
}

/// The stream's messages from this sequence on. Not a method: a live subscription is not `Sync`, so a borrow of
/// the whole place can't be held while waiting.
async fn subscribe(journal: &JetStream, ledger: &Slug, next: u64) -> Result<Source, JournalError> {
    let gone = || JournalError::broken(ledger, next - 1, BrokenKind::KnownHead);
    let stream = journal.stream(ledger).await?.ok_or_else(gone)?;
    if stream.cached_info().state.last_sequence + 1 < next {
        return Err(gone());
    }
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: next },
        ack_policy: AckPolicy::None,
        inactive_threshold: ABANDONED,
        memory_storage: true,
        num_replicas: 1,
        ..Default::default()
    };
    let made = journal.permitted(&stream_name(ledger), stream.create_consumer(config)).await;
    let consumer = match made {
        Ok(made) => made.map_err(unreachable)?,
        // Guests may read and not make consumers, see `config/nats/users.conf`.
        Err(_) => return Ok(Source::Asked(Box::new(stream))),
    };
    let (messages, bytes) = ON_ITS_WAY;
    let listener = journal.denials.listen();
    let source = consumer.stream().max_messages_per_batch(messages).max_bytes_per_batch(bytes);
    Ok(Source::Pushed(Box::new(source.messages().await.map_err(unreachable)?), listener))
}
