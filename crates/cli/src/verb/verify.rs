//! `verify`: recomputes the Merkle root from the stored bytes, and says what that shows.
//!
//! *Verified* needs a head that somebody remembers outside the log: a reader without one can't see a history that
//! was rewritten or cut consistently, and says *incomplete*.

use domain::Slug;
use futures::StreamExt as _;
use journal::Until;
use serde::Serialize;
use wire::head::root_text;
use wire::{Broken, BrokenKind, Head, Verifier};

use crate::args::Verify;
use crate::error::Error;
use crate::exit::Exit;
use crate::log::{Log, ReadError};
use crate::output::{Output, count};
use crate::verb::held::{self, Held};

/// What can be said of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Verified,
    Broken,
    Incomplete,
}

/// The first thing that can't be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FirstBad {
    commit: u64,
    position: u64,
    kind: String,
}

/// The document that `--json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Report {
    ledger: Slug,
    verdict: Verdict,
    epoch: u64,
    commits: u64,
    events: u64,
    root: String,
    held: Vec<Held>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_bad: Option<FirstBad>,
}

/// Verifies.
pub(crate) async fn run(verify: &Verify, output: Output) -> Result<Exit, Error> {
    let log = Log::open(&verify.place, &verify.ledger, output).await?;
    let mut held = held::by_place(&verify.place, log.origin()).await?;
    if let Some(file) = &verify.head {
        held.push(held::in_file(file, log.origin())?);
    }
    let (verifier, broken) = read(&log, &held, output).await?;
    let head = verifier.head();
    let verdict = match (&broken, held.is_empty()) {
        (Some(_), _) => Verdict::Broken,
        (None, false) => Verdict::Verified,
        (None, true) => Verdict::Incomplete,
    };
    let first_bad =
        broken.map(|b| FirstBad { commit: b.commit, position: b.position, kind: b.kind.to_string() });
    let report = Report {
        ledger: verify.ledger.clone(),
        verdict,
        epoch: head.epoch,
        commits: head.commit,
        events: head.position,
        root: root_text(&head.root),
        held,
        first_bad,
    };
    if output.json {
        output.document(&report)?
    } else {
        tell(&report, output)?
    }
    Ok(match verdict {
        Verdict::Verified => Exit::Ok,
        Verdict::Broken => Exit::Broken,
        Verdict::Incomplete => Exit::Incomplete,
    })
}

/// Reads to the head, or to the first thing that is wrong.
async fn read(log: &Log, held: &[Held], output: Output) -> Result<(Verifier, Option<Broken>), Error> {
    let mut verifier = log.verifier();
    let progress = output.progress(None, "verifying");
    let mut commits = log.commits(verifier.tip(), Until::Head);
    let mut broken = None;
    while let Some(commit) = commits.next().await {
        let before = verifier.clone();
        let accepted = match commit {
            Ok(commit) => verifier.accept(&commit).and_then(|head| agrees(&head, commit.size + 1, held)),
            // The store knows the commit; the position is what was not read yet.
            Err(ReadError::Broken(broken)) => {
                Err(Broken { position: verifier.head().position + 1, ..broken })
            }
            Err(ReadError::Failed(error)) => return Err(error),
        };
        if let Err(error) = accepted {
            (verifier, broken) = (before, Some(error));
            break;
        }
        progress.set_position(verifier.head().position);
    }
    progress.finish_and_clear();
    let head = verifier.head();
    if broken.is_none() && held.iter().any(|held| held.commit > head.commit) {
        let (commit, position) = (head.commit + 1, head.position + 1);
        broken = Some(Broken { commit, position, kind: BrokenKind::KnownHead });
    }
    Ok((verifier, broken))
}

fn agrees(head: &Head, first: u64, held: &[Held]) -> Result<(), Broken> {
    let root = root_text(&head.root);
    let contradicts = |held: &&Held| {
        held.commit == head.commit && (held.root != root || held.position.is_some_and(|p| p > head.position))
    };
    match held.iter().find(contradicts) {
        Some(_) => Err(Broken { commit: head.commit, position: first, kind: BrokenKind::KnownHead }),
        None => Ok(()),
    }
}

fn tell(report: &Report, output: Output) -> Result<(), Error> {
    let Report { ledger, root, .. } = report;
    let size = format!("{} in {}", count(report.events, "event"), count(report.commits, "commit"));
    match (&report.first_bad, report.verdict) {
        (Some(bad), _) => {
            output.line(format!(
                "broken      {ledger} at position {}, commit {}: {}",
                bad.position, bad.commit, bad.kind
            ))?;
            output.line(format!("            sound before it: {size}, root {root}"))?;
        }
        (None, Verdict::Incomplete) => {
            output.line(format!("incomplete  {ledger}: {size}, sound, root {root}"))?;
            output.line("            nobody here remembers a head, so a history that was cut or rewritten as a whole would look the same; name one with --head FILE")?;
        }
        (None, Verdict::Verified | Verdict::Broken) => {
            output.line(format!("verified    {ledger}: {size}, root {root}"))?;
        }
    }
    for held in &report.held {
        output
            .line(format!("            held against commit {} as {} remembers it", held.commit, held.by))?;
    }
    Ok(())
}
