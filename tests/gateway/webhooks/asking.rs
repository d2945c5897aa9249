//! What is asked of webhooks, by whom, and what is refused.

use serde_json::{Value, json};
use tests::receiver::Receiver;

use super::kit::{asked, lab, made, refused, wait};
use crate::kit::{Gateway, LEDGER, code, key_of, opened, token};

const GOOD: &str = "https://sis.example/hooks";

#[test]
fn what_is_made_is_listed_shown_changed_and_removed() {
    let (gateway, receiver) = (lab(), Receiver::start());
    let (webhook, end) = made(&gateway, &receiver, &json!({ "types": ["site-registered"] }));
    for (member, value) in [
        ("status", json!("active")),
        ("scheme", json!("v1a")),
        ("read_to", json!("1:1")),
        ("types", json!(["site-registered"])),
        ("why", Value::Null),
    ] {
        assert_eq!(webhook[member], value, "{member}");
    }
    assert!(webhook["public_key"].as_str().unwrap().starts_with("whpk_"));
    let listed = asked(&gateway, ("GET", ""), &json!({}), 200);
    assert_eq!(listed["webhooks"].as_array().unwrap().len(), 1);
    let changed = asked(&gateway, ("PATCH", &end), &json!({ "url": GOOD, "paused": true }), 200);
    assert_eq!((&changed["url"], &changed["types"]), (&json!(GOOD), &webhook["types"]));
    asked(&gateway, ("DELETE", &end), &json!({}), 204);
    assert_eq!(refused(&gateway, "GET", &end, &json!({})), (404, "not-found".to_owned()));
    assert_eq!(asked(&gateway, ("GET", ""), &json!({}), 200), json!({ "webhooks": [] }));
}

#[test]
fn the_same_key_makes_one_webhook() {
    let gateway = lab();
    let make = || {
        let headers = format!("Content-Type: application/json\r\nIdempotency-Key: {}\r\n", key_of(5));
        gateway.post(
            &format!("/v1/{LEDGER}/webhooks"),
            &headers,
            &json!({ "url": GOOD, "scheme": "v1" }).to_string(),
        )
    };
    let (first, again) = (make(), make());
    assert_eq!((first.status, again.status), (201, 200));
    let told = |answer: &crate::kit::Answer| {
        let told = answer.json();
        (told["id"].clone(), told["secret"].clone())
    };
    assert_eq!(told(&first), told(&again));
    assert_eq!(first.header("location"), Some(&*format!("/v1/{LEDGER}/webhooks/{}", key_of(5))));
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let gateway = lab();
    let bad = (400, "malformed-request".to_owned());
    for body in [
        json!({}),
        json!({ "url": GOOD, "event": "x" }),
        json!({ "url": GOOD, "scheme": "v2" }),
        json!({ "url": GOOD, "types": ["site-registred"] }),
        json!({ "url": GOOD, "kinds": ["school"] }),
    ] {
        assert_eq!(refused(&gateway, "POST", "", &body), bad, "{body}");
    }
    let misspelt =
        super::kit::ask(&gateway, "POST", "", &json!({ "url": GOOD, "types": ["site-registred"] }));
    assert_eq!(misspelt.json()["hint"], "did you mean site-registered?");
    assert_eq!(misspelt.json()["errors"][0]["pointer"], "/types/0");
    let misspelt = super::kit::ask(&gateway, "POST", "", &json!({ "url": GOOD, "type": [] }));
    assert_eq!(
        (&misspelt.json()["hint"], &misspelt.json()["errors"][0]["pointer"]),
        (&json!("did you mean types?"), &json!("/type"))
    );

    let end =
        format!("/{}", asked(&gateway, ("POST", ""), &json!({ "url": GOOD }), 201)["id"].as_str().unwrap());
    let gone = (410, "cursor-gone".to_owned());
    for after in ["1:2", "2:1"] {
        assert_eq!(refused(&gateway, "POST", &format!("{end}/replay"), &json!({ "after": after })), gone);
    }
    assert_eq!(refused(&gateway, "POST", &format!("{end}/replay"), &json!({ "after": 1 })), bad);
    assert_eq!(refused(&gateway, "POST", &format!("{end}/rotate"), &json!({ "overlap_hours": 9999 })), bad);
    for nothing in ["url", "types", "kinds", "paused"] {
        assert_eq!(refused(&gateway, "PATCH", &end, &json!({ nothing: null })), bad, "{nothing}");
    }
    assert_eq!(refused(&gateway, "GET", &format!("{end}/deliveries?state=x"), &json!({})), bad);
    let none = (404, "not-found".to_owned());
    assert_eq!(refused(&gateway, "POST", &format!("{end}/deliveries/1:9/retry"), &json!({})), none);
    assert_eq!(refused(&gateway, "POST", &format!("/{}/test", key_of(9)), &json!({})), none);
}

#[test]
fn a_ledger_has_so_many_webhooks_and_no_more() {
    let gateway = lab();
    for _ in 0..50 {
        asked(&gateway, ("POST", ""), &json!({ "url": GOOD, "kinds": ["council"] }), 201);
    }
    let full = (422, "too-many-webhooks".to_owned());
    assert_eq!(refused(&gateway, "POST", "", &json!({ "url": GOOD })), full);
}

#[test]
fn webhooks_need_a_scope_of_their_own_that_write_does_not_mean() {
    let gateway = Gateway::start_with("");
    opened(&gateway, LEDGER);
    let (all, _) = token(&gateway, &[LEDGER], &["read", "write"]);
    let (own, _) = token(&gateway, &[LEDGER], &["webhooks:write"]);
    let make = |token: &str| {
        let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n");
        gateway.post(&format!("/v1/{LEDGER}/webhooks"), &headers, &json!({ "url": GOOD }).to_string())
    };
    let refused = make(&all);
    assert_eq!((refused.status, code(&refused)), (403, "not-allowed".to_owned()));
    assert_eq!(make(&own).status, 201);
    let list = |token: &str| {
        gateway.get_with(&format!("/v1/{LEDGER}/webhooks"), &format!("Authorization: Bearer {token}\r\n"))
    };
    assert_eq!((list(&all).status, list(&own).status), (200, 403));
}

#[test]
fn a_removed_webhook_is_told_nothing_more() {
    let (gateway, receiver) = (lab(), Receiver::start());
    let (_, removed) = made(&gateway, &receiver, &json!({}));
    let (_, kept) = made(&gateway, &receiver, &json!({}));
    super::kit::act(&gateway, 1);
    assert_eq!(receiver.take(2).len(), 2);
    asked(&gateway, ("DELETE", &removed), &json!({}), 204);
    // The courier looks at all webhooks in one go: it has seen that one is gone once it has seen another that is new.
    let other = Receiver::start();
    let (_, late) = made(&gateway, &other, &json!({}));
    asked(&gateway, ("POST", &format!("{late}/test")), &json!({}), 202);
    assert_eq!(other.next().position(), 0);
    super::kit::act(&gateway, 2);
    let came = receiver.next();
    wait(&gateway, &kept, |told| told["pending"] == 0 && told["read_to"] == "1:3");
    assert!(came.position() == 3 && receiver.is_empty());
}
