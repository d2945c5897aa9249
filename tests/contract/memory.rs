//! The faults that the journal in memory can be told to have, so that stories elsewhere may rely on them.

use journal::{AppendError, EMPTY, Fault, Journal as _, Memory};
use tests::chain::{Chain, slug};

use crate::kit::{filled, verified};

fn is_unknown(result: &Result<(), AppendError>) -> bool {
    matches!(result, Err(AppendError::Unknown(_)))
}

#[tokio::test]
async fn a_lost_answer_was_stored_and_is_answered_when_it_is_sent_again() {
    let (journal, ledger) = (Memory::default(), slug("azusa-usd"));
    let (mut chain, _) = filled(&journal, &ledger, 1).await;
    journal.fail([Fault::LostAck]);
    let commit = chain.next("lost", 1);
    assert!(is_unknown(&journal.append(&ledger, &commit).await));
    assert_eq!(journal.head(&ledger).await.unwrap(), chain.tip());
    assert_eq!(journal.append(&ledger, &commit).await, Ok(()));
    journal.append(&ledger, &chain.next("next", 1)).await.unwrap();
    assert_eq!(journal.append(&ledger, &commit).await, Ok(()));
    assert_eq!(verified(&journal, &ledger).await.len(), 3);
}

#[tokio::test]
async fn a_delayed_message_lands_only_where_its_place_is_free() {
    let (journal, ledger) = (Memory::default(), slug("azusa-usd"));
    journal.open(&ledger).await.unwrap();
    let mut chain = Chain::new(&ledger);

    journal.fail([Fault::Delayed]);
    let lands = chain.next("lands", 1);
    assert!(is_unknown(&journal.append(&ledger, &lands).await));
    assert_eq!(journal.head(&ledger).await.unwrap(), EMPTY);
    journal.land();
    assert_eq!(journal.append(&ledger, &lands).await, Ok(()));

    journal.fail([Fault::Delayed]);
    let late = chain.draft("late", 1);
    assert!(is_unknown(&journal.append(&ledger, &late).await));
    journal.append(&ledger, &chain.next("first", 1)).await.unwrap();
    journal.land();
    assert_eq!(journal.append(&ledger, &late).await, Err(AppendError::Conflict(chain.tip())));
    assert_eq!(verified(&journal, &ledger).await.len(), 2);
}

#[tokio::test]
async fn a_full_disk_refuses_and_leaves_nothing() {
    let (journal, ledger) = (Memory::default(), slug("azusa-usd"));
    let (chain, _) = filled(&journal, &ledger, 1).await;
    journal.fail([Fault::Full]);
    let refused = journal.append(&ledger, &chain.draft("full", 1)).await;
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    assert_eq!(journal.head(&ledger).await.unwrap(), chain.tip());
    journal.append(&ledger, &chain.draft("freed", 1)).await.unwrap();
}
