//! A recorded year of a made-up district: through the door and a recorder, on a log in memory.

use std::sync::Arc;

use domain::{Slug, Timestamp};
use futures::StreamExt as _;
use journal::{Memory, Until, read_events};
use recorder::{Recorder, Settings};
use runtime::{FixedClock, SeededRandom};
use wire::{Interpreted, LedgerKeys, Outcome, RecordedEvent, Submission};

use crate::chain::{Chain, slug};

const KEYS: LedgerKeys = LedgerKeys { command: [1; 32], source: [2; 32] };
/// 2026-11-02.
const NOW: Timestamp = Timestamp(1_793_642_400_000_000);

/// A ledger with its log.
pub struct Year {
    /// The ledger.
    pub ledger: Slug,
    /// Its log.
    pub journal: Memory,
}

/// Records the largest district of a region of so many events.
pub async fn recorded(seed: u64, events: u64) -> Year {
    let mut district = region::region(seed, events).pop().unwrap();
    let (ledger, journal, folder) =
        (district.ledger().clone(), Memory::default(), tempfile::tempdir().unwrap());
    let settings = Settings::new(folder.path(), slug("county"));
    let (clock, random) = (Arc::new(FixedClock::at(NOW)), Arc::new(SeededRandom::new(seed)));
    let recorder = Recorder::start(journal.clone(), settings, clock, random);
    loop {
        let batch = district.next_batch();
        if batch.is_empty() {
            recorder.stop().await;
            return Year { ledger, journal };
        }
        let read = |text: &String| Submission::from_json(text.as_bytes(), &ledger, &KEYS).unwrap();
        let answers = recorder.submit_all(&ledger, batch.iter().map(read).collect()).await;
        let event = |answer| match answer {
            Ok(Outcome::Receipt(receipt)) => receipt.event_ids.first().copied(),
            other => panic!("no receipt: {other:?}"),
        };
        district.recorded(&answers.into_iter().map(event).collect::<Vec<_>>());
    }
}

impl Year {
    /// Its events, verified and in order.
    pub async fn events(&self) -> Vec<RecordedEvent> {
        let from = Chain::new(&self.ledger).reader();
        let mut commits = read_events(&self.journal, &self.ledger, from, Until::Head);
        let mut events = Vec::new();
        while let Some(read) = commits.next().await {
            for event in read.unwrap().events {
                match event {
                    Interpreted::Event(event) => events.push(*event),
                    Interpreted::Unknown { kind, .. } => panic!("{kind} is not known"),
                }
            }
        }
        events
    }
}
