//! Small values by key that are not the log: files on their way in, what is owed to webhooks, when a token was used.
//!
//! A *bucket* keeps the last value of each key, with a revision that grows, so that of two who change the same value
//! one is told. Keys are segments of `[a-z0-9-]+` joined by dots. What is in a bucket proves nothing and is in no
//! event; a deployment that loses it loses work that waits, never a record.

mod folder;
mod stream;

use std::time::Duration;

use bytes::Bytes;

pub use folder::Folder;
pub use stream::Stream;

use crate::JournalError;

/// Longest value in bytes; it fits one message of NATS.
pub const VALUE_BYTES_MAX: usize = 768 * 1024;
/// Longest key in bytes.
const KEY_BYTES_MAX: usize = 200;

/// A bucket to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// A segment.
    pub name: &'static str,
    /// After which time without a change a value goes by itself; never, if none.
    pub max_age: Option<Duration>,
}

/// Files that districts send, until they are recorded, and the reports about them.
pub const IMPORTS: Name = Name { name: "imports", max_age: Some(Duration::from_hours(30 * 24)) };
/// Webhooks and what is owed to them.
pub const WEBHOOKS: Name = Name { name: "webhooks", max_age: None };
/// When tokens were used.
pub const TOKENS: Name = Name { name: "tokens", max_age: None };

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was put there last.
    pub value: Bytes,
    /// Larger than that of every value before it under this key.
    pub revision: u64,
}

/// Why a bucket did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// Somebody else changed the value first: look at it again.
    #[error("the value was changed by somebody else")]
    Changed,
    /// The value is longer than [`VALUE_BYTES_MAX`]; a defect of ours.
    #[error("a value has {0} bytes; at most {VALUE_BYTES_MAX}")]
    TooLong(usize),
    /// The key is none; a defect of ours.
    #[error("{0:?} is no key")]
    NoKey(String),
    /// It can't be reached, or has no room; what was asked for may have happened all the same.
    #[error(transparent)]
    Failed(#[from] JournalError),
}

/// A bucket, wherever it is. Clones are the same one.
#[derive(Debug, Clone)]
pub enum AnyBucket {
    /// In a directory of this machine, for one process.
    Folder(Folder),
    /// In NATS JetStream, for every process.
    Stream(Stream),
}

impl AnyBucket {
    /// The value of this key.
    ///
    /// # Errors
    /// [`BucketError`], never `Changed`.
    pub async fn get(&self, key: &str) -> Result<Option<Entry>, BucketError> {
        checked(key)?;
        match self {
            Self::Folder(folder) => folder.get(key).await,
            Self::Stream(stream) => stream.get(key).await,
        }
    }

    /// Sets a value, whatever is there; its revision.
    ///
    /// # Errors
    /// [`BucketError`], never `Changed`.
    pub async fn put(&self, key: &str, value: Bytes) -> Result<u64, BucketError> {
        self.set(key, value, None).await
    }

    /// Sets a value where there is none.
    ///
    /// # Errors
    /// [`BucketError`]; `Changed` when there is one.
    pub async fn create(&self, key: &str, value: Bytes) -> Result<u64, BucketError> {
        self.set(key, value, Some(0)).await
    }

    /// Replaces the value of this revision.
    ///
    /// # Errors
    /// [`BucketError`]; `Changed` when it has another by now.
    pub async fn update(&self, key: &str, value: Bytes, revision: u64) -> Result<u64, BucketError> {
        self.set(key, value, Some(revision)).await
    }

    /// Sets a value; 0 is the revision of what is not there.
    async fn set(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64, BucketError> {
        checked(key)?;
        if value.len() > VALUE_BYTES_MAX {
            return Err(BucketError::TooLong(value.len()));
        }
        match self {
            Self::Folder(folder) => folder.set(key, value, expected).await,
            Self::Stream(stream) => stream.set(key, value, expected).await,
        }
    }

    /// Removes a value, if there is one.
    ///
    /// # Errors
    /// [`BucketError`], never `Changed`.
    pub async fn delete(&self, key: &str) -> Result<(), BucketError> {
        checked(key)?;
        match self {
            Self::Folder(folder) => folder.delete(key).await,
            Self::Stream(stream) => stream.delete(key).await,
        }
    }

    /// Removes every value whose key begins with these segments.
    ///
    /// # Errors
    /// [`BucketError`], never `Changed`.
    pub async fn delete_all(&self, prefix: &str) -> Result<(), BucketError> {
        checked(prefix)?;
        match self {
            Self::Folder(folder) => folder.delete_all(prefix).await,
            Self::Stream(stream) => stream.delete_all(prefix).await,
        }
    }

    /// The keys that begin with these segments, in order; all of them for the empty prefix.
    ///
    /// # Errors
    /// [`BucketError`], never `Changed`.
    pub async fn keys(&self, prefix: &str) -> Result<Vec<String>, BucketError> {
        if !prefix.is_empty() {
            checked(prefix)?;
        }
        let mut keys = match self {
            Self::Folder(folder) => folder.keys(prefix).await?,
            Self::Stream(stream) => stream.keys(prefix).await?,
        };
        keys.sort();
        Ok(keys)
    }
}

fn checked(key: &str) -> Result<(), BucketError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let segment = |segment: &str| !segment.is_empty() && segment.bytes().all(plain);
    match key.len() <= KEY_BYTES_MAX && key.split('.').all(segment) {
        true => Ok(()),
        false => Err(BucketError::NoKey(key.to_owned())),
    }
}
