//! A server with a gateway, and requests to it.

use serde_json::{Value, json};
use tests::binary::{self, Serving};
pub use tests::commands::LEDGER;
use tests::commands::{open as open_command, site as site_command};
pub use tests::http::Answer;
use tests::http::Port;

const JSON: &str = "Content-Type: application/json\r\n";

/// A server whose gateway asks for no token.
pub struct Gateway {
    pub server: Serving,
    pub port: Port,
    folder: tempfile::TempDir,
}

impl Gateway {
    /// With an open ledger.
    pub fn start() -> Self {
        let gateway = Self::start_with("gateway.tokens = false");
        gateway.open();
        gateway
    }

    /// Opens the ledger, once a recorder answers.
    pub fn open(&self) {
        let path = format!("/v1/{LEDGER}/open-ledger");
        while self.record(&path, 1, &open_command()["body"]).status == 503 {}
        assert_eq!(self.record(&path, 1, &open_command()["body"]).status, 200);
    }

    /// A server that runs already.
    pub fn before(server: Serving) -> Self {
        let port = Port::of_gateway(&server);
        Self { server, port, folder: tempfile::tempdir().unwrap() }
    }

    /// Kills the server in the middle of whatever it does.
    pub fn kill(self) {
        self.server.kill();
    }

    /// The same, and starts it again on its data.
    pub fn killed_and_started(self) -> Self {
        self.server.kill();
        let server = Serving::start(&self.folder.path().join("hubledger.toml"));
        let port = Port::of_gateway(&server);
        Self { server, port, folder: self.folder }
    }

    /// Stops the server as an operator would, and starts it again on its data.
    pub fn stopped_and_started(self) -> Self {
        assert_eq!(self.server.stop(), 0);
        let server = Serving::start(&self.folder.path().join("hubledger.toml"));
        let port = Port::of_gateway(&server);
        Self { server, port, folder: self.folder }
    }

    /// Stops the server; its exit code.
    pub fn end(self) -> i32 {
        self.server.stop()
    }

