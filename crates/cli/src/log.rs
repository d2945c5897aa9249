//! The log of one ledger as a verb reads it: commit after commit, verified here, wherever it is kept.
//!
//! An embedded log is read from its file, also beside a running server; a log in JetStream from the broker, or
//! through the server on the data directory.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use domain::Slug;
use futures::StreamExt as _;
use futures::future::ready;
use futures::stream::BoxStream;
use journal::{AnyJournal, EMPTY, Embedded, Journal as _, JournalError, Until};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::net::UnixStream;
use wire::ask::{Ask, Reply};
use wire::frame::{self, HEADER_BYTES};
use wire::{Broken, Commit, Origin, Tip, Verifier};

use crate::args::Place;
use crate::client::{self, ask_socket, journal_error, reach, unexpected};
use crate::error::Error;
use crate::exit::Exit;
use crate::home::{Home, LogKind};
use crate::output::Output;

/// How often a follower asks the server on the data directory for more.
const POLL: Duration = Duration::from_millis(250);

/// A ledger's log.
pub(crate) struct Log {
    source: Source,
    origin: Origin,
}

enum Source {
    Journal(AnyJournal),
    /// A JetStream log, asked for through the server on the data directory.
    Server(Place),
}

/// Why a commit could not be had.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The log is broken.
    Broken(Broken),
    /// It can't be read now.
    Failed(Error),
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Failed(error) => error,
            ReadError::Broken(broken) => Self::new(Exit::Broken, "the log is broken")
                .why(broken)
                .hint("hubledger verify says what can be trusted; record nothing until it is understood"),
        }
    }
}

impl From<JournalError> for ReadError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Broken { broken, .. } => Self::Broken(broken),
            error => Self::Failed(journal_error(&error)),
        }
    }
}

impl Log {
    /// Finds the log of `ledger`.
    ///
    /// # Errors
    /// When there is no such ledger, or nobody to read it from.
    pub(crate) async fn open(place: &Place, ledger: &Slug, output: Output) -> Result<Self, Error> {
        if let Some(url) = &place.nats {
            let journal = AnyJournal::JetStream(Box::new(client::connect(url, place).await?));
            output.say(format!("reading the log from {url}"));
            must_exist(&journal, ledger).await?;
            let deployment = deployment(&journal, ledger).await?;
            return Ok(Self {
                source: Source::Journal(journal),
                origin: Origin { deployment, ledger: ledger.clone() },
            });
        }
        let home = Home::must_find(&place.data)?;
        let origin = Origin { deployment: home.deployment.clone(), ledger: ledger.clone() };
        let source = match home.log {
            LogKind::Embedded => {
                let journal = AnyJournal::Embedded(Embedded::open_read_only(&home.dir));
                must_exist(&journal, ledger).await?;
                Source::Journal(journal)
            }
            LogKind::Jetstream => {
                if reach(place).await?.is_none() {
                    return Err(client::not_running(&home));
                }
                Source::Server(place.clone())
            }
        };
        output.say(format!("reading the log in {}", home.dir.display()));
        Ok(Self { source, origin })
    }

    /// The ledgers of a place, in order.
    ///
    /// # Errors
    /// When they can't be listed.
    pub(crate) async fn ledgers(place: &Place) -> Result<Vec<Slug>, Error> {
        let journal = if let Some(url) = &place.nats {
            AnyJournal::JetStream(Box::new(client::connect(url, place).await?))
        } else {
            let home = Home::must_find(&place.data)?;
            match home.log {
                LogKind::Embedded => AnyJournal::Embedded(Embedded::open_read_only(&home.dir)),
                LogKind::Jetstream => {
                    return Err(Error::new(Exit::Usage, "name the ledgers")
                        .why("their logs are in NATS, and the server here does not list them")
                        .hint("give each with --ledger, or ask the broker with --nats URL"));
                }
            }
        };
        journal.ledgers().await.map_err(|error| journal_error(&error))
    }

    /// Whose log it is.
    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// A reader that has read nothing.
    pub(crate) fn verifier(&self) -> Verifier {
        Verifier::new(self.origin.clone(), journal::FIRST_EPOCH)
    }

    /// Commits after this place; the caller verifies.
    pub(crate) fn commits(&self, after: Tip, until: Until) -> BoxStream<'static, Result<Commit, ReadError>> {
        match &self.source {
            Source::Journal(journal) => journal
                .commits(&self.origin.ledger, after, until)
                .map(|item| item.map_err(ReadError::from))
                .boxed(),
            Source::Server(place) => {
                let asker = Asker {
                    place: place.clone(),
                    ledger: self.origin.ledger.clone(),
                    stream: None,
                    after: after.commit,
                    ready: VecDeque::new(),
                };
                futures::stream::unfold(Some(asker), move |asker| async move {
                    let mut asker = asker?;
                    match asker.next(until).await {
                        Ok(Some(commit)) => Some((Ok(commit), Some(asker))),
                        Ok(None) => None,
                        Err(error) => Some((Err(error), None)),
                    }
                })
                .boxed()
            }
        }
    }
}

