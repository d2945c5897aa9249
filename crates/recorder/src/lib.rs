//! Decides commands, appends their events, remembers them for ever.
//!
//! One task per ledger collects the waiting commands, decides each against the state and the events decided just
//! before it, appends what results as one commit and then answers every caller. Nothing is answered from a
//! state that may lack the log's head, and nothing after an append of unknown outcome until it is resolved.
//! What the rules are is in `domain`, how bytes look in `wire`, where they are kept in `journal`.
//!
//! Read `ledger_task`, then `group`, then `register`.

mod addressee;
mod archive;
mod clock_guard;
mod decided;
pub mod error;
mod group;
pub mod handle;
mod knowledge;
mod ledger_task;
mod observer;
mod randomness;
mod recent;
pub mod register;
pub mod settings;

pub use decided::DecidedEvent;
pub use error::Error;
pub use handle::{Fingerprint, Queue, Recorder};
pub use observer::{Appended, Observer};
pub use settings::Settings;
