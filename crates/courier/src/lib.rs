//! The courier: tells other systems by webhooks what was recorded, by Standard Webhooks 1.0.0.
//!
//! It follows the log, never a view, so building a view anew sends nothing. What is owed to each webhook is one value
//! ([`State`]) whose transitions are pure; a delivery has ended once that value is written, so everything is delivered at
//! least once, and in order for each thing. Not here: who may have a webhook, and how it is asked for (gateway).

mod held;
mod observer;
mod payload;
mod pool;
mod schedule;
mod secret;
mod sender;
mod signature;
mod state;
mod store;
mod target;
mod watch;
mod webhook;

pub use observer::{Observer, Standing};
pub use payload::{TEST_TYPE, Told, schema};
pub use schedule::{TRIES, wait};
pub use secret::{CourierKey, Secret};
pub use sender::{Resolve, Sender, SystemResolver, system_roots};
pub use signature::{HEADERS, Signed, message_id, sign};
pub use state::{ENDED_KEPT, End, Ended, Moment, Outcome, PENDING_MAX, Pending, State, Tried, Why};
pub use store::{Kept, Store};
pub use target::{Refused, Target, is_public};
pub use watch::{Parts, Settings, run};
pub use webhook::{Full, Overlap, Place, SECRETS_MAX, Scheme, Source, Wanted, Webhook, Wish};
