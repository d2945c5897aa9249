//! Tokens: what stands of each, looked up one by one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use uuid::Uuid;
use views::{Rows, Scan, Source, answer, view};

use crate::kit::*;
use crate::table::{Kept, apply, ask, events, table};

const HASH: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// A token for this program, granted on 2 March.
pub(crate) fn granted(number: u128, actor: &str) -> Value {
    let details = json!({
        "label": "Student information system", "actor": actor, "scopes": ["deliveries:write", "read"],
        "secret_hash": HASH, "expires": "2027-03-02",
    });
    act(number, "2026-03-02", details)
}

#[test]
fn a_token_shows_for_whom_it_speaks_what_it_allows_and_that_it_was_revoked() {
    let mut world = World::opened();
    world.accepted("grant-access", granted(71, "svc:azul-sis"));
    let row = json!({
        "token": id(71), "label": "Student information system", "actor": "svc:azul-sis",
        "scopes": ["deliveries:write", "read"], "secret_hash": HASH, "granted": "2026-03-02",
        "expires": "2027-03-02", "status": "granted", "revoked": null, "reason": null,
    });
    assert_eq!(ask(&world, "access", &[]).unwrap(), [row]);
    world.accepted("revoke-access", act(71, "2026-03-09", json!({ "reason": "rotated" })));
    let columns = "actor granted expires status revoked reason";
    let rows = table(&world, "access", &[], columns);
    assert_eq!(rows, ["svc:azul-sis 2026-03-02 2027-03-02 revoked 2026-03-09 rotated"]);
}

#[test]
fn tokens_are_asked_for_by_whom_they_speak_for_and_what_they_allow_and_how_long_they_last() {
    let mut world = World::opened();
    world.accepted("grant-access", granted(71, "svc:azul-sis"));
    world.accepted("grant-access", granted(72, "svc:azul-import"));
    world.accepted("revoke-access", act(72, "2026-03-09", json!({ "reason": "left" })));
    let found = |filters: &[(&str, &str)]| table(&world, "access", filters, "actor");
    assert_eq!(found(&[("status", "granted")]), ["svc:azul-sis"]);
    assert_eq!(found(&[("actor", "svc:azul-import")]), ["svc:azul-import"]);
    assert_eq!(found(&[("scopes", "deliveries:write")]).len(), 2);
    assert_eq!(found(&[("expires<", "2027-03-01")]), [""; 0]);
    let token = id(72).to_string();
    assert_eq!(found(&[("token", &token)]), ["svc:azul-import"]);
    // As the gateway asks.
    assert_eq!(found(&[("token", &token), ("status", "granted")]), [""; 0]);
    for nobody in [id(73).to_string(), "no-uuid".to_owned(), String::new()] {
        assert_eq!(found(&[("token", &nobody)]), [""; 0], "{nobody:?}");
    }
}

/// Counts the stored rows that are read.
struct Counting(Kept, AtomicUsize);

impl Source for Counting {
    fn load(&self, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
        self.0.load(key)
    }
    fn scan<'a>(&'a self, prefix: &[u8]) -> Scan<'a> {
        Box::new(self.0.scan(prefix).inspect(|_| {
            self.1.fetch_add(1, Ordering::Relaxed);
        }))
    }
}

#[test]
fn one_token_is_looked_up_without_reading_the_others() {
    let mut world = World::opened();
    for number in 100..200 {
        world.accepted("grant-access", granted(number, "svc:azul-sis"));
    }
    let (access, kept) = (view("access").unwrap(), Kept::default());
    let mut rows = Rows::new(Arc::new(kept.clone()));
    apply(access, &mut rows, &events(&world));
    kept.flush(&mut rows);
    let source = Arc::new(Counting(kept, AtomicUsize::new(0)));
    let rows = Rows::new(source.clone());
    let read = |token: Uuid| {
        let filters = BTreeMap::from([("token".to_owned(), token.to_string())]);
        let found = answer(access, &rows, &filters, None).unwrap().len();
        (found, source.1.swap(0, Ordering::Relaxed))
    };
    assert_eq!(read(id(150)), (1, 1));
    assert_eq!(read(id(200)), (0, 0));
}

#[test]
fn a_token_is_granted_and_revoked_on_its_days() {
    let mut world = World::opened();
    world.accepted("grant-access", granted(71, "svc:azul-sis"));
    world.accepted("revoke-access", act(71, "2026-03-09", json!({ "reason": "lost" })));
    let on = |day: &str| {
        let mut lens = domain::valid::ValidOn::new(day.parse().unwrap());
        let seen = events(&world).into_iter().filter(|event| lens.see(&event.recorded()).is_some());
        let (access, mut rows) = (view("access").unwrap(), Rows::in_memory());
        seen.for_each(|event| access.apply(&mut rows, &event));
        let told = answer(access, &rows, &BTreeMap::new(), None).unwrap();
        told.first().map(|row| row["status"].as_str().unwrap().to_owned())
    };
    let days = ["2026-03-01", "2026-03-02", "2026-03-08", "2026-03-09"];
    let status = |status: &str| Some(status.to_owned());
    assert_eq!(days.map(on), [None, status("granted"), status("granted"), status("revoked")]);
}

#[test]
fn the_feed_tells_of_tokens_and_of_no_secret() {
    let mut world = World::opened();
    world.accepted("grant-access", granted(71, "svc:azul-sis"));
    world.accepted("revoke-access", act(71, "2026-03-09", json!({ "reason": "lost" })));
    assert_eq!(
        table(&world, "activity-feed", &[], "said")[..2],
        [
            "A token was revoked (lost).",
            "A token for svc:azul-sis (Student information system) was granted until 2027-03-02: \
             deliveries:write, read.",
        ]
    );
    let told = ["activity-feed", "timeline"].map(|view| json!(ask(&world, view, &[]).unwrap()).to_string());
    assert!(told.iter().all(|told| !told.contains(HASH)));
}
