//! Views and things over HTTP.

use serde_json::{Value, json};

use crate::kit::{Gateway, LEDGER, code, site_id};

#[test]
fn a_list_comes_in_pages_that_follow_each_other() {
    let gateway = Gateway::start();
    (1..=5).for_each(|number| assert_eq!(gateway.site(number).status, 201));
    let mut path = format!("/v1/{LEDGER}/sites?page_size=2&min_position=1:6");
    let mut seen = Vec::new();
    loop {
        let answer = gateway.get(&path);
        let page = answer.json();
        seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row["site"].clone()));
        match answer.header("link") {
            Some(link) => {
                path = link.strip_prefix('<').unwrap().split('>').next().unwrap().to_owned();
                assert!(path.contains(page["next_page_token"].as_str().unwrap()));
            }
            None => break,
        }
    }
    assert_eq!(seen, (1..=5).map(|number| json!(site_id(number))).collect::<Vec<_>>());
}

#[test]
fn a_slip_in_a_parameter_is_not_an_answer_to_another_question() {
    let gateway = Gateway::start();
    let answer = gateway.get(&format!("/v1/{LEDGER}/views/site-profile?page_sise=2"));
    assert_eq!((answer.status, code(&answer)), (400, "unknown-parameter".to_owned()));
    assert_eq!(answer.json()["hint"], "did you mean page_size?");
    for (path, expected) in [
        ("views/site-profiles", "no-such-view"),
        ("views/site-profile?page_size=0", "malformed-request"),
        ("views/site-profile?as_of=yesterday", "malformed-request"),
        ("views/site-profile?city=a&city=b", "malformed-request"),
        ("sites/not-an-id", "not-found"),
    ] {
        assert_eq!(code(&gateway.get(&format!("/v1/{LEDGER}/{path}"))), expected, "{path}");
    }
}

#[test]
fn both_axes_of_time_are_on_every_read() {
    let gateway = Gateway::start();
    gateway.site(1);
    gateway.site(2);
    let rows = |query: &str| gateway.read(&format!("sites?{query}"))["rows"].as_array().map_or(0, Vec::len);
    assert_eq!((rows("min_position=1:3"), rows("as_of=2"), rows("as_of=1")), (2, 1, 0));
    assert_eq!((rows("valid_on=2026-01-01"), rows("valid_on=2019-01-01")), (2, 0));
    let one = format!("/v1/{LEDGER}/sites/{}", site_id(2));
    assert_eq!(gateway.get(&format!("{one}?as_of=3")).status, 200);
    assert_eq!(gateway.get(&format!("{one}?as_of=2")).status, 404);
}

#[test]
fn a_reader_of_its_own_writes_waits_or_is_told_to_come_again() {
    let gateway = Gateway::start_with("gateway.tokens = false\nprojector.wait_ms = 10");
    let open = tests::commands::open();
    gateway.record(&format!("/v1/{LEDGER}/open-ledger"), 1, &open["body"]);
    let behind = gateway.get_with(&format!("/v1/{LEDGER}/sites"), "Ledger-Min-Position: 1:99\r\n");
    assert_eq!((behind.status, code(&behind)), (503, "view-behind".to_owned()));
    assert_eq!(behind.header("retry-after"), Some("1"));
    let elsewhere = gateway.get(&format!("/v1/{LEDGER}/sites?min_position=2:1"));
    assert_eq!((elsewhere.status, code(&elsewhere)), (410, "cursor-gone".to_owned()));
}

#[test]
fn who_would_wait_gets_what_is_recorded_meanwhile() {
    // Without the preference nobody would wait.
    let gateway = Gateway::start_with("gateway.tokens = false\nprojector.wait_ms = 0");
    gateway.record(&format!("/v1/{LEDGER}/open-ledger"), 1, &tests::commands::open()["body"]);
    let path = format!("/v1/{LEDGER}/sites?min_position=1:3");
    let answer = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| gateway.get_with(&path, "Prefer: respond-async, wait=300\r\n"));
        (1..=2).for_each(|number| assert_eq!(gateway.site(number).status, 201));
        waiting.join().unwrap()
    });
    assert_eq!((answer.status, answer.header("preference-applied")), (200, Some("wait=30")));
    assert_eq!(answer.json()["rows"].as_array().map(Vec::len), Some(2));
}

#[test]
fn who_would_not_wait_is_told_at_once_where_the_view_is() {
    // Without the preference it would take longer than anybody waits for a test.
    let gateway = Gateway::start_with("gateway.tokens = false\nprojector.wait_ms = 600000");
    gateway.record(&format!("/v1/{LEDGER}/open-ledger"), 1, &tests::commands::open()["body"]);
    gateway.site(1);
    gateway.read("sites?min_position=1:2");
    let path = format!("/v1/{LEDGER}/sites?min_position=1:99");
    let behind = gateway.get_with(&path, "Prefer: wait=0\r\n");
    assert_eq!((behind.status, code(&behind)), (503, "view-behind".to_owned()));
    assert_eq!(
        (behind.header("retry-after"), behind.header("preference-applied")),
        (Some("1"), Some("wait=0"))
    );
    assert!(behind.json()["detail"].as_str().unwrap().contains("at position 2, not yet at 99"), "{behind:?}");
    // A preference about nothing is applied to nothing.
    let plain = gateway.get_with(&format!("/v1/{LEDGER}/sites"), "Prefer: wait=5\r\n");
    assert_eq!((plain.status, plain.header("preference-applied")), (200, None));
}

#[test]
fn a_report_is_the_same_bytes_for_whoever_asks_from_the_same_place() {
    let gateway = Gateway::start();
    gateway.site(1);
    let path = format!("/v1/{LEDGER}/reports/annual-progress?school_year=2025-26&as_of=2");
    let first = gateway.get_with(&path, "Accept: text/csv\r\n");
    gateway.site(2);
    let second = gateway.get(&format!("{path}&format=csv"));
    assert_eq!(first.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(
        (&first.body, first.header("content-digest")),
        (&second.body, second.header("content-digest"))
    );
    assert!(first.body.contains("Slauson"), "{first:?}");
    let refused = gateway.get(&format!("/v1/{LEDGER}/reports/partnership?school_year=2025-26"));
    assert_eq!((refused.status, code(&refused)), (422, "report-refused".to_owned()));
}

#[test]
fn every_view_has_its_columns_and_what_it_answers() {
    let gateway = Gateway::start();
    let views = gateway.read("views");
    for view in views["views"].as_array().unwrap() {
        let name = view["view"].as_str().unwrap();
        let column = |column: &Value| column.as_str().unwrap().to_owned();
        let first = column(&view["columns"][0]);
        let rows = gateway.read(&format!("views/{name}?{first}=none"));
        assert!(rows["rows"].as_array().unwrap().is_empty(), "{name}: {rows}");
    }
}
