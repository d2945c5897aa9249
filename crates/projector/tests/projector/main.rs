//! Claims about the projector: views equal a fresh fold of the log, whatever happens to it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects by failing")]

mod answers;
mod crashes;
mod deliveries;
mod equality;
mod explaining;
mod history;
mod kit;
mod leaving;
mod rebuilds;
mod trouble;
