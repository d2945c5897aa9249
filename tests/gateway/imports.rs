//! Files of rows over HTTP: sent, checked, recorded, and sent again.

mod crashes;
mod formats;
mod uploads;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests::binary;
use tests::commands::command;

use crate::kit::{Answer, Gateway, LEDGER, code, key_of, opened};

/// Columns of a night's file.
pub const HEADER: &str = "key,date,agreement,site,kind,pillar,tier,minutes,headcount\n";
const JSON: &str = "Content-Type: application/json\r\n";

/// The address of the import of this number.
pub fn path(number: u32, end: &str) -> String {
    format!("/v1/{LEDGER}/imports/{}{end}", key_of(number))
}

pub fn create(gateway: &Gateway, number: u32, body: &Value) -> Answer {
    gateway.record(&format!("/v1/{LEDGER}/imports"), number, body)
}

/// Sends bytes of a file under these headers.
pub fn send(gateway: &Gateway, number: u32, headers: &str, text: &str) -> Answer {
    gateway.port.give("PUT", &path(number, "/data"), &format!("Connection: close\r\n{headers}"), text)
}

pub fn digest(text: &str) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(text)))
}

/// Asks for work.
pub fn ask(gateway: &Gateway, number: u32, what: &str, body: &str) -> Answer {
    gateway.post(&path(number, &format!("/{what}")), JSON, body)
}

/// Waits until an import is so; each look is a request.
pub fn wait(gateway: &Gateway, number: u32, until: impl Fn(&Value) -> bool) -> Value {
    loop {
        let answer = gateway.get(&path(number, ""));
        // Right after a start the bucket may be out of reach, and looking too often is refused.
        if matches!(answer.status, 429 | 503) {
            continue;
        }
        assert_eq!(answer.status, 200, "{answer:?}");
        if until(&answer.json()) {
            return answer.json();
        }
    }
}

/// Waits until nobody works on the import any more.
pub fn ended(gateway: &Gateway, number: u32) -> Value {
    // It ends when the work does.
    gateway.get(&path(number, "/live"));
    wait(gateway, number, |import| import["phase"] != "checking" && import["phase"] != "committing")
}

/// Makes an import of a file, and checks it.
pub fn checked(gateway: &Gateway, number: u32, format: &str, text: &str) -> Value {
    assert_eq!(create(gateway, number, &json!({ "format": format })).status, 201);
    let sent = send(gateway, number, "", text);
    assert_eq!(sent.status, 200, "{sent:?}");
    assert_eq!(ask(gateway, number, "check", "").status, 202);
    ended(gateway, number)
}

/// Records what a check found good.
pub fn committed(gateway: &Gateway, number: u32, body: &str) -> Value {
    let asked = ask(gateway, number, "commit", body);
    assert_eq!(asked.status, 202, "{asked:?}");
    ended(gateway, number)
}

/// The lines of a report below its first, put together from the pieces in which it came.
pub fn report(gateway: &Gateway, number: u32, name: &str) -> Vec<String> {
    let answer = gateway.get(&path(number, name));
    assert_eq!((answer.status, answer.header("transfer-encoding")), (200, Some("chunked")), "{answer:?}");
    let (mut text, mut rest) = (String::new(), answer.body.as_str());
    while let Some((size, behind)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        text.push_str(&behind[..size]);
        rest = &behind[size + 2..];
    }
    text.lines().skip(1).map(str::to_owned).collect()
}

