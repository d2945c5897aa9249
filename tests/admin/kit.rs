//! Servers with admin ports on one log in NATS, and commands to them.

use std::path::PathBuf;

use serde_json::Value;
use tests::binary::{Ran, Serving};
use tests::commands::record;
pub use tests::commands::{LEDGER, act, open, open_as, site};
use tests::http::Port;
use tests::nats::Nats;

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
    pub fn serve_with(&self, role: &str, name: &str, more: &str) -> (Serving, Port) {
        let server = Serving::start_role(role, &self.config(name, more));
        let admin = Port::of_admin(&server);
        (server, admin)
    }

    pub fn serve(&self, role: &str, name: &str) -> (Serving, Port) {
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

/// Of this ledger, with this view if any.
pub fn of(metric: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(",{more}") };
    format!("{metric}{{ledger={LEDGER:?}{more}}}")
}
