//! Reports over a made-up region: the same bytes each time, named by their digest, and nothing that is too few.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tests::binary::{self, Ran};

use crate::kit::Place;

const LEDGER: &str = "madrona-usd";
const FORMATS: [&str; 3] = ["csv", "json", "html"];

fn year() -> Place {
    let place = Place::empty();
    let data = place.data();
    let words = ["demo", "--once", "--events", "3000", "--json", "--data", data.to_str().unwrap()];
    let _ = binary::run(&words).ended(0);
    place
}

fn report(place: &Place, words: &[&str]) -> Ran {
    let data = place.data();
    binary::run(
        &[&["report"], words, &["--school-year", "2025-26", "--data", data.to_str().unwrap()]].concat(),
    )
}

/// Writes the report into a file, and reads it.
fn written(place: &Place, words: &[&str], format: &str) -> Vec<u8> {
    let file: PathBuf = place.data().with_file_name(format!("report.{format}"));
    let ran = report(place, &[words, &["-o", file.to_str().unwrap()]].concat()).ended(0);
    let bytes = std::fs::read(&file).unwrap();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(ran.err.contains(&digest), "{}", ran.err);
    bytes
}

fn partner(place: &Place) -> String {
    let data = place.data();
    let words =
        ["query", "partner-directory", "--ledger", LEDGER, "--json", "--data", data.to_str().unwrap()];
    binary::run(&words).ended(0).json()["rows"][0]["partner"].as_str().unwrap().to_owned()
}

#[test]
fn a_report_is_the_same_bytes_each_time_and_as_of_its_own_head() {
    let place = year();
    let partner = partner(&place);
    for words in [
        &["annual-progress", "--ledger", LEDGER][..],
        &["partnership", "--ledger", LEDGER, "--partner", &partner],
        &["leadership", "--ledger", LEDGER],
        &["grant", "--ledger", LEDGER],
        &["county"],
    ] {
        for format in FORMATS {
            let once = written(&place, words, format);
            assert_eq!(once, written(&place, words, format), "{words:?} {format}");
            assert!(!once.is_empty());
        }
    }
    let json: Value =
        serde_json::from_slice(&written(&place, &["annual-progress", "--ledger", LEDGER], "json")).unwrap();
    let head = &json["provenance"]["ledgers"][0]["head"];
    let position = head["position"].to_string();
    for format in FORMATS {
        let words = ["annual-progress", "--ledger", LEDGER];
        let then = written(&place, &[&words[..], &["--as-of", &position]].concat(), format);
        assert_eq!(then, written(&place, &words, format), "{format}");
    }
    let verified = place_head(&place);
    assert_eq!((&verified["position"], &verified["root"]), (&head["position"], &head["root"]));
}

#[test]
fn what_was_published_is_recorded_once_and_the_same_report_can_be_made_again() {
    let place = year();
    let data = place.data();
    let (page, command) = (data.with_file_name("page.html"), data.with_file_name("announced.json"));
    let words = [
        "annual-progress",
        "--ledger",
        LEDGER,
        "-o",
        page.to_str().unwrap(),
        "--announce",
        command.to_str().unwrap(),
    ];
    let _ = report(&place, &words).ended(0);
    let record = || {
        let words = [
            "record",
            "--ledger",
            LEDGER,
            command.to_str().unwrap(),
            "--json",
            "--data",
            data.to_str().unwrap(),
        ];
        binary::run(&words).ended(0).json()
    };
    let first = record();
    assert_eq!(record()["receipt"]["positions"], first["receipt"]["positions"]);
    let position = first["receipt"]["positions"][0].as_u64().unwrap();
    let words = [
        "events",
        "--ledger",
        LEDGER,
        "--from",
        &position.to_string(),
        "--json",
        "--data",
        data.to_str().unwrap(),
    ];
    let events = binary::run(&words).ended(0).lines();
    let told = &events[0]["data"];
    let bytes = std::fs::read(&page).unwrap();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(told["hash"], digest.as_str());
    let as_of = told["heads"][0]["position"].to_string();
    // The head that it names is enough to make it again, to the byte.
    let again = written(&place, &["annual-progress", "--ledger", LEDGER, "--as-of", &as_of], "html");
    assert_eq!(again, bytes);
}

/// The head that a query names.
fn place_head(place: &Place) -> Value {
    let data = place.data();
    let words = ["query", "site-profile", "--ledger", LEDGER, "--json", "--data", data.to_str().unwrap()];
    binary::run(&words).ended(0).json()["head"].clone()
}

#[test]
fn no_count_of_people_is_published_below_the_policys_number() {
    let place = year();
    for words in [&["annual-progress", "--ledger", LEDGER][..], &["grant", "--ledger", LEDGER], &["county"]] {
        let document: Value = serde_json::from_slice(&written(&place, words, "json")).unwrap();
        let mut suppressed = 0;
        for section in document["sections"].as_array().unwrap() {
            // Councils follow a rule of their own.
            if section["heading"] == "Councils" {
                continue;
            }
            let columns = section["table"]["columns"].as_array().unwrap();
            for row in section["table"]["rows"].as_array().unwrap() {
                for (cell, column) in row.as_array().unwrap().iter().zip(columns) {
                    suppressed += u32::from(cell == "suppressed");
                    let few = column["unit"] == "people"
                        && cell.as_u64().is_some_and(|count| (1..11).contains(&count));
                    assert!(!few, "{cell} {} in {}", column["name"], section["heading"]);
                }
            }
        }
        assert!(words[0] != "annual-progress" || suppressed > 0, "nothing was few in {words:?}");
    }
}

#[test]
fn what_a_report_can_not_be_of_is_said_with_what_to_do() {
    let place = year();
    let refused = |words: &[&str], exit: i32, said: &[&str]| {
        let ran = report(&place, words).ended(exit);
        assert!(ran.out.is_empty(), "{}", ran.out);
        said.iter().for_each(|said| assert!(ran.err.contains(said), "{said} in {}", ran.err));
    };
    refused(&["gossip", "--ledger", LEDGER], 4, &["there is no report gossip", "annual-progress"]);
    refused(&["annual-progress"], 2, &["name the ledger", LEDGER]);
    refused(&["annual-progress", "--ledger", "nowhere"], 4, &["there is no ledger nowhere", LEDGER]);
    refused(
        &["annual-progress", "--ledger", LEDGER, "--site", "nowhere"],
        4,
        &["no site nowhere", "site-profile"],
    );
    refused(&["partnership", "--ledger", LEDGER], 2, &["needs --partner", "report --list"]);
    refused(&["county", "--site", "nowhere"], 2, &["takes no --site"]);
    refused(
        &["county", "--announce", "announced.json"],
        2,
        &["only a report of one ledger", "publish-report"],
    );
    refused(&["grant", "--ledger", LEDGER, "--grant", "no-such"], 4, &["no grant no-such"]);
    refused(&["annual-progress", "--ledger", LEDGER, "--as-of", "0"], 4, &["was not open then"]);
    let listed = report(&place, &["--list", "--json"]).ended(0).json();
    assert_eq!(listed["reports"].as_array().unwrap().len(), 5);
    let page = report(&place, &["annual-progress", "--ledger", LEDGER]).ended(0);
    assert!(page.out.starts_with("<!DOCTYPE html>"), "{:.60}", page.out);
    assert!(Path::new(&place.data()).exists());
}
