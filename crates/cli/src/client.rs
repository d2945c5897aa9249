//! Where a verb's question goes: to the server on a data directory, to a node started here on it, or through NATS.
//!
//! One place decides, and says on stderr what it decided.

mod nats;

use std::time::Duration;

use domain::Slug;
use gateway::Trace;
use journal::{AnyJournal, Embedded, JetStream, JournalError};
use serde_json::value::RawValue;
use tokio::net::UnixStream;
use tokio::sync::Mutex;
use wire::ask::{Ask, Reply};
use wire::{Answer, HeadReply, Outcome, Query, Rebuilt, RefusalReply, ViewDigest};

use crate::args::Place;
use crate::error::Error;
use crate::exit::Exit;
use crate::home::{Home, HomeLock, LogKind};
use crate::output::Output;
use crate::serve::node::{Node, Plan};
use crate::serve::socket;
use crate::verb::config;

pub(crate) use nats::{ask_nats, connect};

/// Longest wait for a reply through NATS before the question goes out again, perhaps to another server, and how often
/// it does. A group is durable in milliseconds; a view may wait for `min_position` first.
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);
const REPLIES_MISSED_MAX: u32 = 12;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
const ANSWERS_MISSED_MAX: u32 = 2;
/// Longest wait for what reads a whole ledger.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(600);
/// What is true of every question.
const REPEATING_IS_SAFE: &str = "repeating is safe: what carries the same command ids is recorded once";
/// Pauses between tries of what is safe to repeat.
const PAUSES_MS: [u64; 5] = [100, 200, 400, 800, 1600];

/// Whom a verb asks.
pub(crate) enum Client {
    /// A node started in this process, with the lock that keeps servers away.
    Direct(Box<Node>, HomeLock),
    /// The server on the data directory.
    Socket(Mutex<UnixStream>),
    /// A server behind NATS.
    Nats(Box<JetStream>),
}

/// Whether a verb may make the data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It records.
    Record,
    /// It only asks.
    Ask,
}

impl Client {
    /// Decides whom to ask.
    ///
    /// # Errors
    /// When nobody can be asked.
    pub(crate) async fn connect(place: &Place, purpose: Purpose, output: Output) -> Result<Self, Error> {
        if let Some(url) = &place.nats {
            let journal = connect(url, place).await?;
            output.say(format!("asking the server behind {url}"));
            return Ok(Self::Nats(Box::new(journal)));
        }
        if let Some(stream) = reach(place).await? {
            output.say(format!("asking the server on {}", place.data.display()));
            return Ok(Self::Socket(Mutex::new(stream)));
        }
        let home = match purpose {
            Purpose::Record => match Home::find(&place.data)? {
                Some(home) => home,
                None => Home::open_or_make(&place.data, &place.deployment, LogKind::Embedded)?,
            },
            Purpose::Ask => Home::must_find(&place.data)?,
        };
        if home.log == LogKind::Jetstream {
            return Err(not_running(&home));
        }
        let lock = match free(&home, place, output).await? {
            Free::Locked(lock) => lock,
            Free::Served(stream) => return Ok(Self::Socket(Mutex::new(stream))),
        };
        let journal = Embedded::open(&home.dir).map_err(|error| journal_error(&error))?;
        output.say(format!("opening {} directly; no server runs on it", home.dir.display()));
        let (config, _) = config::load(None)?;
        let node = Node::start(home, AnyJournal::Embedded(journal), Plan::patient(&config));
        Ok(Self::Direct(Box::new(node), lock))
    }

    /// Ends what was started for this verb.
    pub(crate) async fn close(self) {
        if let Self::Direct(node, _lock) = self {
            node.stop().await;
        }
    }

    /// Records, in order. What is safe to repeat is repeated a few times.
    ///
    /// # Errors
    /// When the end of some command is not known; repeating the same ids is safe.
    pub(crate) async fn submit(
        &self,
        ledger: &Slug,
        commands: &[Box<RawValue>],
    ) -> Result<Vec<Outcome>, Error> {
        let ask = Ask::Submit { ledger: ledger.clone(), commands: commands.to_vec() };
        match self.ask(ledger, ask).await? {
            Reply::Outcomes { outcomes } if outcomes.len() == commands.len() => Ok(outcomes),
            reply => Err(unexpected(reply)),
        }
    }

    /// Asks a view.
    ///
    /// # Errors
    /// When it has no answer.
    pub(crate) async fn query(&self, query: Query) -> Result<Answer, Error> {
        let ledger = query.ledger.clone();
        match self.ask(&ledger, Ask::Query { query }).await? {
            Reply::Answer { answer } => Ok(answer),
            reply => Err(unexpected(reply)),
        }
    }

