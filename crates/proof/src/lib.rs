//! RFC 6962 Merkle tree: hashing, incremental root, inclusion and consistency proofs.
//!
//! Pure. It knows leaves of bytes and nothing of events; `wire` says what a leaf is.

mod hash;
mod proofs;
mod range;

pub use hash::{Hash, NotAHash, leaf_hash, node_hash};
pub use proofs::{ProofError, consistency, inclusion, verify_consistency, verify_inclusion};
pub use range::{CompactRange, NotARange};
