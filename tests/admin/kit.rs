//! Servers with admin ports on one log in NATS, and commands to them.

use std::path::PathBuf;

use serde_json::{Value, json};
use tests::binary::{self, Ran, Serving};
use tests::http::Admin;
use tests::nats::Nats;

/// The ledger of these stories.
pub const LEDGER: &str = "azusa-usd";

/// A NATS server, and a folder for the data directories and configurations of its servers.
pub struct Deployment {
    pub nats: Nats,
    folder: tempfile::TempDir,
}

impl Deployment {
    pub fn start() -> Self {
        Self { nats: Nats::start(), folder: tempfile::tempdir().unwrap() }
    }

    /// Starts a role with a data directory and an admin port of its own; `more` are further lines.
    pub fn serve_with(&self, role: &str, name: &str, more: &str) -> (Serving, Admin) {
        let server = Serving::start_role(role, &self.config(name, more));
        let admin = Admin::of(&server);
        (server, admin)
    }

    pub fn serve(&self, role: &str, name: &str) -> (Serving, Admin) {
        self.serve_with(role, name, "")
    }

    fn config(&self, name: &str, more: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.toml"));
        let (data, keys) = (self.data(name), self.folder.path().join("keys"));
        let text = format!(
            "data = {data:?}\nrecorder.keys_dir = {keys:?}\nadmin.listen = \"127.0.0.1:0\"\n\
             journal.kind = \"jetstream\"\njournal.url = {:?}\njournal.accept_unchecked_sync = true\n{more}\n",
            self.nats.url(),
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Records through NATS, by whichever recorder it chooses.
    pub fn record(&self, commands: &[Value]) -> Ran {
        record(&["--nats", &self.nats.url()], commands)
    }

    /// Records through the socket of this server.
    pub fn record_at(&self, name: &str, commands: &[Value]) -> Ran {
        record(&["--data", self.data(name).to_str().unwrap()], commands)
    }
}

fn record(to: &[&str], commands: &[Value]) -> Ran {
    let lines: String = commands.iter().map(|command| format!("{command}\n")).collect();
    binary::run_with(&[&["record", "--ledger", LEDGER, "--json", "-"], to].concat(), &lines)
}

/// Of this ledger, with this view if any.
pub fn of(metric: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(",{more}") };
    format!("{metric}{{ledger={LEDGER:?}{more}}}")
}

fn command(name: &str, number: u32, body: Value) -> Value {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    json!({ "command": name, "version": 1, "id": id, "actor": "usr:clerk-1", "body": body })
}

/// Opens the ledger.
pub fn open() -> Value {
    open_as(1)
}

/// The same under another command id, which is refused when it is open.
pub fn open_as(number: u32) -> Value {
    let policy = json!({ "suppress_under": 11, "late_days_max": 36500 });
    let body = json!({
        "owner": "Azusa Unified", "cds": "19642790000000", "time_zone": "America/Los_Angeles",
        "starts": "2025-07-01", "policy": policy,
    });
    command("open-ledger", number, body)
}

/// An operator's act: the smallest command that can be repeated at will.
pub fn act(number: u32) -> Value {
    let body = json!({ "operator": "usr:ops-3", "act": "view-rebuilt", "reason": "drill" });
    command("record-operator-act", 1000 + number, body)
}

/// A site of its own.
pub fn site(number: u32) -> Value {
    let details = json!({ "name": "Slauson", "cds": format!("1964279{number:07}"), "city": "Azusa" });
    let id = format!("00000000-0000-4000-8001-{number:012}");
    command(
        "register-site",
        100_000 + number,
        json!({ "id": id, "effective": "2020-07-01", "details": details }),
    )
}
