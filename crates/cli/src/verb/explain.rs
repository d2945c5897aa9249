//! `explain`: the events that made the rows of an answer, so that a figure can be followed to what it counts.

use domain::Slug;
use futures::StreamExt as _;
use journal::{Read, Until};
use projector::Folded;
use serde::Serialize;
use views::{Explanation, VIEWS, View, sentence};
use wire::{Answer, AsOf, HeadReply, RecordedEvent};

use crate::args::Explain;
use crate::client::view_error;
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
    events: Vec<Made>,
}

/// Asks, reads the log once and lists.
pub(crate) async fn run(explain: &Explain, output: Output) -> Result<Exit, Error> {
    must_exist(&explain.view)?;
    let Some(view) = VIEWS.iter().copied().find(|view| view.name() == explain.view) else {
        return Ok(Exit::NotFound);
    };
    let answer = query::ask(&explain.place, explain.question(view.identity()), output).await?;
    let events = events(explain, view, &answer, output).await?;
    if output.json {
        let Answer { head, rows, .. } = &answer;
        let told = Told { ledger: &explain.ledger, view: view.name(), rows: rows.len(), head, events };
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
        "{} made {} of {}; head at position {}, root {}",
        count(shown as u64, "event"),
        count(answer.rows.len() as u64, "row"),
        view.name(),
        answer.head.position,
        answer.head.root,
    ));
    Ok(Exit::Ok)
}

/// The events of the log, up to the head of the answer, that made it.
async fn events(
    explain: &Explain,
    view: &'static dyn View,
    answer: &Answer,
    output: Output,
) -> Result<Vec<Made>, Error> {
    let log = Log::open(&explain.place, &explain.ledger, output).await?;
    let mut question = explain.question(view.identity());
    // What was recorded since it was answered did not make it.
    question.as_of = question.as_of.or(Some(AsOf::Position(answer.head.position)));
    let mut folded = Folded::asked(log.origin().clone(), &question).map_err(|error| view_error(&error))?;
    let explanation = Explanation::new(view, &answer.rows);
    let mut verifier = log.verifier();
    let mut commits = log.commits(verifier.tip(), Until::Head);
    let progress = output.progress(Some(answer.head.position), "reading");
    let most = explain.limit.unwrap_or(usize::MAX);
    let mut all = Vec::new();
    while !folded.is_complete()
        && all.len() < most
        && let Some(commit) = commits.next().await
    {
        let commit = commit?;
        let events = verifier.accept_events(&commit).map_err(ReadError::Broken)?;
        let read = Read { commit, events, verifier: verifier.clone() };
        let made = folded.explain(read, &explanation).map_err(|error| view_error(&error))?;
        all.extend(made.into_iter().map(|event| told(&event)));
        progress.set_position(verifier.head().position);
    }
    progress.finish_and_clear();
    all.truncate(most);
    Ok(all)
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
