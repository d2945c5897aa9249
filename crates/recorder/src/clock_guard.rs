//! What time a group gets, and when the clock is not to be trusted.
//!
//! The wall clock is compared with the last event of the log and with the monotonic clock since the last look. A
//! start against an old log is no jump: nothing was observed before it.

use domain::Timestamp;
use tokio::time::Instant;

use crate::Error;

/// How far the clock may be behind the last event.
const BEHIND_MAX_MICROS: i64 = 5 * 1_000_000;
/// How far it may run ahead of the monotonic clock between two looks.
const JUMP_MAX_MICROS: i64 = 3_600 * 1_000_000;

/// Remembers the last look at a clock that was sane.
pub(crate) struct ClockGuard {
    seen: Option<(Timestamp, Instant)>,
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
    pub(crate) fn time(&mut self, now: Timestamp, last: Option<Timestamp>) -> Result<Timestamp, Error> {
        let elapsed = Instant::now();
        if let Some((wall, moment)) = self.seen {
            let expected = wall.0.saturating_add(micros(elapsed.duration_since(moment)));
            if now.0.saturating_sub(expected) > JUMP_MAX_MICROS {
                let minutes = now.0.saturating_sub(expected) / 60_000_000;
                return Err(Error::ClockUnsure(format!(
                    "it jumped {minutes} minutes ahead; if it is right now, restart the recorder"
                )));
            }
        }
        let last = last.unwrap_or(now);
        if last.0.saturating_sub(now.0) > BEHIND_MAX_MICROS {
            let seconds = last.0.saturating_sub(now.0) / 1_000_000;
            return Err(Error::ClockUnsure(format!("it is {seconds} seconds behind the ledger's last event")));
        }
        self.seen = Some((now, elapsed));
        Ok(now.max(last))
    }
}

fn micros(elapsed: std::time::Duration) -> i64 {
    i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn at(micros: i64) -> Timestamp {
        Timestamp(1_790_000_000_000_000 + micros)
    }

    #[test]
    fn time_never_runs_backwards() {
        let mut guard = ClockGuard::new();
        assert_eq!(guard.time(at(10), Some(at(3))), Ok(at(10)));
        assert_eq!(guard.time(at(11), Some(at(4_000_000))), Ok(at(4_000_000)));
    }

    #[test]
    fn a_clock_far_behind_the_last_event_is_unsure_until_it_catches_up() {
        let mut guard = ClockGuard::new();
        assert!(guard.time(at(0), Some(at(5_000_001))).is_err());
        assert_eq!(guard.time(at(2), Some(at(5_000_001))), Ok(at(5_000_001)));
    }

    #[test]
    fn a_start_against_an_old_log_is_no_jump() {
        assert_eq!(ClockGuard::new().time(at(500 * HOUR), Some(at(0))), Ok(at(500 * HOUR)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_jump_is_unsure_until_the_clock_is_back_and_a_quiet_day_is_no_jump() {
        let mut guard = ClockGuard::new();
        assert!(guard.time(at(0), None).is_ok());
        assert!(guard.time(at(HOUR + 1_000_000), None).is_err());
        assert!(guard.time(at(30_000_000), None).is_ok());
        tokio::time::advance(Duration::from_secs(24 * 3_600)).await;
        assert!(guard.time(at(24 * HOUR + 60_000_000), None).is_ok());
    }
}
