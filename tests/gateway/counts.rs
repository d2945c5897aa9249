//! Unduplicated counts over HTTP.

use serde_json::{Value, json};

use crate::kit::{Gateway, LEDGER, code};

const YEAR: &str = "school_year=2025-26";

fn read(gateway: &Gateway, ledger: &str, path: &str) -> Value {
    let answer = gateway.get(&format!("/v1/{ledger}/{path}"));
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

#[test]
fn two_who_hold_the_same_log_agree_how_many_there_are_and_who_they_are() {
    let [(one, ledger), (other, _)] = [(), ()].map(|()| Gateway::with_a_year(4_000));
    let names = read(&one, &ledger, "counts");
    assert_eq!(names["counts"].as_array().unwrap().len(), 2);
    let counted = |gateway: &Gateway| read(gateway, &ledger, &format!("counts/students?{YEAR}"));
    let (here, there) = (counted(&one), counted(&other));
    let reach = read(&one, &ledger, &format!("views/reach?{YEAR}&min_position={}", place(&here)));
    assert_eq!(here["value"], reach["rows"][0]["persons"]);
    assert!(here["value"].as_u64().unwrap() > 20, "{here}");
    assert_eq!((&here["suppressed"], &here["rules"]), (&json!(false), &json!(domain::state::RULES)));
    assert_eq!(here["cohort"].as_str().unwrap().len(), 64);
    assert_eq!((&here["cohort"], &here["value"]), (&there["cohort"], &there["value"]));
    // Fewer, and others.
    let before = read(&one, &ledger, &format!("counts/students?{YEAR}&as_of=400"));
    assert_ne!(before["cohort"], here["cohort"]);
    assert!(before["value"].as_u64() < here["value"].as_u64(), "{before}");
}

fn place(told: &Value) -> String {
    format!("{}:{}", told["head"]["epoch"], told["head"]["position"])
}

#[test]
fn who_are_few_are_not_counted_and_not_told_apart() {
    let (gateway, ledger) = Gateway::with_a_year(4_000);
    let head = read(&gateway, &ledger, "head");
    let now = format!("min_position={}:{}", head["epoch"], head["position"]);
    let sites = read(&gateway, &ledger, &format!("views/reach?{YEAR}&by=site,tier&page_size=500&{now}"));
    let (mut hidden, mut shown) = (0, 0);
    for row in sites["rows"].as_array().unwrap() {
        let narrowed = format!("site={}&tier={}", row["site"].as_str().unwrap(), row["tier"]);
        for (count, column) in [("students", "persons"), ("cases", "cases")] {
            let told = read(&gateway, &ledger, &format!("counts/{count}?{YEAR}&{narrowed}"));
            match told["value"].as_u64() {
                Some(value) => {
                    assert_eq!(json!(value), row[column], "{narrowed}");
                    assert!(value == 0 || value >= told["suppress_under"].as_u64().unwrap(), "{told}");
                    assert!(told["cohort"].is_string());
                    shown += 1;
                }
                None => {
                    assert_eq!((&told["suppressed"], &told["cohort"]), (&json!(true), &Value::Null));
                    hidden += 1;
                }
            }
        }
    }
    assert!(hidden > 0 && shown > 0, "{hidden} hidden, {shown} shown");
}

#[test]
fn what_no_report_counts_by_is_refused_and_so_is_a_slip() {
    let gateway = Gateway::start();
    for (path, expected) in [
        (format!("counts/students?{YEAR}&month=2025-09&tier=1"), "malformed-request"),
        (format!("counts/students?{YEAR}&tier=4"), "malformed-request"),
        (format!("counts/students?{YEAR}&site=Slauson"), "malformed-request"),
        (format!("counts/students?{YEAR}&pillar=x"), "malformed-request"),
        (format!("counts/students?{YEAR}&language=es"), "unknown-parameter"),
        ("counts/students".to_owned(), "malformed-request"),
        (format!("counts/pupils?{YEAR}"), "no-such-count"),
        (format!("counts/students?{YEAR}&as_of=99"), "cursor-gone"),
    ] {
        assert_eq!(code(&gateway.get(&format!("/v1/{LEDGER}/{path}"))), expected, "{path}");
    }
    let none = gateway.read(&format!("counts/cases?{YEAR}&pillar=student-supports"));
    assert_eq!((&none["value"], &none["suppressed"]), (&json!(0), &json!(false)), "{none}");
}

#[test]
fn a_ledger_that_is_not_there_has_no_lists_either() {
    let gateway = Gateway::start();
    for list in ["views", "reports", "counts"] {
        let none = gateway.get(&format!("/v1/none/{list}"));
        assert_eq!((none.status, code(&none)), (404, "no-such-ledger".to_owned()), "{list}");
        gateway.read(list);
    }
}