    /// Digests of the live views, and the head that they are complete to.
    ///
    /// # Errors
    /// When there is no such ledger.
    pub(crate) async fn digests(&self, ledger: &Slug) -> Result<(Vec<ViewDigest>, HeadReply), Error> {
        match self.ask(ledger, Ask::Digests { ledger: ledger.clone() }).await? {
            Reply::Digests { digests, head } => Ok((digests, head)),
            reply => Err(unexpected(reply)),
        }
    }

    /// Builds views anew beside the live ones and puts them in their places.
    ///
    /// # Errors
    /// As for a query.
    pub(crate) async fn rebuild(&self, ledger: &Slug, views: Vec<String>) -> Result<Vec<Rebuilt>, Error> {
        match self.ask(ledger, Ask::Rebuild { ledger: ledger.clone(), views }).await? {
            Reply::Rebuilt { views } => Ok(views),
            reply => Err(unexpected(reply)),
        }
    }

    /// Asks anything; `ledger` is where it is routed to. What is safe to repeat and may help is repeated a few times.
    ///
    /// # Errors
    /// When the other side is gone.
    pub(crate) async fn ask(&self, ledger: &Slug, ask: Ask) -> Result<Reply, Error> {
        let mut pauses = PAUSES_MS.into_iter();
        loop {
            let reply = match self {
                Self::Direct(node, _) => node.reply(ask.clone()).await,
                Self::Socket(stream) => ask_socket(&mut *stream.lock().await, &ask).await?,
                Self::Nats(journal) => ask_nats(journal, ledger, &ask, &Trace::default()).await?,
            };
            let again = match &reply {
                Reply::Failed { refusal, repeat: true } => {
                    matches!(ask, Ask::Submit { .. }) || refusal.code == "busy"
                }
                _ => false,
            };
            match pauses.next().filter(|_| again) {
                Some(pause) => tokio::time::sleep(Duration::from_millis(pause)).await,
                None => return Ok(reply),
            }
        }
    }
}

/// What becomes of a directory that somebody else holds: free, or served.
enum Free {
    Locked(HomeLock),
    Served(UnixStream),
}

