//! The checklist of what an attacker tries first (OWASP ASVS 5.0 and API Security Top 10 of 2023), row by row.
//!
//! | row | claim |
//! |---|---|
//! | 8.2.2, API1: another ledger's objects | `access::another_districts_ledger_looks_exactly_like_one_that_is_not_there` |
//! | 8.4.1: ledgers apart | `strangers::whatever_is_another_district_s_looks_like_what_is_nowhere_…` |
//! | 8.2.3, 15.3.1, API3: more than was asked for | `no_command_takes_a_member_that_nobody_knows`, `access::a_secret_is_kept_nowhere_and_its_hash_is_told_to_nobody` |
//! | 8.2.1, API5: who may what | `every_operation_is_for_the_scopes_that_the_document_says`, `documents::every_address_of_the_document_is_served_and_takes_no_other_method` |
//! | 9.1, 9.2, 10.3.1, API2: forged tokens | `a_forged_pass_is_refused_and_nobody_learns_why` |
//! | 2.4.1, 15.2.2, API4: too much | `hostile::*`, `edge::more_requests_than_allowed_…`, `a_token_s_requests_are_counted_together_whatever_they_come_with` |
//! | API6: what carries a ledger away | `limits::what_carries_a_ledger_away_has_a_rate_of_its_own_…` |
//! | 14.2.1: secrets in addresses | `no_secret_and_no_name_stands_in_an_address` |
//! | 14.3.2, 4.1.1, API8: headers, defaults | `every_answer_of_every_operation_keeps_browsers_careful`, `no_secret_comes_with_the_program` |
//! | 16.2.5: the log | `what_is_sent_is_found_in_no_line_of_the_log`, `canary::*` for answers, figures and events |
//! | 16.3: refusals | `a_refusal_of_access_is_in_the_log_with_who_where_and_why_and_no_secret`, `limits::a_flood_…` |
//! | 16.5.1: errors tell nothing | `hostile::nonsense_at_every_address_…` |
//! | 12.3.1: TLS | `tls::*`, `permissions::*` for NATS |
//! | 13.3.1: keys | `a_key_that_others_can_read_is_not_used`, `tls::a_gateway_does_not_start_with_a_key_…` |
//! | 15.1.2, API9: what is served | `documents::*`, `cargo xtask deny` |
//!
//! Not here: addresses of others that are fetched (API7; see `webhooks::*` for those that are sent to), people's passwords.

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tests::binary;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::access::{OTHER, bearer, two_ledgers_with};
use crate::kit::{Answer, Gateway, LEDGER, code, key_of, site, token};
use crate::operations::{Operation, operations};

const JSON: &str = "Content-Type: application/json\r\n";

/// Asks with this token, and a body that no command is.
fn asked(gateway: &Gateway, operation: &Operation, token: &str) -> Answer {
    operation.ask(gateway, &format!("{JSON}Idempotency-Key: {}\r\n{}", key_of(9), bearer(token)), "{}")
}

/// What a scope means, told apart from how it is done: the whole of its sort but granting tokens and webhooks, or one thing. Commands
/// of any kind come to one address and are looked at there.
fn covers(scope: &str, need: &str) -> bool {
    let act = |text: &str| text.rsplit(':').next().unwrap().to_owned();
    let by_name = ["access:write", "webhooks:write"];
    let whole = !scope.contains(':') && act(need) == scope && !by_name.contains(&need);
    whole || scope == need || (need == "commands:write" && act(scope) == "write")
}

#[test]
fn every_operation_is_for_the_scopes_that_the_document_says() {
    let gateway = two_ledgers_with("");
    let all = operations(&gateway);
    let scopes = ["read", "write", "access:write", "access:read", "sites:read", "sites:write", "events:read"];
    let more = ["views:read", "reports:read", "ledger:write", "commands:read", "deliveries:write"];
    let (mut allowed, mut refused) = (0, 0);
    for scope in scopes.into_iter().chain(more) {
        let (token, _) = token(&gateway, &[LEDGER], &[scope]);
        for operation in &all {
            let answer = asked(&gateway, operation, &token);
            match &operation.need {
                Some(need) if !covers(scope, need) => {
                    assert_eq!(
                        (answer.status, code(&answer).as_str()),
                        (403, "not-allowed"),
                        "{scope} {operation:?}"
                    );
                    refused += 1;
                }
                Some(_) => {
                    assert!(!matches!(answer.status, 401 | 403 | 500..), "{scope} {operation:?} {answer:?}");
                    assert!(!answer.body.contains("no-such-ledger"), "{scope} {operation:?}");
                    allowed += 1;
                }
                None => assert!(answer.status < 500 && answer.status != 403, "{operation:?}"),
            }
        }
    }
    assert!(allowed > 200 && refused > 1000, "{allowed} {refused}");
    for operation in all.iter().filter(|operation| operation.need.is_some()) {
        assert_eq!(operation.ask(&gateway, JSON, "{}").status, 401, "{operation:?}");
    }
}

