//! The time of day, as a value that is brought in.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use domain::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A source of time.
pub trait Clock: Send + Sync {
    /// Now, in microseconds UTC. May step when somebody sets the machine's clock.
    fn now(&self) -> Timestamp;

    /// Time since some fixed point, which never steps; tells a slow machine from a clock that was set.
    fn elapsed(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that stands where it is put; for tests and for histories that are made up.
#[derive(Debug)]
pub struct FixedClock {
    now: AtomicI64,
    elapsed: AtomicI64,
}

impl FixedClock {
    /// A clock that shows this moment.
    pub const fn at(now: Timestamp) -> Self {
        Self { now: AtomicI64::new(now.0), elapsed: AtomicI64::new(0) }
    }

    /// Lets time pass, as it does: both readings move.
    pub fn pass(&self, micros: i64) {
        self.now.fetch_add(micros, Ordering::Relaxed);
        self.elapsed.fetch_add(micros, Ordering::Relaxed);
    }

    /// Sets the clock, as a person does: only the time of day moves.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.0, Ordering::Relaxed);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.elapsed.load(Ordering::Relaxed).try_into().unwrap_or(0))
    }
}

/// The civil date of a moment in an IANA time zone, from the zone table in the binary; nothing for an unknown
/// zone. A replay in ten years computes the same day.
pub fn calendar_day(zone: &str, time: Timestamp) -> Option<Date> {
    let zone = TimeZone::get(zone).ok()?;
    let moment = jiff::Timestamp::from_microsecond(time.0).ok()?;
    Some(zone.to_datetime(moment).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_that_of_the_ledgers_zone() {
        // 2026-07-01 06:30 in UTC is still the evening of 30 June in Los Angeles.
        let moment = Timestamp(1_782_887_400_000_000);
        assert_eq!(calendar_day("America/Los_Angeles", moment), Some(Date::constant(2026, 6, 30)));
        assert_eq!(calendar_day("UTC", moment), Some(Date::constant(2026, 7, 1)));
        assert_eq!(calendar_day("America/Nowhere", moment), None);
    }
}
