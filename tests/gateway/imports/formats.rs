//! What the rows of a file may be, with files as they come; real public ones where they are there.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::binary;
use tests::commands::open;

use super::{agreement, ask, checked, committed, counts, create, ended, lines, night, path, ready, send};
use crate::kit::{Gateway, LEDGER, code, key_of};

fn rows(gateway: &Gateway, view: &str) -> Vec<Value> {
    gateway.read(&format!("views/{view}"))["rows"].as_array().unwrap().clone()
}

#[test]
fn sites_of_the_state_s_directory() {
    let gateway = Gateway::start();
    let file = "\u{feff}CDSCode,StatusType,County,District,School,City,OpenDate,ClosedDate\r\n\
        19642790000000,Active,Los Angeles,Azul Unified,,Azul,,\r\n\
        19642790000001,Active,Los Angeles,Azul Unified,\"Azul, Elementary\",Azul,07/01/1980,\r\n\
        19642790000002,Closed,Los Angeles,Azul Unified,Verde Middle,Azul,1980-07-01,2024-05-31\r\n\
        1964279000000X,Active,Los Angeles,Azul Unified,Typo High,Azul,,\r\n";
    assert_eq!(counts(&checked(&gateway, 1, "sites", file)), [3, 0, 1]);
    assert!(gateway.get(&path(1, "/errors.csv")).body.contains("\n5,1964279000000X,CDSCode,no-cds-code,"));
    assert_eq!(counts(&committed(&gateway, 1, "{\"partial\":true}")), [3, 0, 1]);
    assert_eq!(
        (rows(&gateway, "site-profile?status=open").len(), rows(&gateway, "site-profile").len()),
        (2, 3)
    );
}

#[test]
fn partners_and_services_of_a_directory() {
    let gateway = Gateway::start();
    let partners = "id,name,tax_id\n1,\"Puente Norte,\nInc.\",12-3456789\n2,Azul Community Clinic,\n";
    assert_eq!(counts(&checked(&gateway, 1, "partners", partners)), [2, 0, 0]);
    assert_eq!(counts(&committed(&gateway, 1, "")), [2, 0, 0]);
    let services = "id,organization_id,name\n1,1,Homework help and tutoring\n2,2,Dental screening\n3,9,Lost\n4,,Nobody's\n";
    assert_eq!(counts(&checked(&gateway, 2, "services", services)), [2, 0, 2]);
    let errors = gateway.get(&path(2, "/errors.csv")).body;
    assert!(
        errors.contains("4,3,organization_id,not-found,")
            && errors.contains("5,4,organization_id,no-organization,")
    );
    assert_eq!(counts(&committed(&gateway, 2, "{\"partial\":true}")), [2, 0, 2]);
    assert_eq!(rows(&gateway, "partner-directory?hsds=hsds:1")[0]["name"], "Puente Norte, Inc.");
}

#[test]
fn schools_of_a_oneroster_file_and_those_that_are_there_are_passed_over() {
    let gateway = Gateway::start();
    assert_eq!(gateway.site(1).status, 201);
    let file = "\"sourcedId\",\"status\",\"dateLastModified\",\"name\",\"type\",\"identifier\",\"parentSourcedId\"\n\
        \"d1\",\"\",\"\",\"Azusa Unified\",\"district\",\"19642790000000\",\"\"\n\
        \"s1\",\"\",\"\",\"Slauson\",\"school\",\"19642790000001\",\"d1\"\n\
        \"s2\",\"\",\"\",\"Gladstone\",\"school\",\"19642790000002\",\"d1\"\n\
        \"r1\",\"\",\"\",\"Region\",\"local\",\"\",\"\"\n";
    let check = checked(&gateway, 1, "oneroster", file);
    assert_eq!((counts(&check), &check["counts"]["passed_over"]), ([2, 0, 0], &json!(2)));
    let done = committed(&gateway, 1, "");
    assert_eq!((counts(&done), &done["counts"]["passed_over"]), ([2, 0, 0], &json!(2)));
    assert_eq!(rows(&gateway, "site-profile?cds=19642790000002")[0]["name"], "Gladstone");
    checked(&gateway, 2, "oneroster", file);
    let [accepted, _, refused] = counts(&committed(&gateway, 2, ""));
    assert_eq!((accepted, refused, gateway.read("head")["position"].clone()), (0, 0, json!(4)));
}

#[test]
fn commands_a_line_are_recorded_in_order() {
    let gateway = Gateway::start();
    let file = lines(agreement());
    // Each line is decided by itself, so those that build on others are refused in a check.
    assert_eq!(counts(&checked(&gateway, 1, "commands", &file)), [2, 0, 2]);
    assert_eq!(counts(&committed(&gateway, 1, "{\"partial\":true}")), [4, 0, 0]);
    assert_eq!(counts(&checked(&gateway, 2, "commands", &file)), [0, 4, 0]);
    let signed = format!("\n{}\n{{\"command\":\"register-site\",\"actor\":\"usr:x\"}}\n", agreement()[0]);
    assert_eq!(counts(&checked(&gateway, 3, "commands", &signed)), [0, 0, 2]);
    let errors = gateway.get(&path(3, "/errors.csv")).body;
    assert!(
        errors.contains("-000000000011,/actor,malformed-command,")
            && errors.contains("\n3,,/actor,malformed-command,"),
        "{errors}"
    );
}

/// Makes a token with these scopes.
fn bearer(gateway: &Gateway, scopes: &[&str]) -> String {
    let data = gateway.data();
    let to = ["--data", &data, "--ledger", LEDGER, "--label", "Night job", "--actor", "svc:sis"];
    let mut arguments = [&["token", "new", "--json"][..], &to].concat();
    arguments.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
    let made = binary::run(&arguments).ended(0).json();
    format!("Authorization: Bearer {}\r\n", made["token"].as_str().unwrap())
}

