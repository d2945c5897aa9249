//! Chance that repeats: a seeded generator, and ids that follow from names.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The chance of one district.
pub(crate) struct Chance {
    rng: fastrand::Rng,
    name: Sha256,
}

impl Chance {
    /// For this district of a region with this seed.
    pub(crate) fn new(seed: u64, district: &str) -> Self {
        let name = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(district).chain_update([0]);
        let start = name.clone().finalize().first_chunk().copied().map_or(seed, u64::from_be_bytes);
        Self { rng: fastrand::Rng::with_seed(start), name }
    }

    /// The id of thing `number` of a kind; UUIDv8.
    pub(crate) fn id(&self, kind: &str, number: u64) -> Uuid {
        let digest = self.name.clone().chain_update(kind).chain_update(number.to_be_bytes()).finalize();
        let bytes = digest.first_chunk().copied().unwrap_or_default();
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// A number below `end`; 0 if that is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.rng.u64(..end) }
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        self.rng.u32(low..=high.max(low))
    }

    /// Whether something of this chance in a thousand happens.
    pub(crate) fn happens(&mut self, in_a_thousand: u64) -> bool {
        self.below(1000) < in_a_thousand
    }

    /// One of them; none of none.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(all.len() as u64);
        all.get(usize::try_from(at).unwrap_or(0))
    }

    /// Each of them with this chance in a thousand, and at least the first.
    pub(crate) fn some<T: Copy>(&mut self, all: &[T], in_a_thousand: u64) -> Vec<T> {
        let mut some: Vec<T> = all.iter().filter(|_| self.happens(in_a_thousand)).copied().collect();
        if some.is_empty() {
            some.extend(all.first());
        }
        some
    }
}
