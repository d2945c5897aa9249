//! The edge to the machine: clock, randomness, key files, configuration, logs and shutdown.
//!
//! Everything that is different on each run comes in through here, so that the rest can be tested with values.

pub mod certificate;
pub mod clock;
pub mod config;
pub mod keys;
pub mod random;
pub mod shutdown;
pub mod telemetry;

pub use clock::{Clock, FixedClock, SystemClock, calendar_day};
pub use config::Config;
pub use random::{Random, SeededRandom, SystemRandom};
pub use shutdown::Shutdown;
