//! Applies the log to the views and answers questions to them.
//!
//! One task per ledger follows the journal through the verifier; rows change in memory and go to sled now and then,
//! in pages, with the cursor in one batch. The log is the truth: whatever is here can be thrown away and built again.
//! What a row means is in `views`.

mod ahead;
mod asking;
mod delivery;
mod error;
mod explain;
mod fold;
mod follower;
mod handle;
mod ledger_views;
mod page;
mod rebuild;
mod store;
mod stretches;

pub use error::Error;
pub use explain::{Explained, Explaining};
pub use fold::{Folded, InForce, fold};
pub use handle::{Lag, Projector, Settings, Size, Standing};
pub use stretches::Stretch;

/// Work on rows, away from the tasks that must not wait for a disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going away, and nobody waits for an answer.
            Err(_) => std::future::pending().await,
        },
    }
}
