//! What only a server can do: stop, die, come back, come back as another, acknowledge too early.

use futures::StreamExt as _;
use journal::{AppendError, EMPTY, JetStream, Journal as _, JournalError, Until, read};
use tests::chain::{Chain, slug};
use tests::nats::{Nats, settings};
use wire::BrokenKind;

use crate::kit::{filled, stored, verified};

#[tokio::test]
async fn an_append_that_lands_after_its_time_out_is_stored_once() {
    let (server, ledger) = (Nats::start(), slug("azusa-usd"));
    let journal = server.journal().await;
    let (mut chain, _) = filled(&journal, &ledger, 1).await;
    let delayed = chain.draft("delayed", 1);
    server.pause();
    let result = journal.append(&ledger, &delayed).await;
    assert!(matches!(result, Err(AppendError::Unknown(_))), "{result:?}");
    server.resume();
    // It lies in the server's socket, ahead of what comes now.
    let other = journal.append(&ledger, &chain.draft("other", 1)).await;
    assert!(matches!(other, Err(AppendError::Conflict(tip)) if tip.commit == 2), "{other:?}");
    journal.append(&ledger, &delayed).await.unwrap();
    assert_eq!(journal.commit(&ledger, 2).await.unwrap(), Some(delayed.clone()));
    chain.take(&delayed);
    journal.append(&ledger, &chain.next("next", 1)).await.unwrap();
    assert_eq!(verified(&journal, &ledger).await.len(), 3);
}

#[tokio::test]
async fn an_append_to_a_server_killed_before_it_answers_can_be_sent_until_it_is_answered() {
    let (mut server, ledger) = (Nats::start(), slug("azusa-usd"));
    let journal = server.journal().await;
    let (mut chain, _) = filled(&journal, &ledger, 3).await;
    for _ in 0..3 {
        let commit = chain.next("cut", 2);
        server.pause();
        let sending = journal.append(&ledger, &commit);
        let killing = async { server.kill() };
        let (result, ()) = futures::future::join(sending, killing).await;
        assert!(matches!(result, Err(AppendError::Unknown(_))), "{result:?}");
        server.restart();
        // The client comes back by itself; until then the outcome stays unknown.
        while let Err(error) = journal.append(&ledger, &commit).await {
            assert!(matches!(error, AppendError::Unknown(_)), "{error:?}");
        }
    }
    let found = verified(&journal, &ledger).await;
    assert_eq!(found.len(), 6);
    assert_eq!(journal.head(&ledger).await.unwrap(), chain.tip());
}

#[tokio::test]
async fn acknowledged_commits_survive_kills_and_a_follower_sees_each_once() {
    let (mut server, ledger) = (Nats::start(), slug("azusa-usd"));
    let journal = server.journal().await;
    let (mut chain, _) = filled(&journal, &ledger, 10).await;
    let mut follower = read(&journal, &ledger, Chain::new(&ledger).reader(), Until::Follow);
    let mut seen = 0;
    for _ in 0..3 {
        while seen < chain.tip().commit {
            seen += 1;
            assert_eq!(follower.next().await.unwrap().unwrap().0.number, seen);
        }
        server.kill();
        server.restart();
        let commit = chain.next("after", 1);
        while let Err(error) = journal.append(&ledger, &commit).await {
            assert!(matches!(error, AppendError::Unknown(_)), "{error:?}");
        }
    }
    assert_eq!(follower.next().await.unwrap().unwrap().0.number, 13);
    assert_eq!(verified(&journal, &ledger).await.len(), 13);
}

#[tokio::test]
async fn a_reader_of_more_than_a_server_keeps_unsent_gets_each_commit_once() {
    let (server, ledger) = (Nats::start(), slug("azusa-usd"));
    let journal = server.journal().await;
    journal.open(&ledger).await.unwrap();
    let (mut chain, long) = (Chain::new(&ledger), "x".repeat(28_000));
    // A server that has 64 MiB unsent for a connection drops both.
    for _ in 0..110 {
        journal.append(&ledger, &chain.next(&long, 31)).await.unwrap();
    }
    let read = verified(&server.journal().await, &ledger).await;
    assert_eq!(read.len(), 110);
    assert_eq!(read.last().unwrap().as_ref().unwrap().id(), chain.tip().id.unwrap());
}

