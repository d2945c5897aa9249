//! What somebody sends who means harm: too much, too slowly, too deep, two lengths for one body, nonsense.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::kit::{Gateway, LEDGER, code, key_of, site};
use crate::operations::{answer, operations, request};

const JSON: &str = "Content-Type: application/json\r\n";

/// Everything that comes back until the other side ends the connection.
fn all(mut stream: TcpStream, bytes: &[u8]) -> String {
    let _ = stream.write_all(bytes);
    let mut told = Vec::new();
    // It ends because the server ends it.
    let _ = stream.read_to_end(&mut told);
    String::from_utf8_lossy(&told).into_owned()
}

fn keyed(number: u32) -> String {
    format!("{JSON}Idempotency-Key: {}\r\n", key_of(number))
}

#[test]
fn a_body_over_its_limit_is_refused_and_so_is_one_that_says_it_will_be() {
    let gateway = Gateway::start();
    let sites = format!("/v1/{LEDGER}/sites");
    let large = format!("{{\"id\":\"{}\"}}", "x".repeat(256 * 1024));
    let refused = gateway.post(&sites, &keyed(7), &large);
    assert_eq!((refused.status, code(&refused).as_str()), (413, "too-large"));
    let form = gateway.post(
        "/oauth/token",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        &"x".repeat(65 * 1024),
    );
    assert_eq!(form.status, 413);
    let head =
        format!("POST {sites} HTTP/1.1\r\nHost: x\r\n{}Content-Length: 10000000000000\r\n\r\n", keyed(8));
    let told = all(gateway.port.connect(), head.as_bytes());
    assert!(told.starts_with("HTTP/1.1 413"), "{told}");
    let lines = "{}\n".repeat(1001);
    let many =
        gateway.post(&format!("/v1/{LEDGER}/commands"), "Content-Type: application/x-ndjson\r\n", &lines);
    assert_eq!(many.status, 413);
}

#[test]
fn a_body_that_does_not_come_in_time_is_not_waited_for() {
    let gateway = Gateway::start_with("gateway.tokens = false\ngateway.body_ms = 100");
    let head =
        format!("POST /v1/{LEDGER}/sites HTTP/1.1\r\nHost: x\r\n{}Content-Length: 100\r\n\r\n{{", keyed(7));
    let told = all(gateway.port.connect(), head.as_bytes());
    assert!(told.starts_with("HTTP/1.1 408") && told.contains("/problems/too-slow"), "{told}");
}

#[test]
fn a_head_that_does_not_come_in_time_ends_the_connection() {
    let gateway = Gateway::start_with("gateway.tokens = false\ngateway.head_ms = 100");
    for begun in ["", "GET / HTT", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let told = all(gateway.port.connect(), begun.as_bytes());
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{begun}: {told}");
    }
    assert_eq!(gateway.get("/livez").status, 200);
}

#[test]
fn json_that_is_too_deep_is_refused_before_anybody_stands_on_it() {
    let gateway = Gateway::start();
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for body in [format!("{{\"id\":{deep}}}"), format!("{{\"details\":{deep}}}"), deep.clone()] {
        let answer = gateway.post(&format!("/v1/{LEDGER}/sites"), &keyed(7), &body);
        assert_eq!((answer.status, code(&answer).as_str()), (400, "malformed-command"), "{answer:?}");
    }
    let command =
        format!("{{\"command\":\"register-site\",\"version\":1,\"id\":\"{}\",\"body\":{deep}}}", key_of(8));
    let answer = gateway.post(&format!("/v1/{LEDGER}/commands"), JSON, &command);
    assert_eq!(answer.status, 400, "{answer:?}");
}

#[test]
fn a_page_has_so_many_rows_and_no_more_whatever_is_asked_for() {
    let gateway = Gateway::start();
    for size in ["0", "501", "-1", "18446744073709551616", "1e3"] {
        for path in ["sites", "events", "views/activity-feed"] {
            let answer = gateway.get(&format!("/v1/{LEDGER}/{path}?page_size={size}"));
            assert_eq!((answer.status, code(&answer).as_str()), (400, "malformed-request"), "{path} {size}");
        }
    }
}

