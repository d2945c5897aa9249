//! What each role may not, refused by the server, and what the journal makes of it.

use async_nats::jetstream::{self, stream};
use futures::StreamExt as _;
use journal::{AppendError, EMPTY, JetStream, Journal as _, JournalError, Until};
use tests::chain::{Chain, slug};
use tests::nats::Nats;

use crate::kit::raw;

const STREAM: &str = "LEDGER_azusa-usd_1";
const SUBJECT: &str = "ledger.azusa-usd.1";
/// All but `migrations`.
const ROLES: [&str; 7] = ["recorder", "projector", "gateway", "courier", "all", "client", "operator"];

/// A server with a ledger of two commits.
async fn filled() -> (Nats, Chain) {
    let (nats, ledger) = (Nats::with_users(), slug("azusa-usd"));
    let journal = nats.journal_of("recorder").await;
    journal.open(&ledger).await.unwrap();
    let mut chain = Chain::new(&ledger);
    for _ in 0..2 {
        journal.append(&ledger, &chain.next("filled", 2)).await.unwrap();
    }
    (nats, chain)
}

#[tokio::test]
async fn no_role_but_migrations_changes_empties_or_deletes_a_stream() {
    let (nats, chain) = filled().await;
    for role in ROLES {
        let mut raw = raw(&nats, role).await;
        for act in ["UPDATE", "DELETE", "PURGE", "MSG.DELETE", "RESTORE", "SNAPSHOT", "PEER.REMOVE"] {
            raw.may_not_publish(&format!("$JS.API.STREAM.{act}.{STREAM}")).await;
        }
        raw.may_not_publish("$JS.API.META.LEADER.STEPDOWN").await;
        raw.may_not_publish("$JS.API.ACCOUNT.PURGE.LEDGER").await;
        raw.may_not_publish("$SYS.REQ.SERVER.PING").await;
    }
    // Making a stream again with another configuration changes nothing either.
    let context = jetstream::new(raw(&nats, "recorder").await.client);
    let other =
        stream::Config { name: STREAM.to_owned(), subjects: vec![SUBJECT.to_owned()], ..Default::default() };
    context.create_stream(other).await.unwrap_err();
    let journal = nats.journal_of("operator").await;
    assert_eq!(journal.head(&slug("azusa-usd")).await.unwrap(), chain.tip());

    let migrations = jetstream::new(raw(&nats, "migrations").await.client);
    let mut config = migrations.get_stream(STREAM).await.unwrap().cached_info().config.clone();
    config.description = Some("moved to the county's own disks".to_owned());
    migrations.update_stream(config).await.unwrap();
    migrations.delete_stream(STREAM).await.unwrap();
}

#[tokio::test]
async fn only_a_recorder_writes_to_a_ledger() {
    let (nats, mut chain) = filled().await;
    for role in ["projector", "gateway", "courier", "client", "operator", "migrations"] {
        let mut raw = raw(&nats, role).await;
        raw.may_not_publish(SUBJECT).await;
        raw.may_not_publish("events.azusa-usd.service-delivered").await;
    }
    // The journal knows that it is refused, and does not wait for an answer that never comes.
    let (journal, ledger) = (nats.journal_of("projector").await, slug("azusa-usd"));
    let commit = chain.next("forbidden", 1);
    let refused = journal.append(&ledger, &commit).await.unwrap_err();
    assert!(matches!(&refused, AppendError::Refused(why) if why.contains(SUBJECT)), "{refused:?}");
    let refused = journal.open(&slug("new-usd")).await.unwrap_err();
    assert!(
        matches!(&refused, JournalError::Denied { what, .. } if what.contains("STREAM.CREATE")),
        "{refused}"
    );
    assert_eq!(journal.head(&ledger).await.unwrap().commit, 2);
}

#[tokio::test]
async fn a_reader_that_may_not_read_is_told_so() {
    let (nats, _) = filled().await;
    let (journal, ledger) = (nats.journal_of("client").await, slug("azusa-usd"));
    let denied = |result: Result<(), JournalError>| {
        let error = result.unwrap_err();
        assert!(matches!(&error, JournalError::Denied { .. }), "{error}");
    };
    denied(journal.ledgers().await.map(drop));
    denied(journal.head(&ledger).await.map(drop));
    denied(journal.commit(&ledger, 1).await.map(drop));
    denied(journal.commits(&ledger, EMPTY, Until::Head).next().await.unwrap().map(drop));
}

