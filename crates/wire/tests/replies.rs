//! The frozen formats of what is answered: receipts, refusals, questions and answers, byte by byte.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects by failing")]

use std::fmt::Debug;

use domain::Slug;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;
use wire::head::root_from_text;
use wire::{Answer, HeadReply, Outcome, Query, Receipt, RefusalReply, ViewDigest};

const REPLIES: &str = include_str!("golden/replies.ndjson");

/// Written as the golden line says, and read back from it.
fn is<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let line = format!("{{\"{name}\":{}}}", serde_json::to_string(value).unwrap());
    let golden = REPLIES.lines().find(|line| line.starts_with(&format!("{{\"{name}\":"))).unwrap_or_default();
    assert_eq!(line, golden);
    let read: T =
        serde_json::from_value(serde_json::from_str::<serde_json::Value>(golden).unwrap()[name].take())
            .unwrap();
    assert_eq!(read, *value);
}

fn ledger() -> Slug {
    "azul-usd".parse().unwrap()
}

fn root() -> String {
    "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".to_owned()
}

fn receipt() -> Receipt {
    let commit_id = "zeNQ6tyBF4ZsKqjUT0x1-g".parse().unwrap();
    let id = Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_0001);
    let (positions, event_ids) = ([42].into(), [id].into());
    let root = root_from_text(&root()).unwrap();
    Receipt { ledger: ledger(), epoch: 1, commit: 7, commit_id, positions, event_ids, root }
}

fn head() -> HeadReply {
    HeadReply { ledger: ledger(), epoch: 1, commit: 7, position: 42, root: root() }
}

#[test]
fn outcomes_are_what_they_were() {
    is("receipt", &Outcome::Receipt(receipt()));
    is("repeated", &Outcome::Repeated(receipt()));
    is("would-accept", &Outcome::WouldAccept { events: 1 });
    let refusal = RefusalReply::new("minutes-out-of-range", "minutes must be 1 to 1440, not 0".to_owned())
        .hint("look at the row")
        .field("/body/details/minutes");
    is("refusal", &Outcome::Refusal(RefusalReply { position: Some(12), ..refusal }));
    is(
        "bare-refusal",
        &Outcome::Refusal(RefusalReply::new("ledger-not-open", "the ledger is not open".to_owned())),
    );
}

#[test]
fn questions_and_answers_are_what_they_were() {
    let filters = [("by".to_owned(), "site".to_owned())].into();
    let (view, limit) = ("service-ledger".to_owned(), Some(10));
    let query = Query {
        ledger: ledger(),
        view,
        filters,
        as_of: None,
        valid_on: None,
        min_position: Some((1, 42)),
        limit,
        wait: None,
    };
    is("query", &query);
    is("query-that-waits", &Query { wait: Some(5), ..query.clone() });
    is(
        "as-of",
        &Query {
            filters: Default::default(),
            as_of: Some(wire::AsOf::Position(9)),
            min_position: None,
            limit: None,
            wait: None,
            ..query
        },
    );
    let rows = vec![json!({ "site": "s", "deliveries": 3 })];
    is("answer", &Answer { head: head(), view: "service-ledger".to_owned(), revision: 1, parked: 0, rows });
    let (view, digest) = ("service-ledger".to_owned(), "ab".repeat(32));
    is("digest", &ViewDigest { ledger: ledger(), view, digest, position: 42 });
}

#[test]
fn every_golden_reply_is_held_to() {
    assert_eq!(REPLIES.lines().count(), 10);
}