#[test]
fn what_hides_behind_a_body_is_never_taken_for_a_request() {
    let gateway = Gateway::start();
    let (sites, hidden) = (format!("/v1/{LEDGER}/sites"), "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    let begin = format!("POST {sites} HTTP/1.1\r\nHost: x\r\n{}", keyed(7));
    let chunked = "Transfer-Encoding: chunked\r\n";
    for lengths in [
        format!("Content-Length: 5\r\n{chunked}"),
        format!("{chunked}Content-Length: 5\r\n"),
        format!("{chunked}Content-Length: {}\r\n", 5 + hidden.len()),
        format!("{chunked}{chunked}"),
        chunked.to_owned(),
    ] {
        let told = all(gateway.port.connect(), format!("{begin}{lengths}\r\n0\r\n\r\n{hidden}").as_bytes());
        assert_eq!(told.matches("HTTP/1.1 ").count(), 1, "{lengths}: {told}");
        assert!(told.starts_with("HTTP/1.1 400"), "{lengths}: {told}");
        assert!(!told.contains("\"live\""), "{told}");
    }
    for odd in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length : 5\r\n",
    ] {
        let told = all(gateway.port.connect(), format!("{begin}{odd}\r\n0\r\n\r\n{hidden}").as_bytes());
        assert!(told.starts_with("HTTP/1.1 400"), "{odd}: {told}");
        assert!(!told.contains("\"live\""), "{odd}: {told}");
    }
    for size in ["zz", "-1", "ffffffffffffffffff", "5;", "0x5", " 5"] {
        let chunks = format!("{begin}{chunked}\r\n{size}\r\nhello\r\n0\r\n\r\n{hidden}");
        let told = all(gateway.port.connect(), chunks.as_bytes());
        assert!(!told.contains("\"live\"") && told.matches("HTTP/1.1 ").count() <= 1, "{size}: {told}");
    }
}

#[test]
fn heads_that_no_client_sends_are_refused_and_nobody_is_harmed() {
    let gateway = Gateway::start();
    let flood: String = (0..200).map(|n| format!("X-Flood-{n}: 1\r\n")).collect();
    for (head, status) in [
        (format!("GET /livez HTTP/1.1\r\nHost: x\r\n{flood}\r\n"), "431"),
        ("GET /livez HTTP/1.1\r\nHost: x\r\nX-Odd: a\0b\r\n\r\n".to_owned(), "400"),
        ("GET /livez HTTP/1.1\r\nHost: x\r\nX Odd: a\r\n\r\n".to_owned(), "400"),
        ("GET /livez HTTP/1.1\r\n Host: x\r\n\r\n".to_owned(), "400"),
        ("GET /livez\0 HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "400"),
        ("GET /li\rvez HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "400"),
        ("GET /livez HTTP/3.0\r\nHost: x\r\n\r\n".to_owned(), "400"),
        (format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(70_000)), "4"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), ""),
    ] {
        let told = all(gateway.port.connect(), head.as_bytes());
        assert!(told.is_empty() || told.starts_with(&format!("HTTP/1.1 {status}")), "{head:.60}: {told}");
    }
    assert_eq!(gateway.get("/livez").status, 200);
}

