//! `report`: writes a document for people outside, from one head of each log, folded and verified here.

use std::path::Path;

use domain::{SchoolYear, Slug};
use projector::Folded;
use report::{Book, Format, InForce, Question, Report, Scope, Trouble};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use wire::{HeadReply, Query, Vantage};

use crate::args;
use crate::args::{Place, ReportFormat};
use crate::client::view_error;
use crate::error::Error;
use crate::exit::Exit;
use crate::fold::fold;
use crate::log::Log;
use crate::output::{Output, count};

mod announcement;

/// Folds, suppresses and writes.
pub(crate) async fn run(asked: &args::Report, output: Output) -> Result<Exit, Error> {
    // The arguments demand both unless the reports are only listed.
    let (Some(name), Some(school_year)) = (&asked.report, asked.school_year) else {
        return list(output).map(|()| Exit::Ok);
    };
    let report = report::report(name).ok_or_else(|| {
        let names: Vec<_> = report::REPORTS.iter().map(|report| report.name()).collect();
        Error::new(Exit::NotFound, format!("there is no report {name}"))
            .hint(format!("there are: {}", names.join(", ")))
    })?;
    let scope = scope(asked, school_year);
    let ledgers = ledgers(asked, report).await?;
    scope.fits(report, ledgers.len()).map_err(trouble)?;
    if asked.announce.is_some() && ledgers.len() != 1 {
        return Err(Error::new(Exit::Usage, "only a report of one ledger is announced in it")
            .hint("record publish-report in the ledger of whoever publishes; hubledger schema command publish-report"));
    }
    let mut books = Vec::with_capacity(ledgers.len());
    for ledger in &ledgers {
        books.push(book(&asked.place, ledger, report.questions(&scope), scope.vantage, output).await?);
    }
    let document = report::document(report, &scope, &books).map_err(trouble)?;
    let format = format(asked, output);
    let hash = write(asked.output.as_deref(), &document.render(format)?, output)?;
    if let Some(path) = &asked.announce
        && let Some(command) = announcement::command(&document, &scope, format.name(), &hash)
    {
        let line = format!("{command}\n");
        std::fs::write(path, line).map_err(|error| Error::file(path, &error))?;
        output.say(format!(
            "wrote the command that records it to {}; hubledger record takes it",
            path.display()
        ));
    }
    Ok(Exit::Ok)
}

fn scope(asked: &args::Report, school_year: SchoolYear) -> Scope {
    let args::Report { as_of, valid_on, site, partner, grant, .. } = asked;
    let vantage = Vantage { as_of: *as_of, valid_on: *valid_on };
    Scope { school_year, vantage, site: site.clone(), partner: partner.clone(), grant: grant.clone() }
}

/// Those that were named, each once and in order; for a report of many, all there are when none was.
async fn ledgers(asked: &args::Report, report: &dyn Report) -> Result<Vec<Slug>, Error> {
    let mut ledgers = asked.ledgers.clone();
    if ledgers.is_empty() {
        let there = Log::ledgers(&asked.place).await?;
        if !report.is_of_many() {
            let names: Vec<&str> = there.iter().map(Slug::as_str).collect();
            return Err(Error::new(Exit::Usage, format!("name the ledger that {} is of", report.name()))
                .hint(format!("give --ledger, one of: {}", names.join(", "))));
        }
        ledgers = there;
    }
    ledgers.sort();
    ledgers.dedup();
    Ok(ledgers)
}

/// All answers of a ledger, from one fold of its log.
async fn book(
    place: &Place,
    ledger: &Slug,
    questions: Vec<Question>,
    vantage: Vantage,
    output: Output,
) -> Result<Book, Error> {
    let log = Log::open(place, ledger, output).await?;
    let folded = Folded::new(log.origin().clone(), &Question::views(&questions), vantage);
    let folded = fold(&log, folded, vantage, output).await?;
    let in_force = folded.in_force().map(|in_force| InForce {
        owner: in_force.owner.clone(),
        policy: in_force.policy,
        policy_position: in_force.policy_position,
    });
    let head = HeadReply::new(ledger, &folded.head());
    let answer = |query: &Query| folded.answer(query).map_err(|error| view_error(&error));
    Book::ask((head, in_force), (questions, vantage), answer, trouble)
}

fn format(asked: &args::Report, output: Output) -> Format {
    let ending = asked.output.as_deref().and_then(Path::extension).and_then(|ending| ending.to_str());
    match (asked.format, ending) {
        (Some(ReportFormat::Csv), _) | (None, Some("csv")) => Format::Csv,
        (Some(ReportFormat::Json), _) | (None, Some("json")) => Format::Json,
        (None, None) if output.json => Format::Json,
        _ => Format::Html,
    }
}

/// Gives the SHA-256 of the bytes.
fn write(file: Option<&Path>, bytes: &[u8], output: Output) -> Result<String, Error> {
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let place = match file {
        Some(path) => {
            std::fs::write(path, bytes).map_err(|error| Error::file(path, &error))?;
            path.display().to_string()
        }
        None => {
            output.bytes(bytes)?;
            "stdout".to_owned()
        }
    };
    output.say(format!("wrote {} to {place}, sha-256 {digest}", count(bytes.len() as u64, "byte")));
    Ok(digest)
}

fn trouble(trouble: Trouble) -> Error {
    let exit = match &trouble {
        _ if trouble.is_usage() => Exit::Usage,
        _ if trouble.is_missing() => Exit::NotFound,
        _ => Exit::Broken,
    };
    let error = Error::new(exit, trouble.to_string());
    match trouble.hint() {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn list(output: Output) -> Result<(), Error> {
    let takes = |report: &dyn Report| -> Vec<String> {
        let argument = |argument: &report::Argument| {
            if argument.needed { format!("--{}", argument.name) } else { format!("[--{}]", argument.name) }
        };
        report.arguments().iter().map(argument).collect()
    };
    if output.json {
        let one = |report: &&dyn Report| json!({ "report": report.name(), "about": report.about(), "takes": takes(*report) });
        let reports: Vec<_> = report::REPORTS.iter().map(one).collect();
        return output.document(&json!({ "reports": reports }));
    }
    let row = |report: &&dyn Report| {
        vec![report.name().to_owned(), report.about().to_owned(), takes(*report).join(" ")]
    };
    output.table(&["report", "says", "takes"], report::REPORTS.iter().map(row))
}
