//! Encodings: events, commits, frames, heads, receipts, commands and queries.
//!
//! Writing is strict, reading verifies. Nothing here does I/O, knows the time or makes random numbers.

pub mod commit;
pub mod envelope;
pub mod head;
pub mod receipt;
pub mod submission;
pub mod verifier;

pub use commit::{Commit, CommitId};
pub use envelope::{Envelope, Origin, RecordedEvent};
pub use head::{Head, Tip};
pub use receipt::{Outcome, Receipt, RefusalReply};
pub use submission::{LedgerKeys, Submission};
pub use verifier::{Broken, BrokenKind, Verifier};
