//! The figures are those of what was done, and others can read them.

use serde_json::{Value, json};
use tests::http::{Figures, Port};

use crate::kit::{Deployment, LEDGER, act, of, open, open_as, site};

#[test]
fn the_recorder_s_figures_agree_with_what_it_did() {
    let deployment = Deployment::start();
    let (_recorder, admin) = deployment.serve("recorder", "r1");
    let before = admin.figures();
    assert_eq!(before.find(&of("hubledger_recorder_receipts_total", "")), None);
    let _ = deployment.record(&[open()]).ended(0);
    let _ = deployment.record(&(1..=9).map(act).collect::<Vec<_>>()).ended(0);
    let _ = deployment.record(&(1..=4).map(act).collect::<Vec<_>>()).ended(0);
    // Refused by the rules three times, and once at the door.
    let mut nonsense = act(50);
    nonsense["command"] = json!("make-coffee");
    let refused = [open_as(7), open_as(8), open_as(9), nonsense];
    let refused = deployment.record(&refused).ended(3).lines();
    let door = refused[3]["refusal"]["code"].as_str().unwrap();

    let figures = admin.figures();
    let count = |metric: &str| figures.of(&of(metric, ""));
    assert_eq!(count("hubledger_recorder_receipts_total"), 10.0);
    assert_eq!(count("hubledger_recorder_repeats_total"), 4.0);
    let refusals = |code: &str| {
        figures.of(&format!("hubledger_recorder_refusals_total{{code={code:?},ledger={LEDGER:?}}}"))
    };
    assert_eq!((refusals("ledger-already-open"), refusals(door)), (3.0, 1.0));
    assert_eq!(count("hubledger_recorder_group_events_sum"), 10.0);
    let groups = count("hubledger_recorder_group_events_count");
    assert!((2.0..=10.0).contains(&groups), "{groups} groups");
    assert_eq!(count("hubledger_recorder_append_seconds_count"), groups);
    let seconds = count("hubledger_recorder_append_seconds_sum");
    assert!(seconds > 0.0 && seconds < 60.0, "{seconds} s");
    // Every command that the recorder answered with an append: what came to the door alone is not there.
    assert!(count("hubledger_recorder_group_commands_sum") >= 10.0);
    assert!(count("hubledger_register_rows") >= 10.0);
    assert_eq!(count("hubledger_recorder_waiting_commands"), 0.0);
    assert_eq!(count("hubledger_recorder_room_commands"), 10_000.0);
    assert_eq!(count("hubledger_recorder_halted"), 0.0);
    assert!(figures.of("hubledger_requests_taken_total{role=\"recorder\"}") >= 4.0);
    assert_eq!(figures.of("hubledger_requests_in_work{role=\"recorder\"}"), 0.0);
    // A recorder says nothing of views.
    assert!(figures.all().all(|(sample, _)| !sample.contains("view") && !sample.contains("projector")));
}

#[test]
fn an_append_lost_to_another_recorder_is_counted_there() {
    let deployment = Deployment::start();
    let (_first, _) = deployment.serve("recorder", "r1");
    let (_second, admin) = deployment.serve("recorder", "r2");
    let _ = deployment.record_at("r1", &[open()]).ended(0);
    let _ = deployment.record_at("r2", &[act(1)]).ended(0);
    // The second does not know of this one.
    let _ = deployment.record_at("r1", &[act(2)]).ended(0);
    let _ = deployment.record_at("r2", &[act(3)]).ended(0);
    let figures = admin.figures();
    assert_eq!(figures.of(&of("hubledger_recorder_conflicts_total", "")), 1.0);
    assert_eq!(figures.of(&of("hubledger_recorder_receipts_total", "")), 2.0);
    assert!(figures.all().any(|(sample, _)| sample.starts_with("hubledger_recorder_append_seconds_bucket")));
}

#[test]
fn servers_of_a_role_tell_how_ledgers_are_shared_out() {
    let deployment = Deployment::start();
    let (_first, one) = deployment.serve("recorder", "r1");
    let (_second, two) = deployment.serve("recorder", "r2");
    let _ = deployment.record(&[open()]).ended(0);
    let held = "hubledger_leases_held_ledgers{role=\"recorder\"}";
    let members = "hubledger_leases_members_servers{role=\"recorder\"}";
    loop {
        let both = [one.figures(), two.figures()];
        let sum: f64 = both.iter().map(|figures| figures.of(held)).sum();
        if both.iter().all(|figures| figures.of(members) == 2.0) && sum == 1.0 {
            break;
        }
    }
}