#[test]
fn a_token_imports_what_its_scopes_name_and_acts_by_its_own_name() {
    let gateway = Gateway::start_with("");
    for ledger in [LEDGER, "glendora-usd"] {
        let to = ["record", "--ledger", ledger, "--data", &gateway.data(), "-"];
        assert_eq!(binary::run_with(&to, &format!("{}\n", open())).code, 0);
    }
    let sites = bearer(&gateway, &["imports:write", "imports:read", "sites:write", "events:read"]);
    let (reads, other) =
        (bearer(&gateway, &["read"]), bearer(&gateway, &["deliveries:write", "imports:write"]));
    let make = |number: u32, format: &str, token: &str| {
        let headers =
            format!("Content-Type: application/json\r\nIdempotency-Key: {}\r\n{token}", key_of(number));
        gateway.post(&format!("/v1/{LEDGER}/imports"), &headers, &json!({ "format": format }).to_string())
    };
    for (format, token) in [("deliveries", &sites), ("sites", &reads), ("sites", &other)] {
        let refused = make(1, format, token);
        assert_eq!((refused.status, code(&refused)), (403, "not-allowed".to_owned()));
    }
    assert_eq!(make(1, "commands", &sites).status, 201);
    let file = lines(agreement());
    let put = gateway.port.give("PUT", &path(1, "/data"), &format!("Connection: close\r\n{sites}"), &file);
    assert_eq!(put.status, 200, "{put:?}");
    // Nor may another token have done what it may not do itself.
    let commit = |token: &str| {
        let headers = format!("Content-Type: application/json\r\n{token}");
        gateway.post(&path(1, "/commit"), &headers, "{\"partial\":true}").status
    };
    assert_eq!([commit(&reads), commit(&sites)], [403, 202]);
    let told = loop {
        let told = gateway.get_with(&path(1, ""), &sites).json();
        if told["phase"] == "committed" {
            break told;
        }
    };
    assert_eq!(counts(&told), [1, 0, 3]);
    let errors = gateway.get_with(&path(1, "/errors.csv"), &sites).body;
    assert_eq!(errors.matches(",not-allowed,").count(), 3);
    let events = gateway.get_with(&format!("/v1/{LEDGER}/events?type=site-registered"), &sites).json();
    assert_eq!(events["events"][0]["actor"], "svc:sis");
    assert!(events["events"][0]["credential"].is_string());
    // In another ledger there is no such import.
    let elsewhere = bearer_of(&gateway, "glendora-usd");
    let there = gateway.get_with(&path(1, "").replace(LEDGER, "glendora-usd"), &elsewhere);
    assert_eq!((there.status, code(&there)), (404, "not-found".to_owned()));
}

fn bearer_of(gateway: &Gateway, ledger: &str) -> String {
    let data = gateway.data();
    let to =
        ["token", "new", "--json", "--data", &data, "--ledger", ledger, "--label", "x", "--actor", "svc:x"];
    let made = binary::run(&[&to[..], &["--scope", "read"]].concat()).ended(0).json();
    format!("Authorization: Bearer {}\r\n", made["token"].as_str().unwrap())
}

/// The real public files, where they lie beside the project or in `HUBLEDGER_SHARED`.
fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("HUBLEDGER_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let data = named.unwrap_or(beside).join("data");
    let there = data.join("directory").is_dir() && data.join("hsds").is_dir();
    if !there {
        eprintln!("the real files are not here; the made-up ones above show the same path");
    }
    there.then_some(data)
}

#[test]
fn a_real_district_and_a_real_directory_are_imported() {
    let Some(data) = shared() else { return };
    let gateway = Gateway::start();
    let read = |file: &str| std::fs::read_to_string(data.join(file)).unwrap();
    let import = |number: u32, format: &str, source: &str, text: &str| {
        assert_eq!(create(&gateway, number, &json!({ "format": format, "source": source })).status, 201);
        assert_eq!(send(&gateway, number, "", text).status, 200);
        assert_eq!(ask(&gateway, number, "check", "").status, 202);
        assert_eq!(ended(&gateway, number)["phase"], "checked");
        counts(&committed(&gateway, number, "{\"partial\":true}"))
    };
    let district = read("directory/abc_unified_2026.csv");
    let first = import(1, "sites", "cde", &district);
    assert_eq!((first[0] > 20, first.iter().sum::<u64>()), (true, 28), "{first:?}");
    assert_eq!(import(2, "sites", "cde", &district), [0, first[0], first[2]]);
    assert_eq!(import(3, "partners", "ohana", &read("hsds/ohana/organizations.csv")), [8, 0, 0]);
    // Its services name locations, and which organization is where stands in a file beside.
    let services = import(4, "services", "ohana", &read("hsds/ohana/services.csv"));
    assert_eq!((services[0], services.iter().sum::<u64>()), (0, 23));
}

#[test]
fn names_that_the_views_learned_a_moment_ago_are_found() {
    let gateway = ready();
    assert_eq!(counts(&checked(&gateway, 1, "deliveries", &night(2))), [2, 0, 0]);
    let lost = night(2).replace("MOU-7", "MOU-8");
    assert_eq!(counts(&checked(&gateway, 2, "deliveries", &lost)), [0, 0, 2]);
    assert!(
        gateway
            .get(&path(2, "/errors.csv"))
            .body
            .contains("2,,agreement,not-found,there is no agreement MOU-8")
    );
}