#[tokio::test]
async fn a_follower_refuses_a_log_that_was_made_again() {
    for (commits, in_place) in [(0, false), (3, false), (12, false), (3, true), (12, true)] {
        let (mut server, ledger) = (Nats::start(), slug("azusa-usd"));
        let journal = server.journal().await;
        let (chain, _) = filled(&journal, &ledger, 6).await;
        let mut follower = journal.commits(&ledger, EMPTY, Until::Follow);
        for number in 1..=6 {
            assert_eq!(follower.next().await.unwrap().unwrap().number, number);
        }
        if in_place {
            // Denying deletion does not stop whoever may delete streams.
            let admin = async_nats::jetstream::new(journal.client());
            admin.delete_stream("LEDGER_azusa-usd_1").await.unwrap();
        } else {
            server.kill();
            server.restart_empty();
        }
        let again = server.journal().await;
        again.open(&ledger).await.unwrap();
        let mut other = Chain::new(&ledger);
        for _ in 0..commits {
            again.append(&ledger, &other.next("other", 1)).await.unwrap();
        }
        // Not one commit of the other log is handed out.
        let refused = follower.next().await.unwrap().unwrap_err();
        let JournalError::Broken { broken, .. } = refused else { panic!("{refused}") };
        assert!(matches!(broken.kind, BrokenKind::KnownHead | BrokenKind::Gap), "{commits}: {broken}");
        let known = journal.commits(&ledger, chain.tip(), Until::Head).next().await;
        assert!(matches!(known, Some(Err(JournalError::Broken { .. }))), "{commits}: {known:?}");
    }
}

#[tokio::test]
async fn nobody_is_served_who_has_not_looked_at_the_server_s_sync_interval() {
    let server = Nats::start();
    let settings = journal::jetstream::Settings { accept_unchecked_sync: false, ..settings(&server.url()) };
    let refused = JetStream::connect(settings).await.unwrap_err();
    let JournalError::Unsafe { cure, .. } = refused else { panic!("{refused}") };
    assert!(cure.contains("sync_interval: always"), "{cure}");
    assert_eq!(cure.lines().count(), 1);
}

#[tokio::test]
async fn a_stream_that_could_lose_something_is_refused_with_a_cure() {
    use async_nats::jetstream::stream::{Config, DiscardPolicy, PersistenceMode, StorageType};
    let (server, ledger) = (Nats::start(), slug("azusa-usd"));
    let journal = server.journal().await;
    let context = async_nats::jetstream::new(journal.client());
    let sound = Config {
        name: "LEDGER_azusa-usd_1".to_owned(),
        subjects: vec!["ledger.azusa-usd.1".to_owned()],
        discard: DiscardPolicy::New,
        deny_delete: true,
        deny_purge: true,
        ..Config::default()
    };
    for (config, word) in [
        (Config { storage: StorageType::Memory, ..sound.clone() }, "memory"),
        (Config { max_messages: 5, ..sound.clone() }, "limit"),
        (Config { discard: DiscardPolicy::Old, ..sound.clone() }, "full"),
        (Config { deny_delete: false, ..sound.clone() }, "deleted"),
        (Config { allow_message_ttl: true, ..sound.clone() }, "expire"),
        (Config { max_message_size: 1024, ..sound.clone() }, "message's bytes"),
        (Config { persist_mode: Some(PersistenceMode::Async), ..sound.clone() }, "acknowledges"),
    ] {
        context.create_stream(config).await.unwrap();
        let refused = journal.open(&ledger).await.unwrap_err();
        let JournalError::Unsafe { what, cure } = refused else { panic!("{refused}") };
        assert!(what.contains(word), "{what}");
        assert!(!cure.is_empty());
        context.delete_stream("LEDGER_azusa-usd_1").await.unwrap();
    }
    context.create_stream(sound).await.unwrap();
    assert_eq!(journal.open(&ledger).await.unwrap(), EMPTY);
    assert_eq!(stored(&journal, &ledger, EMPTY).await.len(), 0);
}

#[tokio::test]
async fn without_a_server_the_log_is_unreachable_and_says_so() {
    let mut server = Nats::start();
    let url = server.url();
    server.kill();
    let refused = JetStream::connect(settings(&url)).await.unwrap_err();
    assert!(matches!(refused, JournalError::Unreachable(_)), "{refused}");
}

#[tokio::test]
async fn the_server_that_the_readme_starts_syncs_every_append_and_takes_the_largest() {
    let (server, ledger) = (Nats::start(), slug("azusa-usd"));
    let seen = server.monitored();
    assert_eq!(seen["config"]["sync_always"], true, "{seen}");
    assert!(
        server.folder().join("hubledger-nats").is_dir(),
        "its store is below the folder it is started in"
    );
    let journal = server.journal().await;
    assert!(journal.client().server_info().max_payload >= wire::BODY_BYTES_MAX + 4096);
    let (_, commits) = filled(&journal, &ledger, 2).await;
    assert_eq!(stored(&journal, &ledger, EMPTY).await.len(), commits.len());
}
