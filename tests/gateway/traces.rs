//! Which request a question was asked for: through the roles and into their logs, and never into the ledger.

use std::path::Path;

use tests::binary::Serving;
use tests::commands::open;
use tests::http::Port;
use tests::nats::Nats;

use crate::kit::{LEDGER, key_of, site};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn serve(role: &str, nats: &Nats, folder: &Path) -> Serving {
    let path = folder.join(format!("{role}.toml"));
    let (data, url) = (folder.join(role), nats.url());
    let text = format!(
        "data = {data:?}\njournal.kind = \"jetstream\"\njournal.url = {url:?}\njournal.accept_unchecked_sync = true\n\
         telemetry.level = \"debug\"\ngateway.listen = \"127.0.0.1:0\"\ngateway.tokens = false\n"
    );
    std::fs::write(&path, text).unwrap();
    Serving::start_role(role, &path)
}

#[test]
fn the_id_of_a_request_is_in_the_logs_of_the_roles_that_it_asks_and_in_no_event() {
    let (nats, folder) = (Nats::start(), tempfile::tempdir().unwrap());
    let [recorder, projector, gateway] =
        ["recorder", "projector", "gateway"].map(|role| serve(role, &nats, folder.path()));
    let port = Port::of_gateway(&gateway);
    let post = |path: &str, key: u32, headers: &str, body: &str| {
        let head = format!(
            "Connection: close\r\nContent-Type: application/json\r\nIdempotency-Key: {}\r\n{headers}",
            key_of(key)
        );
        port.give("POST", &format!("/v1/{LEDGER}/{path}"), &head, body)
    };
    let get = |path: &str, headers: &str| {
        port.ask("GET", &format!("/v1/{LEDGER}/{path}"), &format!("Connection: close\r\n{headers}"))
    };
    assert_eq!(post("open-ledger", 1, "", &open()["body"].to_string()).status, 201);
    let headers = format!("X-Request-Id: district-77\r\ntraceparent: {TRACE}\r\n");
    let made = post("sites", 2, &headers, &site(1).to_string());
    assert_eq!((made.status, made.header("x-request-id")), (201, Some("district-77")));
    recorder.says(&["asked", "role=\"recorder\"", "ask=\"submit\"", "request=\"district-77\"", TRACE]);

    let listed = get("sites?min_position=1:2", "X-Request-Id: district-78\r\n");
    assert_eq!(listed.status, 200, "{listed:?}");
    projector.says(&["asked", "role=\"projector\"", "ask=\"query\"", "request=\"district-78\""]);

    let events = get("events", "").body;
    assert!(events.contains(&key_of(2)), "the event of that command is there");
    assert!(!events.contains("district-77") && !events.contains(&TRACE[3..35]), "{events}");
    assert_eq!([gateway.stop(), projector.stop(), recorder.stop()], [0; 3]);
}

#[test]
fn what_is_no_trace_goes_nowhere() {
    let (nats, folder) = (Nats::start(), tempfile::tempdir().unwrap());
    let server = serve("all", &nats, folder.path());
    let port = Port::of_gateway(&server);
    let path = format!("/v1/{LEDGER}/head");
    let headers = "Connection: close\r\nX-Request-Id: no good\r\ntraceparent: x\r\n";
    let answer = port.ask("GET", &path, headers);
    let id = answer.header("x-request-id").unwrap().to_owned();
    assert!(!id.contains(' ') && !id.is_empty(), "{id}");
    server.says(&["asked", "role=\"node\"", "ask=\"head\"", &format!("request={id:?}")]);
    assert_eq!(server.stop(), 0);
}
