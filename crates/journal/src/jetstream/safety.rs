//! What a server and a stream must be like so that an acknowledged append is not lost.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};

use crate::JournalError;
use crate::jetstream::Settings;

/// Earlier servers lost whole streams when their process was killed.
const VERSION_MIN: [u32; 3] = [2, 10, 23];

fn unsafe_log(what: String, cure: &str) -> JournalError {
    JournalError::Unsafe { what, cure: cure.to_owned() }
}

/// Checks the server's version, and that somebody vouches for what can't be seen from a client.
pub(super) fn server(version: &str, settings: &Settings) -> Result<(), JournalError> {
    let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let found = [numbers.next(), numbers.next(), numbers.next()].map(|n| n.unwrap_or(0));
    if found < VERSION_MIN {
        return Err(unsafe_log(
            format!("nats-server {version} can lose streams when it is killed"),
            "run nats-server 2.10.23 or later",
        ));
    }
    if settings.replicas == 1 && !settings.accept_unchecked_sync {
        return Err(unsafe_log(
            "with one replica the server acknowledges before it syncs, unless it is told otherwise".into(),
            "set `sync_interval: always` in the server's jetstream block, then journal.accept_unchecked_sync = true",
        ));
    }
    Ok(())
}

/// The configuration of a ledger's stream: one subject, on disk, nothing ever dropped.
pub(super) fn config(name: String, subject: String, replicas: usize) -> Config {
    Config {
        name,
        subjects: vec![subject],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        num_replicas: replicas,
        duplicate_window: Duration::from_secs(120),
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
        ..Config::default()
    }
}

/// Checks an existing stream against what it should be.
pub(super) fn stream(found: &Config, wanted: &Config) -> Result<(), JournalError> {
    let name = &found.name;
    let unlimited = |n: i64| n <= 0;
    let checks = [
        (found.subjects == wanted.subjects, "has other subjects", "it is not a ledger's stream; rename it"),
        (found.storage == StorageType::File, "is kept in memory", "move it to file storage"),
        (found.retention == RetentionPolicy::Limits, "drops what is consumed", "set retention to limits"),
        (found.discard == DiscardPolicy::New, "drops old messages when full", "set discard to new"),
        (found.max_age.is_zero(), "drops old messages by age", "set max_age to 0"),
        (
            unlimited(found.max_messages)
                && unlimited(found.max_bytes)
                && unlimited(found.max_messages_per_subject),
            "has a limit of messages or bytes",
            "set max_msgs, max_bytes and max_msgs_per_subject to -1",
        ),
        (
            found.deny_delete && found.deny_purge,
            "lets messages be deleted",
            "make it with deny_delete and deny_purge",
        ),
        (
            found.num_replicas >= wanted.num_replicas,
            "has fewer replicas than configured",
            "scale it up, or lower journal.replicas",
        ),
    ];
    match checks.into_iter().find(|(sound, _, _)| !sound) {
        Some((_, what, cure)) => Err(unsafe_log(format!("the stream {name} {what}"), cure)),
        None => Ok(()),
    }
}
