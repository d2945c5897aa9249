//! `import`: files as they come, reports per row, the same file again; made-up files, and real public ones where they
//! are there.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::binary::{self, Ran, Serving};
use tests::nats::Nats;

use crate::kit::{LEDGER, Place, record};

const SITES: &str = "\u{feff}CDSCode,StatusType,County,District,School,City,OpenDate,ClosedDate\r\n\
    19642790000000,Active,Los Angeles,Azul Unified,,Azul,,\r\n\
    19642790000001,Active,Los Angeles,Azul Unified,\"Azul, Elementary\",Azul,07/01/1980,\r\n\
    19642790000002,Closed,Los Angeles,Azul Unified,Verde Middle,Azul,1980-07-01,2024-05-31\r\n\
    1964279000000X,Active,Los Angeles,Azul Unified,Typo High,Azul,,\r\n";
const PARTNERS: &str = "id,name,tax_id\n1,\"Puente Norte,\nInc.\",12-3456789\n2,Azul Community Clinic,\n";
const SERVICES: &str =
    "id,organization_id,name\n1,1,Homework help and tutoring\n2,2,Dental screening\n3,9,Lost\n";

/// Where a ledger is imported to, directly or through a server.
struct Desk<'a> {
    place: &'a Place,
    to: Vec<String>,
}

impl Desk<'_> {
    fn run(&self, verb: &[&str]) -> Ran {
        let to: Vec<&str> = self.to.iter().map(String::as_str).collect();
        binary::run(&[verb, &["--ledger", LEDGER, "--json"], &to].concat())
    }

    fn import(&self, kind: &str, name: &str, text: &str) -> Ran {
        let path = self.place.data().join(name);
        std::fs::write(&path, text).unwrap();
        self.run(&["import", kind, path.to_str().unwrap()])
    }

    fn record(&self, commands: &[Value]) -> Ran {
        let to: Vec<&str> = self.to.iter().map(String::as_str).collect();
        record(&to, commands)
    }
}

fn directly(place: &Place) -> Desk<'_> {
    Desk { place, to: vec!["--data".to_owned(), place.data().to_str().unwrap().to_owned()] }
}

fn counts(report: &Value) -> [u64; 3] {
    ["accepted", "repeated", "refused"].map(|name| report[name].as_u64().unwrap())
}

fn refused(report: &Value) -> Vec<(u64, &str, &str)> {
    let rows = report["rows"].as_array().unwrap();
    let rows = rows.iter().filter(|row| row["outcome"] == "refused");
    rows.map(|row| {
        (row["row"].as_u64().unwrap(), row["column"].as_str().unwrap_or("-"), row["code"].as_str().unwrap())
    })
    .collect()
}

fn command(name: &str, id: u128, body: Value) -> Value {
    let id = uuid::Uuid::from_u128(id);
    json!({ "command": name, "version": 1, "id": id, "actor": "usr:clerk-1", "body": body })
}

/// An agreement of a partner at a site, with a vetting.
fn agree(partner: &Value, site: &Value, number: u128) -> [Value; 2] {
    let vetting =
        json!({ "insurance_until": "2030-12-31", "clearance_until": "2030-12-31", "checked_by": "staff-4" });
    let terms = json!({ "sites": [site], "pillars": ["student-supports"], "kinds": ["tutoring"] });
    let signed = json!({
        "partner": partner, "reference": format!("MOU-{number}"), "kind": "mou", "terms": terms,
        "signatories": ["superintendent"],
    });
    [
        command(
            "vet-partner",
            2 * number,
            json!({ "id": partner, "effective": "2025-07-01", "details": vetting }),
        ),
        command(
            "sign-agreement",
            2 * number + 1,
            json!({ "effective": "2025-07-01/2026-06-30", "details": signed }),
        ),
    ]
}

