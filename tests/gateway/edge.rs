//! What every answer has, and what no request gets by.

use std::io::{Read, Write};

use crate::kit::{Gateway, LEDGER, code};

#[test]
fn every_answer_keeps_browsers_careful_and_names_its_request() {
    let gateway = Gateway::start();
    for path in ["/", "/docs", "/problems", "/nowhere", &format!("/v1/{LEDGER}/head"), "/v1/none/head"] {
        let answer = gateway.get(path);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
        assert!(answer.header("access-control-allow-origin").is_none());
        assert!(answer.header("x-request-id").is_some());
    }
    let given = gateway.get_with("/nowhere", "X-Request-Id: night-job_7\r\n");
    assert_eq!(
        (given.header("x-request-id"), &given.json()["requestId"]),
        (Some("night-job_7"), &"night-job_7".into())
    );
    let odd = gateway.get_with("/nowhere", "X-Request-Id: a b\r\n");
    assert_ne!(odd.header("x-request-id"), Some("a b"));
}

#[test]
fn an_address_or_method_that_is_not_there_is_a_problem_like_any_other() {
    let gateway = Gateway::start();
    let nowhere = gateway.get("/v2/x");
    assert_eq!((nowhere.status, code(&nowhere)), (404, "not-found".to_owned()));
    let other = gateway.port.ask("DELETE", &format!("/v1/{LEDGER}/sites"), "Connection: close\r\n");
    assert_eq!((other.status, code(&other)), (405, "method-not-allowed".to_owned()));
    assert!(other.header("allow").unwrap().contains("POST"));
}

#[test]
fn more_requests_than_allowed_are_told_when_to_come_again_whatever_they_say_of_where_from() {
    let gateway = Gateway::start_with("gateway.tokens = false\ngateway.requests_per_second = 2");
    let asked: Vec<_> = (0..20)
        .map(|n| {
            gateway.get_with(&format!("/v1/{LEDGER}/views"), &format!("X-Forwarded-For: 10.0.0.{n}\r\n"))
        })
        .collect();
    let refused: Vec<_> = asked.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty(), "{asked:?}");
    assert_eq!(
        (code(refused[0]), refused[0].header("retry-after")),
        ("too-many-requests".to_owned(), Some("1"))
    );
}

#[test]
fn a_head_that_is_too_long_ends_the_connection_and_nothing_else() {
    let gateway = Gateway::start();
    let mut stream = gateway.port.connect();
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(40_000));
    let _ = stream.write_all(long.as_bytes());
    let mut told = Vec::new();
    let _ = stream.read_to_end(&mut told);
    assert!(String::from_utf8_lossy(&told).starts_with("HTTP/1.1 431"), "{told:?}");
    assert_eq!(gateway.get("/livez").status, 200);
}