fn is_import(operation: &Operation) -> bool {
    operation.template.contains("/imports")
}

#[test]
fn no_command_takes_a_member_that_nobody_knows() {
    let gateway = Gateway::start();
    let commands = operations(&gateway);
    let has_key = |operation: &&Operation| {
        operation.parameters.contains(&("header".to_owned(), "Idempotency-Key".to_owned()))
    };
    let mut tried = 0;
    // Granting tokens is nobody's where nobody has one.
    let mine = |operation: &&Operation| operation.need.as_deref() != Some("access:write");
    for operation in commands.iter().filter(has_key).filter(mine) {
        let headers = format!("{JSON}Idempotency-Key: {}\r\n", key_of(7));
        let answer = operation.ask(&gateway, &headers, "{\"surplus\":1}");
        // An import is made under a key, too, and is no command.
        let code = code(&answer);
        let malformed = code == "malformed-command" || (code == "malformed-request" && is_import(operation));
        assert!(answer.status == 400 && malformed, "{operation:?} {answer:?}");
        tried += 1;
    }
    assert!(tried > 80, "{tried}");
    let mut more = site(1);
    more["actor"] = json!("usr:somebody-else");
    let answer = gateway.record(&format!("/v1/{LEDGER}/sites"), 8, &more);
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("unknown field `actor`"), "{answer:?}");
}

/// A pass as a gateway makes it, under this key.
fn pass(key: &[u8], id: &str, until: i64) -> String {
    let said = format!("hubpass.{LEDGER}.{id}.{until}");
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(said.as_bytes());
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// The key of passes of this gateway.
fn pass_key(gateway: &Gateway) -> Vec<u8> {
    let file = std::fs::read(format!("{}/keys/gateway.pass.json", gateway.data())).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    URL_SAFE_NO_PAD.decode(file["k_cmd"].as_str().unwrap()).unwrap()
}

#[test]
fn a_forged_pass_is_refused_and_nobody_learns_why() {
    let (gateway, other) = (two_ledgers_with(""), two_ledgers_with(""));
    let (_, id) = token(&gateway, &[LEDGER], &["read"]);
    let (key, later) = (pass_key(&gateway), 4_102_444_800);
    let ask = |token: &str| gateway.get_with(&format!("/v1/{LEDGER}/head"), &bearer(token));
    // It is one if everything is right, so what follows fails for what it says.
    let good = pass(&key, &id, later);
    assert_eq!(ask(&good).status, 200);
    let body = |answer: &Answer| {
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("requestId");
        (answer.status, body, answer.header("www-authenticate").map(str::to_owned))
    };
    let none = body(&gateway.get(&format!("/v1/{LEDGER}/head")));
    assert_eq!(none.0, 401);
    let (said, mac) = good.rsplit_once('.').unwrap();
    let jwt = |head: &str| {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.", part(head), part("{\"sub\":\"svc:sis\",\"exp\":4102444800}"))
    };
    let altered: String = mac.chars().rev().collect();
    for (why, forged) in [
        ("expired", pass(&key, &id, 1_700_000_000)),
        ("another deployment's key", pass(&pass_key(&other), &id, later)),
        ("an altered MAC", format!("{said}.{altered}")),
        ("half a MAC", format!("{said}.{}", &mac[..20])),
        ("no MAC", format!("{said}.")),
        ("a token that was never granted", pass(&key, &key_of(5), later)),
        ("longer than it was made for", format!("{}.{mac}", said.replace("4102444800", "4102444801"))),
        ("a time that is none", said.replace("4102444800", "-1") + "." + mac),
        ("alg none", jwt("{\"alg\":\"none\"}")),
        ("a key of its own", jwt("{\"alg\":\"HS256\",\"jku\":\"http://127.0.0.1/keys\"}")),
        ("two tokens", format!("{good} {good}")),
        ("a NUL", format!("{good}%00")),
    ] {
        assert_eq!(body(&ask(&forged)), none, "{why}");
    }
    let twice = format!("{}{}", bearer(&good), bearer("other"));
    assert_eq!(gateway.get_with(&format!("/v1/{LEDGER}/head"), &twice).status, 401);
}

