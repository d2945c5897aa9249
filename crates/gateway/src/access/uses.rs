//! The day on which each token was used last, in each ledger that it is for. It is in no event and proves nothing: it
//! tells people which tokens nobody needs any more.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Slug;
use futures::future::join_all;
use journal::AnyBucket;
use runtime::Clock;
use serde_json::Value;

/// Longest wait for the bucket.
const PATIENCE: Duration = Duration::from_secs(1);
/// Tokens that are remembered as noted. Beyond that some are noted more often than they need be.
const REMEMBERED_MAX: usize = 10_000;
const HOUR_MICROS: i64 = 3_600 * 1_000_000;

/// When tokens were used.
pub(crate) struct Uses {
    bucket: AnyBucket,
    clock: Arc<dyn Clock>,
    /// The hour, counted since 1970, and the keys that were noted in it.
    noted: Mutex<(i64, BTreeSet<String>)>,
}

impl Uses {
    pub(crate) fn new(bucket: AnyBucket, clock: Arc<dyn Clock>) -> Self {
        Self { bucket, clock, noted: Mutex::default() }
    }

    /// Notes that a token was used today, once an hour at most. Where that fails the next hour tries again.
    pub(crate) async fn note(&self, ledger: &Slug, token: &str) {
        let key = format!("{ledger}.{token}");
        if !self.is_due(&key) {
            return;
        }
        // In UTC, as its last day.
        let Some(today) = runtime::calendar_day("UTC", self.clock.now()) else { return };
        match tokio::time::timeout(PATIENCE, self.bucket.put(&key, today.to_string().into())).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, token, "the last use of a token could not be noted"),
            Err(_) => tracing::warn!(token, "the last use of a token could not be noted in time"),
        }
    }

    fn is_due(&self, key: &str) -> bool {
        let hour = self.clock.now().0 / HOUR_MICROS;
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.0 != hour || noted.1.len() >= REMEMBERED_MAX {
            *noted = (hour, BTreeSet::new());
        }
        noted.1.insert(key.to_owned())
    }

    /// Adds `last_used` to rows about tokens of a ledger: a day, or nothing where none is known.
    pub(crate) async fn add(&self, ledger: &Slug, rows: &mut [Value]) {
        let told = rows.iter_mut().filter_map(Value::as_object_mut).map(|row| async move {
            let Some(token) = row.get("token").and_then(Value::as_str) else { return };
            let read = tokio::time::timeout(PATIENCE, self.bucket.get(&format!("{ledger}.{token}"))).await;
            let entry = read.ok().and_then(Result::ok).flatten();
            let day = entry.and_then(|entry| String::from_utf8(entry.value.to_vec()).ok());
            row.insert("last_used".to_owned(), day.into());
        });
        join_all(told).await;
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use journal::bucket::{Folder, TOKENS};
    use runtime::FixedClock;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_use_is_noted_once_an_hour_with_its_day() {
        let (folder, ledger) = (tempfile::tempdir().unwrap(), "madrona-usd".parse().unwrap());
        let bucket = AnyBucket::Folder(Folder::open(folder.path(), TOKENS).unwrap());
        let clock = Arc::new(FixedClock::at(Timestamp(1_772_600_000_000_000)));
        let uses = Uses::new(bucket.clone(), clock.clone());
        let revision = async || bucket.get("madrona-usd.7").await.unwrap().unwrap().revision;
        uses.note(&ledger, "7").await;
        let first = revision().await;
        uses.note(&ledger, "7").await;
        assert_eq!(revision().await, first);
        clock.pass(3_600_000_000);
        uses.note(&ledger, "7").await;
        assert!(revision().await > first);
        let mut rows = [json!({ "token": "7" }), json!({ "token": "8" }), json!({ "by": 1 })];
        uses.add(&ledger, &mut rows).await;
        assert_eq!(rows[0]["last_used"], "2026-03-04");
        assert_eq!((&rows[1]["last_used"], &rows[2]), (&Value::Null, &json!({ "by": 1 })));
    }
}
