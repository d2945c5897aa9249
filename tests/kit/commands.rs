//! Commands to one ledger, and the verb that sends them.

use serde_json::{Value, json};

use crate::binary::{self, Ran};

/// The ledger of these commands.
pub const LEDGER: &str = "azusa-usd";

/// Records through stdin, wherever.
pub fn record(to: &[&str], commands: &[Value]) -> Ran {
    let lines: String = commands.iter().map(|command| format!("{command}\n")).collect();
    binary::run_with(&[&["record", "--ledger", LEDGER, "--json", "-"], to].concat(), &lines)
}

/// A command as its sender writes it; its number is its id.
pub fn command(name: &str, number: u32, body: Value) -> Value {
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
        "owner": "Azusa Unified",
        "cds": "19642790000000",
        "time_zone": "America/Los_Angeles",
        "starts": "2025-07-01",
        "policy": policy,
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
