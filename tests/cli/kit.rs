//! A data directory with one ledger, and commands to it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::binary::{self, Ran};
pub use tests::commands::{LEDGER, act, command, open, record, site};

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

/// A head in a file.
pub fn write_json(folder: &Path, name: &str, value: &Value) -> String {
    let path = folder.join(name);
    std::fs::write(&path, value.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A delivery under an agreement that nobody has signed.
pub fn unsigned_policy() -> Value {
    command("change-policy", 2, json!({ "policy": { "suppress_under": 0, "late_days_max": 1 } }))
}
