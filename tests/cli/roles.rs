//! Recorders and projectors as processes of their own, on one log in NATS.

use std::path::PathBuf;

use futures::StreamExt as _;
use serde_json::{Value, json};
use tests::binary::{self, Ran, Serving};
use tests::nats::Nats;

use crate::kit::{LEDGER, act, open, record, site};

/// A deployment: a NATS server, and a folder for the data directories and configurations of its processes.
pub struct Deployment {
    pub nats: Nats,
    folder: tempfile::TempDir,
}

impl Deployment {
    pub fn start() -> Self {
        Self { nats: Nats::start(), folder: tempfile::tempdir().unwrap() }
    }

    /// A configuration with a data directory of its own and the keys of all; `more` are further lines.
    pub fn config(&self, name: &str, more: &str) -> PathBuf {
        self.config_with_keys(name, "keys", more)
    }

    pub fn config_with_keys(&self, name: &str, keys: &str, more: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.toml"));
        let text = format!(
            "data = {:?}\njournal.kind = \"jetstream\"\njournal.url = {:?}\njournal.accept_unchecked_sync = true\n\
             recorder.keys_dir = {:?}\n{more}\n",
            self.folder.path().join(name),
            self.nats.url(),
            self.folder.path().join(keys),
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Starts a role.
    pub fn serve(&self, role: &str, name: &str) -> Serving {
        Serving::start_role(role, &self.config(name, ""))
    }

    /// Records through NATS.
    pub fn record(&self, commands: &[Value]) -> Ran {
        record(&["--nats", &self.nats.url()], commands)
    }

    /// Runs a verb through NATS.
    pub fn run(&self, verb: &[&str]) -> Ran {
        binary::run(&[verb, &["--ledger", LEDGER, "--json", "--nats", &self.nats.url()]].concat())
    }

    pub fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn client(&self) -> async_nats::Client {
        async_nats::connect(self.nats.url()).await.unwrap()
    }
}

#[test]
fn a_role_of_its_own_needs_a_log_that_others_can_reach() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("hubledger.toml");
    std::fs::write(&config, format!("data = {:?}\n", folder.path().join("data"))).unwrap();
    for role in ["recorder", "projector"] {
        let ran = binary::run(&["serve", role, "--config", config.to_str().unwrap()]).ended(7);
        assert!(ran.err.contains("needs the log in NATS JetStream"), "{}", ran.err);
    }
}

#[test]
fn recorders_and_projectors_apart_are_one_ledger_to_a_client() {
    let deployment = Deployment::start();
    let _recorders = ["r1", "r2"].map(|name| deployment.serve("recorder", name));
    let _projectors = ["p1", "p2"].map(|name| deployment.serve("projector", name));
    let _ = deployment.record(&[open()]).ended(0);
    // Each goes to whichever recorder NATS chooses; all decide from the same log.
    for number in 1..=20 {
        let first = deployment.record(&[act(number)]).ended(0).lines().remove(0);
        let again = deployment.record(&[act(number)]).ended(0).lines().remove(0);
        assert_eq!((&again["receipt"], &again["repeated"]), (&first["receipt"], &json!(true)));
    }
    for _ in 0..6 {
        let answer = deployment.run(&["query", "activity-feed", "--min-position", "21"]).ended(0).json();
        assert_eq!(answer["head"]["position"], 21);
        assert_eq!(answer["rows"].as_array().unwrap().len(), 21);
    }
    assert_eq!(deployment.run(&["replay"]).ended(0).json()["equal"], true);
    let data = deployment.data("p1");
    let on = ["--ledger", LEDGER, "--json", "--data", data.to_str().unwrap()];
    let asked =
        binary::run(&[&["query", "activity-feed", "--min-position", "21"], &on[..]].concat()).ended(0);
    assert_eq!(asked.json()["head"]["position"], 21);
    let refused = record(&["--data", data.to_str().unwrap()], &[act(1)]).ended(2);
    assert!(refused.err.contains("this server is no recorder"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_nats_client_finds_the_services() {
    let deployment = Deployment::start();
    let _recorder = deployment.serve("recorder", "r1");
    let _projector = deployment.serve("projector", "p1");
    let client = deployment.client().await;
    let ask = async |subject: &'static str| -> Value {
        let reply = client.request(subject, "".into()).await.unwrap();
        serde_json::from_slice(&reply.payload).unwrap()
    };
    for role in ["recorder", "projector"] {
        let name = format!("hubledger-{role}");
        let subject: &'static str = format!("$SRV.INFO.{name}").leak();
        let info = ask(subject).await;
        assert_eq!((&info["name"], &info["type"]), (&json!(name), &json!("io.nats.micro.v1.info_response")));
        assert_eq!(info["endpoints"][0]["subject"], format!("ask.{role}.*"));
        assert_eq!(info["endpoints"][0]["queue_group"], "hubledger");
    }
    // Everybody answers a ping.
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await.unwrap();
    client.publish_with_reply("$SRV.PING", inbox, "".into()).await.unwrap();
    let mut names = Vec::new();
    while names.len() < 2 {
        let answer: Value = serde_json::from_slice(&answers.next().await.unwrap().payload).unwrap();
        names.push(answer["name"].as_str().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["hubledger-projector", "hubledger-recorder"]);
    let stats = ask("$SRV.STATS.hubledger-recorder").await;
    assert_eq!(stats["endpoints"][0]["num_requests"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_see_each_event_and_nothing_about_people() {
    let deployment = Deployment::start();
    let _recorder = deployment.serve("recorder", "r1");
    let client = deployment.client().await;
    let mut feed = client.subscribe(format!("events.{LEDGER}.*")).await.unwrap();
    client.flush().await.unwrap();
    let _ = deployment.record(&[open(), act(1)]).ended(0);
    let _ = deployment.record(&[act(1)]).ended(0);
    let _ = deployment.record(&[act(2)]).ended(0);
    for (position, event, kind) in
        [(1, "ledger-opened", "ledger"), (2, "operator-acted", "ledger"), (3, "operator-acted", "ledger")]
    {
        let message = feed.next().await.unwrap();
        assert_eq!(message.subject.as_str(), format!("events.{LEDGER}.{event}"));
        let told: serde_json::Map<String, Value> = serde_json::from_slice(&message.payload).unwrap();
        let keys: Vec<&str> = told.keys().map(String::as_str).collect();
        assert_eq!(keys, ["kind", "position", "time", "type"]);
        assert_eq!((&told["position"], &told["kind"]), (&json!(position), &json!(kind)));
        assert_eq!(told["type"], format!("hubledger.{event}.v1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused_with_what_to_do() {
    let deployment = Deployment::start();
    let _server = deployment.serve("all", "all");
    let _ = deployment.record(&[open()]).ended(0);
    let client = deployment.client().await;
    let ask = async |subject: String, ask: Value| -> Value {
        let reply = client.request(subject, ask.to_string().into()).await.unwrap();
        serde_json::from_slice(&reply.payload).unwrap()
    };
    let many: Vec<Value> = (1..=2001).map(|number| json!({ "number": number })).collect();
    let reply =
        ask(format!("ask.recorder.{LEDGER}"), json!({ "submit": { "ledger": LEDGER, "commands": many } }));
    assert_eq!(reply.await["failed"]["refusal"]["code"], "too-large");
    // The server's permissions are by subject.
    let reply = ask("ask.recorder.another".into(), json!({ "head": { "ledger": LEDGER } })).await;
    assert_eq!(reply["failed"]["refusal"]["code"], "not-understood");

    let mut large = act(1);
    large["body"]["reason"] = json!("x".repeat(300 * 1024));
    let refused = deployment.record(&[large.clone(), act(2)]).ended(3).lines();
    assert_eq!(refused[0]["refusal"]["code"], "too-large");
    assert_eq!(refused[1]["receipt"]["positions"], json!([2]));
    large["body"]["reason"] = json!("x".repeat(2 << 20));
    let ran = deployment.record(&[large]).ended(2);
    assert!(ran.err.contains("larger than any command may be"), "{}", ran.err);

    // A view of more rows than a message carries.
    let _ = deployment.record(&(1..=4000).map(site).collect::<Vec<_>>()).ended(0);
    let query = ["query", "site-profile", "--min-position", "4002"];
    let ran = deployment.run(&query).ended(2);
    assert!(ran.err.contains("ask for fewer rows"), "{}", ran.err);
    let ran = deployment.run(&[&query[..], &["--limit", "10"]].concat()).ended(0);
    assert_eq!(ran.json()["rows"].as_array().unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_fit_are_answered_busy_and_can_be_repeated() {
    let deployment = Deployment::start();
    let config = deployment.config("all", "requests.at_once = 1");
    let _server = Serving::start_role("all", &config);
    let _ = deployment.record(&[open()]).ended(0);
    let client = deployment.client().await;
    let submit = async |number: u32| -> Value {
        let ask = json!({ "submit": { "ledger": LEDGER, "commands": [act(number)] } });
        let reply = client.request(format!("ask.recorder.{LEDGER}"), ask.to_string().into()).await.unwrap();
        serde_json::from_slice(&reply.payload).unwrap()
    };
    let replies = futures::future::join_all((1..=50).map(&submit)).await;
    let busy =
        |reply: &&Value| reply["failed"]["refusal"]["code"] == "busy" && reply["failed"]["repeat"] == true;
    let count = replies.iter().filter(busy).count();
    assert!((1..50).contains(&count), "{count} of 50 were busy");
    assert!(replies.iter().all(|reply| busy(&reply) || reply["outcomes"].is_object()));
    // The client repeats by itself.
    let all = deployment.record(&(1..=50).map(act).collect::<Vec<_>>()).ended(0).lines();
    assert_eq!(all.iter().filter(|line| line["repeated"] == true).count(), 50 - count);
}
