//! A journal in NATS JetStream: one stream with one subject per ledger, one message per commit.
//!
//! Every append is guarded by `Nats-Expected-Last-Sequence`, also the first. `Nats-Expected-Last-Msg-Id` is never
//! sent: a wrong value wedged a replicated stream of server 2.15.1 for good.

mod message;
mod safety;

use std::path::PathBuf;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream};
use async_nats::jetstream::{self, Context};
use domain::Slug;
use futures::{StreamExt as _, TryStreamExt as _};
use wire::{BODY_BYTES_MAX, BrokenKind, Commit, Tip};

use crate::{AppendError, Commits, EMPTY, FIRST_EPOCH, Journal, JournalError, Until};

/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// Pause before a broken follower asks again.
const RETRY: Duration = Duration::from_millis(100);
/// How long a reader hears nothing before it looks whether the log is still the one that it knows, and whether
/// something in it was not delivered.
const SILENCE: Duration = Duration::from_secs(2);
/// Most of what is on its way to a reader. A server drops a connection with 64 MiB unsent, and what was unsent with it.
const ON_ITS_WAY: (usize, usize) = (500, 16 * 1024 * 1024);
/// How long the server keeps the place of a reader that has gone away.
const ABANDONED: Duration = Duration::from_secs(30);
/// Server error codes: wrong last sequence, in its two forms.
const WRONG_LAST_SEQUENCE: [u64; 2] = [10071, 10164];

/// How to reach the server and what to ask of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address.
    pub url: String,
    /// Copies of each stream.
    pub replicas: usize,
    /// File with an nkey seed.
    pub nkey_file: Option<PathBuf>,
    /// Accept that the server's `sync_interval` can't be seen from outside.
    pub accept_unchecked_sync: bool,
}

/// Logs in NATS JetStream. Clones share the connection.
#[derive(Debug, Clone)]
pub struct JetStream {
    context: Context,
    settings: Settings,
}

fn unreachable(error: impl std::fmt::Display) -> JournalError {
    JournalError::Unreachable(error.to_string())
}

impl JetStream {
    /// Connects.
    ///
    /// # Errors
    /// [`JournalError::Unreachable`] when nobody answers, [`JournalError::Unsafe`] when the server could lose what it
    /// acknowledges.
    pub async fn connect(settings: Settings) -> Result<Self, JournalError> {
        let mut options = async_nats::ConnectOptions::new().name("hubledger").connection_timeout(ANSWER);
        if let Some(path) = &settings.nkey_file {
            options = options.nkey(std::fs::read_to_string(path)?.trim().to_owned());
        }
        let client = options.connect(&settings.url).await.map_err(unreachable)?;
        let server = client.server_info();
        safety::server(&server.version, server.max_payload, &settings)?;
        let mut context = jetstream::new(client);
        context.set_timeout(ANSWER);
        Ok(Self { context, settings })
    }

    /// The connection, for what is not the log.
    pub fn client(&self) -> async_nats::Client {
        self.context.client()
    }

    /// The stream, or nothing when there is none.
    async fn stream(&self, ledger: &Slug) -> Result<Option<Stream>, JournalError> {
        use async_nats::jetstream::ErrorCode;
        use async_nats::jetstream::context::GetStreamErrorKind;
        match self.context.get_stream(stream_name(ledger)).await {
            Ok(stream) => Ok(Some(stream)),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(e) if e.error_code() == ErrorCode::STREAM_NOT_FOUND => Ok(None),
                _ => Err(unreachable(error)),
            },
        }
    }

    /// The message of this sequence, from the stream's leader.
    async fn stored(
        &self,
        ledger: &Slug,
        stream: &Stream,
        number: u64,
    ) -> Result<Option<Commit>, JournalError> {
        match stream.get_raw_message(number).await {
            Ok(raw) => message::commit(ledger, raw.sequence, &raw.headers, raw.payload).map(Some),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unreachable(error)),
        }
    }

    /// After a conflict: whether the commit is in the log all the same, because an earlier try of it landed.
    async fn landed(&self, ledger: &Slug, commit: &Commit) -> Result<Result<(), Tip>, JournalError> {
        let tip = self.head(ledger).await?;
        let stored = self.commit(ledger, commit.number).await?;
        Ok(if stored.is_some_and(|stored| stored.id() == commit.id()) { Ok(()) } else { Err(tip) })
    }
}

/// `LEDGER_<slug>_<epoch>`.
fn stream_name(ledger: &Slug) -> String {
    format!("LEDGER_{ledger}_{FIRST_EPOCH}")
}

/// `ledger.<slug>.<epoch>`.
fn subject(ledger: &Slug) -> String {
    format!("ledger.{ledger}.{FIRST_EPOCH}")
}

impl Journal for JetStream {
    async fn open(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        let wanted = safety::config(stream_name(ledger), subject(ledger), self.settings.replicas);
        let stream = match self.stream(ledger).await? {
            Some(stream) => stream,
            None => self.context.create_stream(wanted.clone()).await.map_err(unreachable)?,
        };
        safety::stream(&stream.cached_info().config, &wanted)?;
        self.head(ledger).await
    }

