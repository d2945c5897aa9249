//! Tokens: who may what, and what nobody learns.

use runtime::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tests::binary;

use crate::kit::{Answer, Gateway, LEDGER, code, key_of, nameless_site, opened, site, token};

pub const OTHER: &str = "glendora-usd";
const NONE: &str = "nowhere-usd";

/// A gateway that wants tokens, before two ledgers.
fn two_ledgers() -> Gateway {
    two_ledgers_with("")
}

/// The same with these further lines of configuration.
pub fn two_ledgers_with(more: &str) -> Gateway {
    let gateway = Gateway::start_with(more);
    for ledger in [LEDGER, OTHER] {
        opened(&gateway, ledger);
    }
    gateway
}

pub fn bearer(token: &str) -> String {
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

#[test]
fn the_day_of_a_token_s_last_use_is_told_where_tokens_are_listed() {
    let gateway = two_ledgers();
    let ((reader, id), (idle, _)) =
        (token(&gateway, &[LEDGER], &["read"]), token(&gateway, &[LEDGER], &["read"]));
    assert_eq!(head(&gateway, LEDGER, &reader).status, 200);
    let today = runtime::calendar_day("UTC", SystemClock::default().now()).unwrap().to_string();
    let get = |path: &str| gateway.get_with(&format!("/v1/{LEDGER}/{path}"), &bearer(&reader)).json();
    let last_used = |rows: &Value| -> Vec<(String, Value)> {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| (row["token"].as_str().unwrap().to_owned(), row["last_used"].clone())).collect()
    };
    let listed = get("access");
    for (token, day) in last_used(&listed["rows"]) {
        assert_eq!(day, if token == id { json!(today) } else { Value::Null });
    }
    assert_eq!(last_used(&get(&format!("access/{id}"))["rows"]), [(id.clone(), json!(today))]);
    assert_eq!(last_used(&get("views/access")["rows"]), last_used(&listed["rows"]));
    // It is no history.
    assert!(get("access?as_of=3")["rows"][0].get("last_used").is_none());
    let list = ["token", "list", "--ledger", LEDGER, "--json", "--data", &gateway.data()];
    let told = binary::run(&list).ended(0).json();
    assert_eq!(last_used(&told["tokens"]), last_used(&listed["rows"]));
    assert_ne!(idle, reader);
}

#[test]
fn a_token_and_the_one_that_replaces_it_are_valid_at_once_until_the_old_one_is_revoked() {
    let gateway = two_ledgers();
    let (old, id) = token(&gateway, &[LEDGER], &["read"]);
    let data = gateway.data();
    let at = ["--ledger", LEDGER, "--data", &data];
    let new = ["token", "new", "--json", "--label", "Night job", "--actor", "svc:sis", "--scope", "read"];
    let made = binary::run(&[&new[..], &at, &["--replaces", &id, "--overlap-days", "7"]].concat());
    let new = made.ended(0).json()["token"].as_str().unwrap().to_owned();
    assert_eq!((head(&gateway, LEDGER, &old).status, head(&gateway, LEDGER, &new).status), (200, 200));
    let revoke = ["token", "revoke", "--id", &id, "--reason", "rotated"];
    assert_eq!(binary::run(&[&revoke[..], &at].concat()).code, 0);
    while head(&gateway, LEDGER, &old).status != 401 {
        std::thread::yield_now();
    }
    assert_eq!(head(&gateway, LEDGER, &new).status, 200);
}

#[test]
fn an_import_goes_no_further_than_the_token_that_asked_for_it_and_another_may_ask_again() {
    let gateway = two_ledgers();
    let (first, id) = token(&gateway, &[LEDGER], &["read", "write"]);
    let at = |end: &str| format!("/v1/{LEDGER}/imports/{}{end}", key_of(1));
    let ask = |gateway: &Gateway, token: &str, (method, path): (&str, &str), body: &str| {
        let head = format!(
            "Connection: close\r\nIdempotency-Key: {}\r\nContent-Type: application/json\r\n",
            key_of(1)
        );
        let answer = gateway.port.give(method, path, &format!("{head}{}", bearer(token)), body);
        assert!(answer.status < 300, "{method} {path} {answer:?}");
        answer
    };
    let line = |n: u32| {
        let command =
            json!({ "command": "register-site", "version": 1, "id": key_of(1_000_000 + n), "body": site(n) });
        format!("{command}\n")
    };
    let rows = 12_000;
    ask(&gateway, &first, ("POST", &format!("/v1/{LEDGER}/imports")), "{\"format\":\"commands\"}");
    ask(&gateway, &first, ("PUT", &at("/data")), &(1..=rows).map(line).collect::<String>());
    ask(&gateway, &first, ("POST", &at("/commit")), "{\"partial\":true}");
    while ask(&gateway, &first, ("GET", &at("")), "").json()["counts"]["rows"] == 0 {
        std::thread::yield_now();
    }
    // It is handed on, and meanwhile the token is revoked.
    let folder = gateway.stop();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let verify = ["verify", "--ledger", LEDGER, "--json", "--data", &data];
    let recorded = || binary::run(&verify).ended(0).json()["events"].as_u64().unwrap();
    let before = recorded();
    let revoke = ["token", "revoke", "--ledger", LEDGER, "--id", &id, "--reason", "lost", "--data", &data];
    assert_eq!(binary::run(&revoke).code, 0);
    let gateway = Gateway::start_again(folder);
    let (second, _) = token(&gateway, &[LEDGER], &["read", "write"]);
    ask(&gateway, &second, ("GET", &at("/live")), "");
    let told = ask(&gateway, &second, ("GET", &at("")), "").json();
    assert_eq!(
        (&told["problem"]["type"], &told["phase"]),
        (&json!("/problems/credential-revoked"), &json!("uploaded"))
    );
    assert_eq!(gateway.get("/problems/credential-revoked").status, 200);
    let accepted = told["counts"]["accepted"].as_u64().unwrap();
    assert!((1..u64::from(rows)).contains(&accepted), "{accepted}");
    // One token revoked, the other granted, and of rows none: what was recorded stays, and no more came.
    assert_eq!(recorded(), before + 2);
    ask(&gateway, &second, ("POST", &at("/commit")), "{\"partial\":true}");
    ask(&gateway, &second, ("GET", &at("/live")), "");
    let done = ask(&gateway, &second, ("GET", &at("")), "").json();
    // The ledger was opened and a token granted before the first row.
    assert_eq!((&done["phase"], &done["counts"]["repeated"]), (&json!("committed"), &json!(before - 2)));
    assert_eq!(recorded(), 4 + u64::from(rows));
}
