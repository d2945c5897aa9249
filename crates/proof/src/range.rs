//! The compact range: the roots of the perfect subtrees that cover the leaves so far, largest first.
//!
//! It holds one hash for each bit set in the size, so at most 64, and gives the root without the leaves.

use crate::{Hash, node_hash};

/// The right edge of a tree that grows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompactRange {
    size: u64,
    // Largest subtree first.
    subtrees: Vec<Hash>,
}

/// The bytes are not a compact range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a compact range")]
pub struct NotARange;

impl CompactRange {
    /// The range of the empty tree.
    pub const fn new() -> Self {
        Self { size: 0, subtrees: Vec::new() }
    }

    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each trailing one of the size is a subtree as large as the one in hand: they join.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.subtrees.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        let mut smaller_first = self.subtrees.iter().rev();
        let Some(smallest) = smaller_first.next() else { return Hash::EMPTY };
        smaller_first.fold(*smallest, |root, left| node_hash(left, &root))
    }

    /// Size as 8 bytes big-endian, then the subtrees, largest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.subtrees.iter().for_each(|hash| bytes.extend_from_slice(&hash.0));
        bytes
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// When the number of hashes is not the number of ones in the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotARange> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(NotARange)?;
        let size = u64::from_be_bytes(*size);
        let (hashes, tail) = rest.as_chunks::<32>();
        if !tail.is_empty() || hashes.len() != size.count_ones() as usize {
            return Err(NotARange);
        }
        Ok(Self { size, subtrees: hashes.iter().map(|h| Hash(*h)).collect() })
    }
}
