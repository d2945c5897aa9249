//! What time a group gets, and when the clock is not to be trusted.
//!
//! The wall clock is compared with the last event of the log and with the monotonic clock since the last look. A
//! start against an old log is no jump: nothing was observed before it.

use std::time::Duration;

use domain::Timestamp;
use runtime::Clock;

use crate::Error;

/// How far the clock may be behind the last event.
const BEHIND_MAX_MICROS: i64 = 5 * 1_000_000;
/// How far it may run ahead of the monotonic clock between two looks.
const JUMP_MAX_MICROS: i64 = 3_600 * 1_000_000;

/// Remembers the last look at a clock that was sane.
pub(crate) struct ClockGuard {
    seen: Option<(Timestamp, Duration)>,
}

impl ClockGuard {
    pub(crate) const fn new() -> Self {
        Self { seen: None }
    }

    /// The time of the next event: never before the last one.
    ///
    /// # Errors
    /// [`Error::ClockUnsure`] while the clock is more than 5 s behind the last event, or more than an hour ahead of
    /// where it should be by now.
    pub(crate) fn time(&mut self, clock: &dyn Clock, last: Timestamp) -> Result<Timestamp, Error> {
        let (now, elapsed) = (clock.now(), clock.elapsed());
        if let Some((wall, moment)) = self.seen {
            let expected = wall.0.saturating_add(micros(elapsed.saturating_sub(moment)));
            if now.0.saturating_sub(expected) > JUMP_MAX_MICROS {
                let minutes = now.0.saturating_sub(expected) / 60_000_000;
                return Err(Error::ClockUnsure(format!(
                    "it jumped {minutes} minutes ahead; if it is right now, restart the recorder"
                )));
            }
        }
        if last.0.saturating_sub(now.0) > BEHIND_MAX_MICROS {
            let seconds = last.0.saturating_sub(now.0) / 1_000_000;
            return Err(Error::ClockUnsure(format!(
                "it is {seconds} seconds behind the ledger's last event"
            )));
        }
        self.seen = Some((now, elapsed));
        Ok(now.max(last))
    }
}

fn micros(elapsed: Duration) -> i64 {
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use runtime::clock::FixedClock;

    use super::*;

    const SECOND: i64 = 1_000_000;
    const HOUR: i64 = 3_600 * SECOND;

    fn at(micros: i64) -> Timestamp {
        Timestamp(1_790_000_000_000_000 + micros)
    }

    #[test]
    fn time_never_runs_backwards() {
        let (mut guard, clock) = (ClockGuard::new(), FixedClock::at(at(0)));
        assert_eq!(guard.time(&clock, at(-3)), Ok(at(0)));
        assert_eq!(guard.time(&clock, at(4 * SECOND)), Ok(at(4 * SECOND)));
    }

    #[test]
    fn a_clock_far_behind_the_last_event_is_unsure_until_it_catches_up() {
        let (mut guard, clock) = (ClockGuard::new(), FixedClock::at(at(0)));
        assert!(guard.time(&clock, at(5 * SECOND + 1)).is_err());
        clock.pass(2);
        assert_eq!(guard.time(&clock, at(5 * SECOND + 1)), Ok(at(5 * SECOND + 1)));
    }

    #[test]
    fn a_start_against_an_old_log_is_no_jump() {
        assert_eq!(ClockGuard::new().time(&FixedClock::at(at(500 * HOUR)), at(0)), Ok(at(500 * HOUR)));
    }

    #[test]
    fn a_jump_is_unsure_until_the_clock_is_back() {
        let (mut guard, clock) = (ClockGuard::new(), FixedClock::at(at(0)));
        assert!(guard.time(&clock, at(0)).is_ok());
        clock.set(at(HOUR + SECOND));
        assert!(guard.time(&clock, at(0)).is_err());
        clock.set(at(SECOND));
        assert_eq!(guard.time(&clock, at(0)), Ok(at(SECOND)));
    }

    #[test]
    fn a_quiet_day_is_no_jump() {
        let (mut guard, clock) = (ClockGuard::new(), FixedClock::at(at(0)));
        assert!(guard.time(&clock, at(0)).is_ok());
        clock.pass(24 * HOUR);
        assert_eq!(guard.time(&clock, at(0)), Ok(at(24 * HOUR)));
    }
}
