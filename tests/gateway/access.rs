//! Tokens: who may what, and what nobody learns.

use serde_json::{Value, json};
use tests::binary;

use crate::kit::{Answer, Gateway, LEDGER, code, key_of, nameless_site, opened, site, token};

const OTHER: &str = "glendora-usd";
const NONE: &str = "nowhere-usd";

/// A gateway that wants tokens, before two ledgers.
fn two_ledgers() -> Gateway {
    let gateway = Gateway::start_with("");
    for ledger in [LEDGER, OTHER] {
        opened(&gateway, ledger);
    }
    gateway
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

fn head(gateway: &Gateway, ledger: &str, token: &str) -> Answer {
    gateway.get_with(&format!("/v1/{ledger}/head"), &bearer(token))
}

/// The body without the request's id, which is another each time.
fn body(answer: &Answer) -> Value {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("requestId");
    body
}

#[test]
fn without_a_valid_token_nothing_of_a_ledger_is_told_and_nobody_learns_why() {
    let gateway = two_ledgers();
    let (good, id) = token(&gateway, &[LEDGER], &["read"]);
    assert_eq!(head(&gateway, LEDGER, &good).status, 200);
    let path = format!("/v1/{LEDGER}/head");
    let none = gateway.get(&path);
    assert_eq!((none.status, code(&none)), (401, "not-authenticated".to_owned()));
    assert!(none.header("www-authenticate").unwrap().starts_with("Bearer"));
    let secret = good.rsplit('.').next().unwrap();
    let altered: String = secret.chars().rev().collect();
    for wrong in [
        good.replace(secret, &altered),
        good.replace(&id, &key_of(5)),
        good.replace(LEDGER, OTHER),
        good.replace(LEDGER, NONE),
        good.replace("hubkey", "hubpass"),
        "x".to_owned(),
        String::new(),
    ] {
        let answer = head(&gateway, LEDGER, &wrong);
        assert_eq!((answer.status, body(&answer)), (401, body(&none)), "{wrong}");
    }
    assert_eq!(gateway.get("/").json()["needs_token"], true);
}

#[test]
fn a_token_does_what_its_scopes_say_and_no_more() {
    let gateway = two_ledgers();
    let (narrow, _) = token(&gateway, &[LEDGER], &["sites:write", "events:read"]);
    let (whole, _) = token(&gateway, &[LEDGER], &["write"]);
    let get =
        |path: &str, token: &str| gateway.get_with(&format!("/v1/{LEDGER}/{path}"), &bearer(token)).status;
    assert_eq!([get("events", &narrow), get("sites", &narrow), get("views/reach", &narrow)], [200, 403, 403]);
    assert_eq!([get("events", &whole), get("sites", &whole)], [403, 403]);
    let post = |path: &str, key: u32, token: &str, body: &Value| {
        let headers = format!(
            "Content-Type: application/json\r\nIdempotency-Key: {}\r\n{}",
            key_of(key),
            bearer(token)
        );
        gateway.post(&format!("/v1/{LEDGER}/{path}"), &headers, &body.to_string())
    };
    assert_eq!(post("sites", 7, &narrow, &nameless_site(1)).status, 201);
    let refused = post("partners", 8, &narrow, &json!({}));
    assert_eq!((refused.status, code(&refused)), (403, "not-allowed".to_owned()));
    // Not by way of the address for every command either.
    let command = |name: &str| json!({ "command": name, "version": 1, "id": key_of(9), "body": site(2) });
    assert_eq!(post("commands", 9, &narrow, &command("register-site")).status, 200);
    assert_eq!(post("commands", 9, &narrow, &command("onboard-partner")).status, 403);
    // Who may record everything may not make tokens for that.
    assert_eq!(post("access", 10, &whole, &json!({})).status, 403);
    assert_eq!(post("commands", 10, &whole, &command("grant-access")).status, 403);
}

#[test]
fn another_districts_ledger_looks_exactly_like_one_that_is_not_there() {
    let gateway = two_ledgers();
    let (token, _) = token(&gateway, &[LEDGER], &["read", "write"]);
    let document = gateway.get("/openapi.json").json();
    let mut looked_at = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !path.contains("{ledger}") {
            continue;
        }
        for method in methods.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            let at = |ledger: &str| {
                let path = path
                    .replace("{ledger}", ledger)
                    .replace("{view}", "reach")
                    .replace("{report}", "leadership");
                let path = path.replace(['{', '}'], "");
                let headers = format!(
                    "Connection: close\r\nContent-Type: application/json\r\nIdempotency-Key: {}\r\n{}",
                    key_of(1),
                    bearer(&token)
                );
                gateway.port.give(&method, &path, &headers, "{}")
            };
            let (other, none) = (at(OTHER), at(NONE));
            assert_eq!((other.status, code(&other)), (404, "no-such-ledger".to_owned()), "{method} {path}");
            assert_eq!((other.status, body(&other)), (none.status, body(&none)), "{method} {path}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 150, "{looked_at}");
}

#[test]
fn one_token_may_be_granted_in_several_ledgers_and_says_who_acted_in_each() {
    let gateway = two_ledgers();
    let (token, id) = token(&gateway, &[LEDGER, OTHER], &["read", "write"]);
    for ledger in [LEDGER, OTHER] {
        let headers =
            format!("Content-Type: application/json\r\nIdempotency-Key: {}\r\n{}", key_of(7), bearer(&token));
        let made = gateway.post(&format!("/v1/{ledger}/sites"), &headers, &nameless_site(1).to_string());
        assert_eq!(made.status, 201, "{made:?}");
        let position = &made.json()["positions"][0];
        let event = gateway.get_with(&format!("/v1/{ledger}/events/{position}"), &bearer(&token)).json();
        assert_eq!((&event["actor"], &event["credential"]), (&json!("svc:sis"), &json!(id)));
    }
}

#[test]
fn a_pass_is_had_for_a_key_and_works_until_anything_in_it_is_altered() {
    let gateway = two_ledgers();
    let (key, id) = token(&gateway, &[LEDGER], &["read"]);
    let secret = key.rsplit('.').next().unwrap();
    let client = format!("{LEDGER}.{id}");
    let ask = |form: &str| {
        gateway.post("/oauth/token", "Content-Type: application/x-www-form-urlencoded\r\n", form)
    };
    let grant = "grant_type=client_credentials";
    let given = ask(&format!("{grant}&client_id={client}&client_secret={secret}"));
    assert_eq!((given.status, &given.json()["token_type"]), (200, &json!("Bearer")), "{given:?}");
    let pass = given.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(head(&gateway, LEDGER, &pass).status, 200);
    for altered in [
        pass.replace(LEDGER, OTHER),
        pass.replace(".1", ".2"),
        format!("{pass}A"),
        pass.replace(&id, &key_of(5)),
    ] {
        if altered != pass {
            assert_eq!(head(&gateway, LEDGER, &altered).status, 401, "{altered}");
        }
    }
    // A pass is no key: it can't prolong itself.
    let (_, mac) = pass.rsplit_once('.').unwrap();
    for (form, status, error) in [
        (format!("{grant}&client_id={client}&client_secret={mac}"), 401, "invalid_client"),
        (grant.to_owned(), 401, "invalid_client"),
        (
            format!("grant_type=password&client_id={client}&client_secret={secret}"),
            400,
            "unsupported_grant_type",
        ),
        (String::new(), 400, "invalid_request"),
    ] {
        let answer = ask(&form);
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!(error)), "{form}");
    }
}

