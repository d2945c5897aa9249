//! What only files can suffer: torn tails, flipped bytes, a second process.

use std::path::{Path, PathBuf};

use futures::StreamExt as _;
use journal::{EMPTY, Embedded, Journal as _, JournalError, Until};
use tempfile::TempDir;
use tests::chain::{Chain, slug};
use wire::{Commit, frame};

use crate::kit::{filled, stored, verified};

/// A log of some commits, closed.
async fn written(commits: usize) -> (TempDir, PathBuf, Chain, Vec<Commit>) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Embedded::open(folder.path()).unwrap();
    let (chain, commits) = filled(&journal, &slug("azusa-usd"), commits).await;
    let path = folder.path().join("journal/azusa-usd/1.log");
    (folder, path, chain, commits)
}

/// Opens a journal that was open here before. A process that another test starts in that moment has the lock's
/// file open too, until it runs its own program.
async fn reopened(folder: &Path) -> Embedded {
    loop {
        match Embedded::open(folder) {
            Err(JournalError::Locked(_)) => tokio::task::yield_now().await,
            other => return other.unwrap(),
        }
    }
}

#[tokio::test]
async fn a_torn_tail_is_reported_and_the_next_append_takes_its_place() {
    let (folder, path, mut chain, commits) = written(3).await;
    let ledger = slug("azusa-usd");
    let lost = frame::encode(&chain.draft("lost", 3));
    let whole = std::fs::read(&path).unwrap();
    for kept in [1, frame::HEADER_BYTES - 1, frame::HEADER_BYTES, frame::HEADER_BYTES + 9, lost.len() - 1] {
        std::fs::write(&path, [&whole[..], &lost[..kept]].concat()).unwrap();
        let journal = reopened(folder.path()).await;
        let torn = journal.torn_tail(&ledger).unwrap().unwrap();
        assert_eq!((torn.commit, torn.bytes), (3, kept as u64));
        assert_eq!(stored(&journal, &ledger, EMPTY).await.len(), 3);
    }
    let journal = reopened(folder.path()).await;
    let next = chain.next("next", 1);
    journal.append(&ledger, &next).await.unwrap();
    assert_eq!(journal.torn_tail(&ledger).unwrap(), None);
    let found: Vec<Commit> = verified(&journal, &ledger).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(found, [commits, vec![next]].concat());
}

#[tokio::test]
async fn a_log_cut_below_a_known_head_is_refused_to_whoever_knows_it() {
    let (folder, path, chain, _) = written(3).await;
    let whole = std::fs::read(&path).unwrap();
    // A tail that looks torn, but was acknowledged.
    std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    let journal = reopened(folder.path()).await;
    let first = journal.commits(&slug("azusa-usd"), chain.tip(), Until::Head).next().await;
    assert!(matches!(first, Some(Err(JournalError::Broken { .. }))), "{first:?}");
}

#[tokio::test]
async fn a_flipped_byte_anywhere_is_reported_with_its_commit() {
    let (folder, path, chain, commits) = written(3).await;
    let ledger = slug("azusa-usd");
    let whole = std::fs::read(&path).unwrap();
    let mut ends = Vec::new();
    for commit in &commits {
        ends.push(ends.last().copied().unwrap_or(0) + frame::encode(commit).len());
    }
    let (mut errors, mut torn) = (0, 0);
    for at in (0..whole.len()).step_by(11) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&path, damaged).unwrap();
        let number = ends.iter().position(|end| at < *end).unwrap() as u64 + 1;
        let journal = reopened(folder.path()).await;
        let mut found = verified(&journal, &ledger).await;
        match found.pop() {
            Some(Err(JournalError::Broken { broken, .. })) => {
                errors += 1;
                assert_eq!((broken.commit, broken.position), (number, 3 * number - 2), "byte {at}");
            }
            // A length that points beyond the end looks like a torn tail to a reader who knows no head.
            last => {
                torn += 1;
                found.extend(last);
                assert_eq!(found.len() as u64 + 1, number, "byte {at}");
                assert!(journal.torn_tail(&ledger).unwrap().is_some(), "byte {at}");
                let known = journal.commits(&ledger, chain.tip(), Until::Head).next().await;
                assert!(matches!(known, Some(Err(JournalError::Broken { .. }))), "byte {at}");
            }
        }
        let sound = found.into_iter().map(Result::unwrap);
        assert!(sound.zip(&commits).all(|(found, commit)| found == *commit), "byte {at}");
    }
    assert!(errors > 20 * torn, "{errors} errors, {torn} torn tails");
}

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let first = Embedded::open(folder.path()).unwrap();
    assert!(matches!(Embedded::open(folder.path()), Err(JournalError::Locked(_))));
    drop(first);
    let _second = reopened(folder.path()).await;
}

#[tokio::test]
async fn a_reader_of_another_process_follows_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, ledger) = (Embedded::open(folder.path()).unwrap(), slug("azusa-usd"));
    let (mut chain, _) = filled(&writer, &ledger, 2).await;
    let reader = Embedded::open_read_only(folder.path());
    let mut follower = reader.commits(&ledger, EMPTY, Until::Follow);
    for number in 1..=2 {
        assert_eq!(follower.next().await.unwrap().unwrap().number, number);
    }
    for _ in 0..3 {
        let commit = chain.next("later", 1);
        writer.append(&ledger, &commit).await.unwrap();
        assert_eq!(follower.next().await.unwrap().unwrap(), commit);
    }
    let refused = reader.append(&ledger, &chain.draft("mine", 1)).await;
    assert!(refused.is_err());
}
