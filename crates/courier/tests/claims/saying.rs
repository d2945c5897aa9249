//! What is said of an event, to whom, under which id and signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use courier::{Full, Overlap, SECRETS_MAX, Scheme, Source, Told, Wanted, Webhook, Wish, message_id, sign};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};

use crate::{event, key, place, told, webhook};

const SECOND: i64 = 1_000_000;

#[test]
fn a_body_tells_where_the_event_stands_and_nothing_that_is_in_it() {
    let told = told(317, 4);
    let body: Value = serde_json::from_str(&told.body(&"azusa-usd".parse().unwrap())).unwrap();
    let expected = json!({
        "type": "hubledger.site-registered.v1", "timestamp": "2026-03-02T17:00:00.000000Z",
        "data": { "ledger": "azusa-usd", "epoch": 1, "position": 317, "kind": "site",
                  "subject": "site/00000000-0000-4000-9000-000000000004", "effective": "2026-03-02" },
    });
    assert_eq!(body, expected);
}

#[test]
fn no_id_of_a_person_or_a_case_is_in_a_body_or_in_what_is_kept() {
    for kind in ["person", "case"] {
        let id = "5f0c0000-1111-4222-8333-444455556666";
        let told = event(1, &format!("{kind}/{id}"));
        let body = told.body(&"azusa-usd".parse().unwrap());
        let kept = serde_json::to_string(&told).unwrap();
        assert!(!body.contains(id) && !kept.contains(id), "{body} {kept}");
        assert!(body.contains(&format!("\"kind\":\"{kind}\"")), "{body}");
        // Its order is kept all the same.
        assert_eq!(told.entity, event(2, &format!("{kind}/{id}")).entity);
        assert_ne!(told.entity, event(2, &format!("{kind}/5f0c0000-1111-4222-8333-444455556667")).entity);
    }
}

#[test]
fn only_what_is_wanted_is_told() {
    let mut webhook = webhook(Scheme::Ed25519);
    assert!(webhook.wants(&told(1, 1)));
    webhook.types = vec!["service-delivered".to_owned()];
    assert!(!webhook.wants(&told(1, 1)));
    webhook.types.push("site-registered".to_owned());
    assert!(webhook.wants(&told(1, 1)));
    webhook.kinds = vec!["partner".to_owned()];
    assert!(!webhook.wants(&told(1, 1)));
}

#[test]
fn an_event_has_one_id_for_each_webhook_however_often_it_is_sent() {
    let webhook = webhook(Scheme::Ed25519);
    let id = |id, position| message_id(uuid::Uuid::from_u128(id), Source::Event(place(position)));
    let (early, late) = (sign(&key(), &webhook, Source::Event(place(3)), "{}", 0), id(1, 3));
    assert_eq!(early.id, late);
    assert!(id(1, 4) != late && id(2, 3) != late && !late.contains('.'));
}

#[test]
fn an_ed25519_signature_is_over_id_time_and_body() {
    let webhook = webhook(Scheme::Ed25519);
    let signed = sign(&key(), &webhook, Source::Event(place(3)), "{\"a\":1}", 1_700_000_000 * SECOND + 5);
    assert_eq!(signed.timestamp, "1700000000");
    let public = key().secret(webhook.id, webhook.scheme, 1).told();
    let public: [u8; 32] =
        STANDARD.decode(public.strip_prefix("whpk_").unwrap()).unwrap().try_into().unwrap();
    let signature = STANDARD.decode(signed.signature.strip_prefix("v1a,").unwrap()).unwrap();
    let signature = Signature::from_slice(&signature).unwrap();
    let public = VerifyingKey::from_bytes(&public).unwrap();
    let said = |body: &str| format!("{}.1700000000.{body}", signed.id);
    public.verify_strict(said("{\"a\":1}").as_bytes(), &signature).unwrap();
    public.verify_strict(said("{\"a\":2}").as_bytes(), &signature).unwrap_err();
}

/// What a webhook's deliveries are signed with at this second.
fn signatures(webhook: &Webhook, second: i64) -> Vec<String> {
    let signed = sign(&key(), webhook, Source::Event(place(3)), "{}", second * SECOND);
    signed.signature.split(' ').map(str::to_owned).collect()
}

#[test]
fn both_secrets_sign_while_one_replaces_the_other_and_then_the_new_one_alone() {
    for scheme in [Scheme::Ed25519, Scheme::Hmac] {
        let before = webhook(scheme);
        let mut rotated = before.clone();
        rotated.rotate(0, 100 * SECOND).unwrap();
        assert_eq!(signatures(&rotated, 99).len(), 2);
        assert_eq!(signatures(&rotated, 99)[1], signatures(&before, 99)[0]);
        assert_eq!(signatures(&rotated, 100).len(), 1);
        assert_ne!(signatures(&rotated, 100), signatures(&before, 100));
    }
}

#[test]
fn a_secret_that_a_receiver_still_trusts_signs_as_long_as_was_said_however_often_another_replaces_it() {
    let first = webhook(Scheme::Hmac);
    let mut second = first.clone();
    second.rotate(0, 100 * SECOND).unwrap();
    let mut third = second.clone();
    third.rotate(10 * SECOND, 20 * SECOND).unwrap();
    let alone = |generation, second| signatures(&Webhook { generation, ..first.clone() }, second).remove(0);
    assert_eq!(signatures(&third, 29), [alone(3, 29), alone(2, 29), alone(1, 29)]);
    // Each ends at its own time.
    assert_eq!(signatures(&third, 30), [alone(3, 30), alone(1, 30)]);
    assert_eq!(signatures(&third, 100), [alone(3, 100)]);
}