#[test]
fn a_revoked_token_ends_and_its_passes_with_it() {
    let gateway = two_ledgers();
    let (key, id) = token(&gateway, &[LEDGER], &["read"]);
    let form = "grant_type=client_credentials";
    let (client, secret) = key.strip_prefix("hubkey.").unwrap().rsplit_once('.').unwrap();
    let form = format!("{form}&client_id={client}&client_secret={secret}");
    let given = gateway.post("/oauth/token", "Content-Type: application/x-www-form-urlencoded\r\n", &form);
    let pass = given.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!((head(&gateway, LEDGER, &key).status, head(&gateway, LEDGER, &pass).status), (200, 200));
    let revoke =
        ["token", "revoke", "--ledger", LEDGER, "--id", &id, "--reason", "lost", "--data", &gateway.data()];
    assert_eq!(binary::run(&revoke).code, 0);
    // A gateway believes what it has looked up for a moment; each question is a request.
    while head(&gateway, LEDGER, &key).status != 401 {
        std::thread::yield_now();
    }
    assert_eq!(head(&gateway, LEDGER, &pass).status, 401);
}

#[test]
fn a_secret_is_kept_nowhere_and_its_hash_is_told_to_nobody() {
    let gateway = two_ledgers();
    let (token, id) = token(&gateway, &[LEDGER], &["read"]);
    let listed = gateway.get_with(&format!("/v1/{LEDGER}/access"), &bearer(&token)).json();
    assert_eq!(listed["rows"][0]["token"], json!(id));
    assert!(!listed.to_string().contains("hash"), "{listed}");
    let secret = token.rsplit('.').next().unwrap().to_owned();
    let folder = gateway.stop();
    let mut files = vec![folder.path().to_owned()];
    let mut looked_at = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(bytes) = std::fs::read(&path) {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{}", path.display());
            looked_at += 1;
        }
    }
    assert!(looked_at > 3, "{looked_at}");
}
