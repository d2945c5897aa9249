//! Applies the log to the views and answers questions to them.
//!
//! One task per ledger follows the journal through the verifier; rows change in memory and go to sled in small
//! sorted batches, the cursor last. The log is the truth: whatever is here can be thrown away and built again.
//! What a row means is in `views`.

mod error;
mod fold;
mod handle;
mod ledger_views;
mod rebuild;
mod store;

pub use error::Error;
pub use fold::{Folded, fold};
pub use handle::{Lag, Projector, Settings};
