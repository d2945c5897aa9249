//! The ledger's own events: opened, policy changed, schema registered, operator acted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CdsCode;

/// The policy of a ledger: numbers that rules and reports read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Counts of people below this number are suppressed when published. At least 2.
    pub suppress_under: u16,
    /// The oldest day, counted back from the day of recording, that a late report may name.
    pub late_days_max: u16,
}

/// `ledger-opened`; `effective` is the first day that the ledger covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// Name of the district or county office that owns it.
    pub owner: String,
    /// Its CDS code.
    pub cds: CdsCode,
    /// IANA time zone of its days.
    pub time_zone: String,
    /// First policy.
    pub policy: Policy,
}

/// `policy-changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyChanged {
    /// The policy from here on.
    pub policy: Policy,
}

/// `schema-registered`: from here on this version of an event may be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaRegistered {
    /// Name of the event, such as `service-delivered`.
    pub event: String,
    /// Version, from 1.
    pub version: u16,
}

/// `operator-acted`: an operator did something that the record should show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorActed {
    /// Principal, such as `usr:ops-3`.
    pub operator: String,
    /// Code of the act, such as `view-rebuilt`.
    pub act: String,
    /// Code of the reason.
    pub reason: String,
}

/// Events about the ledger. They can't be corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
pub enum Event {
    /// The first event of every ledger.
    LedgerOpened(Opened),
    /// Another policy holds.
    PolicyChanged(PolicyChanged),
    /// A version of an event may be written.
    SchemaRegistered(SchemaRegistered),
    /// An operator's act.
    OperatorActed(OperatorActed),
}

impl Event {
    /// Names on the wire.
    pub const NAMES: &[&str] = &["ledger-opened", "policy-changed", "schema-registered", "operator-acted"];

    /// The name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LedgerOpened(_) => "ledger-opened",
            Self::PolicyChanged(_) => "policy-changed",
            Self::SchemaRegistered(_) => "schema-registered",
            Self::OperatorActed(_) => "operator-acted",
        }
    }
}

/// Commands to the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
pub enum Command {
    /// Opens it.
    OpenLedger(OpenLedger),
    /// Changes the policy.
    ChangePolicy(PolicyChanged),
    /// Registers a schema.
    RegisterSchema(SchemaRegistered),
    /// Records an operator's act.
    RecordOperatorAct(OperatorActed),
}

impl Command {
    /// Names on the wire.
    pub const NAMES: &[&str] = &["open-ledger", "change-policy", "register-schema", "record-operator-act"];
}

/// `open-ledger`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenLedger {
    /// Name of the owner.
    pub owner: String,
    /// CDS code of the owner.
    pub cds: CdsCode,
    /// IANA time zone.
    pub time_zone: String,
    /// First day that the ledger covers.
    #[schemars(with = "String")]
    pub starts: jiff::civil::Date,
    /// First policy.
    pub policy: Policy,
}
