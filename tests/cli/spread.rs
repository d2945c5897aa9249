//! Ledgers spread over several recorders and projectors: who works, and that nobody who asks notices.

use futures::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use tests::binary::{self, Ran, Serving};
use tests::chain::slug;

use crate::kit::{LEDGER, act, open};
use crate::roles::Deployment;

/// More than one projector gets by chance.
const LEDGERS: [&str; 5] = [LEDGER, "duarte-usd", "glendora-usd", "monrovia-usd", "pomona-usd"];

/// Starts two of a role, and waits until each knows the other.
fn two(deployment: &Deployment, role: &str, names: [&str; 2], more: &str) -> [Serving; 2] {
    let servers = names.map(|name| Serving::start_role(role, &deployment.config(name, more)));
    for server in &servers {
        server.says(&["an instance is there", role, "members=2"]);
    }
    servers
}

fn record(deployment: &Deployment, ledger: &str, commands: &[Value]) -> Ran {
    let lines: String = commands.iter().map(|command| format!("{command}\n")).collect();
    let place = ["--ledger", ledger, "--json", "--nats", &deployment.nats.url()];
    binary::run_with(&[&["record", "-"], &place[..]].concat(), &lines).ended(0)
}

/// The position that a query is answered at.
fn answered(ledger: &str, place: &[&str]) -> Value {
    let query = ["query", "activity-feed", "--json", "--ledger", ledger];
    let answer = binary::run(&[&query, place].concat()).ended(0).json();
    assert_eq!(answer["rows"].as_array().unwrap().len() as u64, answer["head"]["position"]);
    answer["head"]["position"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_recorder_records_for_a_ledger_whichever_is_asked() {
    let deployment = Deployment::start();
    let mut recorders = Vec::from(two(&deployment, "recorder", ["r1", "r2"], ""));
    let mut passed_on = deployment.client().await.subscribe("ask.recorder.*.*").await.unwrap();
    let _ = deployment.record(&[open()]).ended(0);
    for number in 1..=20 {
        let first = deployment.record(&[act(number)]).ended(0).lines().remove(0);
        let again = deployment.record(&[act(number)]).ended(0).lines().remove(0);
        assert_eq!((&again["receipt"], &again["repeated"]), (&first["receipt"], &json!(true)));
    }
    // The other one has not even looked at the ledger.
    let took_up = |name: &str| recorder::register::directory(&deployment.data(name), &slug(LEDGER)).exists();
    let holder = usize::from(took_up("r2"));
    assert_eq!([took_up("r1"), took_up("r2")], [holder == 0, holder == 1]);
    recorders[holder].says(&["a ledger is taken", LEDGER]);
    let mut count = 0;
    while let Some(Some(message)) = passed_on.next().now_or_never() {
        let instance = message.subject.rsplit('.').next().unwrap().to_owned();
        assert!(recorders[holder].ready().contains(&instance), "{} to {instance}", message.subject);
        count += 1;
    }
    assert!((1..=41).contains(&count), "{count} of 41 were passed on");

    // Who leaves says so.
    assert_eq!(recorders.remove(holder).stop(), 0);
    let next = deployment.record(&[act(21)]).ended(0).lines().remove(0);
    assert_eq!(next["receipt"]["positions"], json!([22]));
    recorders[0].says(&["an instance is gone", "members=1"]);
    recorders[0].says(&["a ledger is taken", LEDGER]);
}

#[test]
fn each_projector_follows_its_own_ledgers_and_answers_for_all() {
    let deployment = Deployment::start();
    let _recorder = deployment.serve("recorder", "r1");
    let [first, second] =
        two(&deployment, "projector", ["p1", "p2"], "leases.seconds = 1\nleases.projectors_per_ledger = 1");
    for ledger in LEDGERS {
        let _ = record(&deployment, ledger, &[open(), act(1), act(2)]);
    }
    let url = deployment.nats.url();
    for ledger in LEDGERS.repeat(4) {
        assert_eq!(answered(ledger, &["--min-position", "3", "--nats", &url]), 3);
    }
    let datas = ["p1", "p2"].map(|name| deployment.data(name).to_str().unwrap().to_owned());
    let [ones, others] = [&datas[0], &datas[1]].map(|data| followed(data));
    assert!(ones.iter().all(|ledger| !others.contains(ledger)), "{ones:?} {others:?}");
    assert_eq!(ones.len() + others.len(), LEDGERS.len(), "{ones:?} {others:?}");

    // Who is asked on its own directory follows what it did not, and does not answer before it has caught up.
    for ledger in LEDGERS {
        for data in &datas {
            assert_eq!(answered(ledger, &["--data", data]), 3);
        }
    }
    for ledger in LEDGERS {
        let _ = record(&deployment, ledger, &[act(3)]);
    }
    first.kill();
    for ledger in LEDGERS.repeat(2) {
        assert_eq!(answered(ledger, &["--min-position", "4", "--nats", &url]), 4);
    }
    second.says(&["an instance is gone", "members=1"]);
    assert_eq!(deployment.run(&["replay"]).ended(0).json()["equal"], true);
    assert_eq!(second.stop(), 0);
}

/// The ledgers that the server on this directory follows.
fn followed(data: &str) -> Vec<String> {
    let ran = binary::run(&["doctor", "--json", "--data", data]);
    let checks = ran.json()["checks"].as_array().unwrap().clone();
    let lines = checks.iter().filter_map(|check| check["what"].as_str());
    let viewed = lines.filter_map(|line| line.strip_prefix("server: ")?.split_once(": viewed to position"));
    viewed.map(|(ledger, _)| ledger.to_owned()).collect()
}