#[test]
fn a_directory_partners_services_and_a_night_s_deliveries() {
    let place = Place::opened();
    let desk = directly(&place);
    let report = desk.import("sites", "sites.csv", SITES).ended(3).json();
    assert_eq!(counts(&report), [3, 0, 1]);
    assert_eq!(refused(&report), [(5, "CDSCode", "no-cds-code")]);
    assert_eq!(counts(&desk.import("sites", "sites.csv", SITES).ended(3).json()), [0, 3, 1]);
    let sites = desk.run(&["query", "site-profile", "--where", "status=open"]).ended(0).json();
    assert_eq!(sites["rows"].as_array().unwrap().len(), 2);

    assert_eq!(counts(&desk.import("partners", "organizations.csv", PARTNERS).ended(0).json()), [2, 0, 0]);
    let report = desk.import("services", "services.csv", SERVICES).ended(3).json();
    assert_eq!((counts(&report), refused(&report)), ([2, 0, 1], vec![(4, "organization_id", "not-found")]));

    let partners = desk.run(&["query", "partner-directory", "--where", "hsds=hsds:1"]).ended(0).json();
    let site = desk.run(&["query", "site-profile", "--where", "cds=19642790000001"]).ended(0).json();
    let _ = desk.record(&agree(&partners["rows"][0]["partner"], &site["rows"][0]["site"], 7)).ended(0);

    let header = "key,date,agreement,site,kind,pillar,tier,minutes,headcount\n";
    let row = |key: u32, day: &str, minutes: u32| {
        format!("r{key},{day},MOU-7,19642790000001,tutoring,student-supports,2,{minutes},12\n")
    };
    let night: String = (1..=1_200).map(|n| row(n, "2026-03-02", 45)).collect();
    let wrong =
        [row(1201, "2026-07-01", 45), row(1202, "03/03/2026", 2_000), row(1203, "2026-03-04", 30)].concat();
    let file = format!("{header}{night}{wrong}");
    let report = desk.import("deliveries", "night.csv", &file).ended(3).json();
    assert_eq!(counts(&report), [1_201, 0, 2]);
    assert_eq!(
        refused(&report),
        [(1_202, "agreement", "agreement-not-active"), (1_203, "minutes", "minutes-out-of-range")]
    );

    // Half of it again, then with the wrong rows put right; one row says something else than before.
    let half =
        format!("{header}{}", night.lines().take(600).map(|line| format!("{line}\n")).collect::<String>());
    assert_eq!(counts(&desk.import("deliveries", "half.csv", &half).ended(0).json()), [0, 600, 0]);
    let right = format!("{header}{}{}", row(1202, "03/03/2026", 20), row(1, "2026-03-02", 60));
    let report = desk.import("deliveries", "right.csv", &right).ended(3).json();
    assert_eq!((counts(&report), refused(&report)), ([1, 0, 1], vec![(3, "key", "source-key-taken")]));

    let total = desk.run(&["query", "service-ledger", "--where", "by=kind"]).ended(0).json();
    assert_eq!(total["rows"][0]["deliveries"], 1_202);
    assert_eq!(total["rows"][0]["minutes"], 1_200 * 45 + 30 + 20);
    assert_eq!(desk.run(&["replay"]).ended(0).json()["equal"], true);
}

#[test]
fn a_file_that_is_another_is_refused_before_anything_is_sent() {
    let place = Place::opened();
    let desk = directly(&place);
    let ran = desk.import("sites", "partners.csv", PARTNERS).ended(2);
    assert!(ran.err.contains("CDSCode"), "{}", ran.err);
    let empty = desk.import("partners", "empty.csv", "id,name\n").ended(0).json();
    assert_eq!(empty, json!({ "rows": [], "accepted": 0, "repeated": 0, "refused": 0 }));
    assert_eq!(place.run(&["verify"]).ended(0).json()["events"], 1);
    let unopened = Place::empty();
    std::fs::create_dir_all(unopened.data()).unwrap();
    let ran = directly(&unopened).import("partners", "organizations.csv", PARTNERS);
    assert_ne!(ran.code, 0);
}

