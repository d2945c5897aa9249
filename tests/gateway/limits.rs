//! How much one token may carry away, how often one address may guess, and what the log says of both.

use std::io::{Read as _, Write as _};

use serde_json::Value;
use tokio::net::TcpSocket;

use crate::access::{bearer, two_ledgers_with};
use crate::kit::{Answer, Gateway, LEDGER, code, key_of, token};
use crate::operations::{operations, request};

/// A key of this ledger that was never granted.
fn invalid(number: u32) -> String {
    format!("hubkey.{LEDGER}.{}.{}", key_of(number), "A".repeat(43))
}

fn head(gateway: &Gateway, token: &str, more: &str) -> Answer {
    gateway.get_with(&format!("/v1/{LEDGER}/head"), &format!("{more}{}", bearer(token)))
}

/// The code of a 429, which says when to come again.
fn refused(answer: &Answer) -> (String, u64) {
    assert_eq!(answer.status, 429, "{answer:?}");
    (code(answer), answer.header("retry-after").unwrap().parse().unwrap())
}

/// How often the log says that this was refused: at once, and summed.
fn denials(said: &[String], why: &str) -> (usize, u64) {
    let lines: Vec<&String> = said.iter().filter(|line| line.contains(why)).collect();
    let summed = lines.iter().filter(|line| line.contains("access denied again"));
    let more = summed.map(|line| {
        let (_, more) = line.split_once("more=").unwrap();
        more.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    let more: Vec<u64> = more.collect();
    (lines.len() - more.len(), more.iter().sum())
}

#[test]
fn what_carries_a_ledger_away_has_a_rate_of_its_own_and_wanting_more_is_noticed() {
    let gateway = two_ledgers_with("gateway.exports_per_minute = 1");
    let (taker, id) = token(&gateway, &[LEDGER], &["read"]);
    let (other, _) = token(&gateway, &[LEDGER], &["read"]);
    let ask = |token: &str, path: &str| gateway.get_with(&format!("/v1/{LEDGER}/{path}"), &bearer(token));
    assert_eq!(ask(&taker, "events").status, 200);
    // Whatever else carries it away comes out of the same measure, and nothing else does.
    let (mut exports, mut rest) = (0, 0);
    for operation in operations(&gateway).iter().filter(|operation| operation.need.is_some()) {
        let answer = operation.ask(&gateway, &bearer(&taker), "");
        if operation.exports {
            let (code, seconds) = refused(&answer);
            assert!(code == "too-many-exports" && (1..=60).contains(&seconds), "{operation:?} {seconds}");
            exports += 1;
        } else {
            assert_ne!(answer.status, 429, "{operation:?}");
            rest += 1;
        }
    }
    assert!(exports > 40 && rest > 100, "{exports} {rest}");
    assert_eq!(ask(&other, "events").status, 200, "another token has a measure of its own");
    assert_eq!(ask(&taker, "head").status, 200);
    assert_eq!(gateway.get("/problems/too-many-exports").status, 200);
    let said = gateway.stopped();
    let (at_once, more) = denials(&said, "more exports than one may have");
    assert_eq!((at_once, more), (1, exports - 1), "one line, and a sum");
    assert!(said.iter().any(|line| line.contains("WARN") && line.contains(&format!("token={id}"))));
}

#[test]
fn a_report_or_a_page_of_rows_of_an_import_is_an_export_and_a_page_of_a_view_is_none() {
    let gateway = Gateway::start();
    let is_export = |method: &str, template: &str| {
        let mut all = operations(&gateway).into_iter();
        let found = all.find(|operation| operation.method == method && operation.template == template);
        found.unwrap_or_else(|| panic!("no {template}")).exports
    };
    for path in ["events", "reports/{report}", "imports/{id}/errors.csv", "imports/{id}/report.csv"] {
        assert!(is_export("GET", &format!("/v1/{{ledger}}/{path}")), "{path}");
    }
    for path in ["sites", "sites/{id}", "views/{view}", "events/live", "events/{event}", "imports/{id}"] {
        assert!(!is_export("GET", &format!("/v1/{{ledger}}/{path}")), "{path}");
    }
}

#[test]
fn where_nobody_needs_a_token_nothing_is_carried_away_with_a_stolen_one() {
    let gateway = Gateway::start_with("gateway.tokens = false\ngateway.exports_per_minute = 1");
    gateway.open();
    for _ in 0..5 {
        assert_eq!(gateway.get(&format!("/v1/{LEDGER}/events")).status, 200);
    }
}

/// Asks from another address of this machine.
fn from(address: &str, gateway: &Gateway, path: &str, headers: &str) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let connected = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
        socket.connect(gateway.port.0).await.unwrap().into_std().unwrap()
    });
    let mut stream = connected;
    stream.set_nonblocking(false).unwrap();
    stream.write_all(request("GET", path, headers, "").as_bytes()).unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    Answer::of(&told).unwrap()
}

