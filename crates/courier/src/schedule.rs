//! When a delivery that failed is tried again: the example schedule of Standard Webhooks 1.0.0, ten tries within 75 hours
//! and 35 minutes, each wait a tenth longer or shorter by chance so that what failed together does not come back together.

use std::time::Duration;

/// Tries of a delivery before it ends as failed.
pub const TRIES: u32 = 10;
/// Waits in seconds after the first try, the second, and so on: nine of them.
const WAITS: [u64; 9] = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];
/// The longest wait that a receiver's `Retry-After` can ask for.
const ASKED_MAX: Duration = Duration::from_hours(24);

/// How long to wait after so many tries failed; none when there is no further try.
///
/// `first` is the wait after the first try, 5 seconds by the specification; the whole schedule stretches with it.
/// `chance` is random. What the receiver asks for is heeded up to a day, and never shortens a wait.
pub fn wait(tries: u32, first: Duration, chance: u64, asked: Option<Duration>) -> Option<Duration> {
    let place = usize::try_from(tries.checked_sub(1)?).ok()?;
    let seconds = u128::from(*WAITS.get(place)?);
    let micros = first.as_micros() * seconds / u128::from(WAITS[0]);
    // From nine tenths to eleven.
    let thousandths = 900 + u128::from(chance % 201);
    let micros = u64::try_from(micros * thousandths / 1000).unwrap_or(u64::MAX);
    Some(Duration::from_micros(micros).max(asked.unwrap_or_default().min(ASKED_MAX)))
}
