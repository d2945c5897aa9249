//! A view built anew beside the live one.

use views::VIEWS;
use wire::Rebuilt;

use crate::kit::{House, question, sum};

#[tokio::test]
async fn every_view_built_anew_equals_the_live_one() {
    let house = House::with(60).await;
    let projector = house.flushing(7).await;
    let before = house.live(&projector).await;
    // One alone, and all in one pass, one of them named twice.
    let names: Vec<&str> = VIEWS.iter().map(|view| view.name()).chain(["reach"]).collect();
    for names in [&["reach"], &names[..]] {
        let rebuilt = projector.rebuild(&house.ledger, names).await.unwrap();
        assert!(rebuilt.iter().all(|view| view.is_equal() && before.contains(&view.now)));
        assert_eq!(rebuilt.len(), names.len().min(VIEWS.len()));
    }
    assert_eq!(house.live(&projector).await, before);
    projector.stop().await;
    drop(projector);
    assert_eq!(house.live(&house.projector().await).await, before);
}

#[tokio::test]
async fn a_rebuild_that_finds_the_live_views_right_leaves_the_store_as_it_was() {
    let house = House::with(60).await;
    let stored = || {
        let mut all = Vec::new();
        house.stored(|tree| all.extend(tree.iter().map(Result::unwrap)));
        all
    };
    let projector = house.projector().await;
    house.live(&projector).await;
    projector.stop().await;
    drop(projector);
    let before = stored();
    let projector = house.projector().await;
    projector.rebuild(&house.ledger, &["reach", "service-ledger"]).await.unwrap();
    projector.stop().await;
    drop(projector);
    assert!(stored() == before);
}

#[tokio::test]
async fn a_wrong_row_is_found_by_a_rebuild_and_replaced() {
    let house = House::with(24).await;
    let projector = house.projector().await;
    house.live(&projector).await;
    projector.stop().await;
    drop(projector);
    house.damage("service-ledger", |json| json.replacen("\"deliveries\":", "\"deliveries\":7", 1));
    let projector = house.projector().await;
    let asked = question(&house.ledger, "service-ledger", 24);
    assert!(sum(&projector.query(&asked).await.unwrap(), "deliveries") > 24);
    let rebuilt = projector.rebuild(&house.ledger, &["reach", "service-ledger"]).await.unwrap();
    assert_eq!(rebuilt.iter().map(Rebuilt::is_equal).collect::<Vec<_>>(), [true, false]);
    assert_eq!(sum(&projector.query(&asked).await.unwrap(), "deliveries"), 24);
    assert_eq!(house.live(&projector).await, house.folded().await);
    let rebuilt = projector.rebuild(&house.ledger, &["service-ledger"]).await.unwrap();
    assert!(rebuilt[0].is_equal());
    projector.stop().await;
    drop(projector);
    assert_eq!(house.live(&house.projector().await).await, house.folded().await);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_parks_its_entity_until_a_rebuild() {
    let mut house = House::with(24).await;
    let projector = house.projector().await;
    house.live(&projector).await;
    projector.stop().await;
    drop(projector);
    house.damage("service-ledger", |_| "{\"half\":".to_owned());
    let projector = house.projector().await;
    // The ledger goes on, and the answer says what is missing from it.
    house.deliver(12).await;
    let answer = projector.query(&question(&house.ledger, "service-ledger", 36)).await.unwrap();
    assert_eq!((answer.parked, sum(&answer, "deliveries") < 36), (1, true));
    assert_eq!(projector.lag(&house.ledger).await.unwrap().parked["service-ledger"], 1);
    let rebuilt = projector.rebuild(&house.ledger, &["service-ledger"]).await.unwrap();
    assert!(!rebuilt[0].is_equal());
    let answer = projector.query(&question(&house.ledger, "service-ledger", 36)).await.unwrap();
    assert_eq!((answer.parked, sum(&answer, "deliveries")), (0, 36));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rebuilds_while_events_arrive_end_equal() {
    let mut house = House::with(50).await;
    let projector = house.flushing(10).await;
    let ledger = house.ledger.clone();
    let rebuilding = async {
        // Two of the same view at once wait for each other.
        for view in VIEWS {
            let names = [view.name(), "reach"];
            let (one, two) =
                tokio::join!(projector.rebuild(&ledger, &names), projector.rebuild(&ledger, &names));
            assert!(one.unwrap().iter().chain(&two.unwrap()).all(Rebuilt::is_equal));
        }
    };
    let arriving = async {
        for _ in 0..300 {
            house.deliver(1).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(rebuilding, arriving);
    assert_eq!(house.live(&projector).await, house.folded().await);
    projector.stop().await;
    drop(projector);
    assert_eq!(house.live(&house.projector().await).await, house.folded().await);
}
