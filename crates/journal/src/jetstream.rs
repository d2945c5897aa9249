//! A journal in NATS JetStream: one stream with one subject per ledger, one message per commit.
//!
//! Every append is guarded by `Nats-Expected-Last-Sequence`, also the first. `Nats-Expected-Last-Msg-Id` is never
//! sent: a wrong value wedged a replicated stream of server 2.15.1 for good.

mod denials;
mod identity;
mod message;
mod reader;
mod safety;

pub use identity::Identity;

use std::path::PathBuf;
use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::response::Response;
use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream};
use async_nats::jetstream::{self, Context};
use domain::Slug;
use futures::{StreamExt as _, TryStreamExt as _};
use wire::{BODY_BYTES_MAX, BrokenKind, Commit, Tip};

use self::denials::Denials;
use self::reader::Place;
use crate::{AppendError, Commits, EMPTY, FIRST_EPOCH, Journal, JournalError, Until};

/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// API prefix under which an account without JetStream reads the log of another, see `config/nats/users.conf`.
const GUEST: &str = "guest";
/// Server error codes: wrong last sequence, in its two forms.
const WRONG_LAST_SEQUENCE: [u64; 2] = [10071, 10164];

/// Server error codes: account, server or store have no room. Said before anything is stored; a disk that turns out to
/// be full while it is written to is answered with silence.
const NO_ROOM: [u64; 3] = [10002, 10023, 10047];

/// How to reach the server and what to ask of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address; several of one cluster are joined by commas.
    pub url: String,
    /// Copies of each stream.
    pub replicas: usize,
    /// File with the nkey seed to sign in with.
    pub nkey_file: Option<PathBuf>,
    /// Accept that the server's `sync_interval` can't be seen from outside.
    pub accept_unchecked_sync: bool,
}

/// Logs in NATS JetStream. Clones share the connection.
#[derive(Debug, Clone)]
pub struct JetStream {
    context: Context,
    settings: Settings,
    denials: Denials,
}

pub(crate) fn unreachable(error: impl std::fmt::Display) -> JournalError {
    JournalError::Unreachable(error.to_string())
}

/// Why there is no connection.
fn refused_or_lost(error: &async_nats::ConnectError) -> JournalError {
    use async_nats::ConnectErrorKind::{Authentication, AuthorizationViolation};
    if matches!(error.kind(), Authentication | AuthorizationViolation) {
        let cure = "name the nkey file of a user that the server knows (journal.nkey_file, or --nkey)";
        return JournalError::Denied {
            what: format!("the NATS server lets nobody in so: {error}"),
            cure: cure.into(),
        };
    }
    unreachable(error)
}

impl JetStream {
    /// Connects.
    ///
    /// # Errors
    /// [`JournalError::Unreachable`] when nobody answers, [`JournalError::Unsafe`] when the server could lose what it
    /// acknowledges, [`JournalError::Denied`] when it does not let this identity in.
    pub async fn connect(settings: Settings) -> Result<Self, JournalError> {
        let mut options = async_nats::ConnectOptions::new().name("hubledger").connection_timeout(ANSWER);
        let mut inbox = "_INBOX".to_owned();
        if let Some(path) = &settings.nkey_file {
            let identity = Identity::load(path)?;
            inbox = identity.inbox();
            options = options.nkey(identity.seed().to_owned()).custom_inbox_prefix(&inbox);
        }
        let denials = Denials::new(inbox);
        let events = denials.clone();
        options = options.event_callback(move |event| {
            events.hear(&event);
            std::future::ready(())
        });
        let servers: Vec<&str> = settings.url.split(',').map(str::trim).collect();
        let client = options.connect(servers).await.map_err(|error| refused_or_lost(&error))?;
        let server = client.server_info();
        safety::server(&server.version, server.max_payload, &settings)?;
        let mut journal = Self { context: jetstream::new(client.clone()), settings, denials };
        journal.context.set_timeout(ANSWER);
        if journal.settings.nkey_file.is_some() && journal.is_guest().await? {
            journal.context = jetstream::with_prefix(client, GUEST);
            journal.context.set_timeout(ANSWER);
        }
        Ok(journal)
    }

