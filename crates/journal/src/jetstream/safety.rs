//! What a server and a stream must be like so that an acknowledged append is not lost.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType};
use wire::BODY_BYTES_MAX;

use crate::JournalError;
use crate::jetstream::Settings;

/// A message of the largest commit: its body, and room for the headers.
const MESSAGE_BYTES: usize = BODY_BYTES_MAX + 4096;
/// Earlier servers lost whole streams when their process was killed.
const VERSION_MIN: [u32; 3] = [2, 10, 23];

fn unsafe_log(what: String, cure: &str) -> JournalError {
    JournalError::Unsafe { what, cure: cure.to_owned() }
}

/// Checks the server's version and its limit of a message in bytes, and that somebody vouches for what can't be
/// seen from a client.
pub(super) fn server(version: &str, max_payload: usize, settings: &Settings) -> Result<(), JournalError> {
    let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let found = [numbers.next(), numbers.next(), numbers.next()].map(|n| n.unwrap_or(0));
    if found < VERSION_MIN {
        return Err(unsafe_log(
            format!("nats-server {version} can lose streams when it is killed"),
            "run nats-server 2.10.23 or later",
        ));
    }
    if max_payload < MESSAGE_BYTES {
        return Err(unsafe_log(
            format!(
                "the server takes messages of {max_payload} bytes, and a commit may need {MESSAGE_BYTES}"
            ),
            "set `max_payload: 1MB` in the server's configuration",
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
    let copies = found.mirror.is_some() || found.sources.is_some();
    let checks = [
        (found.subjects == wanted.subjects, "has other subjects", "it is not a ledger's stream; rename it"),
        (
            !copies && found.subject_transform.is_none(),
            "takes messages from elsewhere",
            "make it without sources",
        ),
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
            found.max_message_size <= 0 || found.max_message_size as usize >= MESSAGE_BYTES,
            "has a limit of a message's bytes",
            "set max_msg_size to -1",
        ),
        (
            !found.allow_message_ttl && !found.allow_rollup,
            "lets a message expire or replace others",
            "make it without allow_msg_ttl and allow_rollup_hdrs",
        ),
        (
            found.persist_mode != Some(PersistenceMode::Async) && !found.no_ack,
            "acknowledges before it stores",
            "set persist_mode to default and no_ack to false",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(version: &str, max_payload: usize, replicas: usize) -> Option<String> {
        let settings =
            Settings { url: String::new(), replicas, nkey_file: None, accept_unchecked_sync: false };
        server(version, max_payload, &settings).err().map(|refusal| refusal.to_string())
    }

    #[test]
    fn a_server_that_loses_streams_or_refuses_large_commits_is_refused_with_a_cure() {
        let says = |refusal: Option<String>, word: &str| refusal.is_some_and(|text| text.contains(word));
        for version in ["2.9.25", "2.10.22", "2.10", "1.4.1", "unknown"] {
            assert!(says(refusal(version, 1 << 20, 3), "run nats-server 2.10.23"), "{version}");
        }
        for version in ["2.10.23", "2.11.0-RC.1", "2.15.1", "3.0.0"] {
            assert_eq!(refusal(version, 1 << 20, 3), None, "{version}");
        }
        assert!(says(refusal("2.15.1", 64 << 10, 3), "max_payload: 1MB"));
        assert!(says(refusal("2.15.1", 1 << 20, 1), "sync_interval: always"));
    }
}
