//! Verified reading from anywhere: the same commits from whatever place it begins, and nothing that does not verify.

use futures::StreamExt as _;
use journal::{AnyJournal, FIRST_EPOCH, Journal as _, JournalError, Places, Until};
use tests::chain::{Chain, slug};
use wire::{BrokenKind, Commit};

use crate::kit::{every_journal, filled};

/// Commits with events after a position, up to the head, each as the reader's place after it says.
async fn after(places: &Places<AnyJournal>, position: u64) -> Vec<Result<Commit, JournalError>> {
    let read = places.after(&slug("azusa-usd"), (FIRST_EPOCH, position), Until::Head);
    let told = read.map(|read| {
        let (commit, place) = read?;
        assert_eq!(place.head().commit, commit.number);
        Ok(commit)
    });
    told.collect().await
}

async fn sound(places: &Places<AnyJournal>, position: u64) -> Vec<Commit> {
    after(places, position).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn commits_after_a_position_are_the_same_from_every_place_that_is_known() {
    for under in every_journal().await {
        let (name, ledger) = (under.name, slug("azusa-usd"));
        // Three events each.
        let (_, commits) = filled(&under.journal, &ledger, 20).await;
        let places = Places::new(under.journal.clone(), slug("county"));
        let wanted = |position: u64| &commits[usize::try_from(position / 3).unwrap()..];
        for position in [0, 1, 30, 31, 32, 33, 59, 60] {
            assert_eq!(sound(&places, position).await, wanted(position), "{name} after {position}");
        }
        assert_eq!(places.distance(&ledger, (FIRST_EPOCH, 31)), 31);
        let mut reader = Chain::new(&ledger).reader();
        for commit in &commits[..10] {
            reader.accept(commit).unwrap();
        }
        places.name_stored(&ledger, &reader.to_bytes());
        places.name_stored(&ledger, b"nonsense");
        let near = |position| places.distance(&ledger, (FIRST_EPOCH, position));
        assert_eq!((near(29), near(30), near(31)), (29, 0, 1));
        for position in [0, 29, 30, 31, 60] {
            assert_eq!(sound(&places, position).await, wanted(position), "{name} after {position}");
        }
    }
}

#[tokio::test]
async fn a_place_of_another_log_makes_nothing_verify() {
    for under in every_journal().await {
        let ledger = slug("azusa-usd");
        let _ = filled(&under.journal, &ledger, 3).await;
        let mut other = Chain::new(&ledger);
        let _ = other.next("other", 3);
        let places = Places::new(under.journal.clone(), slug("county"));
        places.name(other.reader());
        let read = after(&places, 3).await;
        assert!(matches!(read[..], [Err(JournalError::Broken { .. })]), "{}: {read:?}", under.name);
    }
}

#[tokio::test]
async fn what_does_not_verify_ends_the_reading_wherever_it_began() {
    for under in every_journal().await {
        let (name, ledger) = (under.name, slug("azusa-usd"));
        let (chain, commits) = filled(&under.journal, &ledger, 4).await;
        let next = chain.draft("forged", 2);
        let root = proof::leaf_hash(b"another");
        let forged = Commit::new(next.epoch, next.number, next.size, root, next.body);
        under.journal.append(&ledger, &forged).await.unwrap();
        let places = Places::new(under.journal.clone(), slug("county"));
        places.name(chain.reader());
        for position in [0, 9, 12] {
            let mut read = after(&places, position).await;
            let Some(Err(JournalError::Broken { broken, .. })) = read.pop() else {
                panic!("{name}: {read:?}")
            };
            assert_eq!((broken.commit, broken.kind), (5, BrokenKind::Root), "{name}");
            let before: Vec<Commit> = read.into_iter().map(Result::unwrap).collect();
            assert_eq!(before, commits[usize::try_from(position / 3).unwrap()..], "{name} after {position}");
        }
    }
}
