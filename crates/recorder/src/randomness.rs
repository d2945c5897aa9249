//! Random bytes in small portions. The system is asked for many at once, because asking costs more than the bytes.

use std::sync::Arc;

use runtime::Random;

/// Bytes that are asked for at once.
const PORTION: usize = 4096;

/// A source of random bytes for one ledger's task.
pub(crate) struct Randomness {
    source: Arc<dyn Random>,
    unused: Vec<u8>,
}

impl Randomness {
    pub(crate) const fn new(source: Arc<dyn Random>) -> Self {
        Self { source, unused: Vec::new() }
    }

    /// `N` bytes that nobody else gets.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        if self.unused.len() < N {
            self.unused = vec![0; PORTION.max(N)];
            self.source.fill(&mut self.unused);
        }
        let rest = self.unused.len() - N;
        let bytes = self.unused.last_chunk().copied().unwrap_or([0; N]);
        self.unused.truncate(rest);
        bytes
    }
}
