//! Views in sled equal a fresh fold of the log.

use proptest::prelude::*;

use crate::history::{History, Step, commits, slug};
use crate::kit::House;

/// Projects a history with stops after these shares of it, and compares at each and at the end.
fn project(commits: &[Vec<Step>], flush_events: u64, stops: [usize; 2]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut house = House::new();
        let mut stops = stops.map(|percent| commits.len() * percent / 100);
        stops.sort_unstable();
        let mut done = 0;
        for upto in [stops[0], stops[1], commits.len()] {
            let projector = house.flushing(flush_events).await;
            for steps in &commits[done..upto] {
                house.record(steps).await;
            }
            done = upto;
            if house.position() > 0 {
                assert_eq!(house.live(&projector).await, house.folded().await);
            }
            projector.stop().await;
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn views_equal_a_fresh_fold_whatever_the_flushes_and_restarts(
        commits in commits(120),
        flush_events in prop_oneof![1_u64..8, Just(1_000_000)],
        stops in [0_usize..101, 0_usize..101],
    ) {
        project(&commits, flush_events, stops);
    }
}

#[tokio::test]
async fn two_ledgers_do_not_touch_each_other() {
    let mut house = House::with(30).await;
    let alone = {
        let projector = house.flushing(4).await;
        let digests = house.live(&projector).await;
        projector.stop().await;
        digests
    };
    // Its slug starts like the other's, and so do its keys.
    let (first, other) = (house.ledger.clone(), slug("azusa-usd-2"));
    let history = std::mem::replace(&mut house.history, History::new(&other));
    house.ledger = other.clone();
    house.deliver(50).await;
    let projector = house.flushing(4).await;
    assert_eq!(house.live(&projector).await, house.folded().await);
    assert_eq!(projector.digests(&first, history.verifier.head().position).await.unwrap().1, alone);
    projector.rebuild(&other, &["reach", "service-ledger"]).await.unwrap();
    assert_eq!(projector.digests(&first, 0).await.unwrap().1, alone);
}
