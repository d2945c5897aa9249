//! Receivers that fail, go or are not there, and couriers that are killed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::binary;
use tests::receiver::{Received, Receiver};

use super::kit::{act, asked, lab, made, refused, site, wait};
use crate::kit::{Gateway, LEDGER};

/// First arrivals, in order.
fn firsts(came: &[Received]) -> Vec<u64> {
    let mut seen = BTreeSet::new();
    came.iter().map(Received::position).filter(|position| seen.insert(*position)).collect()
}

#[test]
fn what_fails_is_tried_again_under_the_same_id_and_holds_up_its_own_thing_only() {
    let (gateway, receiver) = (lab(), Receiver::start());
    let mut failures = 3;
    receiver.answer(move |received| match received.kind().as_str() {
        "ledger" if failures > 0 => {
            failures -= 1;
            503
        }
        _ => 200,
    });
    let (_, end) = made(&gateway, &receiver, &json!({}));
    act(&gateway, 1);
    act(&gateway, 2);
    site(&gateway, 1);
    let came = receiver.take(6);
    let of = |kind: &str| came.iter().filter(|one| one.kind() == kind).collect::<Vec<_>>();
    let acts: Vec<u64> = of("ledger").iter().map(|one| one.position()).collect();
    assert_eq!((acts, of("site").len()), (vec![2, 2, 2, 2, 3], 1));
    assert_eq!(of("ledger").iter().map(|one| one.id()).collect::<BTreeSet<_>>().len(), 2);
    let all = |told: &Value| told["deliveries"].as_array().unwrap().len() == 3;
    let told = wait(&gateway, &format!("{end}/deliveries?state=delivered"), all);
    let tries: BTreeMap<String, u64> = told["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["delivery"].as_str().unwrap().to_owned(), one["tries"].as_u64().unwrap()))
        .collect();
    assert_eq!((tries["1:2"], tries["1:3"]), (4, 1));
}

#[test]
fn gone_disables_and_enabling_goes_on_where_it_stood() {
    let (gateway, receiver) = (lab(), Receiver::start());
    receiver.answer(|_| 410);
    let (_, end) = made(&gateway, &receiver, &json!({}));
    act(&gateway, 1);
    assert_eq!(receiver.next().position(), 2);
    let told = wait(&gateway, &end, |told| told["status"] == "disabled");
    assert_eq!(told["why"], "gone");
    act(&gateway, 2);
    receiver.answer(|_| 200);
    asked(&gateway, ("POST", &format!("{end}/enable")), &json!({}), 202);
    assert_eq!(firsts(&receiver.take(2)), [2, 3]);
    wait(&gateway, &end, |told| told["status"] == "active" && told["pending"] == 0);
    assert!(receiver.is_empty());
}

#[test]
fn a_paused_webhook_loses_nothing() {
    let (gateway, receiver) = (lab(), Receiver::start());
    let (_, end) = made(&gateway, &receiver, &json!({}));
    let paused = asked(&gateway, ("PATCH", &end), &json!({ "paused": true }), 200);
    assert_eq!(paused["status"], "paused");
    act(&gateway, 1);
    act(&gateway, 2);
    let enabled = asked(&gateway, ("POST", &format!("{end}/enable")), &json!({}), 202);
    assert_eq!(enabled["status"], "active");
    assert_eq!(firsts(&receiver.take(2)), [2, 3]);
}

#[test]
fn a_courier_that_is_killed_sends_everything_at_least_once_and_in_order() {
    let (mut gateway, receiver) = (lab(), Receiver::start());
    let _ = made(&gateway, &receiver, &json!({}));
    let mut came = Vec::new();
    for round in 0..3 {
        (1..=20).for_each(|number| act(&gateway, round * 20 + number));
        // In the middle of them.
        came.extend(receiver.take(5));
        gateway = gateway.killed_and_started();
    }
    let all: Vec<u64> = (2..=61).collect();
    let mut seen: BTreeSet<u64> = came.iter().map(Received::position).collect();
    came.extend(receiver.until(|more| {
        seen.extend(more.last().map(Received::position));
        seen.len() == all.len()
    }));
    assert_eq!(firsts(&came), all);
    let ids: BTreeMap<u64, BTreeSet<&str>> = came.iter().fold(BTreeMap::new(), |mut ids, one| {
        ids.entry(one.position()).or_default().insert(one.id());
        ids
    });
    assert!(ids.values().all(|ids| ids.len() == 1), "{ids:?}");
}

#[test]
fn views_that_are_built_anew_send_nothing() {
    let (gateway, receiver) = (lab(), Receiver::start());
    let (_, end) = made(&gateway, &receiver, &json!({}));
    (1..=5).for_each(|number| act(&gateway, number));
    assert_eq!(firsts(&receiver.take(5)), [2, 3, 4, 5, 6]);
    wait(&gateway, &end, |told| told["pending"] == 0);
    let _ = binary::run(&["rebuild", "--ledger", LEDGER, "--data", &gateway.data()]).ended(0);
    // Nor when they are lost.
    let folder = gateway.stop();
    std::fs::remove_dir_all(folder.path().join("data/views")).unwrap();
    let gateway = Gateway::start_again(folder);
    assert_eq!(gateway.read("views/activity-feed?min_position=1:6")["rows"].as_array().unwrap().len(), 6);
    act(&gateway, 6);
    assert_eq!(receiver.next().position(), 7);
    wait(&gateway, &end, |told| told["pending"] == 0);
    assert!(receiver.is_empty());
}

#[test]
fn where_private_networks_are_closed_none_is_led_to_when_it_is_made_and_none_when_it_is_sent() {
    let (gateway, receiver) = (lab(), Receiver::start());
    let (webhook, end) = made(&gateway, &receiver, &json!({}));
    let folder = gateway.stop();
    let config = folder.path().join("hubledger.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("allow_private_targets = true", "allow_private_targets = false"))
        .unwrap();
    let gateway = Gateway::start_again(folder);
    for url in ["http://127.0.0.1/", "https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://localhost/"]
    {
        let answer = (422, "webhook-target-refused".to_owned());
        assert_eq!(refused(&gateway, "POST", "", &json!({ "url": url })), answer, "{url}");
        assert_eq!(refused(&gateway, "PATCH", &end, &json!({ "url": url })), answer, "{url}");
    }
    // It was made when they were open, and its address has not changed since.
    assert_eq!(asked(&gateway, ("GET", &end), &json!({}), 200)["url"], webhook["url"]);
    act(&gateway, 1);
    let failed = |told: &Value| {
        told["deliveries"].as_array().unwrap().iter().any(|one| one["failed"] == "it must be https")
    };
    let deliveries = format!("{end}/deliveries?state=pending");
    wait(&gateway, &deliveries, failed);
    assert!(receiver.is_empty());
    // What is said of it has no path and no query.
    gateway.server().says(&["a delivery failed", "it must be https"]);
    assert!(!gateway.server().has_said("CANARY"));
}
