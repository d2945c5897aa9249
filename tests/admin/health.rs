//! A server is live as long as it runs, and ready when it can do its work; if not, it says why.

use journal::Journal as _;
use serde_json::Value;
use tests::binary;
use tests::chain::{Chain, slug};
use tests::http::{Answer, Port};
use wire::Commit;

use crate::kit::{Deployment, LEDGER, act, of, open};

/// What is wrong, by what and ledger.
fn reasons(answer: &Answer) -> Vec<(String, String)> {
    let checks = answer.json()["checks"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let wrong = checks.iter().filter(|check| check["ok"] == false);
    wrong.map(|check| (text(&check["what"]), text(&check["why"]))).collect()
}

/// Waits until exactly this is what is wrong: an answer on the way there may have heard one half of it.
fn wait_for_reason(admin: Port, what: &str, why: &str) -> Answer {
    let only = [(what.to_owned(), why.to_owned())];
    admin.wait("/health/ready", |answer| answer.status == 503 && reasons(answer) == only)
}

#[test]
fn a_server_is_not_ready_while_its_broker_is_away_and_ready_again_after() {
    let mut deployment = Deployment::start();
    let (_server, admin) = deployment.serve("all", "all");
    let _ = deployment.record(&[open(), act(1)]).ended(0);
    let ready = admin.wait("/health/ready", |answer| answer.status == 200);
    assert_eq!((&ready.json()["ready"], &ready.json()["role"]), (&true.into(), &"all".into()));
    assert!(reasons(&ready).is_empty());

    // Stopped, it does not answer; what is not known is not told as if it were.
    deployment.nats.pause();
    let away = wait_for_reason(admin, "log", "the log does not answer");
    assert_eq!(away.json()["ready"], false);
    assert_eq!(admin.get("/health/live").status, 200);
    let figures = admin.figures();
    assert_eq!(figures.of("hubledger_log_reachable"), 0.0);
    assert_eq!(figures.find(&of("hubledger_projector_lag_events", "view=\"reach\"")), None);
    assert_eq!(figures.of(&of("hubledger_recorder_receipts_total", "")), 2.0);
    deployment.nats.resume();
    let _ = admin.wait("/health/ready", |answer| answer.status == 200);

    deployment.nats.kill();
    let _ = admin.wait("/health/ready", |answer| answer.status == 503);
    deployment.nats.restart();
    let _ = admin.wait("/health/ready", |answer| answer.status == 200);
    let _ = deployment.record(&[act(2)]).ended(0);
    assert_eq!(admin.figures().of(&of("hubledger_recorder_receipts_total", "")), 3.0);
}

#[tokio::test]
async fn views_that_met_a_newer_event_are_not_ready_and_tell_how_far_behind_they_are() {
    let deployment = Deployment::start();
    let (journal, ledger) = (deployment.nats.journal().await, slug(LEDGER));
    let mut chain = Chain::new(&ledger);
    let first = chain.next("first", 3);
    let newer = chain.draft("newer", 2);
    let body =
        String::from_utf8(newer.body.to_vec()).unwrap().replace("operator-acted.v1", "operator-acted.v2");
    let newer = Commit::new(newer.epoch, newer.number, newer.size, newer.root, body.into());
    chain.take(&newer);
    journal.open(&ledger).await.unwrap();
    for commit in [first, newer, chain.next("last", 5)] {
        journal.append(&ledger, &commit).await.unwrap();
    }
    let (_projector, admin) = deployment.serve_with("projector", "p1", "deployment = \"county\"");
    let _ = wait_for_reason(admin, "views", "they go no further; the server's log says why");
    let figures = admin.figures();
    assert_eq!(figures.of(&of("hubledger_projector_stopped", "")), 1.0);
    assert_eq!(figures.of(&of("hubledger_projector_applied_events_total", "")), 3.0);
    let reach = "view=\"reach\"";
    assert_eq!(figures.of(&of("hubledger_projector_lag_events", reach)), 7.0);
    // These events say that they were recorded at this time.
    let since = figures.of("process_start_time_seconds") - 1_772_470_800.0;
    let gap = figures.of(&of("hubledger_projector_gap_seconds", reach));
    assert!((since..since + 600.0).contains(&gap), "{gap} s, at least {since}");
}

#[test]
fn a_halted_ledger_is_not_ready_to_be_recorded() {
    let mut deployment = Deployment::start();
    let (_recorder, admin) = deployment.serve("recorder", "r1");
    for command in [open(), act(1), act(2)] {
        let _ = deployment.record(&[command]).ended(0);
    }
    deployment.nats.kill();
    deployment.nats.restart_empty();
    let (_other, _) = deployment.serve("recorder", "r2");
    let _ = deployment.record_at("r2", &[open()]).ended(0);
    // It notices with the next command.
    let _ = deployment.record_at("r1", &[act(3)]);
    let _ = wait_for_reason(admin, "register", "nothing is recorded; the server's log says why");
    let figures = admin.figures();
    assert_eq!(figures.of(&of("hubledger_recorder_halted", "")), 1.0);
    let failed = format!("hubledger_recorder_failures_total{{code=\"ledger-halted\",ledger={LEDGER:?}}}");
    assert!(figures.of(&failed) >= 1.0);
}

#[test]
fn doctor_says_where_the_admin_port_is() {
    let deployment = Deployment::start();
    let (_server, admin) = deployment.serve("all", "all");
    let ran = binary::run(&["doctor", "--data", deployment.data("all").to_str().unwrap()]);
    assert!(ran.out.contains(&format!("server: health and figures: http://{}", admin.0)), "{}", ran.out);
}

#[test]
fn a_gateway_of_its_own_has_health_and_figures() {
    let deployment = Deployment::start();
    let more = "gateway.listen = \"127.0.0.1:0\"\ngateway.tokens = false";
    let (gateway, admin) = deployment.serve_with("gateway", "g1", more);
    let ready = admin.get("/health/ready");
    assert_eq!((ready.status, ready.json()["role"].as_str()), (200, Some("gateway")));
    assert_eq!(admin.figures().of("hubledger_gateway_unverified_total"), 0.0);
    deployment.nats.pause();
    let _ = admin.wait("/health/ready", |answer| answer.status == 503);
    deployment.nats.resume();
    let _ = admin.wait("/health/ready", |answer| answer.status == 200);
    assert_eq!(gateway.stop(), 0);
}