#[tokio::test]
async fn nobody_reads_the_inbox_of_another_or_answers_for_it() {
    let nats = Nats::with_users();
    let recorder = raw(&nats, "recorder").await;
    let theirs = recorder.identity.inbox();
    for role in ROLES.into_iter().chain(["migrations"]) {
        let mut raw = raw(&nats, role).await;
        let mut others =
            vec!["_INBOX.>".to_owned(), ">".to_owned(), "_INBOX_*.>".to_owned(), "ledger.>".to_owned()];
        if role != "recorder" {
            others.push(format!("{theirs}.>"));
        }
        for subject in others {
            raw.may_not_subscribe(&subject).await;
        }
        // An inbox is answered by whom it was sent to, and by nobody else.
        raw.may_not_publish(&format!("{theirs}.x.y")).await;
    }
    for (role, role_of_others) in
        [("recorder", "projector"), ("projector", "recorder"), ("client", "recorder")]
    {
        raw(&nats, role).await.may_not_subscribe(&format!("ask.{role_of_others}.*")).await;
    }
    raw(&nats, "operator").await.may_not_publish("ask.recorder.azusa-usd").await;
}

#[tokio::test]
async fn only_servers_of_a_role_are_among_those_who_share_its_ledgers() {
    let nats = Nats::with_users();
    for service in ["recorder", "projector"] {
        let (presence, passed_on) = (format!("presence.{service}"), format!("ask.{service}.azusa-usd.1"));
        let strangers = ["recorder", "projector", "client", "operator", "migrations"];
        for stranger in strangers.into_iter().filter(|role| *role != service) {
            let mut raw = raw(&nats, stranger).await;
            for subject in [&presence, &passed_on] {
                raw.may_not_publish(subject).await;
                raw.may_not_subscribe(subject).await;
            }
        }
        // Each role hears itself, as `all` does both.
        for role in [service, "all"] {
            let client = raw(&nats, role).await.client;
            for subject in [&presence, &passed_on] {
                let mut heard = client.subscribe(subject.clone()).await.unwrap();
                client.publish(subject.clone(), "{}".into()).await.unwrap();
                assert_eq!(heard.next().await.unwrap().subject.as_str(), subject);
            }
        }
    }
}

#[tokio::test]
async fn whom_the_server_does_not_know_is_not_let_in() {
    let (nats, strangers) = (Nats::with_users(), tests::nats::Users::new());
    let stranger = journal::jetstream::Settings {
        nkey_file: Some(strangers.nkey("recorder")),
        ..tests::nats::settings(&nats.url())
    };
    for settings in [stranger, tests::nats::settings(&nats.url())] {
        let refused = JetStream::connect(settings).await.unwrap_err();
        assert!(
            matches!(&refused, JournalError::Denied { cure, .. } if cure.contains("--nkey")),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn no_guest_has_an_answer_sent_into_a_ledger() {
    let (nats, chain) = filled().await;
    let (journal, ledger) = (nats.journal_of("recorder").await, slug("azusa-usd"));
    // A service that answers whoever asks, wherever the answer shall go.
    let service = raw(&nats, "all").await.client;
    let mut asked = service.queue_subscribe("ask.recorder.*", "hubledger".to_owned()).await.unwrap();
    service.flush().await.unwrap();
    let client = raw(&nats, "client").await.client;
    client.publish_with_reply("ask.recorder.azusa-usd", SUBJECT, "{}".into()).await.unwrap();
    let message = asked.next().await.unwrap();
    service.publish(message.reply.unwrap(), "{}".into()).await.unwrap();
    service.flush().await.unwrap();

    let operator = raw(&nats, "operator").await;
    for request in [format!("guest.STREAM.INFO.{STREAM}"), format!("guest.STREAM.MSG.GET.{STREAM}")] {
        let asking = operator.client.publish_with_reply(request.clone(), SUBJECT, "{\"seq\":1}".into());
        asking.await.unwrap();
        // Answered after the one before it.
        let _ = operator.client.request(request, "{\"seq\":1}".into()).await.unwrap();
    }
    let mut operator = operator;
    operator.may_not_publish(&format!("guest.CONSUMER.CREATE.{STREAM}")).await;
    operator.may_not_publish(&format!("$JS.API.CONSUMER.CREATE.{STREAM}")).await;
    assert_eq!(journal.head(&ledger).await.unwrap(), chain.tip());
}
