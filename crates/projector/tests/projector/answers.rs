//! What a question is answered, and from where.

use std::time::Duration;

use jiff::civil::{Date, date};
use projector::{Error, Projector};
use wire::{HeadReply, Query};

use crate::history::{delivery, slug};
use crate::kit::{House, question, settings, sum};

#[tokio::test]
async fn an_answer_carries_the_head_that_it_is_complete_to() {
    let house = House::with(7).await;
    let answer = house.projector().await.query(&question(&house.ledger, "reach", 7)).await.unwrap();
    assert_eq!(answer.head, HeadReply::new(&house.ledger, &house.history.verifier.head()));
    assert_eq!((answer.head.position, answer.parked), (7, 0));
}

#[tokio::test]
async fn a_query_with_a_position_waits_for_it_and_sees_its_own_write() {
    let mut house = House::with(3).await;
    let projector = house.projector().await;
    for position in 4..40 {
        let asked = question(&house.ledger, "service-ledger", position);
        // Asked before it is written.
        let (answer, ()) = tokio::join!(projector.query(&asked), house.deliver(1));
        assert_eq!(sum(&answer.unwrap(), "deliveries"), position);
    }
}

#[tokio::test]
async fn a_position_that_does_not_come_is_told_as_behind() {
    let house = House::with(3).await;
    let settings =
        projector::Settings { wait: Duration::from_millis(1), ..settings(house.directory.path(), 9) };
    let projector = Projector::start(house.log.clone(), settings).await.unwrap();
    let error = projector.query(&question(&house.ledger, "reach", 4)).await.unwrap_err();
    assert!(matches!(error, Error::Behind { wanted: 4, .. }), "{error}");
}

#[tokio::test]
async fn a_position_of_another_epoch_is_refused() {
    let house = House::with(3).await;
    let asked = Query { min_position: Some((2, 1)), ..question(&house.ledger, "reach", 0) };
    let error = house.projector().await.query(&asked).await.unwrap_err();
    assert!(matches!(error, Error::OtherEpoch { epoch: 1, wanted: 2, .. }), "{error}");
}

#[tokio::test]
async fn what_there_is_not_is_told_by_its_name() {
    let house = House::with(1).await;
    let projector = house.projector().await;
    let error = projector.query(&question(&slug("nowhere-usd"), "reach", 0)).await.unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("nowhere-usd")), ("no-such-ledger", true));
    let error = projector.query(&question(&house.ledger, "weather", 0)).await.unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("activity-feed")), ("no-such-view", true));
    let error = projector.rebuild(&house.ledger, &["weather"]).await.unwrap_err();
    assert_eq!(error.code(), "no-such-view");
}

#[tokio::test]
async fn a_ledger_that_is_opened_later_is_answered_too() {
    let mut house = House::new();
    let projector = house.projector().await;
    house.record(&[delivery(1, [1])]).await;
    let answer = projector.query(&question(&house.ledger, "reach", 1)).await.unwrap();
    assert_eq!(answer.rows[0]["persons"], 1);
}

#[tokio::test]
async fn an_answer_as_of_a_position_is_what_was_known_then() {
    let house = House::with(20).await;
    let projector = house.projector().await;
    for position in [0, 1, 11, 20] {
        let asked = Query {
            as_of: Some(wire::AsOf::Position(position)),
            ..question(&house.ledger, "service-ledger", 0)
        };
        let answer = projector.query(&asked).await.unwrap();
        assert_eq!((answer.head.position, sum(&answer, "deliveries")), (position, position));
    }
}

/// Deliveries of January to April, ten of each, recorded a microsecond apart from 2 March, 17:00 UTC.
async fn from(as_of: Option<&str>, valid_on: Option<Date>) -> u64 {
    let house = House::with(40).await;
    let as_of = as_of.map(|text| text.parse().unwrap());
    let asked = Query { as_of, valid_on, ..question(&house.ledger, "service-ledger", 0) };
    sum(&house.projector().await.query(&asked).await.unwrap(), "deliveries")
}

#[tokio::test]
async fn an_answer_as_of_a_moment_or_a_day_is_what_was_recorded_by_then() {
    assert_eq!(from(Some("2026-03-02T17:00:00.000012Z"), None).await, 12);
    assert_eq!(from(Some("2026-03-02T09:00:00.000013-08:00"), None).await, 13);
    assert_eq!((from(Some("2026-03-01"), None).await, from(Some("2026-03-02"), None).await), (0, 40));
}

#[tokio::test]
async fn an_answer_for_a_day_leaves_out_what_begins_later() {
    assert_eq!(from(None, Some(date(2026, 2, 3))).await, 20);
    assert_eq!(from(None, Some(date(2026, 2, 2))).await, 10);
    assert_eq!(from(Some("6"), Some(date(2026, 2, 3))).await, 4);
}

#[tokio::test]
async fn the_lag_is_what_the_log_has_beyond_the_views() {
    let house = House::with(5).await;
    let projector = house.projector().await;
    house.live(&projector).await;
    let lag = projector.lag(&house.ledger).await.unwrap();
    assert_eq!((lag.head, lag.commits, lag.stopped), (house.history.verifier.head(), 0, None));
    projector.stop().await;
    let mut house = house;
    house.deliver(3).await;
    assert_eq!(projector.lag(&house.ledger).await.unwrap().commits, 3);
}
