//! The README's story of a nats-server, two recorders, two projectors and two gateways, with its own command lines.
//!
//! Only ports differ, because those of the shipped configurations may be taken on this machine.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tests::binary::{self, Serving};
use tests::http::{Answer, Port};
use tests::nats::{self, Nats};

const LEDGER: &str = "madrona-usd";
/// As the README starts them, with what is killed in turn.
const SERVERS: [&str; 4] = [
    "HUBLEDGER__DATA=hubledger-data/recorder-1 hubledger serve recorder --config config/recorder.toml",
    "HUBLEDGER__DATA=hubledger-data/recorder-2 hubledger serve recorder --config config/recorder.toml",
    "HUBLEDGER__DATA=hubledger-data/projector-1 hubledger serve projector --config config/projector.toml",
    "HUBLEDGER__DATA=hubledger-data/projector-2 hubledger serve projector --config config/projector.toml",
];
/// Gateways before them.
const GATEWAYS: [&str; 2] = [
    "HUBLEDGER__GATEWAY__LISTEN=127.0.0.1:8081 hubledger serve gateway --config config/gateway.toml",
    "HUBLEDGER__GATEWAY__LISTEN=127.0.0.1:8082 hubledger serve gateway --config config/gateway.toml",
];
/// Rows of one file.
const ROWS: usize = 1_500;

/// A folder with a copy of `config`, in which a person follows the README.
struct Person {
    folder: tempfile::TempDir,
    readme: String,
}

impl Person {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&nats::root().join("config"), &folder.path().join("config"));
        Self { folder, readme: std::fs::read_to_string(nats::root().join("README.md")).unwrap() }
    }

    /// A command line that the README has, to be run in the folder; the broker's usual address becomes this one.
    fn command(&self, line: &str, url: &str) -> Command {
        assert!(self.readme.contains(line), "README.md does not say `{line}`");
        let line = line.replace("nats://127.0.0.1:4222", url);
        let mut words = line.split(' ').peekable();
        let mut variables = Vec::new();
        while let Some(pair) = words.next_if(|word| word.contains('=')) {
            variables.push(pair.split_once('=').unwrap());
        }
        assert_eq!(words.next(), Some("hubledger"), "{line}");
        let mut command = binary::command(&words.collect::<Vec<_>>());
        command.envs(variables).current_dir(self.folder.path());
        command
    }

    fn run(&self, line: &str, url: &str) -> Output {
        self.command(line, url).output().unwrap()
    }

    /// Starts one of the servers and waits until it serves.
    fn serve(&self, number: usize, url: &str) -> Serving {
        self.spawn(SERVERS[number], "HUBLEDGER__ADMIN__LISTEN", url)
    }

    /// Starts what a line starts, on any port, and waits until it serves.
    fn spawn(&self, line: &str, listens: &str, url: &str) -> Serving {
        let mut command = self.command(line, url);
        command.env("HUBLEDGER__JOURNAL__URL", url).env(listens, "127.0.0.1:0");
        Serving::spawn(command).unwrap_or_else(|said| panic!("{said:?}"))
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        match path.is_dir() {
            // Those of whoever works here.
            true if name == "keys" => {}
            true => copy(&path, &to.join(name)),
            false => drop(std::fs::copy(&path, to.join(name)).unwrap()),
        }
    }
}

/// The README's first command, in its own words.
fn opening(readme: &str) -> String {
    let (_, rest) = readme.split_once("```json\n").unwrap();
    let command: Value = serde_json::from_str(rest.split("```").next().unwrap()).unwrap();
    command.to_string() + "\n"
}

/// The rows of these files, each of other sites.
fn directory(files: Range<usize>) -> String {
    let row = |number| format!("1999202{number:07},Madrona Unified,School {number},Madrona,Active\n");
    let rows: String = (files.start * ROWS..files.end * ROWS).map(row).collect();
    format!("CDSCode,District,School,City,StatusType\n{rows}")
}

/// Events that a projector has applied since it was started.
fn applied(page: &Answer) -> u64 {
    let sample = format!("hubledger_projector_applied_events_total{{ledger={LEDGER:?}}} ");
    page.body.lines().find_map(|line| line.strip_prefix(&sample)).map_or(0, |count| count.parse().unwrap())
}