#[test]
fn a_token_s_requests_are_counted_together_whatever_they_come_with() {
    let gateway = two_ledgers_with("gateway.requests_per_second = 3");
    let (key, id) = token(&gateway, &[LEDGER], &["read"]);
    let pass = pass(&pass_key(&gateway), &id, 4_102_444_800);
    let ask = |number: u32| {
        let from = format!("10.0.0.{number}");
        let from = format!(
            "X-Forwarded-For: {from}\r\nForwarded: for={from}\r\nX-Real-IP: {from}\r\nTrue-Client-IP: {from}\r\n"
        );
        let by = if number.is_multiple_of(2) { &key } else { &pass };
        gateway.get_with(&format!("/v1/{LEDGER}/views"), &format!("{from}{}", bearer(by)))
    };
    let asked: Vec<Answer> = (0..40).map(ask).collect();
    let refused: Vec<&Answer> = asked.iter().filter(|answer| answer.status == 429).collect();
    assert!(refused.len() > 10, "{}", refused.len());
    assert!(refused.iter().all(|answer| answer.header("retry-after") == Some("1")));
    // Whoever knows its id and not its secret takes nothing from it.
    let (idle, id) = token(&gateway, &[LEDGER], &["read"]);
    let form =
        format!("grant_type=client_credentials&client_id={LEDGER}.{id}&client_secret={}", "A".repeat(43));
    for _ in 0..20 {
        let head = "Content-Type: application/x-www-form-urlencoded\r\n";
        assert!(matches!(gateway.post("/oauth/token", head, &form).status, 401 | 429));
    }
    assert_eq!(gateway.get_with(&format!("/v1/{LEDGER}/views"), &bearer(&idle)).status, 200);
}

#[test]
fn no_secret_and_no_name_stands_in_an_address() {
    let gateway = two_ledgers_with("telemetry.level = \"debug\"");
    let in_path = "ledger view report count event command id delivery sort name version code system key";
    let in_query = "as_of valid_on min_position page_size page_token by after since type kind subject actor \
                    correlation school_year month site partner grant funding pillar tier format state dry_run";
    let known = |known: &str, name: &str| known.split_whitespace().any(|known| known == name);
    for operation in operations(&gateway) {
        for (place, name) in &operation.parameters {
            let known = match place.as_str() {
                "path" => known(in_path, name),
                "query" => known(in_query, name),
                _ => true,
            };
            // A new one is looked at before it is added here: nobody's number, name or secret may be one.
            assert!(known, "{place} {name} of {operation:?}");
        }
        // The key of another system's record of a person may be a student's number.
        let of_people = ["persons", "cases", "consents", "referrals", "amendments"];
        let is_keyed = operation.template.contains("/by-key/");
        assert!(
            !(is_keyed && of_people.iter().any(|things| operation.template.contains(things))),
            "{operation:?}"
        );
    }
    // And what stands in one, against all advice, is not written down.
    let (token, id) = token(&gateway, &[LEDGER], &["read"]);
    let secret = token.rsplit('.').next().unwrap().to_owned();
    let thing = key_of(4711);
    for path in
        [format!("sites/{thing}"), format!("head?token={token}"), token.clone(), format!("views/{secret}")]
    {
        let _ = gateway.get_with(&format!("/v1/{LEDGER}/{path}"), &bearer(&token));
    }
    let said = gateway.stopped();
    assert!(said.iter().any(|line| line.contains("answered")), "{said:?}");
    for line in said {
        assert!(!line.contains(&secret) && !line.contains(&thing), "{line}");
    }
    assert!(!id.is_empty());
}

#[test]
fn every_answer_of_every_operation_keeps_browsers_careful() {
    let gateway = Gateway::start();
    for operation in operations(&gateway) {
        let answer = operation.ask(&gateway, JSON, "{}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            let told = answer.header(name);
            // What may be kept says so itself, and must be asked again.
            let kept = name == "cache-control" && told.is_some_and(|told| told.contains("no-cache"));
            assert!(told == Some(value) || kept, "{name}: {told:?} {operation:?}");
        }
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
        assert!(answer.header("x-request-id").is_some(), "{operation:?}");
        for name in [
            "server",
            "x-powered-by",
            "access-control-allow-origin",
            "set-cookie",
            "strict-transport-security",
        ] {
            assert!(answer.header(name).is_none(), "{name} {operation:?}");
        }
    }
}

