//! How many requests a token may send: a bucket for each, which fills at a steady rate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use runtime::Clock;

use crate::problem::Problem;

/// Buckets kept; a full one is forgotten first, which changes nothing for who has it.
const BUCKETS_MAX: usize = 10_000;

/// The buckets of all tokens.
pub(crate) struct Rate {
    per_second: u32,
    clock: Arc<dyn Clock>,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    /// Requests that may come at once, in millionths.
    left: u64,
    at: Duration,
}

const ONE: u64 = 1_000_000;

impl Rate {
    /// So many requests a second for each token, and as many at once after a silence.
    pub(crate) fn new(per_second: u32, clock: Arc<dyn Clock>) -> Self {
        Self { per_second, clock, buckets: Mutex::default() }
    }

    /// Takes a request out of the bucket of this token; all without a token share one.
    ///
    /// # Errors
    /// When it is empty; the problem says when to come again.
    pub(crate) fn take(&self, token: Option<&str>) -> Result<(), Problem> {
        let (now, full) = (self.clock.elapsed(), u64::from(self.per_second) * ONE);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            let filled = |bucket: &Bucket| self.filled(bucket, now) < full;
            buckets.retain(|_, bucket| filled(bucket));
        }
        let token = token.unwrap_or_default();
        let left = buckets.get(token).map_or(full, |bucket| self.filled(bucket, now));
        let taken = left.checked_sub(ONE);
        buckets.insert(token.to_owned(), Bucket { left: taken.unwrap_or(left), at: now });
        drop(buckets);
        match taken {
            Some(_) => Ok(()),
            None => {
                let what = format!("this token may send {} requests a second", self.per_second);
                Err(Problem::new("too-many-requests", what).retry_after(1))
            }
        }
    }

    fn filled(&self, bucket: &Bucket, now: Duration) -> u64 {
        let gained = now.saturating_sub(bucket.at).as_micros() * u128::from(self.per_second);
        let full = u64::from(self.per_second) * ONE;
        u64::try_from(gained).unwrap_or(full).saturating_add(bucket.left).min(full)
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
        let rate = Rate::new(2, clock.clone());
        assert!(rate.take(Some("a")).is_ok() && rate.take(Some("a")).is_ok());
        assert_eq!(rate.take(Some("a")).unwrap_err().status, 429);
        assert!(rate.take(Some("b")).is_ok() && rate.take(None).is_ok());
        clock.pass(500_000);
        assert!(rate.take(Some("a")).is_ok() && rate.take(Some("a")).is_err());
    }
}
