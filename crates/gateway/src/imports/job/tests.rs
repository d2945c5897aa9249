//! Work of somebody whose token is revoked meanwhile, with roles behind that do what a test wants.

use std::sync::atomic::{AtomicUsize, Ordering};

use courier::CourierKey;
use domain::{Slug, Timestamp};
use futures::future::BoxFuture;
use journal::bucket::{Folder, IMPORTS, TOKENS, WEBHOOKS};
use journal::{AnyBucket, AnyJournal, Memory};
use runtime::{FixedClock, SeededRandom, Shutdown};
use serde_json::json;
use uuid::Uuid;
use wire::{Answer, HeadReply, Outcome, RefusalReply};

use super::*;
use crate::imports::record::{Asker, Phase};
use crate::imports::store::Segment;
use crate::{Backend, Buckets, Limits, Parts, Trace};

/// A recorder that refuses everything and takes three seconds for it, and a view of tokens in which every one stands until
/// so many questions have come to the recorder.
struct Roles {
    clock: Arc<FixedClock>,
    until: usize,
    /// Last day of the token.
    expires: &'static str,
    asked: AtomicUsize,
}

impl Roles {
    fn reply(&self, ledger: &Slug, ask: Ask) -> Reply {
        let (ledger, root) = (ledger.clone(), String::new());
        let head = HeadReply { ledger, epoch: 1, commit: 1, position: 1, root };
        match ask {
            Ask::Submit { commands, .. } => {
                self.asked.fetch_add(1, Ordering::Relaxed);
                self.clock.pass(3_000_000);
                let refused = |_| Outcome::Refusal(RefusalReply::new("taken", "it is taken".to_owned()));
                Reply::Outcomes { outcomes: commands.iter().map(refused).collect() }
            }
            Ask::Query { query } => {
                let stands = self.asked.load(Ordering::Relaxed) < self.until;
                let grant = json!({ "actor": "svc:sis", "secret_hash": "A".repeat(43), "scopes": ["write"],
                    "expires": self.expires });
                let rows = if stands { vec![grant] } else { Vec::new() };
                Reply::Answer { answer: Answer { head, view: query.view, revision: 1, parked: 0, rows } }
            }
            _ => Reply::Head { head },
        }
    }
}

impl Backend for Roles {
    fn ask<'a>(&'a self, ledger: &'a Slug, ask: Ask, _: &'a Trace) -> BoxFuture<'a, Reply> {
        Box::pin(std::future::ready(self.reply(ledger, ask)))
    }
}

fn shared(folder: &std::path::Path, roles: Arc<Roles>) -> Arc<Shared> {
    let bucket = |name| AnyBucket::Folder(Folder::open(folder, name).unwrap());
    let second = Duration::from_secs(1);
    let parts = Parts {
        clock: roles.clock.clone(),
        backend: roles,
        journal: AnyJournal::Memory(Memory::default()),
        buckets: Buckets { imports: bucket(IMPORTS), webhooks: bucket(WEBHOOKS), tokens: bucket(TOKENS) },
        deployment: "county".parse().unwrap(),
        pass_key: Some([7; 32]),
        courier_key: CourierKey::new([8; 32]),
        private_targets: false,
        requests_per_second: 10,
        exports_per_minute: 10,
        invalid_tokens_per_minute: 10,
        limits: Limits { handshake: second, head: second, body: second },
        random: Arc::new(SeededRandom::new(1)),
        unverified: Arc::default(),
        shutdown: Shutdown::default(),
    };
    Shared::new(parts, false)
}

/// An import of so many lines, recorded as far as it goes while the token stands, and how often the recorder was asked.
async fn recorded(lines: usize, until: usize, expires: &'static str) -> (Import, usize) {
    // The last second of 2026-03-04.
    let (folder, clock) =
        (tempfile::tempdir().unwrap(), Arc::new(FixedClock::at(Timestamp(1_772_668_799_000_000))));
    let roles = Arc::new(Roles { clock, until, expires, asked: AtomicUsize::new(0) });
    let shared = shared(folder.path(), roles.clone());
    let file: String = (0..lines).map(|n| format!("{{\"command\":\"register-site\",\"n\":{n}}}\n")).collect();
    let bytes = file.len() as u64;
    let asker = Asker {
        actor: "svc:sis".to_owned(),
        credential: Some(Uuid::from_u128(5).to_string()),
        home: Some("glendora-usd".parse().unwrap()),
        may: None,
    };
    let mut import = Import {
        id: Uuid::from_u128(1),
        ledger: "azusa-usd".parse().unwrap(),
        maker: asker.actor.clone(),
        format: "commands".to_owned(),
        source: "sis".to_owned(),
        name: None,
        claimed: None,
        created: 0,
        runs: 1,
        data: vec![Segment { run: 1, bytes }],
        received: bytes,
        total: Some(bytes),
        digest: None,
        checked: None,
        job: None,
    };
    let (store, id, ledger) = (shared.imports.clone(), import.id, import.ledger.clone());
    store.put(("data", &ledger, id), (1, 0), file.into()).await.unwrap();
    import.ask_commit(asker, true).unwrap();
    let run = import.claim(Uuid::from_u128(2), shared.clock.now().0).unwrap();
    let revision = store.save(&import, None).await.unwrap();
    Work::new(shared, import, revision, run).unwrap().run().await;
    (store.load(&ledger, id).await.unwrap().unwrap().0, roles.asked.load(Ordering::Relaxed))
}

#[tokio::test]
async fn an_import_ends_when_the_token_that_asked_for_it_is_revoked_and_what_was_recorded_stays() {
    let (import, asked) = recorded(1_200, 1, "2026-12-31").await;
    let job = import.job.as_ref().unwrap();
    // One batch was on its way already.
    assert_eq!((job.counts.rows(), asked), (500, 1));
    assert_eq!(job.trouble, Some(Trouble::revoked()));
    // Nothing is wrong with the file: it can be asked for again, by another.
    assert_eq!((import.phase(), import.is_open()), (Phase::Uploaded, false));
}

#[tokio::test]
async fn an_import_ends_when_the_last_day_of_the_token_that_asked_for_it_is_over() {
    let (import, asked) = recorded(1_200, 100, "2026-03-04").await;
    let job = import.job.unwrap();
    assert_eq!((job.counts.rows(), job.trouble, asked), (500, Some(Trouble::revoked()), 1));
}

#[tokio::test]
async fn a_token_that_was_revoked_before_the_work_began_has_nothing_recorded() {
    let (import, asked) = recorded(1_200, 0, "2026-12-31").await;
    assert_eq!((import.job.unwrap().trouble, asked), (Some(Trouble::revoked()), 0));
}

#[tokio::test]
async fn an_import_is_recorded_to_its_end_while_the_token_stands() {
    let (import, asked) = recorded(1_200, 100, "2026-12-31").await;
    assert_eq!((import.phase(), import.job.unwrap().counts.rows(), asked), (Phase::Committed, 1_200, 3));
}