    /// With these further lines of configuration, and no ledger.
    pub fn start_with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (path, data) = (folder.path().join("hubledger.toml"), folder.path().join("data"));
        std::fs::write(&path, format!("data = {data:?}\ngateway.listen = \"127.0.0.1:0\"\n{more}\n"))
            .unwrap();
        let server = Serving::start(&path);
        let port = Port::of_gateway(&server);
        Self { server, port, folder }
    }

    /// Stops the server; everything that it said.
    pub fn stopped(self) -> Vec<String> {
        self.server.stopped()
    }

    /// With the year of a made-up district of about so many events, and the name of its ledger.
    pub fn with_a_year(events: u64) -> (Self, String) {
        let gateway = Self::start_with("gateway.tokens = false");
        let district = region::region(5, events).pop().unwrap();
        let ledger = district.ledger().to_string();
        gateway.record_year(district, |_| ());
        (gateway, ledger)
    }

    /// Records the year of a made-up district, with each command changed as it is wished.
    pub fn record_year(&self, mut district: region::District, change: impl Fn(&mut Value)) {
        let ledger = district.ledger().to_string();
        let line = |command: &String| {
            let mut command = unsigned(command);
            change(&mut command);
            format!("{command}\n")
        };
        loop {
            let batch = district.next_batch();
            if batch.is_empty() {
                return;
            }
            let mut made = Vec::new();
            for part in batch.chunks(500) {
                let lines: String = part.iter().map(line).collect();
                let headers = "Content-Type: application/x-ndjson\r\n";
                let answer = self.post(&format!("/v1/{ledger}/commands"), headers, &lines);
                assert_eq!(answer.status, 200, "{answer:?}");
                made.extend(answer.body.lines().map(event_made));
            }
            district.recorded(&made);
        }
    }

    /// What was there, served again.
    pub fn start_again(folder: tempfile::TempDir) -> Self {
        let server = Serving::start(&folder.path().join("hubledger.toml"));
        let port = Port::of_gateway(&server);
        Self { server, port, folder }
    }

    /// Stops the server, and gives its data directory's folder.
    pub fn stop(self) -> tempfile::TempDir {
        assert_eq!(self.server.stop(), 0);
        self.folder
    }

    /// The server.
    pub fn server(&self) -> &Serving {
        &self.server
    }

    /// The data directory.
    pub fn data(&self) -> String {
        self.folder.path().join("data").to_str().unwrap().to_owned()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, "")
    }

    pub fn get_with(&self, path: &str, headers: &str) -> Answer {
        self.port.ask("GET", path, &format!("Connection: close\r\n{headers}"))
    }

    /// Gets a document of the ledger.
    pub fn read(&self, path: &str) -> Value {
        let answer = self.get(&format!("/v1/{LEDGER}/{path}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Posts this as JSON under a key of this number.
    pub fn record(&self, path: &str, key: u32, body: &Value) -> Answer {
        self.post(path, &format!("{JSON}Idempotency-Key: {}\r\n", key_of(key)), &body.to_string())
    }

    pub fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        self.port.give("POST", path, &format!("Connection: close\r\n{headers}"), body)
    }

    /// Puts this as JSON, with these headers.
    pub fn put(&self, path: &str, headers: &str, body: &Value) -> Answer {
        let headers = format!("Connection: close\r\n{JSON}{headers}");
        self.port.give("PUT", path, &headers, &body.to_string())
    }

    /// Registers a site of this number under its own key.
    pub fn site(&self, number: u32) -> Answer {
        self.record(&format!("/v1/{LEDGER}/sites"), 1000 + number, &site(number))
    }
}

/// The command without who acts, which follows from the token.
fn unsigned(command: &str) -> Value {
    let mut command: Value = serde_json::from_str(command).unwrap();
    command.as_object_mut().unwrap().remove("actor");
    command
}

/// The first event of an outcome among many, which must be a receipt.
fn event_made(line: &str) -> Option<uuid::Uuid> {
    let outcome: Value = serde_json::from_str(line).unwrap();
    assert!(outcome["receipt"].is_object(), "{line}");
    outcome["receipt"]["event_ids"][0].as_str()?.parse().ok()
}

/// The key of this number.
pub fn key_of(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// What makes a site.
pub fn site(number: u32) -> Value {
    site_command(number)["body"].clone()
}

/// The id of the site of this number.
pub fn site_id(number: u32) -> String {
    site(number)["id"].as_str().unwrap().to_owned()
}

/// A site that lets the ledger choose its id.
pub fn nameless_site(number: u32) -> Value {
    let mut site = site(number);
    site.as_object_mut().unwrap().remove("id");
    site
}

/// The code of a problem.
pub fn code(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let told = answer.json();
    assert_eq!(told["status"], json!(answer.status));
    told["type"].as_str().unwrap().strip_prefix("/problems/").unwrap().to_owned()
}

/// Opens a ledger at a gateway that wants tokens.
pub fn opened(gateway: &Gateway, ledger: &str) {
    let to = ["record", "--ledger", ledger, "--data", &gateway.data(), "-"];
    assert_eq!(binary::run_with(&to, &format!("{}\n", open_command())).code, 0);
}

/// Makes a token with these scopes for these ledgers: the token, and its id.
pub fn token(gateway: &Gateway, ledgers: &[&str], scopes: &[&str]) -> (String, String) {
    let data = gateway.data();
    let mut arguments =
        vec!["token", "new", "--json", "--data", &data, "--label", "Night job", "--actor", "svc:sis"];
    arguments.extend(ledgers.iter().flat_map(|ledger| ["--ledger", ledger]));
    arguments.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
    let made = binary::run(&arguments).ended(0).json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    // A gateway that looks before the view has it believes for seconds that there is none.
    for ledger in ledgers {
        let wanted = format!("token={}", text("id"));
        let asked = ["query", "access", "--json", "--data", &data, "--ledger", ledger, "--where", &wanted];
        while binary::run(&asked).ended(0).json()["rows"].as_array().is_none_or(Vec::is_empty) {}
    }
    (text("token"), text("id"))
}