#[test]
fn the_readme_s_two_recorders_and_two_projectors_agree_whoever_is_killed() {
    let person = Person::new();
    let keys = person.run("hubledger nkeys config/nats/keys", "");
    assert!(keys.status.success(), "{keys:?}");
    assert!(person.readme.contains("nats-server -c config/nats/single-users.conf"));
    let mut nats = Nats::on(person.path("config/nats/single-users.conf"));
    let url = nats.url();
    let mut servers: Vec<Serving> = (0..SERVERS.len()).map(|number| person.serve(number, &url)).collect();
    person.write("opening.ndjson", &opening(&person.readme));

    let client = "HUBLEDGER_NKEY=config/nats/keys/client.nk hubledger";
    let to = "--ledger madrona-usd --nats nats://127.0.0.1:4222";
    let record = person.run(&format!("{client} record {to} opening.ndjson"), &url);
    assert!(record.status.success(), "{record:?}");
    let import = format!("{client} import {to} sites pubschls.csv");
    // Each is killed while a file is on its way, and so is the broker; what did not come to its end is sent again.
    for victim in 0..=SERVERS.len() {
        person.write("pubschls.csv", &directory(victim..victim + 1));
        let watcher = Port::of_admin(&servers[if victim == 2 { 3 } else { 2 }]);
        let before = applied(&watcher.get("/metrics"));
        let mut importing = person.command(&import, &url);
        let mut importing = importing.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let _ = watcher.wait("/metrics", |page| applied(page) > before);
        if victim < SERVERS.len() {
            servers.remove(victim).kill();
            servers.insert(victim, person.serve(victim, &url));
        } else {
            nats.kill();
            nats.restart();
        }
        // It may have come to its end or not.
        let _ = importing.wait().unwrap();
    }
    person.write("pubschls.csv", &directory(0..SERVERS.len() + 1));
    while !person.run(&import, &url).status.success() {}

    for server in &servers {
        let _ = Port::of_admin(server).wait("/health/ready", |answer| answer.status == 200);
    }
    for (number, data) in ["recorder-1", "recorder-2", "projector-1", "projector-2"].into_iter().enumerate() {
        let at = ["--ledger", LEDGER, "--json", "--data", data];
        let data = person.path("hubledger-data").join(at[4]);
        let at = [&at[..4], &[data.to_str().unwrap()]].concat();
        let verified = binary::run(&[&["verify"][..], &at].concat()).ended(0).json();
        assert_eq!(
            (&verified["verdict"], &verified["events"]),
            (&"verified".into(), &(1 + ROWS * (1 + SERVERS.len())).into())
        );
        if number >= 2 {
            assert_eq!(binary::run(&[&["replay"][..], &at].concat()).ended(0).json()["equal"], true);
        }
    }
    for verb in [
        "verify --ledger madrona-usd --data hubledger-data/recorder-1",
        "replay --ledger madrona-usd --data hubledger-data/projector-1",
    ] {
        let output = person.run(&format!("hubledger {verb}"), &url);
        assert!(output.status.success(), "{output:?}");
    }
    gateways_tell_the_same(&person, &url);
    for server in servers {
        assert_eq!(server.stop(), 0);
    }
}

/// Both gateways tell the same head to whoever has a token, and one does while the other is gone.
fn gateways_tell_the_same(person: &Person, url: &str) {
    let [first, second] = GATEWAYS.map(|line| person.spawn(line, "HUBLEDGER__GATEWAY__LISTEN", url));
    let new = "HUBLEDGER_NKEY=config/nats/keys/client.nk hubledger token new --ledger madrona-usd \
               --nats nats://127.0.0.1:4222 --label sis --actor svc:madrona-sis --scope read";
    let made = person.run(new, url);
    assert!(made.status.success(), "{made:?}");
    let bearer = format!("Authorization: Bearer {}\r\n", String::from_utf8(made.stdout).unwrap().trim());
    assert!(person.readme.contains("localhost:8082/v1/madrona-usd/head"));
    let head = |gateway: &Serving| {
        let path = format!("/v1/{LEDGER}/head");
        let answer = Port::of_gateway(gateway).ask("GET", &path, &format!("Connection: close\r\n{bearer}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let told = head(&first);
    assert_eq!(told["position"], 2 + ROWS * (1 + SERVERS.len()));
    assert_eq!(head(&second), told);
    first.kill();
    assert_eq!(head(&second), told);
    assert_eq!(second.stop(), 0);
}
