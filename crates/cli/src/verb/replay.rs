//! `replay`: folds the whole log from zero and compares every view's digest with the live one.

use domain::Slug;
use projector::Folded;
use serde::Serialize;
use wire::{AsOf, HeadReply, Vantage, ViewDigest};

use crate::args::Replay;
use crate::client::{Client, Purpose};
use crate::error::Error;
use crate::exit::Exit;
use crate::fold::fold;
use crate::log::Log;
use crate::output::{Output, count};

/// The document that `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    /// Whether every compared view equals the live one; absent when none was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    equal: Option<bool>,
    views: Vec<Compared>,
    head: HeadReply,
}

/// One view, folded and live.
#[derive(Debug, Serialize)]
struct Compared {
    view: String,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    live_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    equal: Option<bool>,
}

/// Folds and compares.
pub(crate) async fn run(replay: &Replay, output: Output) -> Result<Exit, Error> {
    if let Some(view) = &replay.view {
        must_exist(view)?;
    }
    let log = Log::open(&replay.place, &replay.ledger, output).await?;
    // The live views say where they are; the fold goes exactly there, so that writers need not pause.
    let live = match replay.to {
        Some(_) => None,
        None => {
            let client = Client::connect(&replay.place, Purpose::Ask, output).await?;
            let digests = client.digests(&replay.ledger).await;
            client.close().await;
            Some(digests?)
        }
    };
    let to = replay.to.or(live.as_ref().map(|(_, head)| head.position));
    let vantage = Vantage { as_of: to.map(AsOf::Position), ..Vantage::default() };
    let folded = Folded::new(log.origin().clone(), views::VIEWS, vantage);
    let folded = fold(&log, folded, vantage, output).await?;
    let live = live.map_or_else(Vec::new, |(digests, _)| digests);
    let wanted = |digest: &ViewDigest| replay.view.as_ref().is_none_or(|view| *view == digest.view);
    let digests = folded.digests().into_iter().filter(wanted);
    let report = report(&replay.ledger, &folded.head(), digests, &live);
    if output.json {
        output.document(&report)?;
    } else {
        tell(&report, output)?;
    }
    Ok(if report.equal == Some(false) { Exit::Broken } else { Exit::Ok })
}

fn report(
    ledger: &Slug,
    head: &wire::Head,
    folded: impl Iterator<Item = ViewDigest>,
    live: &[ViewDigest],
) -> Report {
    let compare = |ViewDigest { view, digest, .. }| {
        let live_digest = live.iter().find(|live| live.view == view).map(|live| live.digest.clone());
        let equal = live_digest.as_ref().map(|live| *live == digest);
        Compared { view, digest, live_digest, equal }
    };
    let views: Vec<_> = folded.map(compare).collect();
    let equal = (!live.is_empty()).then(|| views.iter().all(|view| view.equal == Some(true)));
    Report { equal, views, head: HeadReply::new(ledger, head) }
}

fn tell(report: &Report, output: Output) -> Result<(), Error> {
    let verdict = |equal| match equal {
        Some(true) => "equal",
        Some(false) => "DIFFERS",
        None => "not compared",
    };
    let rows = report.views.iter().map(|view| {
        vec![view.view.clone(), view.digest.chars().take(16).collect(), verdict(view.equal).to_owned()]
    });
    output.table(&["view", "digest", "live view"], rows)?;
    let HeadReply { ledger, position, root, .. } = &report.head;
    let events = count(*position, "event");
    output
        .line(format!("{ledger}: {events} folded from zero, root {root}; views {}", verdict(report.equal)))?;
    if report.equal == Some(false) {
        output.warn(
            "a live view does not follow from the log; hubledger rebuild puts a fresh one in its place",
        );
    }
    Ok(())
}

/// A mistyped name must not look like a view without rows.
///
/// # Errors
/// When there is no such view.
pub(crate) fn must_exist(view: &str) -> Result<(), Error> {
    if views::view(view).is_some() {
        return Ok(());
    }
    let names: Vec<_> = views::VIEWS.iter().map(|view| view.name()).collect();
    Err(Error::new(Exit::NotFound, format!("there is no view {view}"))
        .hint(format!("there are: {}", names.join(", "))))
}
