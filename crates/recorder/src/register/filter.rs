//! A Bloom filter in blocks of one cache line: tells for most new keys that a run does not hold them.

use super::row::Key;

/// Bits a key. With eight probes in one block about one new key in two hundred needs a read.
const BITS_PER_KEY: u64 = 12;
const PROBES: u32 = 8;
const BLOCK_WORDS: usize = 8;

/// Sized once for its run; about 1.5 bytes a key.
pub(super) struct Filter {
    words: Vec<u64>,
}

impl Filter {
    /// An empty filter for so many keys.
    pub(super) fn sized(keys: u64) -> Self {
        let blocks = (keys * BITS_PER_KEY).div_ceil(512).max(1) as usize;
        Self { words: vec![0; blocks * BLOCK_WORDS] }
    }

    pub(super) fn insert(&mut self, key: &Key) {
        let (block, probes) = self.place(key);
        if let Some(block) = self.words.get_mut(block..block + BLOCK_WORDS) {
            for bit in probes {
                if let Some(word) = block.get_mut(bit / 64) {
                    *word |= 1 << (bit % 64);
                }
            }
        }
    }

    pub(super) fn may_hold(&self, key: &Key) -> bool {
        let (block, mut probes) = self.place(key);
        let Some(block) = self.words.get(block..block + BLOCK_WORDS) else { return true };
        probes.all(|bit| block.get(bit / 64).is_none_or(|word| word >> (bit % 64) & 1 == 1))
    }

    /// The first word of the key's block, and the bits to probe in it. Keys are digests, so their own bits serve.
    fn place(&self, key: &Key) -> (usize, impl Iterator<Item = usize> + use<>) {
        let number = u128::from_be_bytes(key.0);
        let blocks = (self.words.len() / BLOCK_WORDS) as u128;
        // The middle of the key picks the block; the low 72 bits are the probes, nine bits each.
        let block = ((number >> 72) * blocks) >> 56;
        let probes = (0..PROBES).map(move |n| (number >> (9 * n)) as usize & 511);
        (block as usize * BLOCK_WORDS, probes)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// None if the length is not a filter's.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<8>();
        let whole = rest.is_empty() && !words.is_empty() && words.len().is_multiple_of(BLOCK_WORDS);
        whole.then(|| Self { words: words.iter().map(|w| u64::from_le_bytes(*w)).collect() })
    }
}
