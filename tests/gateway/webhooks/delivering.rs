//! What comes to a receiver, in which order, and how it knows that it is from us.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::json;
use tests::nats::root;
use tests::receiver::Receiver;

use super::kit::{act, asked, environment, lab, made, refused, site, verifies, wait};
use crate::kit::{LEDGER, key_of, site_id};

#[test]
fn what_is_recorded_is_delivered_and_verifies_with_others_software() {
    let (gateway, ed25519, hmac) = (lab(), Receiver::start(), Receiver::start());
    let (by_key, _) = made(&gateway, &ed25519, &json!({}));
    let (by_secret, _) = made(&gateway, &hmac, &json!({ "scheme": "v1" }));
    assert!(by_key.get("secret").is_none(), "{by_key}");
    site(&gateway, 1);
    for (receiver, secret) in [(&ed25519, &by_key["public_key"]), (&hmac, &by_secret["secret"])] {
        let came = receiver.next();
        let expected = json!({
            "type": "hubledger.site-registered.v1", "timestamp": came.json()["timestamp"],
            "data": { "ledger": LEDGER, "epoch": 1, "position": 2, "kind": "site",
                      "subject": format!("site/{}", site_id(1)), "effective": "2020-07-01" },
        });
        assert_eq!(came.json(), expected);
        let secret = secret.as_str().unwrap();
        assert!(verifies(secret, &came, &came.body));
        assert!(!verifies(secret, &came, &came.body.replace("\"position\":2", "\"position\":3")));
    }
    // It says where to ask.
    assert_eq!(gateway.read("events/2")["type"], "hubledger.site-registered.v1");
}

#[test]
fn the_receiver_of_the_readme_understands_what_comes() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("```python\n").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    let gateway = lab();
    let url = |port: &str| format!("http://127.0.0.1:{port}/");
    let made = asked(&gateway, ("POST", ""), &json!({ "url": url("1"), "scheme": "v1" }), 201);
    let mut receiver = Command::new(environment());
    receiver.args(["-c", script]).env("PORT", "0").env("WEBHOOK_SECRET", made["secret"].as_str().unwrap());
    let mut running = receiver.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines().map_while(Result::ok);
    let listening = lines.next().unwrap();
    let port = listening.strip_prefix("listening on ").unwrap();
    let end = format!("/{}", made["id"].as_str().unwrap());
    asked(&gateway, ("PATCH", &end), &json!({ "url": url(port) }), 200);
    site(&gateway, 1);
    let came = lines.next().unwrap();
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(came.starts_with("msg_") && came.ends_with(" hubledger.site-registered.v1 2"), "{came}");
}

#[test]
fn both_secrets_verify_while_one_replaces_the_other() {
    for scheme in ["v1", "v1a"] {
        let (gateway, receiver) = (lab(), Receiver::start());
        let (webhook, end) = made(&gateway, &receiver, &json!({ "scheme": scheme }));
        let rotated =
            asked(&gateway, ("POST", &format!("{end}/rotate")), &json!({ "overlap_hours": 1 }), 200);
        let told = |told: &serde_json::Value| {
            let secret = told.get("secret").unwrap_or(&told["public_key"]);
            secret.as_str().unwrap().to_owned()
        };
        let (old, new) = (told(&webhook), told(&rotated));
        assert_ne!(old, new);
        // Shown when it is made, and not again.
        assert!(asked(&gateway, ("GET", &end), &json!({}), 200).get("secret").is_none());
        // The courier has seen it once it does what was asked after it.
        asked(&gateway, ("POST", &format!("{end}/test")), &json!({}), 202);
        let came = receiver.next();
        assert_eq!(came.json()["type"], "hubledger.webhook-test.v1");
        assert!(verifies(&old, &came, &came.body) && verifies(&new, &came, &came.body));

        let last = asked(&gateway, ("POST", &format!("{end}/rotate")), &json!({ "overlap_hours": 0 }), 200);
        asked(&gateway, ("POST", &format!("{end}/test")), &json!({}), 202);
        let came = receiver.next();
        assert!(verifies(&told(&last), &came, &came.body));
        assert!(!verifies(&old, &came, &came.body) && !verifies(&new, &came, &came.body));
    }
}

