//! Roles killed in the middle of an import, over a real nats-server.

use std::path::PathBuf;

use serde_json::{Value, json};
use tests::binary::{self, Serving};
use tests::nats::Nats;

use super::{ask, create, ended, night, report, send, sign, wait};
use crate::kit::{Gateway, LEDGER};

/// Roles apart, each with a data directory of its own.
struct House {
    nats: Nats,
    folder: tempfile::TempDir,
}

impl House {
    fn config(&self, role: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{role}.toml"));
        let (data, keys) = (self.folder.path().join(role), self.folder.path().join("keys"));
        let journal =
            format!("kind = \"jetstream\"\nurl = {:?}\naccept_unchecked_sync = true", self.nats.url());
        let gateway =
            "gateway.listen = \"127.0.0.1:0\"\ngateway.tokens = false\ngateway.requests_per_second = 100000";
        let text =
            format!("data = {data:?}\nrecorder.keys_dir = {keys:?}\n{gateway}\n[journal]\n{journal}\n");
        std::fs::write(&path, text).unwrap();
        path
    }

    fn serve(&self, role: &str) -> Serving {
        Serving::start_role(role, &self.config(role))
    }
}

/// Waits until so many rows have been told of.
fn under_way(gateway: &Gateway, number: u32) -> u64 {
    let has_begun = |import: &Value| import["counts"]["rows"] != 0 || import["phase"] == "committed";
    wait(gateway, number, has_begun)["counts"]["rows"].as_u64().unwrap()
}

#[test]
fn an_import_goes_on_after_its_gateway_and_its_recorder_are_killed() {
    let (nats, folder) = (Nats::start(), tempfile::tempdir().unwrap());
    let house = House { nats, folder };
    let (recorder, projector, server) =
        (house.serve("recorder"), house.serve("projector"), house.serve("gateway"));
    let mut gateway = Gateway::before(server);
    gateway.open();
    sign(&gateway);
    let rows = 12_000;
    assert_eq!(create(&gateway, 1, &json!({ "format": "deliveries" })).status, 201);
    assert_eq!(send(&gateway, 1, "", &night(rows)).status, 200);
    assert_eq!(ask(&gateway, 1, "commit", "{\"partial\":true}").status, 202);
    let before = under_way(&gateway, 1);
    gateway.kill();
    gateway = Gateway::before(house.serve("gateway"));
    recorder.kill();
    let recorder = house.serve("recorder");
    assert!(before < u64::from(rows), "it was killed in the middle, at {before}");
    let done = ended(&gateway, 1);
    let count = |name: &str| done["counts"][name].as_u64().unwrap();
    assert_eq!((&done["phase"], count("rows"), count("refused")), (&json!("committed"), u64::from(rows), 0));
    // What was recorded since the last checkpoint is repeated; nothing is there twice.
    assert_eq!(count("accepted") + count("repeated"), u64::from(rows));
    let report = report(&gateway, 1, "/report.csv");
    let mut positions: Vec<u64> =
        report.iter().map(|line| line.split(',').nth(3).unwrap().parse().unwrap()).collect();
    positions.sort_unstable();
    assert_eq!(positions, (6..6 + u64::from(rows)).collect::<Vec<_>>());
    assert_eq!(gateway.read("head")["position"], 5 + rows);
    let data = house.folder.path().join("recorder");
    let verified = binary::run(&["verify", "--ledger", LEDGER, "--json", "--data", data.to_str().unwrap()]);
    assert_eq!(verified.ended(0).json()["events"], 5 + rows);
    assert_eq!([gateway.end(), projector.stop(), recorder.stop()], [0; 3]);
}

#[test]
fn an_import_waits_while_no_recorder_answers_and_says_so() {
    let (nats, folder) = (Nats::start(), tempfile::tempdir().unwrap());
    let house = House { nats, folder };
    let (recorder, projector) = (house.serve("recorder"), house.serve("projector"));
    let gateway = Gateway::before(house.serve("gateway"));
    gateway.open();
    sign(&gateway);
    create(&gateway, 1, &json!({ "format": "deliveries" }));
    assert_eq!(send(&gateway, 1, "", &night(600)).status, 200);
    assert_eq!(recorder.stop(), 0);
    assert_eq!(ask(&gateway, 1, "commit", "{\"partial\":true}").status, 202);
    let waits = wait(&gateway, 1, |import| import["waits_for"].is_string());
    assert_eq!(waits["phase"], "committing");
    let recorder = house.serve("recorder");
    let done = ended(&gateway, 1);
    assert_eq!((&done["phase"], &done["counts"]["accepted"]), (&json!("committed"), &json!(600)));
    assert_eq!([gateway.end(), projector.stop(), recorder.stop()], [0; 3]);
}

#[test]
fn a_gateway_that_is_stopped_hands_its_import_on_with_every_row_told_once() {
    let gateway = super::ready();
    assert_eq!(create(&gateway, 1, &json!({ "format": "deliveries" })).status, 201);
    assert_eq!(send(&gateway, 1, "", &night(12_000)).status, 200);
    assert_eq!(ask(&gateway, 1, "commit", "{\"partial\":true}").status, 202);
    under_way(&gateway, 1);
    let gateway = gateway.stopped_and_started();
    let done = ended(&gateway, 1);
    assert_eq!((&done["phase"], &done["counts"]["rows"]), (&json!("committed"), &json!(12_000)));
    let report = report(&gateway, 1, "/report.csv");
    let rows: Vec<u32> = report.iter().map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(rows, (2..12_002).collect::<Vec<_>>());
}

#[test]
fn an_import_of_one_process_goes_on_after_it_is_killed() {
    let gateway = super::ready();
    assert_eq!(create(&gateway, 1, &json!({ "format": "deliveries" })).status, 201);
    assert_eq!(send(&gateway, 1, "", &night(12_000)).status, 200);
    assert_eq!(ask(&gateway, 1, "commit", "{\"partial\":true}").status, 202);
    under_way(&gateway, 1);
    let gateway = gateway.killed_and_started();
    let done = ended(&gateway, 1);
    assert_eq!((&done["phase"], &done["counts"]["rows"]), (&json!("committed"), &json!(12_000)));
    assert_eq!(gateway.read("head")["position"], 12_005);
}
