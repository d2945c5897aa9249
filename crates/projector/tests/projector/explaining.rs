//! What is kept of the log leads to the same events as reading all of it.

use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Journal as _, Memory, Read, Until, read_events};
use projector::{Explained, Explaining, Folded, Projector, Stretch};
use proptest::prelude::*;
use serde_json::Value;
use views::{Explanation, VIEWS, View, view};
use wire::{AsOf, Query, Verifier};

use crate::history::{Step, commits, origin};
use crate::kit::{House, question};

/// A question to a view for rows that can be told apart.
fn apart(house: &House, view: &dyn View, filters: &[(&str, &str)]) -> Query {
    let mut query = question(&house.ledger, view.name(), house.position());
    query.filters =
        filters.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect();
    query.filters.insert("by".to_owned(), view.identity().join(","));
    query
}

/// Positions of the events after one that made an answer: by the stretches that are told, and how many there are.
async fn by_stretches(
    projector: &Projector<Memory>,
    house: &House,
    query: &Query,
    after: u64,
) -> (Vec<u64>, u64) {
    let Explained { answer, stretches, all } = projector.explain(query, after).await.unwrap();
    let mut explaining = Explaining::new(view(&query.view).unwrap(), &answer, after);
    let mut made = Vec::new();
    for Stretch { mut from, commit, .. } in stretches {
        for number in from.tip().commit + 1..=commit {
            let commit = house.log.commit(&house.ledger, number).await.unwrap().unwrap();
            let events = from.accept_events(&commit).unwrap();
            made.extend(explaining.take(Read { commit, events, verifier: from.clone() }).unwrap());
        }
    }
    (made.into_iter().map(|event| event.envelope.position).collect(), all)
}

/// The same by reading everything, as explained from another vantage.
async fn by_all(projector: &Projector<Memory>, house: &House, query: &Query, after: u64) -> Vec<u64> {
    let rows: Vec<Value> = projector.query(query).await.unwrap().rows;
    let explanation = Explanation::new(view(&query.view).unwrap(), &rows);
    let known = Query { as_of: Some(AsOf::Position(house.position())), ..query.clone() };
    let mut folded = Folded::asked(origin(&house.ledger), &known).unwrap();
    let from = Verifier::new(origin(&house.ledger), FIRST_EPOCH);
    let mut commits = read_events(&house.log, &house.ledger, from, Until::Head);
    let mut made = Vec::new();
    while let Some(read) = commits.next().await {
        made.extend(folded.explain(read.unwrap(), &explanation).unwrap());
    }
    made.into_iter().map(|event| event.envelope.position).filter(|position| *position > after).collect()
}