#[test]
fn more_than_three_secrets_never_sign_and_a_rotation_that_would_need_it_is_refused_and_changes_nothing() {
    let mut webhook = webhook(Scheme::Hmac);
    webhook.rotate(0, 100 * SECOND).unwrap();
    webhook.rotate(1, 50 * SECOND).unwrap();
    let full = webhook.clone();
    assert_eq!(webhook.rotate(2, SECOND), Err(Full { until: 50 * SECOND + 1 }));
    assert_eq!(webhook, full);
    assert_eq!(signatures(&webhook, 1).len(), SECRETS_MAX);
    // Once one has ended there is room.
    webhook.rotate(50 * SECOND + 1, SECOND).unwrap();
    assert_eq!(webhook.signing(50 * SECOND + 1).collect::<Vec<_>>(), [4, 3, 1]);
}

#[test]
fn a_rotation_without_an_overlap_ends_every_secret_before_at_once() {
    let mut webhook = webhook(Scheme::Ed25519);
    webhook.rotate(0, 100 * SECOND).unwrap();
    webhook.rotate(1, 100 * SECOND).unwrap();
    webhook.rotate(2, 0).unwrap();
    assert_eq!(webhook.signing(2).collect::<Vec<_>>(), [4]);
}

#[test]
fn a_webhook_that_was_kept_in_the_first_form_is_read() {
    let first = r#"{"id":"00000000-0000-0000-0000-000000000001","ledger":"azusa-usd","url":"https://sis.example/hooks","types":[],"kinds":[],"scheme":"v1a","paused":false,"generation":2,"overlap_until":100,"from":{"epoch":1,"position":0},"made":0,"wishes":[{"number":1,"wanted":{"retry":{"event":{"epoch":1,"position":3}}}}]}"#;
    let read: Webhook = serde_json::from_str(first).unwrap();
    assert_eq!(read.overlaps, [Overlap { generation: 1, until: 100 }]);
    assert_eq!(read.wishes[0].wanted, Wanted::Retry(Source::Event(place(3))));
    // Written in the second, it is the same.
    let again = serde_json::to_string(&read).unwrap();
    assert!(!again.contains("overlap_until"), "{again}");
    assert_eq!(serde_json::from_str::<Webhook>(&again).unwrap(), read);
    let never =
        first.replace("\"generation\":2,\"overlap_until\":100", "\"generation\":1,\"overlap_until\":null");
    assert_eq!(serde_json::from_str::<Webhook>(&never).unwrap(), webhook_with(&read.wishes));
    serde_json::from_str::<Webhook>(&first.replace("made", "maid")).unwrap_err();
}

fn webhook_with(wishes: &[Wish]) -> Webhook {
    Webhook { wishes: wishes.to_vec(), ..webhook(Scheme::Ed25519) }
}

#[test]
fn secrets_follow_from_key_webhook_scheme_and_generation_and_have_256_bits() {
    let told = |id, scheme, generation| key().secret(uuid::Uuid::from_u128(id), scheme, generation).told();
    let one = told(1, Scheme::Hmac, 1);
    assert_eq!(STANDARD.decode(one.strip_prefix("whsec_").unwrap()).unwrap().len(), 32);
    assert_eq!(one, told(1, Scheme::Hmac, 1));
    let others = [told(2, Scheme::Hmac, 1), told(1, Scheme::Hmac, 2), told(1, Scheme::Ed25519, 1)];
    assert!(!others.contains(&one));
    let other_key = courier::CourierKey::new([8; 32]);
    assert_ne!(other_key.secret(uuid::Uuid::from_u128(1), Scheme::Hmac, 1).told(), one);
}

#[test]
fn a_test_tells_that_it_is_one() {
    let told = Told::test(3, "2026-03-02T17:00:00.000000Z".to_owned());
    let body: Value = serde_json::from_str(&told.body(&"azusa-usd".parse().unwrap())).unwrap();
    assert_eq!(body["type"], courier::TEST_TYPE);
    assert_eq!(body["data"], json!({ "ledger": "azusa-usd", "kind": "webhook", "test": 3 }));
}

#[test]
fn every_member_of_a_body_is_in_its_schema_and_what_the_schema_requires_is_in_every_body() {
    let schema = courier::schema();
    let person = event(2, "person/5f0c0000-1111-4222-8333-444455556666");
    for told in [told(1, 1), person, Told::test(3, "2026-03-02T17:00:00.000000Z".to_owned())] {
        let body: Value = serde_json::from_str(&told.body(&"azusa-usd".parse().unwrap())).unwrap();
        for (schema, value) in [(&schema, &body), (&schema["properties"]["data"], &body["data"])] {
            let (known, value) = (schema["properties"].as_object().unwrap(), value.as_object().unwrap());
            assert!(value.keys().all(|member| known.contains_key(member)), "{value:?}");
            let required = schema["required"].as_array().unwrap();
            assert!(required.iter().all(|member| value.contains_key(member.as_str().unwrap())), "{value:?}");
        }
    }
}