impl Log {
    /// Some commits alone, from after this place to the one of this number; the caller verifies.
    pub(crate) fn stretch(&self, after: Tip, last: u64) -> BoxStream<'_, Result<Commit, ReadError>> {
        let Source::Journal(journal) = &self.source else {
            let within = move |commit: &Result<Commit, _>| commit.as_ref().map_or(true, |c| c.number <= last);
            return self.commits(after, Until::Head).take_while(move |c| ready(within(c))).boxed();
        };
        // One by one: a reader of the whole log is handed more than a stretch at once.
        let commit = move |number| async move {
            let missing = Broken { commit: number, position: 0, kind: wire::BrokenKind::Gap };
            journal.commit(&self.origin.ledger, number).await?.ok_or(ReadError::Broken(missing))
        };
        futures::stream::iter(after.commit + 1..=last).then(commit).boxed()
    }
}

/// Asks the server for more, reply after reply.
struct Asker {
    place: Place,
    ledger: Slug,
    stream: Option<UnixStream>,
    after: u64,
    ready: VecDeque<Commit>,
}

impl Asker {
    async fn next(&mut self, until: Until) -> Result<Option<Commit>, ReadError> {
        loop {
            if let Some(commit) = self.ready.pop_front() {
                self.after = commit.number;
                return Ok(Some(commit));
            }
            self.more().await?;
            match until {
                _ if !self.ready.is_empty() => {}
                Until::Head => return Ok(None),
                Until::Follow => tokio::time::sleep(POLL).await,
            }
        }
    }

    async fn more(&mut self) -> Result<(), ReadError> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let gone = || ReadError::Failed(Error::new(Exit::Unavailable, "the server has stopped"));
                let stream = reach(&self.place).await.map_err(ReadError::Failed)?.ok_or_else(gone)?;
                self.stream.insert(stream)
            }
        };
        let ask = Ask::Read { ledger: self.ledger.clone(), after: self.after };
        let frames = match ask_socket(stream, &ask).await.map_err(ReadError::Failed)? {
            Reply::Commits { frames } => frames,
            reply => return Err(ReadError::Failed(unexpected(reply))),
        };
        for text in frames {
            let number = self.after + 1 + self.ready.len() as u64;
            let commit = decode(&text)
                .map_err(|kind| ReadError::Broken(Broken { commit: number, position: 0, kind }))?;
            self.ready.push_back(commit);
        }
        Ok(())
    }
}

fn decode(text: &str) -> Result<Commit, wire::BrokenKind> {
    let malformed = wire::BrokenKind::Malformed;
    let mut bytes = Bytes::from(URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed)?);
    let rest = bytes.split_off(HEADER_BYTES.min(bytes.len()));
    let header: &[u8; HEADER_BYTES] = bytes.as_ref().try_into().map_err(|_| malformed)?;
    frame::commit(&frame::header(header)?, rest)
}

async fn must_exist(journal: &AnyJournal, ledger: &Slug) -> Result<(), Error> {
    let ledgers = journal.ledgers().await.map_err(|error| journal_error(&error))?;
    if ledgers.contains(ledger) {
        return Ok(());
    }
    let names: Vec<&str> = ledgers.iter().map(Slug::as_str).collect();
    let error = Error::new(Exit::NotFound, format!("there is no ledger {ledger}"));
    Err(match names.as_slice() {
        [] => error.hint("no ledger is open here yet; the first command to a ledger is open-ledger"),
        names => error.hint(format!("there are: {}", names.join(", "))),
    })
}

/// The deployment that the first event names. A reader without a data directory has nothing to hold it against.
async fn deployment(journal: &AnyJournal, ledger: &Slug) -> Result<Slug, Error> {
    #[derive(Deserialize)]
    struct Whence<'a> {
        source: &'a str,
    }
    let first = journal.commits(ledger, EMPTY, Until::Head).next().await;
    let unreadable = || Error::new(Exit::Broken, format!("the first event of {ledger} names no deployment"));
    let commit = match first {
        Some(commit) => commit.map_err(|error| journal_error(&error))?,
        None => return "none".parse().map_err(|_| unreadable()),
    };
    let events: Vec<Whence<'_>> = serde_json::from_slice(&commit.body).map_err(|_| unreadable())?;
    let source = events.first().map(|event| event.source).ok_or_else(unreadable)?;
    source.split(':').nth(2).and_then(|name| name.parse().ok()).ok_or_else(unreadable)
}

/// The events of a verified commit, exactly as they are stored.
///
/// # Errors
/// When the body is no JSON batch; a verified one is.
pub(crate) fn stored_events(commit: &Commit) -> Result<Vec<&str>, Error> {
    let events: Vec<&RawValue> = serde_json::from_slice(&commit.body)?;
    Ok(events.into_iter().map(RawValue::get).collect())
}
