//! RFC 6962 Merkle tree: hashing, incremental root, inclusion and consistency proofs.

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);
