//! Claims about the recorder, through its handle, on a log in memory that can be made troublesome.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by failing")]

mod ahead;
mod answers;
mod grounds;
mod kit;
mod restarts;
mod trouble;
mod two_recorders;
mod unchanged;