    /// Whether the log is in another account, which lets this one read.
    async fn is_guest(&self) -> Result<bool, JournalError> {
        let asked: Result<Response<serde::de::IgnoredAny>, _> =
            match self.permitted("NAMES", self.context.request("STREAM.NAMES", &())).await {
                Ok(asked) => asked,
                // It is said again when the log is asked for, if it ever is.
                Err(_) => return Ok(false),
            };
        match asked.map_err(unreachable)? {
            Response::Err { error } => Ok(error.error_code() == ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT),
            Response::Ok(_) => Ok(false),
        }
    }

    /// What `call` comes to, unless the server refuses this identity something about `about` (a subject, or a token
    /// of one) meanwhile: it answers a request that it does not permit with silence.
    ///
    /// # Errors
    /// [`JournalError::Denied`].
    pub async fn permitted<T>(&self, about: &str, call: impl Future<Output = T>) -> Result<T, JournalError> {
        let listener = self.denials.listen();
        tokio::select! {
            biased;
            done = call => Ok(done),
            denied = listener.denied(about) => Err(denied),
        }
    }

    /// The connection, for what is not the log.
    pub fn client(&self) -> async_nats::Client {
        self.context.client()
    }

    pub(crate) const fn context(&self) -> &Context {
        &self.context
    }

    pub(crate) const fn replicas(&self) -> usize {
        self.settings.replicas
    }

    /// The stream, or nothing when there is none.
    async fn stream(&self, ledger: &Slug) -> Result<Option<Stream>, JournalError> {
        use async_nats::jetstream::context::GetStreamErrorKind;
        let name = stream_name(ledger);
        match self.permitted(&name, self.context.get_stream(&name)).await? {
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
        match self.permitted(&stream_name(ledger), stream.get_raw_message(number)).await? {
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
            None => {
                let made = self.permitted(&wanted.name, self.context.create_stream(wanted.clone())).await?;
                made.map_err(unreachable)?
            }
        };
        safety::stream(&stream.cached_info().config, &wanted)?;
        self.head(ledger).await
    }

    async fn ledgers(&self) -> Result<Vec<Slug>, JournalError> {
        let names = self.permitted("NAMES", self.context.stream_names().try_collect()).await?;
        let names: Vec<String> = names.map_err(unreachable)?;
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
        let (headers, subject) = (message::headers(commit), subject(ledger));
        let published = async {
            let sent = self.context.publish_with_headers(subject.clone(), headers, commit.body.clone());
            sent.await?.await
        };
        let published = self.permitted(&subject, published).await;
        let published = published.map_err(|denied| AppendError::Refused(denied.to_string()))?;
        let unknown = |error: &dyn std::fmt::Display| AppendError::Unknown(error.to_string());
        match published {
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
            Err(error) if code(&error).is_some_and(|code| NO_ROOM.contains(&code)) => Err(
                AppendError::Refused(format!("the NATS server has no room: {error}; give its store more")),
            ),
            Err(error) => Err(unknown(&error)),
        }
    }

    fn commits(&self, ledger: &Slug, after: Tip, until: Until) -> Commits {
        let place = Place::new(self.clone(), ledger.clone(), after);
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

pub(crate) fn is_conflict(error: &PublishError) -> bool {
    error.kind() == PublishErrorKind::WrongLastSequence
        || code(error).is_some_and(|code| WRONG_LAST_SEQUENCE.contains(&code))
}

/// What the server calls the error.
fn code(error: &PublishError) -> Option<u64> {
    let source = std::error::Error::source(error)?.downcast_ref::<jetstream::Error>()?;
    Some(source.error_code().0)
}
