//! A log in memory, a folder for views, and projectors on them.

use std::path::Path;
use std::time::Duration;

use domain::Slug;
use journal::{Journal, Memory};
use projector::{Folded, Projector, Settings, fold};
use tempfile::TempDir;
use views::VIEWS;
use wire::{Answer, Commit, Query, Vantage, ViewDigest};

use crate::history::{History, Step, delivery, origin, slug};

pub(crate) fn azusa() -> Slug {
    slug("azusa-usd")
}

/// Views of one ledger, whose history goes on.
pub(crate) struct House {
    pub(crate) ledger: Slug,
    pub(crate) log: Memory,
    pub(crate) history: History,
    pub(crate) directory: TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        let ledger = azusa();
        let history = History::new(&ledger);
        Self { ledger, log: Memory::default(), history, directory: TempDir::new().unwrap() }
    }

    /// With so many deliveries, each a commit.
    pub(crate) async fn with(deliveries: u32) -> Self {
        let mut house = Self::new();
        house.deliver(deliveries).await;
        house
    }

    pub(crate) async fn deliver(&mut self, deliveries: u32) {
        for n in 0..deliveries {
            let commit = self.history.next(&[delivery((n % 12) as u8, [n, n + 1, n / 2])]);
            self.append(&commit).await;
        }
    }

    pub(crate) async fn record(&mut self, steps: &[Step]) {
        let commit = self.history.next(steps);
        self.append(&commit).await;
    }

    pub(crate) async fn append(&self, commit: &Commit) {
        self.log.open(&self.ledger).await.unwrap();
        self.log.append(&self.ledger, commit).await.unwrap();
    }

    pub(crate) fn position(&self) -> u64 {
        self.history.verifier.head().position
    }

    pub(crate) async fn projector(&self) -> Projector<Memory> {
        self.flushing(1000).await
    }

    pub(crate) async fn flushing(&self, events: u64) -> Projector<Memory> {
        Projector::start(self.log.clone(), settings(self.directory.path(), events)).await.unwrap()
    }

    /// Digests of the views once they have the whole history.
    pub(crate) async fn live<J: Journal>(&self, projector: &Projector<J>) -> Vec<ViewDigest> {
        projector.digests(&self.ledger, self.position()).await.unwrap().1
    }

    /// Digests of the whole log, folded afresh.
    pub(crate) async fn folded(&self) -> Vec<ViewDigest> {
        fold(&self.log, Folded::new(origin(&self.ledger), VIEWS, Vantage::default()), |_| {})
            .await
            .unwrap()
            .digests()
    }

    /// Changes what is stored while nobody has it open.
    pub(crate) fn stored(&self, change: impl FnOnce(&sled::Tree)) {
        let store = std::iter::repeat_with(|| sled::open(self.directory.path().join("views")));
        // sled's own threads hold its lock a little longer than its owner.
        let store = store.flatten().next().unwrap();
        change(&store.open_tree("views").unwrap());
        store.flush().unwrap();
    }

    /// Rewrites the first stored row of a view: its page is lengths, key and JSON of each row, compressed.
    pub(crate) fn damage(&self, view: &str, change: impl FnOnce(&str) -> String) {
        self.stored(|tree| {
            let prefix = format!("{}\0r{view}\0", self.ledger);
            let (name, page) = tree.scan_prefix(prefix).next().unwrap().unwrap();
            let page = lz4_flex::decompress_size_prepended(&page).unwrap();
            let length = |at: usize| u32::from_be_bytes(*page[at..].first_chunk().unwrap()) as usize;
            let (key, end) = (8 + length(0), 8 + length(0) + length(4));
            let json = change(std::str::from_utf8(&page[key..end]).unwrap());
            let lengths = [page[..4].to_vec(), u32::try_from(json.len()).unwrap().to_be_bytes().to_vec()];
            let page = [&lengths.concat(), &page[8..key], json.as_bytes(), &page[end..]].concat();
            tree.insert(name, lz4_flex::compress_prepend_size(&page)).unwrap();
        });
    }
}

pub(crate) fn settings(directory: &Path, flush_events: u64) -> Settings {
    Settings {
        data_dir: directory.to_owned(),
        deployment: slug("county"),
        flush_events,
        cache_bytes: 8 << 20,
        wait: Duration::from_secs(60),
    }
}

/// Everything of a view, at this position or later.
pub(crate) fn question(ledger: &Slug, view: &str, position: u64) -> Query {
    Query {
        ledger: ledger.clone(),
        view: view.to_owned(),
        filters: Default::default(),
        as_of: None,
        valid_on: None,
        min_position: Some((1, position)),
        limit: None,
        wait: None,
    }
}

/// Sum of a column.
pub(crate) fn sum(answer: &Answer, column: &str) -> u64 {
    answer.rows.iter().map(|row| row[column].as_u64().unwrap()).sum()
}