#[test]
fn no_secret_comes_with_the_program() {
    let gateways = [Gateway::start_with(""), Gateway::start_with("")];
    assert_eq!(gateways[0].get("/").json()["needs_token"], true);
    assert_ne!(pass_key(&gateways[0]), pass_key(&gateways[1]));
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let gateway = Gateway::start_with("");
    let folder = gateway.stop();
    let key = folder.path().join("data/keys/gateway.pass.json");
    let mode = std::fs::metadata(&key).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let config = folder.path().join("hubledger.toml");
    let ran = binary::run(&["serve", "all", "--config", config.to_str().unwrap()]).ended(6);
    assert!(ran.err.contains("can be read by others"), "{}", ran.err);
}

#[test]
fn what_is_sent_is_found_in_no_line_of_the_log() {
    const CANARY: &str = "ZZCANARY";
    let gateway = two_ledgers_with("telemetry.level = \"debug\"");
    let (token, _) = token(&gateway, &[LEDGER], &["read", "write", "access:write"]);
    let headers = format!(
        "{JSON}Idempotency-Key: {}\r\nX-Request-Id: {CANARY} {CANARY}\r\nUser-Agent: {CANARY}\r\nReferer: {CANARY}\r\nCookie: {CANARY}\r\n{}",
        key_of(7),
        bearer(&token)
    );
    let mut label = site(1);
    label["details"]["name"] = json!(CANARY);
    let bodies =
        [json!({ "id": CANARY, "label": CANARY }).to_string(), label.to_string(), format!("{CANARY}{{")];
    for operation in operations(&gateway) {
        for body in &bodies {
            let _ = operation.ask(&gateway, &headers, body);
        }
        let in_path = Operation { template: operation.template.replace("{id}", CANARY), ..operation };
        let with_query = Operation { template: format!("{}?zz={CANARY}", in_path.template), ..in_path };
        let _ = with_query.ask(&gateway, &headers, "{}");
    }
    for wrong in [format!("hubkey.{LEDGER}.{}.{CANARY}", key_of(1)), CANARY.to_owned()] {
        let _ = gateway.get_with(&format!("/v1/{CANARY}/head"), &bearer(&wrong));
    }
    let said = gateway.stopped();
    assert!(said.len() > 500, "{}", said.len());
    for line in said {
        assert!(!line.contains(CANARY), "{line}");
    }
}

#[test]
fn a_refusal_of_access_is_in_the_log_with_who_where_and_why_and_no_secret() {
    let gateway = two_ledgers_with("");
    let (narrow, id) = token(&gateway, &[LEDGER], &["sites:read"]);
    let secret = narrow.rsplit('.').next().unwrap().to_owned();
    let other = secret.replace(&secret[..1], if secret.starts_with('A') { "B" } else { "A" });
    let head =
        |ledger: &str, token: &str| gateway.get_with(&format!("/v1/{ledger}/head"), &bearer(token)).status;
    let denied = |more: &[&str]| gateway.server.says(&[&["WARN", "access denied"], more].concat());
    let route = "route=\"/v1/{ledger}/head\"";
    let named = format!("token={id}");
    assert_eq!(head(LEDGER, &narrow), 403);
    denied(&[&named, route, "the scopes do not cover it"]);
    assert_eq!(head(OTHER, &narrow), 404);
    denied(&[&named, route, "no such ledger for it"]);
    assert_eq!(head(LEDGER, &narrow.replace(&secret, &other)), 401);
    denied(&[&named, route, "the secret is another"]);
    assert_eq!(head(LEDGER, &pass(&[9; 32], &id, 4_102_444_800)), 401);
    denied(&[&named, route, "the pass is not ours"]);
    assert_eq!(head(LEDGER, &pass(&pass_key(&gateway), &id, 1_700_000_000)), 401);
    denied(&[&named, route, "the pass has ended"]);
    assert_eq!(head(LEDGER, &narrow.replace(&id, &key_of(5))), 401);
    denied(&[&key_of(5), route, "not granted, revoked or expired"]);
    assert_eq!(gateway.get(&format!("/v1/{LEDGER}/head")).status, 401);
    denied(&[route, "no token came"]);
    let form = format!("grant_type=client_credentials&client_id=nowhere-usd.{id}&client_secret={other}");
    let answer = gateway.post("/oauth/token", "Content-Type: application/x-www-form-urlencoded\r\n", &form);
    assert_eq!(answer.status, 401);
    denied(&[&named, "route=\"/oauth/token\"", "its ledger is not there"]);
    for line in gateway.stopped() {
        assert!(!line.contains(&secret) && !line.contains(&other), "{line}");
    }
}
