//! Verified reading from anywhere in a log. Whoever wants the events after a position begins at a place of a reader that
//! was verified before, not at the beginning of the log; some of those places are kept in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Slug;
use futures::StreamExt as _;
use futures::future::ready;
use futures::stream::BoxStream;
use wire::{Commit, Origin, Verifier};

use crate::read::verified;
use crate::{Journal, JournalError, Until};

/// Events between two places that are kept of a log, at least; a place has some hundred bytes.
const APART: u64 = 4096;
/// So many are kept of a log, or somewhat more: those of a longer one are further apart.
const KEPT: u64 = 256;
/// Places that were named last and are kept of a log, however near they are.
const NAMED: usize = 16;

/// Commits that were verified, each with the reader's place after it.
pub type Verified = BoxStream<'static, Result<(Commit, Verifier), JournalError>>;

/// The logs of a deployment, read verified. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Places<J> {
    journal: J,
    deployment: Slug,
    kept: Arc<Mutex<BTreeMap<Slug, Kept>>>,
}

/// Places in a log.
#[derive(Debug, Default)]
struct Kept {
    apart: BTreeMap<u64, Verifier>,
    named: VecDeque<Verifier>,
}

impl<J: Journal> Places<J> {
    /// Of the logs that this deployment wrote.
    pub fn new(journal: J, deployment: Slug) -> Self {
        Self { journal, deployment, kept: Arc::default() }
    }

    /// Commits that hold events after a position of this epoch, each verified; what lies between the nearest place that
    /// is known and the position is read and verified too. The stream yields an error and ends when the log is broken.
    pub fn after(&self, ledger: &Slug, (epoch, position): (u64, u64), until: Until) -> Verified {
        let from = self.nearest(ledger, epoch, position);
        let (places, of) = (self.clone(), ledger.clone());
        let read = verified(&self.journal, ledger, from, until, move |verifier, commit| {
            let head = verifier.accept(&commit)?;
            places.pass(&of, verifier, head.position);
            Ok((head.position > position).then(|| (commit, verifier.clone())))
        });
        read.filter_map(|read| ready(read.transpose())).boxed()
    }

    /// Keeps a place from which somebody will go on.
    pub fn name(&self, verifier: Verifier) {
        let ledger = verifier.origin().ledger.clone();
        let mut kept = self.lock();
        let named = &mut kept.entry(ledger).or_default().named;
        named.push_back(verifier);
        if named.len() > NAMED {
            named.pop_front();
        }
    }

    /// The same for one that was stored; nothing happens if these are not its bytes.
    pub fn name_stored(&self, ledger: &Slug, bytes: &[u8]) {
        if let Some(verifier) = Verifier::from_bytes(self.origin(ledger), bytes) {
            self.name(verifier);
        }
    }

    /// How many events after the nearest place that is known this position is.
    pub fn distance(&self, ledger: &Slug, (epoch, position): (u64, u64)) -> u64 {
        position.saturating_sub(self.nearest(ledger, epoch, position).head().position)
    }

    fn origin(&self, ledger: &Slug) -> Origin {
        Origin { deployment: self.deployment.clone(), ledger: ledger.clone() }
    }

    /// The last place at or before a position.
    fn nearest(&self, ledger: &Slug, epoch: u64, position: u64) -> Verifier {
        let kept = self.lock();
        let fits = |verifier: &&Verifier| {
            let head = verifier.head();
            head.epoch == epoch && head.position <= position
        };
        let kept = kept.get(ledger);
        let apart = kept.and_then(|kept| kept.apart.range(..=position).map(|(_, place)| place).rfind(fits));
        let named = kept.into_iter().flat_map(|kept| &kept.named).filter(fits);
        let nearest = named.chain(apart).max_by_key(|verifier| verifier.head().position);
        nearest.cloned().unwrap_or_else(|| Verifier::new(self.origin(ledger), epoch))
    }

    /// Keeps a place that a reader came by, if none is near.
    fn pass(&self, ledger: &Slug, verifier: &Verifier, position: u64) {
        let near = APART.max(position / KEPT);
        let mut kept = self.lock();
        if !kept.contains_key(ledger) {
            kept.insert(ledger.clone(), Kept::default());
        }
        let Some(Kept { apart, .. }) = kept.get_mut(ledger) else { return };
        let is_near =
            apart.range(position.saturating_sub(near) + 1..position.saturating_add(near)).next().is_some();
        if position >= near && !is_near {
            apart.insert(position, verifier.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Slug, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