/// Explains every row of every view of a history that was projected with a stop after every so many commits.
fn explain(commits: &[Vec<Step>], each: usize, flush_events: u64, after: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut house = House::new();
        for commits in commits.chunks(each) {
            let projector = house.flushing(flush_events).await;
            for steps in commits {
                house.record(steps).await;
            }
            house.live(&projector).await;
            projector.stop().await;
        }
        let projector = house.flushing(flush_events).await;
        for view in VIEWS {
            let rows = projector.query(&apart(&house, *view, &[])).await.unwrap().rows;
            let identity = view.identity();
            let text = |row: &Value, column: &str| match &row[column] {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            for row in rows.iter().take(6) {
                let filters: Vec<_> = identity.iter().map(|column| (*column, text(row, column))).collect();
                let filters: Vec<_> =
                    filters.iter().map(|(column, value)| (*column, value.as_str())).collect();
                let query = apart(&house, *view, &filters);
                let (some, _) = by_stretches(&projector, &house, &query, after).await;
                assert_eq!(some, by_all(&projector, &house, &query, after).await, "{}: {row}", view.name());
            }
        }
        projector.stop().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn stretches_lead_to_the_events_that_a_reading_of_all_finds(
        commits in commits(60),
        each in 1_usize..6,
        flush_events in prop_oneof![1_u64..8, Just(1_000_000)],
        after in 0_u64..40,
    ) {
        explain(&commits, each, flush_events, after);
    }
}

/// The events of one cell, how many stretches lead to them, and what a reading of all finds.
async fn told(house: &House) -> (Vec<u64>, u64, Vec<u64>) {
    let projector = house.flushing(1000).await;
    house.live(&projector).await;
    let cells = projector.query(&apart(house, view("service-ledger").unwrap(), &[])).await.unwrap().rows;
    let site = cells[0]["site"].as_str().unwrap().to_owned();
    let cell = apart(house, view("service-ledger").unwrap(), &[("site", &site)]);
    let (some, all) = by_stretches(&projector, house, &cell, 0).await;
    let expected = by_all(&projector, house, &cell, 0).await;
    projector.stop().await;
    (some, all, expected)
}

#[tokio::test]
async fn a_long_log_is_read_only_where_its_marks_lead() {
    let mut house = House::new();
    // One place comes up at the beginning only.
    house.deliver(1).await;
    for n in 0..25_u32 {
        let steps: Vec<_> = (0..100).map(|m| crate::history::delivery(5, [n, m])).collect();
        house.record(&steps).await;
    }
    let projector = house.flushing(1000).await;
    house.live(&projector).await;
    let service = view("service-ledger").unwrap();
    let rows = projector.query(&apart(&house, service, &[])).await.unwrap().rows;
    let rare = rows.iter().find(|row| row["deliveries"] == 1).unwrap();
    let text = |column: &str| rare[column].as_str().unwrap().to_owned();
    let (site, month) = (text("site"), text("month"));
    let query = apart(&house, service, &[("site", &site), ("month", &month)]);
    assert_eq!(by_stretches(&projector, &house, &query, 0).await, (vec![1], 1));
    assert_eq!(by_stretches(&projector, &house, &query, 1).await, (vec![], 1));
    assert_eq!(by_stretches(&projector, &house, &query, 1001).await, (vec![], 0));
    let (all, stretches) = by_stretches(&projector, &house, &apart(&house, service, &[]), 0).await;
    assert_eq!((all.len() as u64, stretches), (house.position(), 3));
}

#[tokio::test]
async fn what_is_kept_with_a_hole_in_it_is_not_believed() {
    let mut house = House::new();
    for _ in 0..4 {
        house.deliver(5).await;
        let projector = house.flushing(1000).await;
        house.live(&projector).await;
        projector.stop().await;
    }
    let (some, _, expected) = told(&house).await;
    assert_eq!(some, expected);
    house.stored(|tree| {
        let prefix = format!("{}\0s", house.ledger);
        let (name, _) = tree.scan_prefix(prefix).next().unwrap().unwrap();
        tree.remove(name).unwrap();
    });
    // The whole log is one stretch.
    let (some, all, expected) = told(&house).await;
    assert_eq!((some, all), (expected, 1));
}

#[tokio::test]
async fn a_store_of_before_there_were_marks_is_built_anew() {
    let house = House::with(30).await;
    let projector = house.flushing(1000).await;
    house.live(&projector).await;
    projector.stop().await;
    drop(projector);
    house.stored(|tree| {
        let name = format!("{}\0c", house.ledger);
        let mut cursor: Value = serde_json::from_slice(&tree.get(&name).unwrap().unwrap()).unwrap();
        cursor.as_object_mut().unwrap().remove("marks").unwrap();
        tree.insert(name, serde_json::to_vec(&cursor).unwrap()).unwrap();
        for stretch in tree.scan_prefix(format!("{}\0s", house.ledger)).keys() {
            tree.remove(stretch.unwrap()).unwrap();
        }
    });
    // So that it shows: of what is wrong in them nothing is left.
    house.damage("service-ledger", |json| json.replace("\"minutes\":", "\"minutes\":9"));
    let projector = house.flushing(1000).await;
    assert_eq!(house.live(&projector).await, house.folded().await);
    projector.stop().await;
    drop(projector);
    let (some, _, expected) = told(&house).await;
    assert_eq!(some, expected);
}

#[tokio::test]
async fn a_reader_is_given_a_place_near_any_commit_from_which_the_log_verifies() {
    let house = House::with(2_500).await;
    let projector = house.flushing(100).await;
    house.live(&projector).await;
    let last = house.history.verifier.head().commit;
    for commit in [0, 1, 1_000, 1_700, last] {
        let mut place = projector.reader(&house.ledger, commit).await.unwrap().unwrap();
        let head = place.head();
        assert!(head.commit <= commit && commit - head.commit <= 1_100, "{} for {commit}", head.commit);
        if head.commit < last {
            let next = house.log.commit(&house.ledger, head.commit + 1).await.unwrap().unwrap();
            place.accept(&next).unwrap();
        }
    }
    assert_eq!(projector.reader(&"elsewhere".parse().unwrap(), 7).await.unwrap(), None);
}
