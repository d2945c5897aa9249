//! Where webhooks and what is owed to them are kept: two values each in the bucket `webhooks`. Gateways write the
//! webhook, the courier that holds it writes the state, each against the revision that it has seen.

use bytes::Bytes;
use domain::Slug;
use journal::AnyBucket;
use journal::bucket::BucketError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::state::State;
use crate::webhook::Webhook;

const WEBHOOK: &str = "webhook";
const STATE: &str = "state";

/// The bucket, as webhooks and states.
#[derive(Debug, Clone)]
pub struct Store {
    bucket: AnyBucket,
}

/// A value, and its revision in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<T> {
    /// The value.
    pub value: T,
    /// Its revision.
    pub revision: u64,
}

impl Store {
    /// On this bucket.
    pub const fn new(bucket: AnyBucket) -> Self {
        Self { bucket }
    }

    /// Ledger and id of every webhook, of one ledger or of all.
    ///
    /// # Errors
    /// [`BucketError`].
    pub async fn list(&self, ledger: Option<&Slug>) -> Result<Vec<(Slug, Uuid)>, BucketError> {
        let keys = self.bucket.keys(ledger.map_or("", Slug::as_str)).await?;
        let read = |key: &String| {
            let (ledger, rest) = key.split_once('.')?;
            let (id, what) = rest.split_once('.')?;
            Some((ledger.parse().ok()?, id.parse().ok()?)).filter(|_| what == WEBHOOK)
        };
        Ok(keys.iter().filter_map(read).collect())
    }

    /// A webhook.
    ///
    /// # Errors
    /// [`BucketError`].
    pub async fn webhook(&self, ledger: &Slug, id: Uuid) -> Result<Option<Kept<Webhook>>, BucketError> {
        self.get(&key(ledger, id, WEBHOOK)).await
    }

    /// What is owed to it; nothing until a courier has looked at it.
    ///
    /// # Errors
    /// [`BucketError`].
    pub async fn state(&self, ledger: &Slug, id: Uuid) -> Result<Option<Kept<State>>, BucketError> {
        self.get(&key(ledger, id, STATE)).await
    }

    /// Writes a webhook over this revision; 0 if there must be none yet. The new revision.
    ///
    /// # Errors
    /// [`BucketError`]; `Changed` when it is another by now.
    pub async fn put(&self, webhook: &Webhook, revision: u64) -> Result<u64, BucketError> {
        self.set(&key(&webhook.ledger, webhook.id, WEBHOOK), encoded(webhook)?, revision).await
    }

    /// Writes a state over this revision; 0 if there must be none yet. The new revision.
    ///
    /// # Errors
    /// [`BucketError`]; `Changed` when another courier has written it.
    pub async fn put_state(&self, of: &Webhook, state: &State, revision: u64) -> Result<u64, BucketError> {
        self.set(&key(&of.ledger, of.id, STATE), encoded(state)?, revision).await
    }

    /// The same for later, with the state as it is now.
    pub(crate) fn putting_state(
        &self,
        of: &Webhook,
        state: &State,
        revision: u64,
    ) -> impl Future<Output = Result<u64, BucketError>> + Send + 'static {
        let (store, key, state) = (self.clone(), key(&of.ledger, of.id, STATE), encoded(state));
        async move { store.set(&key, state?, revision).await }
    }

    /// Removes a webhook and what was owed to it.
    ///
    /// # Errors
    /// [`BucketError`].
    pub async fn remove(&self, ledger: &Slug, id: Uuid) -> Result<(), BucketError> {
        // The webhook first: a state without one is nobody's, and nothing begins anew for it.
        self.bucket.delete(&key(ledger, id, WEBHOOK)).await?;
        self.bucket.delete(&key(ledger, id, STATE)).await
    }

    async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Kept<T>>, BucketError> {
        let Some(entry) = self.bucket.get(key).await? else { return Ok(None) };
        match serde_json::from_slice(&entry.value) {
            Ok(value) => Ok(Some(Kept { value, revision: entry.revision })),
            Err(error) => {
                let what = std::io::Error::other(format!("{key} can't be read: {error}"));
                Err(BucketError::Failed(what.into()))
            }
        }
    }

    async fn set(&self, key: &str, value: Bytes, revision: u64) -> Result<u64, BucketError> {
        match revision {
            0 => self.bucket.create(key, value).await,
            revision => self.bucket.update(key, value, revision).await,
        }
    }
}

fn encoded(value: &impl Serialize) -> Result<Bytes, BucketError> {
    let json = serde_json::to_vec(value);
    json.map(Bytes::from).map_err(|error| BucketError::Failed(std::io::Error::other(error).into()))
}

fn key(ledger: &Slug, id: Uuid, what: &str) -> String {
    format!("{ledger}.{id}.{what}")
}