#[test]
fn after_many_tokens_that_are_not_valid_an_address_is_heard_with_those_that_are_known_and_no_others() {
    let lines = "gateway.invalid_tokens_per_minute = 2\ntelemetry.level = \"debug\"";
    let gateway = two_ledgers_with(lines);
    let (known, _) = token(&gateway, &[LEDGER], &["read"]);
    let (late, _) = token(&gateway, &[LEDGER], &["read"]);
    assert_eq!(head(&gateway, &known, "").status, 200);
    let form = |token: &str| {
        let (client, secret) = token.strip_prefix("hubkey.").unwrap().rsplit_once('.').unwrap();
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        gateway.post("/oauth/token", "Content-Type: application/x-www-form-urlencoded\r\n", &form)
    };
    let pass = form(&known).json()["access_token"].as_str().unwrap().to_owned();
    // Whatever they say of where they come from.
    let guess = |number: u32| {
        let from = format!("X-Forwarded-For: 10.0.0.{number}\r\nForwarded: for=10.0.0.{number}\r\n");
        let asked = format!("X-Request-Id: guess-{number}\r\n{from}");
        head(&gateway, &invalid(number), &asked)
    };
    for number in 1..=2 {
        assert_eq!(guess(number).status, 401);
    }
    for number in 3..=20 {
        let (code, seconds) = refused(&guess(number));
        assert!(code == "too-many-requests" && (1..=30).contains(&seconds), "{seconds}");
    }
    let nonsense = gateway.get_with(&format!("/v1/{LEDGER}/head"), &bearer("nonsense"));
    assert_eq!(
        (refused(&nonsense).0.as_str(), refused(&form(&invalid(21))).0.as_str()),
        ("too-many-requests", "too-many-requests")
    );
    // Who was there before goes on, by key and by pass, and may have another pass.
    assert_eq!((head(&gateway, &known, "").status, head(&gateway, &pass, "").status), (200, 200));
    assert_eq!(form(&known).status, 200);
    // No token is no guess, and a token that comes for the first time waits like one.
    assert_eq!(gateway.get(&format!("/v1/{LEDGER}/head")).status, 401);
    assert_eq!(refused(&head(&gateway, &late, "")).0, "too-many-requests");
    // Others are not in its way.
    let path = format!("/v1/{LEDGER}/head");
    assert_eq!(from("127.0.0.2", &gateway, &path, &bearer(&late)).status, 200);
    assert_eq!(from("127.0.0.2", &gateway, &path, &bearer(&invalid(22))).status, 401);
    // Nor is it any more once it is known.
    assert_eq!(head(&gateway, &late, "").status, 200);
    let said = gateway.stopped();
    let looked_up = |number: u32| {
        let asked = format!("request=\"guess-{number}\"");
        said.iter().any(|line| line.contains(&asked) && line.contains("asked"))
    };
    assert!(looked_up(1) && !(3..=20).any(looked_up), "what is refused is not looked up");
}

#[test]
fn a_flood_of_refusals_is_a_line_of_each_sort_and_a_sum() {
    let gateway = two_ledgers_with("gateway.invalid_tokens_per_minute = 10");
    let (narrow, id) = token(&gateway, &[LEDGER], &["sites:read"]);
    for number in 0..30 {
        assert!(matches!(head(&gateway, &invalid(number), "").status, 401 | 429));
        assert_eq!(head(&gateway, &narrow, "").status, 403);
    }
    let said = gateway.stopped();
    let (invalid, throttled) =
        (denials(&said, "not granted, revoked"), denials(&said, "too many tokens from there"));
    assert_eq!((invalid.0, throttled.0), (1, 1), "{said:?}");
    assert_eq!(invalid.1 + throttled.1, 28, "nothing is lost in the sum");
    assert_eq!(denials(&said, "the scopes do not cover it"), (1, 29));
    let sum = said.iter().find(|line| line.contains("access denied again") && line.contains(&id));
    assert!(sum.is_some_and(|line| line.contains("who=\"token ")), "{sum:?}");
    let first = said.iter().find(|line| line.contains("too many tokens from there")).unwrap();
    assert!(first.contains("peer=\"127.0.0.1\""), "{first}");
}

#[test]
fn limits_are_told_where_the_api_is() {
    let document = Gateway::start().get("/openapi.json").json();
    let events = &document["paths"]["/v1/{ledger}/events"]["get"];
    assert!(events["description"].as_str().unwrap().contains("Counts as an export"));
    assert!(events["responses"]["429"]["headers"]["Retry-After"].is_object());
    assert_eq!(document["paths"]["/v1/{ledger}/sites"]["get"]["responses"]["429"], Value::Null);
}
