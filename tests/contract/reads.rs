//! Reads: in order, without gap or repeat, and never of another history.

use futures::StreamExt as _;
use journal::{EMPTY, Journal as _, JournalError, Until, read};
use proof::Hash;
use tests::chain::{Chain, slug};
use wire::{BrokenKind, Commit, Tip};

use crate::kit::{every_journal, filled, stored, verified};

fn broken(result: Option<&Result<Commit, JournalError>>) -> Option<(u64, BrokenKind)> {
    match result {
        Some(Err(JournalError::Broken { broken, .. })) => Some((broken.commit, broken.kind)),
        _ => None,
    }
}

#[tokio::test]
async fn commits_come_back_as_they_were_from_any_place() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        // More than the embedded journal's index keeps in one stride.
        let (_, commits) = filled(journal, &ledger, 70).await;
        for from in [0, 1, 63, 64, 65, 69, 70] {
            let after = match from {
                0 => EMPTY,
                n => Tip { epoch: 1, commit: n as u64, id: Some(commits[n - 1].id()) },
            };
            let found: Vec<Commit> =
                stored(journal, &ledger, after).await.into_iter().map(Result::unwrap).collect();
            assert_eq!(found, commits[from..], "{name} after {from}");
        }
        assert_eq!(verified(journal, &ledger).await.len(), 70, "{name}");
    }
}

#[tokio::test]
async fn a_follower_gets_what_was_there_and_what_comes() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (mut chain, _) = filled(journal, &ledger, 5).await;
        let from = Chain::new(&ledger).reader();
        let mut follower = read(journal, &ledger, from, Until::Follow);
        for number in 1..=5 {
            assert_eq!(follower.next().await.unwrap().unwrap().0.number, number, "{name}");
        }
        for number in 6..=30 {
            let commit = chain.next("later", 2);
            journal.append(&ledger, &commit).await.unwrap();
            let (followed, head) = follower.next().await.unwrap().unwrap();
            assert_eq!((followed, head.commit), (commit, number), "{name}");
        }
    }
}

#[tokio::test]
async fn a_reader_of_another_history_is_refused() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (_, commits) = filled(journal, &ledger, 3).await;
        let other = Chain::new(&ledger).next("other", 3);
        for (commit, id) in [(1, other.id()), (2, commits[0].id()), (4, commits[2].id())] {
            let after = Tip { epoch: 1, commit, id: Some(id) };
            for until in [Until::Head, Until::Follow] {
                let first = journal.commits(&ledger, after, until).next().await;
                assert_eq!(broken(first.as_ref()), Some((commit, BrokenKind::KnownHead)), "{name} {until:?}");
            }
        }
    }
}

/// A journal does not look into commits; whoever reads does.
#[tokio::test]
async fn a_commit_that_does_not_continue_the_tree_is_found_by_its_readers() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (chain, _) = filled(journal, &ledger, 2).await;
        let next = chain.draft("forged", 1);
        let forged = Commit::new(next.epoch, next.number, next.size, Hash([1; 32]), next.body);
        journal.append(&ledger, &forged).await.unwrap();
        let found = verified(journal, &ledger).await;
        assert_eq!(found.len(), 3, "{name}");
        assert!(broken(found.last()).is_some_and(|(commit, _)| commit == 3), "{name}: {found:?}");
    }
}

#[tokio::test]
async fn what_is_appended_after_the_call_is_not_read_until_the_head() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (mut chain, _) = filled(journal, &ledger, 2).await;
        let mut commits = journal.commits(&ledger, EMPTY, Until::Head);
        assert_eq!(commits.next().await.unwrap().unwrap().number, 1, "{name}");
        journal.append(&ledger, &chain.next("later", 1)).await.unwrap();
        assert_eq!(commits.next().await.unwrap().unwrap().number, 2, "{name}");
        assert!(commits.next().await.is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_the_same() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (_, commits) = filled(journal, &ledger, 4).await;
        let beside = under.reader().await;
        let found: Vec<Commit> =
            stored(&beside, &ledger, EMPTY).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(found, commits, "{name}");
    }
}

#[tokio::test]
async fn a_ledger_without_a_log_has_nothing_to_read_and_nothing_to_follow() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        assert_eq!(stored(journal, &ledger, EMPTY).await.len(), 0, "{name}");
        let followed = journal.commits(&ledger, EMPTY, Until::Follow).next().await;
        assert_eq!(broken(followed.as_ref()), Some((0, BrokenKind::KnownHead)), "{name}");
    }
}
