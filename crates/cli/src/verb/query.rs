//! `query`: asks a view. The answer names the head that it is complete to.

use projector::Folded;
use serde_json::json;
use wire::{Answer, HeadReply, Query as Question, Vantage};

use crate::args::{Place, Query};
use crate::client::{Client, Purpose, view_error};
use crate::error::Error;
use crate::exit::Exit;
use crate::fold::fold;
use crate::log::Log;
use crate::output::{Output, columns, count};

/// Asks.
pub(crate) async fn run(query: &Query, output: Output) -> Result<Exit, Error> {
    // The arguments demand both unless the views are only listed.
    let (Some(view), Some(ledger)) = (&query.view, &query.ledger) else {
        return list(output).map(|()| Exit::Ok);
    };
    let question = Question {
        ledger: ledger.clone(),
        view: view.clone(),
        filters: query.filters.iter().cloned().collect(),
        as_of: query.as_of,
        valid_on: query.valid_on,
        min_position: query.min_position.map(|position| (journal::FIRST_EPOCH, position)),
        limit: query.limit,
        wait: None,
    };
    let vantage = question.vantage();
    let answer = ask(&query.place, question, output).await?;
    tell(&answer, vantage, output)?;
    Ok(Exit::Ok)
}

/// The answer of the live view, or of one that is folded here when another vantage is asked for.
pub(crate) async fn ask(place: &Place, question: Question, output: Output) -> Result<Answer, Error> {
    let vantage = question.vantage();
    if vantage.is_now() {
        let client = Client::connect(place, Purpose::Ask, output).await?;
        let answer = client.query(question).await;
        client.close().await;
        return answer;
    }
    // Not in the server: it may take long, and shows how far it is.
    let log = Log::open(place, &question.ledger, output).await?;
    let folded = Folded::asked(log.origin().clone(), &question).map_err(|error| view_error(&error))?;
    let folded = fold(&log, folded, vantage, output).await?;
    folded.answer(&question).map_err(|error| view_error(&error))
}

fn tell(answer: &Answer, vantage: Vantage, output: Output) -> Result<(), Error> {
    if output.json {
        return output.document(answer);
    }
    let (header, rows) = columns(&answer.rows, views::view(&answer.view).map_or(&[], |view| view.columns()));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    if rows.is_empty() {
        output.say("no rows");
    } else {
        output.table(&header, rows)?;
    }
    let HeadReply { ledger, position, root, .. } = &answer.head;
    let rows = count(answer.rows.len() as u64, "row");
    output.say(format!("{rows} of {ledger}{vantage}; head at position {position}, root {root}"));
    if answer.parked > 0 {
        output.warn(format!(
            "{} could not be read and are left out; hubledger rebuild builds them anew",
            count(answer.parked, "row")
        ));
    }
    Ok(())
}

fn list(output: Output) -> Result<(), Error> {
    if output.json {
        let view = |view: &&dyn views::View| json!({ "view": view.name(), "about": view.about(), "columns": view.columns(), "revision": view.revision() });
        let views: Vec<_> = views::VIEWS.iter().map(view).collect();
        return output.document(&json!({ "views": views }));
    }
    let row = |view: &&dyn views::View| {
        vec![view.name().to_owned(), view.about().to_owned(), view.columns().join(", ")]
    };
    output.table(&["view", "answers", "columns"], views::VIEWS.iter().map(row))
}
