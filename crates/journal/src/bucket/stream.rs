//! A bucket in NATS JetStream: the stream `BUCKET_<name>` with a subject for each key, of which only the last message
//! is kept. Read from the stream's leader, so that what was answered is seen.

use std::collections::HashMap;
use std::sync::Arc;

use async_nats::HeaderMap;
use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::stream::{Config, DiscardPolicy, LastRawMessageErrorKind, StorageType};
use bytes::Bytes;
use futures::TryStreamExt as _;

use super::{BucketError, Entry, Name};
use crate::JournalError;
use crate::jetstream::{JetStream, is_conflict, unreachable};

/// A bucket in NATS JetStream.
#[derive(Debug, Clone)]
pub struct Stream(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    jetstream: JetStream,
    name: Name,
    stream: async_nats::jetstream::stream::Stream,
}

impl Stream {
    /// Opens the bucket, or makes it.
    ///
    /// # Errors
    /// [`JournalError`], when the server can't be reached or this identity may not.
    pub async fn open(jetstream: &JetStream, name: Name) -> Result<Self, JournalError> {
        let config = Config {
            name: format!("BUCKET_{}", name.name),
            subjects: vec![format!("bucket.{}.>", name.name)],
            max_messages_per_subject: 1,
            max_age: name.max_age.unwrap_or_default(),
            // A full bucket refuses; it never forgets what somebody waits for.
            discard: DiscardPolicy::New,
            storage: StorageType::File,
            num_replicas: jetstream.replicas(),
            ..Config::default()
        };
        let context = jetstream.context();
        let about = config.name.clone();
        let opened = jetstream.permitted(&about, context.get_or_create_stream(config)).await?;
        let stream = opened.map_err(unreachable)?;
        Ok(Self(Arc::new(Inside { jetstream: jetstream.clone(), name, stream })))
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Entry>, BucketError> {
        let subject = self.subject(key);
        match self.permitted(self.0.stream.get_last_raw_message_by_subject(&subject)).await? {
            Ok(message) => Ok(Some(Entry { value: message.payload, revision: message.sequence })),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unreachable(error).into()),
        }
    }

    pub(super) async fn set(
        &self,
        key: &str,
        value: Bytes,
        expected: Option<u64>,
    ) -> Result<u64, BucketError> {
        let mut headers = HeaderMap::new();
        if let Some(expected) = expected {
            headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.to_string());
        }
        let subject = self.subject(key);
        let about = subject.clone();
        let published =
            async { self.0.jetstream.context().publish_with_headers(subject, headers, value).await?.await };
        match self.0.jetstream.permitted(&about, published).await? {
            Ok(stored) => Ok(stored.sequence),
            Err(error) if is_conflict(&error) => Err(BucketError::Changed),
            Err(error) => Err(unreachable(error).into()),
        }
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), BucketError> {
        let purge = self.0.stream.purge().filter(self.subject(key));
        self.permitted(purge.into_future()).await?.map_err(unreachable)?;
        Ok(())
    }

    pub(super) async fn delete_all(&self, prefix: &str) -> Result<(), BucketError> {
        self.delete(prefix).await?;
        self.delete(&format!("{prefix}.>")).await
    }

    pub(super) async fn keys(&self, prefix: &str) -> Result<Vec<String>, BucketError> {
        let mut subjects = HashMap::new();
        let below = if prefix.is_empty() { ">".to_owned() } else { format!("{prefix}.>") };
        for filter in [below, prefix.to_owned()].iter().filter(|filter| !filter.is_empty()) {
            let info = self.permitted(self.0.stream.info_with_subjects(self.subject(filter))).await?;
            let found: Vec<(String, usize)> =
                info.map_err(unreachable)?.try_collect().await.map_err(unreachable)?;
            subjects.extend(found);
        }
        let own = self.subject("");
        Ok(subjects.keys().filter_map(|subject| Some(subject.strip_prefix(&own)?.to_owned())).collect())
    }

    fn subject(&self, key: &str) -> String {
        format!("bucket.{}.{key}", self.0.name.name)
    }

    async fn permitted<T>(&self, call: impl Future<Output = T>) -> Result<T, JournalError> {
        let about = format!("BUCKET_{}", self.0.name.name);
        self.0.jetstream.permitted(&about, call).await
    }
}
