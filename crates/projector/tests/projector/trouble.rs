//! Logs and stores that are not as they should be.

use journal::Journal as _;
use journal::Memory;
use projector::{Error, Projector};
use wire::Commit;

use crate::history::{History, delivery, slug};
use crate::kit::{House, question, settings};

/// The views of this house on another log.
async fn on(house: &House, log: &Memory) -> Error {
    let projector = Projector::start(log.clone(), settings(house.directory.path(), 9)).await.unwrap();
    let error = projector.query(&question(&house.ledger, "reach", 0)).await;
    // Answered at once: what it finds, it finds when it starts to follow.
    let error = match error {
        Err(error) => error,
        Ok(_) => projector.query(&question(&house.ledger, "reach", u64::MAX)).await.unwrap_err(),
    };
    projector.stop().await;
    error
}

async fn log_of(house: &House, commits: &[Commit]) -> Memory {
    let log = Memory::default();
    log.open(&house.ledger).await.unwrap();
    for commit in commits {
        log.append(&house.ledger, commit).await.unwrap();
    }
    log
}

#[tokio::test]
async fn a_log_that_lacks_what_the_views_hold_stops_them() {
    let mut house = House::new();
    let commits: Vec<_> = (0..8).map(|n| house.history.next(&[delivery(n, [1, 2])])).collect();
    house.log = log_of(&house, &commits).await;
    let projector = house.projector().await;
    house.live(&projector).await;
    projector.stop().await;
    drop(projector);

    let shorter = log_of(&house, &commits[..5]).await;
    let error = on(&house, &shorter).await;
    assert!(matches!(error, Error::Stopped { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("commit 8") && said.contains("commit 5"), "{said}");

    let mut other = History::new(&house.ledger);
    let others: Vec<_> = (0..9).map(|n| other.next(&[delivery(n, [3])])).collect();
    let error = on(&house, &log_of(&house, &others).await).await;
    assert!(error.to_string().contains("contradicts-known-head"), "{error}");

    // The right log is taken up again as if nothing had been.
    assert_eq!(house.live(&house.projector().await).await, house.folded().await);
}

#[tokio::test]
async fn an_unknown_event_stops_its_ledger_and_no_other() {
    let mut house = House::with(3).await;
    let commit = house.history.next(&[delivery(1, [1])]);
    let body = String::from_utf8(commit.body.to_vec()).unwrap();
    let body = body.replace("service-delivered.v1", "service-delivered.v2").into();
    let newer = Commit::new(commit.epoch, commit.number, commit.size, commit.root, body);
    house.append(&newer).await;
    let other = slug("glendora-usd");
    let first = History::new(&other).next(&[delivery(1, [1])]);
    house.log.open(&other).await.unwrap();
    house.log.append(&other, &first).await.unwrap();

    let projector = house.projector().await;
    let error = projector.query(&question(&house.ledger, "reach", 4)).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("service-delivered.v2 at position 4") && said.contains("upgrade"), "{said}");
    assert!(projector.lag(&house.ledger).await.unwrap().stopped.is_some());
    projector.query(&question(&other, "reach", 1)).await.unwrap();
}

#[tokio::test]
async fn views_of_another_revision_are_built_anew() {
    let house = House::with(20).await;
    let projector = house.projector().await;
    house.live(&projector).await;
    projector.stop().await;
    drop(projector);
    house.damage("reach", |_| "{}".to_owned());
    house.stored(|tree| {
        let key = format!("{}\0c", house.ledger);
        let cursor = tree.get(&key).unwrap().unwrap();
        let mut cursor: serde_json::Value = serde_json::from_slice(&cursor).unwrap();
        cursor["views"]["reach"] = serde_json::json!([0, 0]);
        tree.insert(key, serde_json::to_vec(&cursor).unwrap()).unwrap();
    });
    assert_eq!(house.live(&house.projector().await).await, house.folded().await);
}

#[tokio::test]
async fn a_second_projector_is_told_that_the_views_are_in_use() {
    let house = House::with(1).await;
    let _first = house.projector().await;
    let second = Projector::start(house.log.clone(), settings(house.directory.path(), 9)).await;
    assert!(matches!(second.err(), Some(Error::Locked(_))));
}
