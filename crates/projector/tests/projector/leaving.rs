//! Ledgers that are let go and followed again.

use projector::Projector;

use crate::kit::{House, question, settings};

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_let_go_keeps_its_rows_and_goes_on_from_there() {
    let mut house = House::with(20).await;
    let projector = house.projector().await;
    projector.catch_up(&house.ledger).await.unwrap();
    assert!(projector.is_current(&house.ledger));
    assert!(projector.let_go(&house.ledger).await);
    assert_eq!((projector.is_current(&house.ledger), projector.followed()), (false, Vec::new()));
    assert!(!projector.let_go(&house.ledger).await, "it is not followed");
    let stored = house.position();
    house.deliver(5).await;
    // Followed again because it is asked for, and from where it was.
    let answer = projector.query(&question(&house.ledger, "activity-feed", stored)).await.unwrap();
    assert!(answer.head.position >= stored);
    assert_eq!(house.live(&projector).await, house.folded().await);
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_ledger_keeps_it_followed() {
    let mut house = House::with(3).await;
    let projector = house.projector().await;
    projector.catch_up(&house.ledger).await.unwrap();
    let asked = question(&house.ledger, "activity-feed", house.position() + 1);
    let mut asking = std::pin::pin!(projector.query(&asked));
    assert!(futures::poll!(&mut asking).is_pending());
    assert!(!projector.let_go(&house.ledger).await);
    house.deliver(1).await;
    let _ = asking.await.unwrap();
    assert!(projector.let_go(&house.ledger).await);
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_and_letting_go_at_the_same_time_get_right_answers() {
    let house = House::with(30).await;
    let projector = Projector::open(house.log.clone(), settings(house.directory.path(), 1)).await.unwrap();
    let asks = futures::future::join_all((0..4).map(|_| async {
        for _ in 0..50 {
            let asked = question(&house.ledger, "activity-feed", house.position());
            let _ = projector.query(&asked).await.unwrap();
            tokio::task::yield_now().await;
        }
    }));
    let leaves = async {
        for _ in 0..200 {
            let _ = projector.let_go(&house.ledger).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(asks, leaves);
    assert_eq!(house.live(&projector).await, house.folded().await);
    projector.stop().await;
}
