//! Encodings: events, commits, frames, heads, receipts, commands and queries.
//!
//! Writing is strict, reading verifies. Nothing here does I/O, knows the time or makes random numbers.

pub mod ask;
mod base64url;
mod canonical;
pub mod commit;
pub mod decode;
pub mod encode;
pub mod envelope;
pub mod frame;
pub mod head;
mod place;
pub mod query;
pub mod receipt;
pub mod schema;
pub mod submission;
mod tagged;
pub mod time;
mod unread;
pub mod vantage;
pub mod verifier;
mod version;

pub use commit::{BODY_BYTES_MAX, Body, Commit, CommitId, EVENTS_MAX};
pub use decode::Interpreted;
pub use encode::{Draft, EncodeError};
pub use envelope::{Envelope, Origin, RecordedEvent, SourceRecord};
pub use head::{Head, Tip};
pub use query::{Answer, HeadReply, Query, Rebuilt, ViewDigest};
pub use receipt::{Outcome, Receipt, RefusalReply};
pub use submission::{LedgerKeys, Submission};
pub use unread::unread;
pub use vantage::{AsOf, Vantage};
pub use verifier::{Broken, BrokenKind, Verifier};