#[test]
fn a_request_says_once_whom_it_is_for() {
    let gateway = Gateway::start();
    for (version, hosts, status) in [
        ("1.1", "", 400),
        ("1.1", "Host: x\r\nHost: y\r\n", 400),
        ("1.1", "Host: x\r\nhost: x\r\n", 400),
        ("1.0", "Host: x\r\nHost: y\r\n", 400),
        ("1.1", "Host: a b\r\n", 400),
        ("1.1", "Host: x/y\r\n", 400),
        ("1.1", "Host: u@h\r\n", 400),
        ("1.1", "Host: x:80:80\r\n", 400),
        ("1.1", "Host:\r\n", 400),
        ("1.0", "Host: u@h\r\n", 400),
        ("1.1", "Host: [::1]:80\r\n", 200),
        ("1.1", "Host: x\r\n", 200),
        ("1.0", "Host: x\r\n", 200),
        ("1.0", "", 200),
    ] {
        for path in ["/livez", "http://y/livez"] {
            let head = format!("GET {path} HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
            let told = all(gateway.port.connect(), head.as_bytes());
            assert_eq!(told.split(' ').nth(1), Some(status.to_string().as_str()), "{head}: {told}");
            assert_eq!(told.contains("/problems/malformed-request"), status == 400, "{head}: {told}");
            assert_eq!(told.contains("\"live\""), status == 200, "{head}: {told}");
        }
    }
}

#[test]
fn a_path_leads_nowhere_but_where_it_says() {
    let gateway = Gateway::start();
    for path in [
        "/v1/../../../etc/passwd",
        "/v1/%2e%2e/%2e%2e/etc/passwd",
        "/v1/..%2f..%2fetc%2fpasswd/head",
        "/problems/..%2f..%2fhead",
        "/problems/%00",
        "/schemas/event/..%2f..%2fx/1",
        "/schemas/event/ledger-opened/1%00",
        &format!("/v1/{LEDGER}%2fhead"),
        &format!("/v1/{LEDGER}/views/..%2fhead"),
        &format!("/v1/{LEDGER}/reports/%2e%2e%2f%2e%2e"),
        &format!("/v1/{LEDGER}/sites/%ff%fe"),
        &format!("/v1/{LEDGER}//head"),
        &format!("//v1/{LEDGER}/head"),
        &format!("/v1/{LEDGER}/head/"),
        &format!("/V1/{LEDGER}/head"),
        &format!("/v1/{}/head", LEDGER.to_uppercase()),
    ] {
        let answer = gateway.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
        assert!(!answer.body.contains("root:"), "{path}");
        let _ = code(&answer);
    }
}

#[test]
fn a_header_does_not_make_one_method_or_address_of_another() {
    let gateway = Gateway::start();
    let head = format!("/v1/{LEDGER}/head");
    let plain = gateway.get(&head).json();
    for more in [
        "X-HTTP-Method-Override: POST\r\n",
        "X-Method-Override: DELETE\r\n",
        "X-Original-URL: /livez\r\n",
        "X-Rewrite-URL: /livez\r\n",
        "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\n",
        "X-Forwarded-Prefix: //evil.example\r\n",
    ] {
        let answer = gateway.get_with(&head, more);
        assert_eq!((answer.status, answer.json()), (200, plain.clone()), "{more}");
        assert!(!answer.head.contains("evil"), "{answer:?}");
    }
    // Nor does an address that somebody else's host stands in, nor a line break in a value.
    let elsewhere =
        answer(&gateway.port, request("GET", &format!("http://evil.example{head}"), "", "").as_bytes());
    assert!(!elsewhere.unwrap().head.contains("evil"));
    let broken = gateway.get(&format!("/v1/{LEDGER}/sites?page_size=1&name=%0d%0aSet-Cookie:%20a=b"));
    assert!(broken.header("set-cookie").is_none(), "{broken:?}");
}

#[test]
fn a_request_that_is_sent_again_is_answered_as_the_first_and_recorded_once() {
    let gateway = Gateway::start();
    let sent = request("POST", &format!("/v1/{LEDGER}/sites"), &keyed(7), &site(1).to_string());
    let first = answer(&gateway.port, sent.as_bytes()).unwrap();
    for _ in 0..3 {
        let again = answer(&gateway.port, sent.as_bytes()).unwrap();
        assert_eq!((again.status, again.json()), (200, first.json()));
    }
    // The key opens nothing else.
    let other = gateway.record(&format!("/v1/{LEDGER}/sites"), 7, &site(2));
    assert_eq!((other.status, code(&other).as_str()), (422, "command-id-taken"));
    assert_eq!(gateway.read("head")["position"], 2);
}

/// Text that no parser of ours waits for.
fn nonsense(dice: &mut fastrand::Rng) -> String {
    let parts = [
        "%00", "%ff", "..%2f", "'", "\"", "{{", "}}", "[", "]", "-1", "1e999", "NaN", "true", "%0d%0a", "$",
        "é",
    ];
    let parts =
        parts.iter().chain(&["9999999999999999999999", "00000000-0000-4000-8000-000000000001", "<b>", "%25"]);
    let parts: Vec<&&str> = parts.collect();
    (0..dice.usize(1..6)).map(|_| *parts[dice.usize(0..parts.len())]).collect()
}

#[test]
fn nonsense_at_every_address_is_told_what_is_wrong_and_nothing_of_the_inside() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let (mut dice, gateway) = (fastrand::Rng::with_seed(seed), Gateway::start());
    let mut refused = 0;
    for operation in operations(&gateway) {
        for turn in 0..6 {
            let mut path = operation.path();
            if turn % 2 == 0 {
                path = path.replace(&key_of(99), &nonsense(&mut dice).replace(['"', '<', '>', 'é'], "_"));
            }
            let query = nonsense(&mut dice).replace(['"', '<', '>', 'é', ' '], "_");
            let names: Vec<&String> = operation.parameters.iter().map(|(_, name)| name).collect();
            match (turn, names.is_empty()) {
                (0 | 3, false) => path += &format!("?{}={query}", names[dice.usize(0..names.len())]),
                (4, _) => path += &format!("?{query}"),
                _ => {}
            }
            let body = match turn {
                0 => format!("{{\"id\":{},\"details\":{}}}", 1, 2),
                1 => format!("{{{}", nonsense(&mut dice)),
                2 => format!("{{\"{}\":null,\"effective\":\"x\"}}", dice.u32(..)),
                3 => "null".to_owned(),
                4 => nonsense(&mut dice),
                _ => "{\"id\":\"\\ud800\",\"effective\":[[]],\"details\":{\"a\":1e400}}".to_owned(),
            };
            let headers = match turn {
                4 => "Content-Type: text/html\r\nAccept: */nonsense\r\nIf-None-Match: W/\r\n".to_owned(),
                5 => format!("{}Ledger-Min-Position: {}\r\nRange: bytes=9-1\r\n", keyed(3), dice.u64(..)),
                _ => keyed(dice.u32(1000..2000)),
            };
            let sent = request(&operation.method, &path, &headers, &body);
            let Some(told) = answer(&gateway.port, sent.as_bytes()) else { panic!("no answer to {sent}") };
            assert!(told.status < 500 || told.status == 503, "{sent}\n{told:?}");
            if told.status >= 400 && !told.body.is_empty() {
                for inside in [
                    ".rs", "src/", "/tmp", "/root", "/home", "crates", "panicked", "::", "serde", "tokio",
                    "struct ", "struct ",
                ] {
                    assert!(!told.body.contains(inside), "{inside}: {sent}\n{told:?}");
                }
                refused += 1;
            }
        }
    }
    assert!(refused > 500, "{refused}");
    for line in gateway.stopped() {
        assert!(!line.contains("panic"), "{line}");
    }
}
