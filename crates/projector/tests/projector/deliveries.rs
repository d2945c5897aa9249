//! The timeline of one delivery is what a reading of the whole log finds, from wherever it is looked at.

use domain::{Kind, Subject, Timestamp};
use jiff::civil::date;
use projector::{Folded, Projector, fold};
use proptest::prelude::*;
use uuid::Uuid;
use views::DELIVERY_TIMELINE;
use wire::{AsOf, Query};

use crate::history::{Step, commits, delivery, origin};
use crate::kit::{House, question};

fn asked(house: &House, position: u64) -> Query {
    let subject = Subject { kind: Kind::Delivery, id: Uuid::from_u64_pair(9, position) };
    let mut query = question(&house.ledger, "timeline", house.position());
    query.filters.insert("subject".to_owned(), subject.to_string());
    query
}

/// Every delivery of a history from many places, and how many of them have something to tell now.
async fn compare(house: &House, projector: &Projector<journal::Memory>) -> usize {
    let last = house.position();
    let moment = Timestamp(1_772_470_800_000_000 + i64::try_from(last / 2).unwrap());
    let as_of = [None, Some(AsOf::Position(last / 2)), Some(AsOf::Position(1)), Some(AsOf::Moment(moment))];
    let days = [None, Some(date(2026, 2, 15))];
    let mut told = 0;
    for (as_of, valid_on) in as_of.into_iter().flat_map(|as_of| days.map(|day| (as_of, day))) {
        let vantage = wire::Vantage { as_of, valid_on };
        let folded = Folded::new(origin(&house.ledger), &[DELIVERY_TIMELINE], vantage);
        let folded = fold(&house.log, folded, |_| {}).await.unwrap();
        for position in 1..=last {
            let query = Query { as_of, valid_on, ..asked(house, position) };
            let answer = projector.query(&query).await.unwrap();
            assert_eq!(answer.rows, folded.answer(&query).unwrap().rows, "{query:?}");
            assert_eq!(answer.head.position, last);
            told += usize::from(vantage.is_now() && !answer.rows.is_empty());
        }
    }
    told
}

/// Projects with a stop after every so many commits, and compares.
fn project(commits: &[Vec<Step>], each: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut house = House::new();
        // Something there is always to tell.
        house.record(&[delivery(1, [1, 2])]).await;
        for commits in commits.chunks(each) {
            let projector = house.flushing(3).await;
            for steps in commits {
                house.record(steps).await;
            }
            house.live(&projector).await;
            projector.stop().await;
        }
        let projector = house.projector().await;
        assert!(compare(&house, &projector).await > 0);
        projector.stop().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_delivery_is_told_as_a_reading_of_all_finds_it(commits in commits(40), each in 1_usize..6) {
        project(&commits, each);
    }
}

#[tokio::test]
async fn a_position_that_the_log_has_not_is_not_answered() {
    let house = House::with(2).await;
    let projector = house.projector().await;
    let query = Query { as_of: Some(AsOf::Position(9)), wait: Some(0), ..asked(&house, 1) };
    let behind = projector.query(&query).await.unwrap_err();
    assert_eq!(behind.code(), "view-behind");
    projector.stop().await;
}
