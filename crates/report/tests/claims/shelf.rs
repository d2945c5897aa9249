//! Books of a world: what its views answer to the questions of a report.

use report::{Book, Document, InForce, Question, Report, Scope, Trouble, document, report};
use views::{answer, view};
use wire::{Answer, HeadReply};

use crate::kit::World;
use crate::table::{events, fold};

/// The school year of the kit.
pub(crate) fn scope() -> Scope {
    Scope::of("2025-26".parse().unwrap())
}

fn head(ledger: &str, position: usize) -> HeadReply {
    let ledger = ledger.parse().unwrap();
    HeadReply {
        ledger,
        epoch: 1,
        commit: position as u64,
        position: position as u64,
        root: "root".to_owned(),
    }
}

/// What the views say, each question answered with `parked` rows left out.
pub(crate) fn book_of(
    world: &World,
    ledger: &str,
    questions: Vec<Question>,
    parked: u64,
) -> Result<Book, Trouble> {
    let head = head(ledger, world.log.len());
    let events = events(world);
    let mut folded = std::collections::BTreeMap::new();
    let answers = questions.into_iter().map(|question| {
        let view = view(question.view).unwrap();
        let rows = folded.entry(question.view).or_insert_with(|| fold(view, &events));
        let rows = answer(view, rows, &question.filters, None).unwrap();
        let (view, revision) = (view.name().to_owned(), view.revision());
        (question, Answer { head: head.clone(), view, revision, parked, rows })
    });
    let ledger = world.state.opened().unwrap();
    let in_force = InForce {
        owner: "Azul Unified".to_owned(),
        policy: ledger.policy,
        policy_position: ledger.policy_position,
    };
    Book::new(head.clone(), in_force, answers.collect())
}

/// The report over these worlds.
pub(crate) fn made(name: &str, scope: &Scope, worlds: &[&World]) -> Result<Document, Trouble> {
    let report = named(name);
    let books: Result<Vec<Book>, Trouble> = ["azul-usd", "brisa-usd", "cielo-usd"]
        .iter()
        .zip(worlds)
        .map(|(ledger, world)| book_of(world, ledger, report.questions(scope), 0))
        .collect();
    document(report, scope, &books?)
}

/// The report of this name.
pub(crate) fn named(name: &str) -> &'static dyn Report {
    report(name).unwrap()
}

/// The rows of a section, as CSV has them without quotes.
#[track_caller]
pub(crate) fn rows(document: &Document, heading: &str) -> Vec<String> {
    let json = serde_json::to_value(document).unwrap();
    let sections = json["sections"].as_array().unwrap();
    let Some(section) = sections.iter().find(|section| section["heading"] == heading) else {
        panic!("no section {heading}");
    };
    let cell = |cell: &serde_json::Value| match cell {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "–".to_owned(),
        other => other.to_string(),
    };
    let row =
        |row: &serde_json::Value| row.as_array().unwrap().iter().map(cell).collect::<Vec<_>>().join(" · ");
    section["table"]["rows"].as_array().unwrap().iter().map(row).collect()
}
