//! Holds every receipt that was given out against the log: none lost, none doubled, order kept.

use std::collections::BTreeMap;

use domain::Slug;
use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Journal, Until, read_events};
use uuid::Uuid;
use wire::{CommitId, Interpreted, Origin, Verifier};

use crate::load::Told;

/// Where the log holds a command, and what a receipt says of it.
struct Stored {
    position: u64,
    event: Uuid,
    commit: u64,
    id: CommitId,
    root: proof::Hash,
}

/// Reads the whole log, verified, and checks.
pub async fn check<J: Journal>(journal: &J, origin: Origin, callers: &[Told]) -> u64 {
    let ledger: Slug = origin.ledger.clone();
    let mut commits = read_events(journal, &ledger, Verifier::new(origin, FIRST_EPOCH), Until::Head);
    let mut stored = BTreeMap::new();
    while let Some(read) = commits.next().await {
        let read = read.unwrap();
        let root = read.verifier.head().root;
        for event in read.events {
            let Interpreted::Event(event) = event else { panic!("an event is not known") };
            let (position, id) = (event.envelope.position, read.commit.id());
            let here = Stored { position, event: event.envelope.id, commit: read.commit.number, id, root };
            let doubled = stored.insert(event.envelope.command_id, here);
            assert!(doubled.is_none(), "a command is recorded twice, at position {position}");
        }
    }
    for told in callers {
        let mut last = 0;
        for (command, receipt) in told {
            let held = stored.get(command).unwrap_or_else(|| panic!("lost: {receipt:?}"));
            assert_eq!((&*receipt.positions, &*receipt.event_ids), (&[held.position][..], &[held.event][..]));
            assert_eq!((receipt.commit, receipt.commit_id), (held.commit, held.id));
            assert_eq!(receipt.root, held.root, "the root after commit {}", held.commit);
            assert!(held.position > last, "the order of a caller is kept");
            last = held.position;
        }
    }
    stored.len() as u64
}