/// Accepted, repeated and refused.
pub fn counts(import: &Value) -> [u64; 3] {
    ["accepted", "repeated", "refused"]
        .map(|name| import["counts"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {import}")))
}

/// What a ledger needs before anything is delivered: a site, a partner, and their agreement MOU-7.
pub fn agreement() -> Vec<Value> {
    let id = |number: u32| format!("00000000-0000-4000-8001-{number:012}");
    let site = json!({ "name": "Slauson", "cds": "19642790000001", "city": "Azusa" });
    let partner = json!({ "name": "Foothill Tutors", "kind": "community-organisation" });
    let vetted =
        json!({ "insurance_until": "2030-12-31", "clearance_until": "2030-12-31", "checked_by": "staff-4" });
    let terms = json!({ "sites": [id(1)], "pillars": ["student-supports"], "kinds": ["tutoring"] });
    let signed = json!({
        "partner": id(2), "reference": "MOU-7", "kind": "mou", "terms": terms, "signatories": ["superintendent"],
    });
    let body = |number: u32, effective: &str, details: Value| json!({ "id": id(number), "effective": effective, "details": details });
    vec![
        command("register-site", 11, body(1, "2004-09-01", site)),
        command("onboard-partner", 12, body(2, "2019-09-01", partner)),
        command("vet-partner", 13, body(2, "2019-10-01", vetted)),
        command("sign-agreement", 14, body(3, "2020-07-01/2030-06-30", signed)),
    ]
}

/// Commands as lines of which none says who acts.
pub fn lines(commands: Vec<Value>) -> String {
    let line = |mut command: Value| {
        command.as_object_mut().unwrap().remove("actor");
        format!("{command}\n")
    };
    commands.into_iter().map(line).collect()
}

/// A gateway before a ledger with an agreement.
pub fn ready() -> Gateway {
    let gateway = Gateway::start();
    sign(&gateway);
    gateway
}

pub fn sign(gateway: &Gateway) {
    let headers = "Content-Type: application/x-ndjson\r\n";
    let signed = gateway.post(&format!("/v1/{LEDGER}/commands"), headers, &lines(agreement()));
    assert!(signed.status == 200 && signed.body.matches("\"receipt\"").count() == 4, "{signed:?}");
}

/// A delivery of this number.
pub fn row(number: u32, minutes: u32) -> String {
    format!("r{number},2026-03-02,MOU-7,19642790000001,tutoring,student-supports,2,{minutes},12\n")
}

/// A night's file.
pub fn night(rows: u32) -> String {
    HEADER.to_owned() + &(1..=rows).map(|number| row(number, 45)).collect::<String>()
}

fn delivered(gateway: &Gateway) -> u64 {
    let rows = gateway.read("views/service-ledger?by=kind")["rows"].clone();
    rows[0]["deliveries"].as_u64().unwrap_or(0)
}

#[test]
fn a_night_s_file_sent_twice_changes_nothing_and_half_of_it_neither() {
    let gateway = ready();
    let file = night(1_200);
    let check = checked(&gateway, 1, "deliveries", &file);
    assert_eq!((&check["phase"], counts(&check)), (&json!("checked"), [1_200, 0, 0]));
    assert_eq!(check["digest"], digest(&file));
    assert_eq!(gateway.read("head")["position"], 5, "a check records nothing");
    let done = committed(&gateway, 1, "");
    assert_eq!(
        (&done["phase"], counts(&done), &done["bytes"]),
        (&json!("committed"), [1_200, 0, 0], &json!(file.len()))
    );
    let position = gateway.read("head")["position"].clone();
    assert_eq!(position, 1_205);
    // Committing again is a repetition, and so is the file as another import, whole or in part.
    assert_eq!(counts(&committed(&gateway, 1, "")), [1_200, 0, 0]);
    assert_eq!(counts(&checked(&gateway, 2, "deliveries", &file)), [0, 1_200, 0]);
    assert_eq!(counts(&committed(&gateway, 2, "")), [0, 1_200, 0]);
    let half: String = file.lines().take(601).map(|line| format!("{line}\n")).collect();
    checked(&gateway, 3, "deliveries", &half);
    assert_eq!(counts(&committed(&gateway, 3, "")), [0, 600, 0]);
    assert_eq!(gateway.read("head")["position"], position);
    assert_eq!(delivered(&gateway), 1_200);
}

#[test]
fn a_refused_row_is_found_in_errors_csv_mended_and_sent_again() {
    let gateway = ready();
    let good = night(400);
    let wrong = good.replace(&row(316, 45), &row(316, 2_000));
    let check = checked(&gateway, 1, "deliveries", &wrong);
    assert_eq!(counts(&check), [399, 0, 1]);
    let refused = ask(&gateway, 1, "commit", "");
    assert_eq!((refused.status, code(&refused)), (409, "import-not-ready".to_owned()));
    let errors = gateway.get(&path(1, "/errors.csv"));
    assert_eq!(errors.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(
        errors.body.contains("row,key,column,code,message\n")
            && errors.body.contains("317,,minutes,minutes-out-of-range,")
    );
    // The mended file takes the place of the first.
    assert_eq!(send(&gateway, 1, "", &good).status, 200);
    let unchecked = ask(&gateway, 1, "commit", "");
    assert_eq!(unchecked.status, 409, "it was not checked");
    assert!(unchecked.json()["hint"].as_str().unwrap().contains("/check"), "{unchecked:?}");
    assert_eq!(ask(&gateway, 1, "check", "").status, 202);
    assert_eq!(counts(&ended(&gateway, 1)), [400, 0, 0]);
    assert_eq!(counts(&committed(&gateway, 1, "")), [400, 0, 0]);
    let report = gateway.get(&path(1, "/report.csv")).body;
    assert!(report.contains("\n317,,accepted,321,,,\n"), "{report}");
    assert_eq!(report.matches("accepted").count(), 400);
    assert!(!gateway.get(&path(1, "/errors.csv")).body.contains("minutes"));
}

#[test]
fn every_fault_of_a_row_is_a_line_of_errors_csv() {
    let gateway = ready();
    let file = night(1) + "r2,2026-02-30,MOU-9,19642790000001,tutorin,student-supports,2,,12\n";
    assert_eq!(counts(&checked(&gateway, 1, "deliveries", &file)), [1, 0, 1]);
    let errors = report(&gateway, 1, "/errors.csv");
    let faults: Vec<Vec<&str>> = errors.iter().map(|line| line.splitn(5, ',').take(4).collect()).collect();
    let fault = |column, code| vec!["3", "", column, code];
    let expected = [
        fault("date", "no-date"),
        fault("minutes", "empty"),
        fault("agreement", "not-found"),
        fault("kind", "no-such-code"),
    ];
    assert_eq!(faults, expected);
    let all = report(&gateway, 1, "/report.csv");
    assert!(all.len() == 2 && all[1].starts_with("3,,refused,,date,no-date,"), "{all:?}");
    assert!(all[1].contains("3 more"), "{all:?}");
}

#[test]
fn an_import_says_from_which_source_its_rows_are() {
    let gateway = Gateway::start();
    let of = |number: u32, body: Value| create(&gateway, number, &body).json()["source"].clone();
    assert_eq!(of(1, json!({ "format": "deliveries" })), "csv");
    assert_eq!(of(2, json!({ "format": "deliveries", "source": "madrona-sis" })), "madrona-sis");
    let document = gateway.get("/openapi.json").json();
    let said = document.pointer("/paths/~1v1~1{ledger}~1imports/post/requestBody/content/application~1json");
    let said = said.unwrap()["schema"]["properties"]["source"]["description"].clone();
    assert!(said.as_str().unwrap().contains("csv for deliveries"), "{said}");
}

#[test]
fn a_part_is_recorded_when_a_part_will_do() {
    let gateway = ready();
    let file = night(9) + &row(10, 0);
    assert_eq!(counts(&checked(&gateway, 1, "deliveries", &file)), [9, 0, 1]);
    assert_eq!(counts(&committed(&gateway, 1, "{\"partial\":true}")), [9, 0, 1]);
    assert_eq!(delivered(&gateway), 9);
    let check = ask(&gateway, 1, "check", "");
    assert_eq!((check.status, code(&check)), (409, "import-not-ready".to_owned()));
}

#[test]
fn an_import_is_made_once_under_its_key_and_listed_until_it_is_removed() {
    let gateway = ready();
    let new = json!({ "format": "deliveries", "name": "night.csv" });
    let made = create(&gateway, 1, &new);
    assert_eq!((made.status, made.header("location")), (201, Some(path(1, "").as_str())));
    let again = create(&gateway, 1, &new);
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")));
    let other = create(&gateway, 1, &json!({ "format": "sites" }));
    assert_eq!((other.status, code(&other)), (422, "command-id-taken".to_owned()));
    for (body, at) in [
        (json!({ "format": "delivery" }), "/format"),
        (json!({ "format": "deliveries", "source": "A b" }), "/source"),
        (json!({ "format": "deliveries", "digest": "md5" }), "/digest"),
    ] {
        let refused = create(&gateway, 2, &body);
        assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (400, &json!(at)));
    }
    assert_eq!(gateway.read("imports")["imports"][0]["name"], "night.csv");
    let gone = gateway.port.ask("DELETE", &path(1, ""), "Connection: close\r\n");
    assert_eq!((gone.status, gateway.get(&path(1, "")).status), (204, 404));
    assert_eq!(gateway.read("imports")["imports"], json!([]));
}

#[test]
fn what_is_said_of_an_import_is_read_strictly_and_refused_with_the_place() {
    let gateway = ready();
    let refused = |answer: Answer| {
        assert_eq!((answer.status, code(&answer).as_str()), (400, "malformed-request"), "{answer:?}");
        let told = answer.json();
        (told["errors"][0]["pointer"].clone(), told["hint"].clone())
    };
    for member in ["format", "source", "name", "digest"] {
        let mut new = json!({ "format": "deliveries" });
        new[member] = Value::Null;
        assert_eq!(refused(create(&gateway, 1, &new)).0, format!("/{member}"));
    }
    let misspelt = refused(create(&gateway, 1, &json!({ "format": "deliveries", "nmae": "night.csv" })));
    assert_eq!(misspelt, (json!("/nmae"), json!("did you mean name?")));
    refused(create(&gateway, 1, &json!(["deliveries"])));
    assert_eq!(gateway.read("imports")["imports"], json!([]));

    checked(&gateway, 1, "deliveries", &night(1));
    assert_eq!(refused(ask(&gateway, 1, "commit", "{\"partial\":null}")).0, "/partial");
    for body in ["[true]", "null", "{} {}", "{\"partial\":true,\"partial\":true}", "{\"part\":true}"] {
        refused(ask(&gateway, 1, "commit", body));
    }
    assert_eq!(delivered(&gateway), 0);
    committed(&gateway, 1, "");
    assert_eq!(delivered(&gateway), 1);
}

#[test]
fn progress_is_told_live_until_the_work_has_ended() {
    let gateway = ready();
    checked(&gateway, 1, "deliveries", &night(3_000));
    assert_eq!(ask(&gateway, 1, "commit", "").status, 202);
    // The stream ends by itself.
    let told = gateway.get(&path(1, "/live"));
    assert_eq!(told.header("content-type"), Some("text/event-stream"));
    let last = told.body.split("event: ").last().unwrap();
    assert!(last.starts_with("ended\n") && last.contains("\"phase\":\"committed\""), "{told:?}");
    assert!(last.contains("\"accepted\":3000"), "{last}");
}

#[test]
fn a_record_is_one_whether_it_comes_in_a_file_or_by_its_key() {
    let gateway = ready();
    checked(&gateway, 1, "deliveries", &night(1));
    assert_eq!(counts(&committed(&gateway, 1, "")), [1, 0, 0]);
    let details = json!({
        "agreement": "00000000-0000-4000-8001-000000000003",
        "site": "00000000-0000-4000-8001-000000000001", "kind": "tutoring", "pillar": "student-supports", "tier": 2,
        "mode": "in-person", "minutes": 45, "headcount": 12,
    });
    let path = |system: &str| format!("/v1/{LEDGER}/deliveries/by-key/{system}/r1");
    let headers = format!("Connection: close\r\n{JSON}");
    let body = json!({ "effective": "2026-03-02", "details": details }).to_string();
    let put = gateway.port.give("PUT", &path("csv"), &headers, &body);
    assert_eq!((put.status, code(&put).as_str()), (409, "source-key-taken"), "{put:?}");
    let there = gateway.get(&path("csv")).json();
    assert_eq!((&there["kind"], &there["rows"][0]["minutes"]), (&json!("delivery"), &json!(45)), "{there}");
    assert_eq!(gateway.get(&path("another")).status, 404);
    assert_eq!(gateway.port.give("PUT", &path("another"), &headers, &body).status, 201);
}

#[test]
fn an_import_of_another_principal_looks_like_one_that_is_not_there() {
    let gateway = Gateway::start_with("");
    opened(&gateway, LEDGER);
    let of = |actor: &str| {
        let (data, scopes) = (gateway.data(), ["--scope", "read", "--scope", "write"]);
        let new = ["token", "new", "--data", &data, "--ledger", LEDGER, "--label", "Job", "--actor", actor];
        let token = binary::run(&[&new[..], &scopes[..]].concat()).ended(0).out;
        format!("Connection: close\r\n{JSON}Authorization: Bearer {}\r\n", token.trim())
    };
    let (maker, other) = (of("svc:sis"), of("svc:night"));
    let create = format!("{maker}Idempotency-Key: {}\r\n", key_of(1));
    let made = gateway.port.give("POST", &format!("/v1/{LEDGER}/imports"), &create, "{\"format\":\"sites\"}");
    assert_eq!(made.status, 201, "{made:?}");
    for (method, end) in [
        ("GET", ""),
        ("DELETE", ""),
        ("PUT", "/data"),
        ("GET", "/data"),
        ("POST", "/check"),
        ("POST", "/commit"),
        ("GET", "/live"),
        ("GET", "/errors.csv"),
        ("GET", "/report.csv"),
    ] {
        let (mine, none) = (path(1, end), path(2, end));
        let asked = |path: &str| gateway.port.give(method, path, &other, "");
        assert_eq!((asked(&mine).status, code(&asked(&mine))), (404, code(&asked(&none))), "{method} {end}");
    }
    let listed = |who: &str| {
        let all = gateway.port.ask("GET", &format!("/v1/{LEDGER}/imports"), who).json();
        all["imports"].as_array().unwrap().len()
    };
    assert_eq!((listed(&maker), listed(&other)), (1, 0));
}

#[test]
fn a_file_without_anything_in_it_is_no_night_without_deliveries() {
    let gateway = Gateway::start();
    let import = checked(&gateway, 1, "deliveries", "");
    assert_eq!(import["problem"]["type"], "/problems/columns-missing", "{import}");
    assert_eq!(ask(&gateway, 1, "commit", "").status, 409);
}
