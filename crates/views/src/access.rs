//! Tokens: for whom each speaks, what it allows, until when, and whether it was revoked.
//!
//! The gateway asks here whether a token is valid, so it has the hash of the secret; the secret itself nobody has.

use std::collections::BTreeMap;

use domain::access::{Event, Granted, Revoked};
use domain::{Event as AnyEvent, Kind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::RecordedEvent;

use crate::marks::of_thing;
use crate::{Clues, Rows, View};

/// The view.
pub(crate) struct Access;

/// A token; its id is the key.
#[derive(Default, Serialize, Deserialize)]
struct Token {
    granted: Option<On<Granted>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    revoked: Option<On<Revoked>>,
}

/// What was said, and the day from which it is so.
#[derive(Serialize, Deserialize)]
struct On<T> {
    day: Option<String>,
    said: T,
}

fn key(id: &Uuid) -> Vec<u8> {
    [b"t".as_slice(), id.as_bytes()].concat()
}

impl View for Access {
    fn name(&self) -> &'static str {
        "access"
    }
    fn revision(&self) -> u32 {
        1
    }
    fn about(&self) -> &'static str {
        "tokens of the gateway: for whom each speaks, its scopes, its last day, whether it was revoked"
    }
    fn columns(&self) -> &'static [&'static str] {
        &["token", "label", "actor", "scopes", "granted", "expires", "status", "revoked", "reason"]
    }
    fn identity(&self) -> &'static [&'static str] {
        &["token"]
    }
    fn traces(&self, _: &Rows, event: &RecordedEvent) -> Vec<Value> {
        let AnyEvent::Access(_) = &event.fact.event else { return Vec::new() };
        vec![json!({ "token": event.fact.subject.id.to_string() })]
    }

    fn clues(&self, _: &Rows, row: &Value) -> Clues {
        of_thing(row, "token", Kind::Access)
    }

    fn apply(&self, rows: &mut Rows, event: &RecordedEvent) {
        let AnyEvent::Access(change) = &event.fact.event else { return };
        let day = event.fact.effective.map(|effective| effective.from().to_string());
        rows.update(&key(&event.fact.subject.id), |token: &mut Token| match change {
            Event::AccessGranted(said) => token.granted = Some(On { day, said: said.clone() }),
            Event::AccessRevoked(said) => token.revoked = Some(On { day, said: said.clone() }),
        });
    }

    fn list(&self, rows: &Rows, _: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
        under(rows, b"t", wanted)
    }

    /// One token is looked up: the gateway asks for it again and again.
    fn find(
        &self,
        rows: &Rows,
        filters: &BTreeMap<String, String>,
        by: &[&str],
        wanted: &dyn Fn(&Value) -> bool,
    ) -> Vec<Value> {
        match filters.get("token").map(|token| Uuid::try_parse(token)) {
            Some(Ok(token)) => under(rows, &key(&token), wanted),
            Some(Err(_)) => Vec::new(),
            None => self.list(rows, by, wanted),
        }
    }
}

fn under(rows: &Rows, prefix: &[u8], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value> {
    let mut list = Vec::new();
    rows.each(prefix, |key, token: &Token| {
        let row = describe(key.get(1..).unwrap_or_default(), token);
        list.extend(row.filter(|row| wanted(row)));
    });
    list
}

fn describe(id: &[u8], token: &Token) -> Option<Value> {
    let On { day, said } = token.granted.as_ref()?;
    let revoked = token.revoked.as_ref();
    Some(json!({
        "token": Uuid::from_slice(id).unwrap_or_default().to_string(), "label": said.label,
        "actor": said.actor, "scopes": said.scopes, "secret_hash": said.secret_hash, "granted": day,
        "expires": said.expires.to_string(), "status": if revoked.is_some() { "revoked" } else { "granted" },
        "revoked": revoked.map(|revoked| &revoked.day),
        "reason": revoked.map(|revoked| &revoked.said.reason),
    }))
}
