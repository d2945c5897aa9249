//! `token`: made once, listed without anything secret, revoked where it was granted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests::binary::{self, Ran};

use crate::kit::{LEDGER, Place, open};

/// A second ledger of the same directory.
const OTHER: &str = "glendora-usd";

/// A verb on the directory, without `--ledger`.
fn token(place: &Place, verb: &[&str]) -> Ran {
    let data = place.data();
    binary::run(&[&["token"], verb, &["--data", data.to_str().unwrap()]].concat())
}

/// Both ledgers are open.
fn two_ledgers() -> Place {
    let place = Place::opened();
    let data = place.data();
    let to = ["record", "--ledger", OTHER, "--json", "--data", data.to_str().unwrap(), "-"];
    let _ = binary::run_with(&to, &open().to_string()).ended(0);
    place
}

fn new(place: &Place, more: &[&str]) -> Ran {
    let what = ["new", "--label", "Student information system", "--actor", "svc:azusa-sis"];
    token(place, &[&what, more].concat())
}

fn listed(place: &Place, ledger: &str) -> Vec<Value> {
    let ran = token(place, &["list", "--ledger", ledger, "--json"]).ended(0);
    ran.json()["tokens"].as_array().unwrap().clone()
}

#[test]
fn a_token_is_printed_once_and_only_its_hash_is_recorded() {
    let place = two_ledgers();
    let scopes = ["--scope", "deliveries:write", "--scope", "read"];
    let ran = new(&place, &[&["--ledger", LEDGER, "--ledger", OTHER][..], &scopes].concat()).ended(0);
    let token = ran.out.strip_suffix('\n').unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let [prefix, home, id, secret] = parts[..] else { panic!("{token}") };
    assert_eq!((prefix, home, secret.len()), ("hubkey", LEDGER, 43));
    assert!(ran.err.contains("kept nowhere") && !ran.err.contains(secret), "{}", ran.err);
    for ledger in [LEDGER, OTHER] {
        let row = &listed(&place, ledger)[0];
        assert_eq!((&row["token"], &row["status"]), (&json!(id), &json!("granted")));
        assert_eq!(row["scopes"], json!(["deliveries:write", "read"]));
        assert_eq!(row["actor"], "svc:azusa-sis");
    }
    let stored = place.run(&["events"]).ended(0);
    let granted: Value = serde_json::from_str(stored.out.lines().last().unwrap()).unwrap();
    assert!(!stored.out.contains(secret));
    assert_eq!(granted["data"]["secret_hash"], json!(hash(secret)));
    assert_eq!(granted["actor"], "usr:local");
}

/// SHA-256 of the bytes that are written so, written the same way.
fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(URL_SAFE_NO_PAD.decode(secret).unwrap()))
}

#[test]
fn as_json_a_token_says_its_id_where_it_is_granted_and_until_when() {
    let place = Place::opened();
    let args = ["--ledger", LEDGER, "--scope", "read", "--days", "10", "--by", "usr:ops-3", "--json"];
    let told = new(&place, &args).ended(0).json();
    let id = told["id"].as_str().unwrap();
    assert!(told["token"].as_str().unwrap().starts_with(&format!("hubkey.{LEDGER}.{id}.")));
    assert_eq!(told["ledgers"], json!([LEDGER]));
    let row = &listed(&place, LEDGER)[0];
    assert_eq!((&row["token"], &row["expires"]), (&told["id"], &told["expires"]));
    let stored = place.run(&["events", "--from", "2"]).ended(0);
    assert_eq!(stored.json()["actor"], "usr:ops-3");
}

#[test]
fn a_list_shows_no_hash() {
    let place = Place::opened();
    assert_eq!(listed(&place, LEDGER), [Value::Null; 0]);
    let _ = new(&place, &["--ledger", LEDGER, "--scope", "read"]).ended(0);
    let ran = token(&place, &["list", "--ledger", LEDGER]).ended(0);
    assert!(ran.out.contains("svc:azusa-sis") && ran.out.contains("STATUS"), "{}", ran.out);
    let hash = place.run(&["query", "access"]).ended(0).json()["rows"][0]["secret_hash"].clone();
    assert!(!ran.out.contains(hash.as_str().unwrap()) && !ran.out.contains("SECRET_HASH"), "{}", ran.out);
    assert!(listed(&place, LEDGER)[0].get("secret_hash").is_none());
}

#[test]
fn what_one_ledger_refuses_is_granted_in_none() {
    let place = Place::opened();
    let ran = new(&place, &["--ledger", LEDGER, "--ledger", OTHER, "--scope", "read"]).ended(3);
    assert!(ran.err.contains(OTHER) && ran.err.contains("ledger-not-open"), "{}", ran.err);
    assert!(ran.out.is_empty(), "{}", ran.out);
    let ran = new(&place, &["--ledger", LEDGER, "--scope", "admin"]).ended(3);
    assert!(ran.err.contains("scope-not-allowed"), "{}", ran.err);
    let _ = new(&place, &["--ledger", LEDGER, "--scope", "read", "--days", "400"]).ended(2);
    let _ = new(&Place::empty(), &["--ledger", LEDGER, "--scope", "read"]).ended(6);
    assert_eq!(place.run(&["verify"]).ended(0).json()["events"], 1);
}

#[test]
fn a_lost_token_is_revoked_wherever_it_was_granted() {
    let place = two_ledgers();
    let both = ["--ledger", LEDGER, "--ledger", OTHER];
    let told = new(&place, &[&both[..], &["--scope", "read", "--json"]].concat()).ended(0).json();
    let revoke = |ledgers: &[&str]| {
        let id = told["id"].as_str().unwrap();
        token(&place, &[&["revoke", "--id", id, "--reason", "lost", "--json"], ledgers].concat())
    };
    assert_eq!(revoke(&["--ledger", OTHER]).ended(0).json()["revoked"], json!([OTHER]));
    assert_eq!(listed(&place, OTHER)[0]["status"], "revoked");
    assert_eq!(listed(&place, OTHER)[0]["reason"], "lost");
    assert_eq!(listed(&place, LEDGER)[0]["status"], "granted");
    // That one ledger has revoked it keeps no other from it.
    let ran = revoke(&["--ledger", OTHER, "--ledger", LEDGER]).ended(3).json();
    assert_eq!((&ran["revoked"], &ran["refused"][0]["code"]), (&json!([LEDGER]), &json!("no-change")));
    assert_eq!(listed(&place, LEDGER)[0]["status"], "revoked");
}

#[test]
fn a_token_that_takes_the_place_of_another_says_how_to_revoke_that_one() {
    let place = Place::opened();
    let args = ["--ledger", LEDGER, "--scope", "read"];
    let old = new(&place, &[&args[..], &["--json"]].concat()).ended(0).json();
    let old = old["id"].as_str().unwrap();
    let ran = new(&place, &[&args[..], &["--replaces", old, "--overlap-days", "3"]].concat()).ended(0);
    let says = format!("hubledger token revoke --ledger {LEDGER} --id {old} --reason rotated");
    assert!(ran.err.contains(&says), "{}", ran.err);
    // Both are in use until somebody does.
    let status = |rows: &[Value]| rows.iter().filter(|row| row["status"] == "granted").count();
    assert_eq!(status(&listed(&place, LEDGER)), 2);
    let nobody = "00000000-0000-4000-8000-000000000009";
    let ran = new(&place, &[&args[..], &["--replaces", nobody]].concat()).ended(3);
    assert!(ran.err.contains("not-found") && ran.out.is_empty(), "{ran:?}");
    assert_eq!(listed(&place, LEDGER).len(), 2);
}
