//! Tokens: what they allow, until when, and that they are revoked.

use domain::access::Access;
use domain::id::AccessId;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::kit::*;

const TOKEN: u128 = 70;

fn grant() -> Value {
    let details = json!({
        "label": "Student information system", "actor": "svc:azul-sis", "scopes": ["deliveries:write", "read"],
        "secret_hash": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "expires": "2027-03-02",
    });
    act(TOKEN, "2026-03-02", details)
}

fn granted_with(member: &str, value: Value) -> Value {
    with(grant(), &[(&format!("details/{member}"), value)])
}

fn revocation(day: &str) -> Value {
    act(TOKEN, day, json!({ "reason": "lost" }))
}

fn token(world: &World) -> Access {
    *world.state.access(AccessId::new(id(TOKEN))).unwrap()
}

#[test]
fn a_token_is_granted_and_revoked_each_by_an_event() {
    let mut world = World::opened();
    world.makes("grant-access", grant(), "access-granted");
    let granted = date(2026, 3, 2);
    assert_eq!(token(&world), Access { granted, revoked: None });
    let fact = world.makes("revoke-access", revocation("2026-03-09"), "access-revoked");
    assert_eq!(fact.subject.to_string(), format!("access/{}", id(TOKEN)));
    assert_eq!(token(&world), Access { granted, revoked: Some(date(2026, 3, 9)) });
}

#[test]
fn a_token_without_an_id_gets_one_from_the_ledger() {
    let mut world = World::opened();
    let fact = world.makes("grant-access", with(grant(), &[("id", Value::Null)]), "access-granted");
    assert!(world.state.access(AccessId::new(fact.subject.id)).is_ok());
}

#[test]
fn a_token_is_granted_once_and_revoked_once() {
    let mut world = World::opened();
    let refusal = world.refused("revoke-access", revocation("2026-03-09"), "not-found");
    assert_eq!(refusal.to_string(), format!("there is no token {} in this ledger", id(TOKEN)));
    world.accepted("grant-access", grant());
    world.refused("grant-access", grant(), "taken");
    world.accepted("revoke-access", revocation("2026-03-09"));
    world.refused("revoke-access", revocation("2026-03-10"), "no-change");
    // Nobody brings it back.
    world.refused("grant-access", grant(), "taken");
}

#[test]
fn a_family_has_no_dispute_with_a_token() {
    let mut world = World::opened();
    let event = world.accepted("grant-access", grant());
    let details = json!({ "event": event, "grounds": "inaccurate" });
    world.refused("request-amendment", act(601, "2026-03-03", details), "event-of-another-kind");
}

#[test]
fn a_scope_reads_or_writes_everything_or_what_it_names() {
    let mut world = World::opened();
    for scope in ["", "admin", "deliveries", "deliveries:", "deliveries:own", "READ", "read "] {
        let refusal =
            world.refused("grant-access", granted_with("scopes", json!([scope])), "scope-not-allowed");
        assert_eq!(refusal.field(), Some("details/scopes"), "{scope}");
    }
    for scope in [":read", "sites and partners:write"] {
        world.refused("grant-access", granted_with("scopes", json!([scope])), "code-not-allowed");
    }
    let scopes = json!(["read", "write", "views:read", "deliveries:write"]);
    world.accepted("grant-access", granted_with("scopes", scopes));
}

#[test]
fn a_token_has_up_to_32_scopes_and_none_twice() {
    let mut world = World::opened();
    let many = |count: usize| json!((0..count).map(|n| format!("part-{n}:read")).collect::<Vec<_>>());
    for scopes in [json!([]), json!(["read", "read"]), many(33)] {
        world.refused("grant-access", granted_with("scopes", scopes), "list-not-allowed");
    }
    world.accepted("grant-access", granted_with("scopes", many(32)));
}

#[test]
fn a_token_says_what_it_is_for_and_for_whom_it_speaks() {
    let mut world = World::opened();
    world.refused("grant-access", granted_with("label", json!("")), "text-not-allowed");
    world.refused("grant-access", granted_with("actor", json!("the sis")), "code-not-allowed");
    world.accepted("grant-access", grant());
    let why = act(TOKEN, "2026-03-09", json!({ "reason": "somebody left" }));
    world.refused("revoke-access", why, "code-not-allowed");
}

#[test]
fn the_hash_of_a_secret_is_32_bytes() {
    let mut world = World::opened();
    let sound = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    // Too short, too long, padded, of another alphabet, and with bits after the 32 bytes.
    let unsound = [
        sound[1..].to_owned(),
        format!("{sound}A"),
        format!("{}=", &sound[..42]),
        format!("{}+8", &sound[..41]),
        format!("{}9", &sound[..42]),
        "0".repeat(64),
    ];
    for hash in unsound {
        let refusal = world.refused("grant-access", granted_with("secret_hash", json!(hash)), "out-of-range");
        assert_eq!(refusal.field(), Some("details/secret_hash"), "{hash}");
    }
}

#[test]
fn a_token_expires_within_400_days_after_its_grant() {
    let mut world = World::opened();
    let expiring = |day: Date| granted_with("expires", json!(day.to_string()));
    let longest = date(2027, 4, 6);
    for day in [date(2026, 3, 1), date(2026, 3, 2), longest.tomorrow().unwrap()] {
        let refusal = world.refused("grant-access", expiring(day), "out-of-range");
        assert_eq!(refusal.field(), Some("details/expires"), "{day}");
    }
    world.accepted("grant-access", expiring(longest));
    let mut world = World::opened();
    world.accepted("grant-access", expiring(date(2026, 3, 3)));
}

#[test]
fn a_grant_and_a_revocation_are_of_one_day_that_has_come() {
    let mut world = World::opened();
    let on = |day: &str| with(grant(), &[("effective", json!(day))]);
    world.refused("grant-access", on("2026-03-17"), "date-in-future");
    world.refused("grant-access", on("2026-03-02/2026-03-03"), "one-day-needed");
    world.refused("grant-access", on("2025-06-30"), "date-before-ledger");
    world.accepted("grant-access", grant());
    world.refused("revoke-access", revocation("2026-03-17"), "date-in-future");
    world.refused("revoke-access", revocation("2026-03-03/2026-03-04"), "one-day-needed");
    let refusal = world.refused("revoke-access", revocation("2026-03-01"), "out-of-range");
    assert_eq!(refusal.field(), Some("effective"));
    world.accepted("revoke-access", revocation("2026-03-02"));
}
