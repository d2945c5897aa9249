//! Appends: guarded, idempotent, one winner.

use futures::future::join_all;
use journal::{AppendError, EMPTY, Journal as _};
use tests::chain::{Chain, slug};
use tokio::task::JoinSet;
use wire::Commit;

use crate::kit::{every_journal, filled, stored, verified};

#[tokio::test]
async fn a_new_log_is_empty_and_listed() {
    for under in every_journal().await {
        let (journal, name) = (&under.journal, under.name);
        assert_eq!(journal.head(&slug("azusa-usd")).await.unwrap(), EMPTY, "{name}");
        assert_eq!(journal.open(&slug("azusa-usd")).await.unwrap(), EMPTY, "{name}");
        assert_eq!(journal.open(&slug("burbank-usd")).await.unwrap(), EMPTY, "{name}");
        assert_eq!(journal.ledgers().await.unwrap(), [slug("azusa-usd"), slug("burbank-usd")], "{name}");
        assert_eq!(journal.commit(&slug("azusa-usd"), 1).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn the_first_append_is_guarded_like_any_other() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        journal.open(&ledger).await.unwrap();
        let chain = Chain::new(&ledger);
        let (first, other) = (chain.draft("first", 1), chain.draft("other", 1));
        journal.append(&ledger, &first).await.unwrap();
        let tip = journal.head(&ledger).await.unwrap();
        assert_eq!((tip.commit, tip.id), (1, Some(first.id())), "{name}");
        assert_eq!(journal.append(&ledger, &other).await, Err(AppendError::Conflict(tip)), "{name}");
        assert_eq!(journal.commit(&ledger, 1).await.unwrap(), Some(first), "{name}");
    }
}

#[tokio::test]
async fn an_append_that_leaves_a_gap_is_a_conflict() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (mut chain, _) = filled(journal, &ledger, 2).await;
        let _skipped = chain.next("skipped", 1);
        let tip = journal.head(&ledger).await.unwrap();
        let beyond = chain.next("beyond", 1);
        assert_eq!(journal.append(&ledger, &beyond).await, Err(AppendError::Conflict(tip)), "{name}");
        assert_eq!(journal.head(&ledger).await.unwrap(), tip, "{name}");
    }
}

#[tokio::test]
async fn the_same_commit_again_is_answered_as_the_first_time_and_stored_once() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (_, commits) = filled(journal, &ledger, 3).await;
        for commit in &commits {
            assert_eq!(journal.append(&ledger, commit).await, Ok(()), "{name}: {}", commit.number);
        }
        assert_eq!(journal.head(&ledger).await.unwrap().commit, 3, "{name}");
    }
}

/// An answer is lost to whoever stops waiting for it, wherever the bytes are by then.
#[tokio::test]
async fn an_append_that_nobody_waited_for_can_be_sent_again() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (mut chain, mut commits) = filled(journal, &ledger, 1).await;
        for _ in 0..20 {
            let commit = chain.next("again", 1);
            tokio::select! {
                biased;
                result = journal.append(&ledger, &commit) => assert_eq!(result, Ok(()), "{name}"),
                () = std::future::ready(()) => {}
            }
            assert_eq!(journal.append(&ledger, &commit).await, Ok(()), "{name}");
            commits.push(commit);
        }
        let found: Vec<Commit> = verified(journal, &ledger).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(found, commits, "{name}");
    }
}

#[tokio::test]
async fn an_append_behind_the_tip_is_a_conflict() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (chain, _) = filled(journal, &ledger, 5).await;
        let mut late = Chain::new(&ledger);
        for _ in 0..5 {
            let refused = journal.append(&ledger, &late.next("late", 1)).await;
            assert_eq!(refused, Err(AppendError::Conflict(chain.tip())), "{name}");
        }
        assert_eq!(verified(journal, &ledger).await.len(), 5, "{name}");
    }
}

#[tokio::test]
async fn nothing_is_appended_to_a_ledger_that_was_never_opened() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let result = journal.append(&ledger, &Chain::new(&ledger).draft("first", 1)).await;
        // A server can't tell a missing stream from one whose leader is being chosen.
        let said = matches!(result, Err(AppendError::Refused(_) | AppendError::Unknown(_)));
        assert!(said, "{name}: {result:?}");
        assert_eq!(journal.ledgers().await.unwrap(), [], "{name}");
        assert_eq!(journal.head(&ledger).await.unwrap(), EMPTY, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_writers_one_wins_each_round() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let rounds = if name == "memory" { 300 } else { 60 };
        journal.open(&ledger).await.unwrap();
        let writers = join_all((0..16).map(|_| under.rival())).await;
        let mut chain = Chain::new(&ledger);
        for round in 1..=rounds {
            let mut racing = JoinSet::new();
            for (number, writer) in writers.iter().enumerate() {
                let (writer, ledger, draft) =
                    (writer.clone(), ledger.clone(), chain.draft(&format!("writer-{number}"), 1));
                racing.spawn(async move { (writer.append(&ledger, &draft).await, draft) });
            }
            let mut winner = None;
            for (result, draft) in racing.join_all().await {
                match result {
                    Ok(()) => assert_eq!(winner.replace(draft), None, "{name}: two winners in round {round}"),
                    Err(AppendError::Conflict(tip)) => assert_eq!(tip.commit, round, "{name}"),
                    Err(error) => panic!("{name}: {error}"),
                }
            }
            let winner = winner.unwrap_or_else(|| panic!("{name}: nobody won round {round}"));
            assert_eq!(journal.commit(&ledger, round).await.unwrap().as_ref(), Some(&winner), "{name}");
            chain.take(&winner);
        }
        assert_eq!(verified(journal, &ledger).await.len() as u64, rounds, "{name}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_leaves_nothing() {
    for under in every_journal().await {
        let (journal, name, ledger) = (&under.journal, under.name, slug("azusa-usd"));
        let (chain, _) = filled(journal, &ledger, 1).await;
        let next = chain.draft("large", 1);
        let large =
            |bytes| Commit::new(next.epoch, next.number, next.size, next.root, vec![b' '; bytes].into());
        let result = journal.append(&ledger, &large(wire::BODY_BYTES_MAX + 1)).await;
        assert!(matches!(result, Err(AppendError::Refused(_))), "{name}: {result:?}");
        assert_eq!(journal.append(&ledger, &large(wire::BODY_BYTES_MAX)).await, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn ledgers_do_not_know_one_another() {
    for under in every_journal().await {
        let (journal, name) = (&under.journal, under.name);
        let (azusa, commits) = filled(journal, &slug("azusa-usd"), 3).await;
        let _ = filled(journal, &slug("azusa-usd-adult"), 1).await;
        assert_eq!(journal.head(&slug("azusa-usd")).await.unwrap(), azusa.tip(), "{name}");
        let found: Vec<Commit> =
            stored(journal, &slug("azusa-usd"), EMPTY).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(found, commits, "{name}");
    }
}
