//! A data directory with one ledger, and commands to it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::binary::{self, Ran};

/// The ledger of these stories.
pub const LEDGER: &str = "azusa-usd";

/// A data directory that goes away with the test.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// Nothing there yet.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With the ledger open.
    pub fn opened() -> Self {
        let place = Self::empty();
        let ran = place.record(&[open()]).ended(0);
        assert_eq!(ran.lines()[0]["receipt"]["positions"], json!([1]));
        place
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A configuration for a server on it.
    pub fn config(&self, more: &str) -> PathBuf {
        let path = self.folder.path().join("hubledger.toml");
        std::fs::write(&path, format!("data = {:?}\n{more}", self.data())).unwrap();
        path
    }

    /// Runs a verb on it, with `--json`.
    pub fn run(&self, verb: &[&str]) -> Ran {
        let data = self.data();
        binary::run(&[verb, &["--ledger", LEDGER, "--json", "--data", data.to_str().unwrap()]].concat())
    }

    /// Records through stdin.
    pub fn record(&self, commands: &[Value]) -> Ran {
        let data = self.data();
        record(&["--data", data.to_str().unwrap()], commands)
    }

    /// The ledger's log file.
    pub fn log(&self) -> PathBuf {
        self.data().join("journal").join(LEDGER).join("1.log")
    }
}

/// Records through stdin, wherever.
pub fn record(to: &[&str], commands: &[Value]) -> Ran {
    let lines: String = commands.iter().map(|command| format!("{command}\n")).collect();
    binary::run_with(&[&["record", "--ledger", LEDGER, "--json", "-"], to].concat(), &lines)
}

/// A head in a file.
pub fn write_json(folder: &Path, name: &str, value: &Value) -> String {
    let path = folder.join(name);
    std::fs::write(&path, value.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn command(name: &str, number: u32, body: Value) -> Value {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    json!({ "command": name, "version": 1, "id": id, "actor": "usr:clerk-1", "body": body })
}

/// Opens the ledger.
pub fn open() -> Value {
    let policy = json!({ "suppress_under": 11, "late_days_max": 36500 });
    let body = json!({
        "owner": "Azusa Unified",
        "cds": "19642790000000",
        "time_zone": "America/Los_Angeles",
        "starts": "2025-07-01",
        "policy": policy,
    });
    command("open-ledger", 1, body)
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

/// A delivery under an agreement that nobody has signed.
pub fn unsigned_policy() -> Value {
    command("change-policy", 2, json!({ "policy": { "suppress_under": 0, "late_days_max": 1 } }))
}