/// Waits a little for another verb to finish, or for a server to be ready.
async fn free(home: &Home, place: &Place, output: Output) -> Result<Free, Error> {
    let mut pauses = PAUSES_MS.into_iter();
    loop {
        match (home.lock(), pauses.next()) {
            (Ok(lock), _) => return Ok(Free::Locked(lock)),
            (Err(error), Some(pause)) if error.exit() == Exit::Unavailable => {
                output.say(format!("waiting for another hubledger on {}", home.dir.display()));
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            (Err(error), _) => return Err(error),
        }
        if let Some(stream) = reach(place).await? {
            return Ok(Free::Served(stream));
        }
    }
}

/// The server on the data directory, if one listens.
///
/// # Errors
/// When its socket can't be used.
pub(crate) async fn reach(place: &Place) -> Result<Option<UnixStream>, Error> {
    socket::connect(&place.data).await.map_err(|error| Error::file(&socket::path(&place.data), &error))
}

/// Asks through a local socket. What the log has to answer is waited for as long as through NATS, where it may be in
/// doubt for as long as its broker says nothing; reading and folding take as long as they take.
///
/// # Errors
/// When the server goes away before it answers, or does not answer.
pub(crate) async fn ask_socket(stream: &mut UnixStream, ask: &Ask) -> Result<Reply, Error> {
    let gone = |why: &dyn std::fmt::Display| {
        Error::new(Exit::Unavailable, "the server went away before it answered")
            .why(why)
            .hint(REPEATING_IS_SAFE)
    };
    socket::send(stream, &serde_json::to_vec(ask)?).await.map_err(|error| gone(&error))?;
    let (role, timeout, times) = patience(ask);
    let reply = socket::receive(stream);
    let reply = match role {
        "recorder" => tokio::time::timeout(timeout * times, reply).await.map_err(|_| unanswered())?,
        _ => reply.await,
    };
    match reply {
        Ok(Some(reply)) => serde_json::from_slice(&reply).map_err(|error| not_ours(&error)),
        Ok(None) => Err(gone(&"it closed the connection")),
        Err(error) => Err(gone(&error)),
    }
}

fn unanswered() -> Error {
    Error::new(Exit::Unavailable, "the server has not answered")
        .why("its log may be out of reach, or without room; the server's own log says so")
        .hint(format!("its end is not known; {REPEATING_IS_SAFE}"))
}

/// Who answers, how long a reply may take, and how often the question goes out.
const fn patience(ask: &Ask) -> (&'static str, Duration, u32) {
    match ask {
        Ask::Query { query } | Ask::Explain { query, .. } => {
            ("projector", ANSWER_TIMEOUT.saturating_add(query.patience()), ANSWERS_MISSED_MAX)
        }
        Ask::Digests { .. } | Ask::Rebuild { .. } => ("projector", WHOLE_TIMEOUT, 1),
        Ask::Reader { .. } => ("projector", REPLY_TIMEOUT, ANSWERS_MISSED_MAX),
        Ask::Health
        | Ask::Ledgers
        | Ask::Head { .. }
        | Ask::Receipt { .. }
        | Ask::Place { .. }
        | Ask::Source { .. }
        | Ask::Submit { .. }
        | Ask::Read { .. } => ("recorder", REPLY_TIMEOUT, REPLIES_MISSED_MAX),
    }
}

fn not_ours(error: &serde_json::Error) -> Error {
    Error::new(Exit::Failure, "the server's reply can't be read")
        .why(error)
        .hint("use the same version of hubledger on both sides")
}

/// A data directory whose log is elsewhere can only be asked through its server.
pub(crate) fn not_running(home: &Home) -> Error {
    Error::new(Exit::Unavailable, format!("no server runs on {}", home.dir.display()))
        .why("its log is in NATS JetStream, so it can't be opened directly")
        .hint("start it with: hubledger serve all --config FILE, or name the NATS server with --nats URL")
}

/// A failure of the log, told to a person.
pub(crate) fn journal_error(error: &JournalError) -> Error {
    match error {
        JournalError::Broken { ledger, broken } => Error::new(Exit::Broken, format!("the log of {ledger} is broken"))
            .why(broken)
            .hint(format!("hubledger verify --ledger {ledger} says what can be trusted; record nothing until it is understood")),
        JournalError::Locked(_) => Error::new(Exit::Unavailable, "another process has the log open")
            .why(error)
            .hint("if it is a server that is starting or stopping, repeat in a moment"),
        JournalError::Unsafe { what, cure } => {
            Error::new(Exit::SetupMissing, "the log could lose what it acknowledges").why(what).hint(cure)
        }
        JournalError::Denied { what, cure } => {
            Error::new(Exit::SetupMissing, "the NATS server does not let us").why(what).hint(cure)
        }
        JournalError::Unreachable(why) => Error::new(Exit::Unavailable, "the log can't be reached")
            .why(why)
            .hint("start a NATS server, or check its address"),
        JournalError::Io(cause) => Error::new(Exit::Failure, "the log's file can't be used").why(cause),
    }
}

/// A failure of the views, told to a person.
pub(crate) fn view_error(error: &projector::Error) -> Error {
    match error {
        projector::Error::Journal(error) => journal_error(error),
        projector::Error::Query(_) | projector::Error::NoSuchLedger(_) => {
            Error::new(Exit::NotFound, error.to_string()).hint("hubledger query --list shows every view with its columns")
        }
        projector::Error::Locked(_) => Error::new(Exit::Unavailable, "another process has the views open")
            .why(error)
            .hint("if it is a server that is starting or stopping, repeat in a moment"),
        projector::Error::Store(cause) => Error::new(Exit::Failure, "the view store can't be used")
            .why(cause)
            .hint("stop what uses it, delete the folder `views` of the data directory, and start again: views are built from the log"),
        projector::Error::Stopped { .. } => {
            Error::new(Exit::Broken, error.to_string())
        }
        projector::Error::Behind { .. } | projector::Error::OtherEpoch { .. } => {
            Error::new(Exit::Unavailable, error.to_string())
        }
    }
}

/// A reply that is none to what was asked.
pub(crate) fn unexpected(reply: Reply) -> Error {
    match reply {
        Reply::Failed { refusal: RefusalReply { code, message, hint, .. }, repeat } => {
            let exit = match code.as_str() {
                "no-such-ledger" | "no-such-view" | "no-such-column" => Exit::NotFound,
                "log-broken" | "ledger-halted" | "views-stopped" => Exit::Broken,
                "keys-unusable" => Exit::SetupMissing,
                "too-large" | "not-understood" | "other-epoch" | "other-role" => Exit::Usage,
                _ if repeat => Exit::Unavailable,
                _ => Exit::Failure,
            };
            let error = Error::new(exit, message);
            match (hint, repeat) {
                (Some(hint), _) => error.hint(hint),
                (None, true) => error.hint(REPEATING_IS_SAFE),
                (None, false) => error,
            }
        }
        _ => Error::new(Exit::Failure, "the server answered something else than was asked")
            .hint("use the same version of hubledger on both sides"),
    }
}

#[cfg(test)]
mod tests;
