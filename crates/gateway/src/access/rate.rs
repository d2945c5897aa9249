//! How often somebody may do something: a bucket for each, which fills at a steady rate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use runtime::Clock;

/// Buckets kept. A full one is forgotten first, which changes nothing for who has it; who comes when all are in use
/// shares one with whoever else does.
const BUCKETS_MAX: usize = 10_000;
/// How often full ones are looked for.
const SWEEP: Duration = Duration::from_secs(1);
/// Whose bucket it is that many share; no token and no address is written so.
const OTHERS: &str = "others";

/// The buckets of all.
pub(crate) struct Rate {
    /// How often in a period, and at once after a silence.
    most: u32,
    /// In seconds.
    period: u32,
    clock: Arc<dyn Clock>,
    buckets: Mutex<Buckets>,
}

#[derive(Default)]
struct Buckets {
    all: BTreeMap<String, Bucket>,
    swept: Duration,
}

#[derive(Clone, Copy)]
struct Bucket {
    /// What may come at once, in millionths.
    left: u64,
    at: Duration,
}

const ONE: u64 = 1_000_000;

impl Rate {
    /// So often in so many seconds for each.
    pub(crate) fn new(most: u32, period: u32, clock: Arc<dyn Clock>) -> Self {
        Self { most, period, clock, buckets: Mutex::default() }
    }

    /// Takes one out of somebody's bucket.
    ///
    /// # Errors
    /// When it is empty: seconds until there is one again.
    pub(crate) fn take(&self, who: &str) -> Result<(), u32> {
        self.change(who, |left| match left.checked_sub(ONE) {
            Some(rest) => (rest, Ok(())),
            None => (left, Err(self.until(left))),
        })
    }

    /// Puts one back that was taken.
    pub(crate) fn give_back(&self, who: &str) {
        self.change(who, |left| ((left + ONE).min(self.full()), ()));
    }

    fn change<T>(&self, who: &str, change: impl FnOnce(u64) -> (u64, T)) -> T {
        let now = self.clock.elapsed();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.all.len() >= BUCKETS_MAX && now.saturating_sub(buckets.swept) >= SWEEP {
            buckets.swept = now;
            buckets.all.retain(|_, bucket| self.filled(bucket, now) < self.full());
        }
        let has_room = buckets.all.len() < BUCKETS_MAX || buckets.all.contains_key(who);
        let who = if has_room { who } else { OTHERS };
        let left = buckets.all.get(who).map_or(self.full(), |bucket| self.filled(bucket, now));
        let (left, told) = change(left);
        buckets.all.insert(who.to_owned(), Bucket { left, at: now });
        told
    }

    fn full(&self) -> u64 {
        u64::from(self.most) * ONE
    }

    fn filled(&self, bucket: &Bucket, now: Duration) -> u64 {
        let passed = now.saturating_sub(bucket.at).as_micros();
        let gained = passed * u128::from(self.most) / u128::from(self.period.max(1));
        u64::try_from(gained).unwrap_or(u64::MAX).saturating_add(bucket.left).min(self.full())
    }

    /// Seconds, rounded up, until there is one again.
    fn until(&self, left: u64) -> u32 {
        let missing = u128::from(ONE.saturating_sub(left)) * u128::from(self.period);
        let seconds = missing.div_ceil(u128::from(self.most.max(1)) * u128::from(ONE));
        u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use runtime::FixedClock;

    use super::*;

    #[test]
    fn an_empty_bucket_refuses_until_time_has_passed_and_others_have_their_own() {
        let clock = Arc::new(FixedClock::at(Timestamp(0)));
        let rate = Rate::new(2, 1, clock.clone());
        assert!(rate.take("a").is_ok() && rate.take("a").is_ok());
        assert_eq!(rate.take("a"), Err(1));
        assert!(rate.take("b").is_ok() && rate.take("").is_ok());
        clock.pass(500_000);
        assert!(rate.take("a").is_ok() && rate.take("a").is_err());
    }

    #[test]
    fn a_slow_bucket_says_how_long_it_takes_and_takes_back_what_was_not_used() {
        let clock = Arc::new(FixedClock::at(Timestamp(0)));
        let rate = Rate::new(3, 60, clock.clone());
        for _ in 0..3 {
            assert_eq!(rate.take("a"), Ok(()));
        }
        assert_eq!(rate.take("a"), Err(20));
        clock.pass(5_000_000);
        assert_eq!(rate.take("a"), Err(15));
        rate.give_back("a");
        assert_eq!((rate.take("a"), rate.take("a")), (Ok(()), Err(15)));
        clock.pass(3_600_000_000);
        assert_eq!([(); 4].map(|()| rate.take("a")), [Ok(()), Ok(()), Ok(()), Err(20)]);
    }

    #[test]
    fn so_many_are_remembered_and_no_more_and_who_comes_after_them_shares_a_bucket() {
        let clock = Arc::new(FixedClock::at(Timestamp(0)));
        let rate = Rate::new(1, 60, clock.clone());
        let kept = || rate.buckets.lock().unwrap().all.len();
        for number in 0..2 * BUCKETS_MAX {
            let _ = rate.take(&number.to_string());
        }
        assert_eq!(kept(), BUCKETS_MAX + 1);
        assert_eq!(rate.take("one more"), Err(60));
        assert_eq!(rate.take("0"), Err(60), "whoever was there first still has its own");
        clock.pass(60_000_000);
        assert_eq!((rate.take("one more"), kept()), (Ok(()), 1));
    }
}