    async fn ledgers(&self) -> Result<Vec<Slug>, JournalError> {
        let names: Vec<String> = self.context.stream_names().try_collect().await.map_err(unreachable)?;
        let suffix = format!("_{FIRST_EPOCH}");
        let slug = |name: &String| name.strip_prefix("LEDGER_")?.strip_suffix(&suffix)?.parse().ok();
        let mut slugs: Vec<Slug> = names.iter().filter_map(slug).collect();
        slugs.sort();
        Ok(slugs)
    }

    async fn append(&self, ledger: &Slug, commit: &Commit) -> Result<(), AppendError> {
        if commit.body.len() > BODY_BYTES_MAX {
            return Err(AppendError::Refused(format!("the body has {} bytes", commit.body.len())));
        }
        let headers = message::headers(commit);
        let published = async {
            let sent = self.context.publish_with_headers(subject(ledger), headers, commit.body.clone());
            sent.await?.await
        };
        let unknown = |error: &dyn std::fmt::Display| AppendError::Unknown(error.to_string());
        match published.await {
            // A replicated stream answers a retry with the first sequence, also when the content differs; the id
            // is a hash of the content, so the same id is the same commit.
            Ok(ack) if ack.sequence == commit.number => Ok(()),
            Ok(ack) => {
                Err(AppendError::Unknown(format!("stored as {}, expected {}", ack.sequence, commit.number)))
            }
            Err(error) if is_conflict(&error) => match self.landed(ledger, commit).await {
                Ok(Ok(())) => Ok(()),
                // Nothing stands there yet: the server is at work on a message for that place, and it may be an
                // earlier try of this one.
                Ok(Err(tip)) if tip.commit + 1 == commit.number => Err(unknown(&error)),
                Ok(Err(tip)) => Err(AppendError::Conflict(tip)),
                Err(error) => Err(unknown(&error)),
            },
            Err(error) => Err(unknown(&error)),
        }
    }

    fn commits(&self, ledger: &Slug, after: Tip, until: Until) -> Commits {
        let (journal, ledger) = (self.clone(), ledger.clone());
        let next = after.commit + 1;
        let place =
            Place { journal, ledger, after, last: None, next, target: None, compared: false, source: None };
        futures::stream::unfold(Some(place), move |place| async move {
            let mut place = place?;
            match place.next(until).await {
                Ok(Some(commit)) => Some((Ok(commit), Some(place))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }

    async fn commit(&self, ledger: &Slug, number: u64) -> Result<Option<Commit>, JournalError> {
        match self.stream(ledger).await? {
            Some(stream) if number > 0 => self.stored(ledger, &stream, number).await,
            Some(_) | None => Ok(None),
        }
    }

    async fn head(&self, ledger: &Slug) -> Result<Tip, JournalError> {
        // The stream's leader answers for its state.
        let Some(stream) = self.stream(ledger).await? else { return Ok(EMPTY) };
        let state = &stream.cached_info().state;
        if state.last_sequence == 0 {
            return Ok(EMPTY);
        }
        if state.first_sequence != 1 {
            return Err(JournalError::broken(&ledger.clone(), 1, BrokenKind::Gap));
        }
        match self.stored(ledger, &stream, state.last_sequence).await? {
            Some(commit) => Ok(Tip { epoch: commit.epoch, commit: commit.number, id: Some(commit.id()) }),
            None => Err(JournalError::broken(ledger, state.last_sequence, BrokenKind::Gap)),
        }
    }
}

fn is_conflict(error: &PublishError) -> bool {
    let code = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<jetstream::Error>())
        .map(|error| error.error_code().0);
    error.kind() == PublishErrorKind::WrongLastSequence
        || code.is_some_and(|code| WRONG_LAST_SEQUENCE.contains(&code))
}

/// A reader's place in the stream, which survives the server's restarts.
struct Place {
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
    source: Option<pull::Stream>,
}

impl Place {
    async fn next(&mut self, until: Until) -> Result<Option<Commit>, JournalError> {
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
                Err(error) => return Err(error),
            }
        }
    }

    async fn step(&mut self, until: Until) -> Result<Step, JournalError> {
        // What the log has and the subscription keeps silent about was lost on the way: subscribe again.
        if !self.compared && self.compare().await?.commit >= self.next {
            self.source = None;
        }
        if until == Until::Head && self.target.is_some_and(|target| self.next > target) {
            return Ok(Step::End);
        }
        let source = match &mut self.source {
            Some(source) => source,
            None => self.source.insert(subscribe(&self.journal, &self.ledger, self.next).await?),
        };
        let message = match tokio::time::timeout(SILENCE, source.next()).await {
            Ok(Some(message)) => message.map_err(unreachable)?,
            Ok(None) => return Err(unreachable("the server ended the subscription")),
            Err(_) => return Ok(Step::Silence),
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
        self.next += 1;
        self.last = Some(commit.clone());
        Ok(Step::Commit(commit))
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

/// What came of waiting for a message.
enum Step {
    Commit(Commit),
    End,
    Silence,
}

/// The stream's messages from this sequence on. Not a method: a live subscription is not `Sync`, so a borrow of
/// the whole place can't be held while waiting.
async fn subscribe(journal: &JetStream, ledger: &Slug, next: u64) -> Result<pull::Stream, JournalError> {
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
    let consumer = stream.create_consumer(config).await.map_err(unreachable)?;
    let (messages, bytes) = ON_ITS_WAY;
    let source = consumer.stream().max_messages_per_batch(messages).max_bytes_per_batch(bytes);
    source.messages().await.map_err(unreachable)
}