#[test]
fn the_projector_s_lag_goes_to_zero_and_its_rows_are_counted() {
    let deployment = Deployment::start();
    let (_recorder, _) = deployment.serve("recorder", "r1");
    let _ = deployment.record(&[open()]).ended(0);
    let _ = deployment.record(&(1..=500).map(site).collect::<Vec<_>>()).ended(0);
    let (_projector, admin) = deployment.serve("projector", "p1");
    let site_profile = |metric: &str| of(metric, "view=\"site-profile\"");
    let there = |figures: &Figures| {
        figures.find(&site_profile("hubledger_projector_lag_events")) == Some(0.0)
            && figures.find(&site_profile("hubledger_view_stored_rows")) == Some(500.0)
    };
    let figures = wait(admin, there);
    assert_eq!(figures.of(&site_profile("hubledger_projector_gap_seconds")), 0.0);
    assert!(figures.of(&site_profile("hubledger_view_stored_bytes")) > 500.0 * 36.0);
    assert_eq!(figures.of(&site_profile("hubledger_view_parked_entities")), 0.0);
    assert_eq!(figures.of(&of("hubledger_projector_applied_events_total", "")), 501.0);
    assert_eq!(figures.of(&of("hubledger_projector_stopped", "")), 0.0);
    assert_eq!(figures.of("hubledger_log_reachable"), 1.0);
    assert!(figures.all().all(|(sample, _)| !sample.contains("recorder")));
}

#[test]
fn both_formats_are_read_by_parsers_that_are_not_ours() {
    let deployment = Deployment::start();
    let (server, admin) = deployment.serve("all", "all");
    let _ = deployment.record(&[open(), act(1), open_as(7)]).ended(3);
    let plain = admin.get("/metrics");
    assert!(plain.head.contains("content-type: text/plain; version=0.0.4"), "{}", plain.head);
    let asked =
        admin.ask("GET", "/metrics", "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n");
    assert!(
        asked.head.contains("content-type: application/openmetrics-text; version=1.0.0"),
        "{}",
        asked.head
    );
    let (plain, strict) =
        (Figures::read("prometheus", &plain.body), Figures::read("openmetrics", &asked.body));
    // The bounds of a histogram are written differently.
    let names = |figures: &Figures| {
        let names = figures.all().map(|(sample, _)| sample.to_owned());
        names.filter(|sample| !sample.contains("_bucket{")).collect::<Vec<_>>()
    };
    assert_eq!(names(&plain), names(&strict));
    let receipts = of("hubledger_recorder_receipts_total", "");
    assert_eq!((plain.of(&receipts), strict.of(&receipts)), (2.0, 2.0));
    for sample in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
        assert!(plain.of(sample) > 0.0, "{sample}");
    }
    assert_eq!(plain.of("hubledger_build_info{role=\"all\",version=\"0.1.0\"}"), 1.0);
    // Labels say ledger, view, code, role, and the bounds of a histogram; no id and no name of anybody.
    let known = ["ledger", "view", "code", "role", "version", "le"];
    for (sample, _) in plain.all() {
        let labels = sample.split_once('{').map_or("", |(_, labels)| labels).trim_end_matches('}');
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            assert!(known.contains(&label.split('=').next().unwrap()), "{sample}");
        }
        assert!(!sample.contains("usr:") && !sample.contains("0000-"), "{sample}");
    }
    assert_eq!(server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_were_answered_busy_are_counted() {
    let deployment = Deployment::start();
    let (_server, admin) = deployment.serve_with("recorder", "r1", "requests.at_once = 1");
    let _ = deployment.record(&[open()]).ended(0);
    let client = async_nats::connect(deployment.nats.url()).await.unwrap();
    let ask = async |number: u32| {
        let ask = json!({ "submit": { "ledger": LEDGER, "commands": [act(number)] } });
        let reply = client.request(format!("ask.recorder.{LEDGER}"), ask.to_string().into()).await.unwrap();
        serde_json::from_slice::<Value>(&reply.payload).unwrap()["failed"]["refusal"]["code"] == "busy"
    };
    let before = admin.figures();
    let busy =
        futures::future::join_all((1..=50).map(ask)).await.into_iter().filter(|busy| *busy).count() as f64;
    assert!((1.0..50.0).contains(&busy), "{busy} of 50 were busy");
    let figures = admin.figures();
    let of = |figures: &Figures, what: &str| {
        figures.find(&format!("hubledger_requests_{what}{{role=\"recorder\"}}")).unwrap_or(0.0)
    };
    assert_eq!(of(&figures, "busy_total") - of(&before, "busy_total"), busy);
    assert_eq!(of(&figures, "taken_total") - of(&before, "taken_total"), 50.0 - busy);
}

#[test]
fn commands_to_ledgers_that_are_not_there_make_no_figures_of_their_own() {
    let deployment = Deployment::start();
    let (_recorder, admin) = deployment.serve("recorder", "r1");
    for _ in 0..3 {
        let _ = deployment.record(&[act(1)]).ended(3);
    }
    let figures = admin.figures();
    let sample = "hubledger_recorder_refusals_total{code=\"ledger-not-open\",ledger=\"\"}";
    assert_eq!(figures.of(sample), 3.0);
    assert!(figures.all().all(|(sample, _)| !sample.contains(LEDGER)));
}

/// Reads the page again and again until it is so.
fn wait(admin: Port, until: impl Fn(&Figures) -> bool) -> Figures {
    loop {
        let figures = admin.figures();
        if until(&figures) {
            return figures;
        }
    }
}