#[test]
fn a_second_rotation_ends_no_secret_before_its_time_and_a_third_is_refused_or_ends_all() {
    let (gateway, receiver) = (lab(), Receiver::start());
    let (webhook, end) = made(&gateway, &receiver, &json!({}));
    let told = |told: &serde_json::Value| told["public_key"].as_str().unwrap().to_owned();
    let rotate = |body| asked(&gateway, ("POST", &format!("{end}/rotate")), &body, 200);
    let (second, third) = (rotate(json!({})), rotate(json!({ "overlap_hours": 1 })));
    let trusted = [told(&webhook), told(&second), told(&third)];
    assert_eq!((&third["generation"], third["overlaps"].as_array().unwrap().len()), (&json!(3), 2));
    asked(&gateway, ("POST", &format!("{end}/test")), &json!({}), 202);
    let came = receiver.next();
    assert!(trusted.iter().all(|key| verifies(key, &came, &came.body)));

    let full = (409, "too-many-secrets".to_owned());
    assert_eq!(refused(&gateway, "POST", &format!("{end}/rotate"), &json!({})), full);
    assert_eq!(asked(&gateway, ("GET", &end), &json!({}), 200)["overlaps"], third["overlaps"]);
    let last = rotate(json!({ "overlap_hours": 0 }));
    asked(&gateway, ("POST", &format!("{end}/test")), &json!({}), 202);
    let came = receiver.next();
    assert!(verifies(&told(&last), &came, &came.body));
    assert!(!trusted.iter().any(|key| verifies(key, &came, &came.body)));
}

#[test]
fn only_what_was_asked_for_comes_and_nothing_from_before() {
    let (gateway, receiver) = (lab(), Receiver::start());
    site(&gateway, 1);
    let (_, end) = made(&gateway, &receiver, &json!({ "types": ["site-registered"], "kinds": ["site"] }));
    act(&gateway, 1);
    site(&gateway, 2);
    let came = receiver.next();
    assert_eq!((came.position(), came.kind()), (4, "site".to_owned()));
    asked(&gateway, ("PATCH", &end), &json!({ "types": [], "kinds": ["ledger"] }), 200);
    // Seen by the courier once it does what was asked after it.
    asked(&gateway, ("POST", &format!("{end}/test")), &json!({}), 202);
    assert_eq!(receiver.next().position(), 0);
    site(&gateway, 3);
    act(&gateway, 2);
    assert_eq!(receiver.next().position(), 6);
    assert!(receiver.is_empty());
}

#[test]
fn no_id_of_a_person_or_a_case_comes() {
    let (gateway, receiver) = (lab(), Receiver::start());
    let _ = made(&gateway, &receiver, &json!({}));
    let (person, household, case) = (key_of(70_001), key_of(70_002), key_of(70_003));
    site(&gateway, 1);
    let record = |path: &str, key, body| {
        let recorded = gateway.record(&format!("/v1/{LEDGER}/{path}"), key, &body);
        assert_eq!(recorded.status, 201, "{recorded:?}");
    };
    record(
        "persons",
        70_011,
        json!({ "id": person, "effective": "2025-08-11", "details": { "household": household } }),
    );
    let details = json!({ "programme": "counseling", "site": site_id(1) });
    record("cases", 70_012, json!({ "id": case, "effective": "2025-09-08", "details": details }));
    let came = receiver.take(3);
    let mut kinds: Vec<String> = came.iter().map(|one| one.kind()).collect();
    kinds.sort();
    assert_eq!(kinds, ["case", "person", "site"]);
    for one in &came {
        let all = format!("{:?}{}", one.headers, one.body);
        for id in [&person, &household, &case] {
            assert!(!all.contains(id.as_str()), "{all}");
        }
    }
    // Neither is one in what the courier keeps.
    let folder = gateway.stop();
    let kept = folder.path().join("data/buckets/webhooks").join(LEDGER);
    let mut looked_at = 0;
    for folder in std::fs::read_dir(kept).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let text = String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned();
            assert!([&person, &household, &case].iter().all(|id| !text.contains(id.as_str())), "{text}");
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 2);
}

#[test]
fn what_was_delivered_comes_again_when_it_is_asked_for_under_the_same_ids() {
    let (gateway, receiver) = (lab(), Receiver::start());
    let (_, end) = made(&gateway, &receiver, &json!({}));
    (1..=4).for_each(|number| act(&gateway, number));
    let first = receiver.take(4);
    asked(&gateway, ("POST", &format!("{end}/replay")), &json!({ "after": "1:3" }), 202);
    let again = receiver.take(2);
    assert_eq!((again[0].id(), again[1].id()), (first[2].id(), first[3].id()));
    let all = |told: &serde_json::Value| told["deliveries"].as_array().unwrap().len() == 6;
    let deliveries = wait(&gateway, &format!("{end}/deliveries?state=delivered"), all);
    let delivered: Vec<_> =
        deliveries["deliveries"].as_array().unwrap().iter().map(|one| one["delivery"].clone()).collect();
    assert_eq!(delivered, ["1:2", "1:3", "1:4", "1:5", "1:4", "1:5"]);
    asked(&gateway, ("POST", &format!("{end}/deliveries/1:2/retry")), &json!({}), 202);
    assert_eq!(receiver.next().id(), first[0].id());
}
