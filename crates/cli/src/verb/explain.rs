//! `explain`: the events that made the rows of an answer, so that a figure can be followed to what it counts.
//!
//! The server says in which stretches of the log they stand; only those are read, and verified here from where each
//! begins. From another vantage than now, or from a server that does not know, the whole log is read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Slug;
use futures::StreamExt as _;
use journal::{Read, Until};
use projector::{Explaining, Folded};
use serde::Serialize;
use views::{Explanation, View, sentence};
use wire::ask::{Ask, Reply, Stretch};
use wire::{Answer, AsOf, HeadReply, RecordedEvent, Verifier};

use crate::args::Explain;
use crate::client::{Client, Purpose, unexpected, view_error};
use crate::error::Error;
use crate::exit::Exit;
use crate::log::{Log, ReadError};
use crate::output::{Output, count};
use crate::verb::query;
use crate::verb::replay::must_exist;

/// One event, as it counts in the answer.
#[derive(Serialize)]
struct Made {
    position: u64,
    time: Option<String>,
    effective: Option<String>,
    event: &'static str,
    subject: String,
    said: String,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Told<'a> {
    ledger: &'a Slug,
    view: &'a str,
    rows: usize,
    head: &'a HeadReply,
    events: &'a [Made],
    /// What to go on after, when there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_after: Option<u64>,
}

/// What was found.
#[derive(Default)]
struct Found {
    events: Vec<Made>,
    // Position up to which everything is told, when there may be more.
    more_after: Option<u64>,
}

impl Found {
    /// Adds events, as many as are wanted; whether there is room for more.
    fn add(&mut self, made: Vec<RecordedEvent>, explain: &Explain) -> bool {
        for event in made.iter().filter(|event| event.envelope.position > explain.after) {
            if self.events.len() >= explain.limit {
                self.more_after = Some(self.events.last().map_or(explain.after, |last| last.position));
                return false;
            }
            self.events.push(told(event));
        }
        true
    }
}

/// Asks, reads what it must of the log and lists.
pub(crate) async fn run(explain: &Explain, output: Output) -> Result<Exit, Error> {
    must_exist(&explain.view)?;
    let Some(view) = views::view(&explain.view) else { return Ok(Exit::NotFound) };
    let (answer, found) = match ask(explain, view, output).await? {
        Some((answer, stretches, all)) => {
            let found = some(explain, view, &answer, (stretches, all), output).await?;
            (answer, found)
        }
        None => {
            let answer = query::ask(&explain.place, explain.question(view.identity()), output).await?;
            let found = whole(explain, view, &answer, output).await?;
            (answer, found)
        }
    };
    tell(explain, &answer, found, output)
}

fn tell(explain: &Explain, answer: &Answer, found: Found, output: Output) -> Result<Exit, Error> {
    let Found { events, more_after } = found;
    let Answer { head, rows, view, .. } = answer;
    if output.json {
        let told =
            Told { ledger: &explain.ledger, view, rows: rows.len(), head, events: &events, more_after };
        output.document(&told)?;
        return Ok(Exit::Ok);
    }
    let shown = events.len();
    let line = |made: Made| {
        let Made { position, effective, event, said, .. } = made;
        vec![position.to_string(), effective.unwrap_or_default(), event.to_owned(), said]
    };
    output.table(&["position", "effective", "event", "said"], events.into_iter().map(line))?;
    output.say(format!(
        "{} made {} of {view}; head at position {}, root {}",
        count(shown as u64, "event"),
        count(rows.len() as u64, "row"),
        head.position,
        head.root,
    ));
    if let Some(after) = more_after {
        output.say(format!("these are the first; there may be more, go on with --after {after}"));
    }
    Ok(Exit::Ok)
}

/// The answer of the live view, the stretches of the log to read and how many there are; nothing from another vantage, or
/// when the server does not know.
async fn ask(
    explain: &Explain,
    view: &'static dyn View,
    output: Output,
) -> Result<Option<(Answer, Vec<Stretch>, u64)>, Error> {
    let query = explain.question(view.identity());
    if !query.vantage().is_now() {
        return Ok(None);
    }
    let client = Client::connect(&explain.place, Purpose::Ask, output).await?;
    let reply = client.ask(&explain.ledger, Ask::Explain { query, after: explain.after }).await;
    client.close().await;
    match reply? {
        Reply::Explained { answer, stretches, all } => Ok(Some((answer, stretches, all))),
        // An older server.
        Reply::Failed { refusal, .. } if refusal.code == "not-understood" => Ok(None),
        reply => Err(unexpected(reply)),
    }
}

/// The events of some stretches that made the answer.
async fn some(
    explain: &Explain,
    view: &'static dyn View,
    answer: &Answer,
    (stretches, all): (Vec<Stretch>, u64),
    output: Output,
) -> Result<Found, Error> {
    let log = Log::open(&explain.place, &explain.ledger, output).await?;
    let mut explaining = Explaining::new(view, answer, explain.after);
    let mut found = Found::default();
    let last = stretches.last().map(|stretch| stretch.position);
    let unread = all > stretches.len() as u64;
    for Stretch { from, commit, .. } in stretches {
        let place = URL_SAFE_NO_PAD.decode(&from).ok();
        let place = place.and_then(|bytes| Verifier::from_bytes(log.origin().clone(), &bytes));
        let mut verifier =
            place.ok_or_else(|| Error::new(Exit::Failure, "the server's reply can't be read"))?;
        let mut commits = log.stretch(verifier.tip(), commit);
        while let Some(commit) = commits.next().await {
            let commit = commit?;
            let events = verifier.accept_events(&commit).map_err(ReadError::Broken)?;
            let read = Read { commit, events, verifier: verifier.clone() };
            let made = explaining.take(read).map_err(|error| view_error(&error))?;
            if !found.add(made, explain) {
                return Ok(found);
            }
        }
    }
    found.more_after = last.filter(|_| unread);
    Ok(found)
}

/// The events of the log, up to the head of the answer, that made it.
async fn whole(
    explain: &Explain,
    view: &'static dyn View,
    answer: &Answer,
    output: Output,
) -> Result<Found, Error> {
    let log = Log::open(&explain.place, &explain.ledger, output).await?;
    let mut question = explain.question(view.identity());
    // What was recorded since it was answered did not make it.
    question.as_of = question.as_of.or(Some(AsOf::Position(answer.head.position)));
    let mut folded = Folded::asked(log.origin().clone(), &question).map_err(|error| view_error(&error))?;
    let explanation = Explanation::new(view, &answer.rows);
    let mut verifier = log.verifier();
    let mut commits = log.commits(verifier.tip(), Until::Head);
    let progress = output.progress(Some(answer.head.position), "reading");
    let mut found = Found::default();
    while !folded.is_complete()
        && let Some(commit) = commits.next().await
    {
        let commit = commit?;
        let events = verifier.accept_events(&commit).map_err(ReadError::Broken)?;
        let read = Read { commit, events, verifier: verifier.clone() };
        let made = folded.explain(read, &explanation).map_err(|error| view_error(&error))?;
        if !found.add(made, explain) {
            break;
        }
        progress.set_position(verifier.head().position);
    }
    progress.finish_and_clear();
    Ok(found)
}

fn told(RecordedEvent { envelope, fact, .. }: &RecordedEvent) -> Made {
    Made {
        position: envelope.position,
        time: wire::time::format(envelope.time).map(|time| time.to_string()),
        effective: fact.effective.map(|effective| effective.to_string()),
        event: fact.event.name(),
        subject: fact.subject.to_string(),
        said: sentence(&fact.event),
    }
}