#[test]
fn a_dry_run_reports_and_records_nothing() {
    let place = Place::opened();
    let path = place.data().join("organizations.csv");
    std::fs::write(&path, PARTNERS).unwrap();
    let ran = place.run(&["import", "partners", path.to_str().unwrap(), "--dry-run"]).ended(0);
    assert_eq!(counts(&ran.json()), [2, 0, 0]);
    assert_eq!(place.run(&["verify"]).ended(0).json()["events"], 1);
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

/// The whole county with its partners: imported, agreed, delivered, imported again, replayed.
fn a_county_is_recorded(desk: &Desk<'_>, data: &Path) {
    let opened = json!({
        "owner": "Los Angeles County Office of Education", "cds": "19101990000000",
        "time_zone": "America/Los_Angeles", "starts": "2019-07-01",
        "policy": { "suppress_under": 11, "late_days_max": 36500 },
    });
    let _ = desk.record(&[command("open-ledger", 1, opened)]).ended(0);
    let import = |kind: &str, source: &str, file: &str| {
        let path = data.join(file);
        let ran = desk.run(&["import", kind, path.to_str().unwrap(), "--source", source]);
        assert!(ran.code == 0 || ran.code == 3, "{}", ran.err);
        ran.json()
    };
    let county = import("sites", "cde", "directory/la_county_2018.csv.gz");
    assert_eq!(counts(&county), [3_679, 0, 5]);
    assert!(
        refused(&county)
            .iter()
            .all(|(_, column, code)| (*column, *code) == ("ClosedDate", "closes-before-it-opens"))
    );
    // One district's file of eight years later, with the dates in the other form.
    let district = import("sites", "cde", "directory/abc_unified_2026.csv");
    assert_eq!(counts(&district).iter().sum::<u64>(), 28);
    assert!(counts(&district)[0] >= 1);
    assert_eq!(counts(&import("partners", "ohana", "hsds/ohana/organizations.csv")), [8, 0, 0]);
    assert_eq!(counts(&import("services", "ohana", "hsds/ohana/services.csv")), [23, 0, 0]);
    assert_eq!(counts(&import("partners", "miami211", "hsds/miami211/organizations.csv.gz")), [1_074, 0, 0]);
    let services = import("services", "miami211", "hsds/miami211/services.csv.gz");
    // The rest names organizations that the file of organizations does not have.
    assert_eq!(counts(&services), [3_642, 0, 447]);
    assert!(
        refused(&services)
            .iter()
            .all(|(_, column, code)| (*column, *code) == ("organization_id", "not-found"))
    );

    let rows = |view: &str, filter: &str| {
        let answer = desk.run(&["query", view, "--where", filter, "--limit", "20"]).ended(0).json();
        answer["rows"].as_array().unwrap().clone()
    };
    let (partners, sites) = (rows("partner-directory", "kind=health"), rows("site-profile", "city=Cerritos"));
    let pairs = || partners.iter().zip(sites.iter().filter(|site| site["status"] == "open")).zip(1_000..);
    let commands: Vec<Value> =
        pairs().flat_map(|((partner, site), n)| agree(&partner["partner"], &site["site"], n)).collect();
    assert!(commands.len() >= 20, "{}", commands.len());
    let _ = desk.record(&commands).ended(0);
    let mut night = "key,date,agreement,site,kind,pillar,tier,minutes,headcount\n".to_owned();
    for ((_, site), n) in pairs() {
        for day in 1..=28 {
            let cds = site["cds"].as_str().unwrap();
            night.push_str(&format!(
                "{n}-{day},2026-02-{day:02},MOU-{n},{cds},tutoring,student-supports,2,45,12\n"
            ));
        }
    }
    let delivered = night.lines().count() as u64 - 1;
    assert_eq!(counts(&desk.import("deliveries", "night.csv", &night).ended(0).json()), [delivered, 0, 0]);
    assert_eq!(counts(&desk.import("deliveries", "night.csv", &night).ended(0).json()), [0, delivered, 0]);
    assert_eq!(counts(&import("sites", "cde", "directory/la_county_2018.csv.gz")), [0, 3_679, 5]);

    let answer = desk.run(&["query", "service-ledger", "--where", "by=kind"]).ended(0).json();
    assert_eq!(answer["rows"][0]["deliveries"], delivered);
    assert_eq!(desk.run(&["replay"]).ended(0).json()["equal"], true);
}

#[test]
fn a_real_county_is_recorded_on_the_embedded_journal() {
    let Some(data) = shared() else { return };
    let place = Place::empty();
    std::fs::create_dir_all(place.data()).unwrap();
    a_county_is_recorded(&directly(&place), &data);
    assert_eq!(place.run(&["verify"]).ended(0).json()["verdict"], "verified");
}

#[test]
fn a_real_county_is_recorded_on_jetstream() {
    let Some(data) = shared() else { return };
    let (place, nats) = (Place::empty(), Nats::start());
    let url = nats.url();
    let journal = format!("[journal]\nkind = \"jetstream\"\nurl = {url:?}\naccept_unchecked_sync = true\n");
    let server = Serving::start(&place.config(&journal));
    a_county_is_recorded(&Desk { place: &place, to: vec!["--nats".to_owned(), url] }, &data);
    assert_eq!(place.run(&["verify"]).ended(0).json()["verdict"], "verified");
    assert_eq!(server.stop(), 0);
}
