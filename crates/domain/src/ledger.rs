//! The ledger's own events: opened, policy changed, schema registered, operator acted, report published.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};
use uuid::Uuid;

use crate::fact::{Event as AnyEvent, Fact, Kind, Recorded, Subject};
use crate::text::{NAME_CHARS_MAX, code, not_in_future, text};
use crate::valid::Validity;
use crate::version::newest;
use crate::{CdsCode, Effective, Found, Refusal, Stamp, State};

mod report;
pub use report::{ReadHead, ReportPublished};

/// The policy of a ledger: numbers that rules and reports read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Counts of people below this number are suppressed when published. At least 2.
    pub suppress_under: u16,
    /// The oldest day, counted back from the day of recording, that a late report may name.
    pub late_days_max: u16,
    /// Who may be named as a person; any when absent. Since version 2.
    #[serde(skip_serializing_if = "Persons::is_any", default)]
    pub persons: Persons,
}

/// Who may be named as a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Persons {
    /// Whoever has an id.
    #[default]
    Any,
    /// Only who was enrolled before.
    Enrolled,
}

impl Persons {
    /// Whether an event of version 1 says it, by saying nothing.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    const fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// The first event of every ledger.
    LedgerOpened(Opened),
    /// Another policy holds.
    PolicyChanged(PolicyChanged),
    /// A version of an event may be written.
    SchemaRegistered(SchemaRegistered),
    /// An operator's act.
    OperatorActed(OperatorActed),
    /// A report went out.
    ReportPublished(ReportPublished),
}

/// Commands to the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Opens it.
    OpenLedger(OpenLedger),
    /// Changes the policy.
    ChangePolicy(PolicyChanged),
    /// Registers a schema.
    RegisterSchema(SchemaRegistered),
    /// Records an operator's act.
    RecordOperatorAct(OperatorActed),
    /// Records that a report was published.
    PublishReport(ReportPublished),
}

named! {}

impl Event {
    /// Itself: the ledger's own events stand.
    pub(crate) const fn told(&self) -> &Self {
        self
    }

    /// What the ledger says of itself holds from when it was said, whatever day is looked at.
    pub(crate) const fn valid_on(&self, _: &Fact, _: Date) -> Validity {
        Validity::AsItIs
    }

    /// The version in which it is written: the oldest that says all it says.
    pub(crate) const fn version(&self) -> u16 {
        let policy = match self {
            Self::LedgerOpened(opened) => opened.policy,
            Self::PolicyChanged(change) => change.policy,
            Self::SchemaRegistered(_) | Self::OperatorActed(_) | Self::ReportPublished(_) => return 1,
        };
        if policy.persons.is_any() { 1 } else { 2 }
    }
}

impl Command {
    /// None: the ledger's own events stand.
    pub(crate) const fn corrects(&self) -> Option<Uuid> {
        None
    }
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
    pub starts: Date,
    /// First policy.
    pub policy: Policy,
}

/// The ledger's own state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// IANA time zone of its days.
    pub time_zone: String,
    /// First day that it covers.
    pub starts: Date,
    /// Policy in force.
    pub policy: Policy,
    /// Position of the event that set it.
    pub policy_position: u64,
    schemas: BTreeSet<(String, u16)>,
}

impl Ledger {
    pub(crate) const fn unopened() -> Self {
        Self {
            time_zone: String::new(),
            starts: Date::MAX,
            policy: Policy { suppress_under: 11, late_days_max: 0, persons: Persons::Any },
            policy_position: 0,
            schemas: BTreeSet::new(),
        }
    }

    /// Whether a person must be enrolled before a record names them.
    pub const fn persons_must_be_enrolled(&self) -> bool {
        matches!(self.policy.persons, Persons::Enrolled)
    }

    /// Whether this version of an event may be written.
    pub(crate) fn allows(&self, event: &'static str, version: u16) -> bool {
        version == 1 || self.schemas.contains(&(event.to_owned(), version))
    }
}

pub(crate) fn decide(
    state: &State,
    command: &Command,
    _: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let (event, effective) = match command {
        Command::OpenLedger(open) => {
            if state.opened.is_some() {
                return Err(Refusal::LedgerAlreadyOpen);
            }
            text("owner", &open.owner, NAME_CHARS_MAX)?;
            code("time_zone", &open.time_zone)?;
            sound(open.policy)?;
            not_in_future(stamp, open.starts)?;
            let opened = Opened {
                owner: open.owner.clone(),
                cds: open.cds,
                time_zone: open.time_zone.clone(),
                policy: open.policy,
            };
            (Event::LedgerOpened(opened), Some(Effective::Day(open.starts)))
        }
        Command::ChangePolicy(change) => {
            sound(change.policy)?;
            if change.policy == state.ledger().policy {
                return Err(Refusal::NoChange { what: "this policy is in force already" });
            }
            (Event::PolicyChanged(change.clone()), None)
        }
        Command::RegisterSchema(schema) => {
            if crate::Event::kind_of(&schema.event).is_none() {
                return Err(Refusal::OutOfRange { field: "event", range: "the name of a known event" });
            }
            if !(2..=newest(&schema.event)).contains(&schema.version) {
                let range = "a version from 2 that this recorder can write; 1 needs no registration";
                return Err(Refusal::OutOfRange { field: "version", range });
            }
            if state.ledger().schemas.contains(&(schema.event.clone(), schema.version)) {
                return Err(Refusal::NoChange { what: "this schema is registered already" });
            }
            (Event::SchemaRegistered(schema.clone()), None)
        }
        Command::RecordOperatorAct(act) => {
            code("operator", &act.operator)?;
            code("act", &act.act)?;
            code("reason", &act.reason)?;
            (Event::OperatorActed(act.clone()), None)
        }
        Command::PublishReport(published) => {
            report::sound(state, published)?;
            (Event::ReportPublished(published.clone()), None)
        }
    };
    let subject = Subject { kind: Kind::Ledger, id: Uuid::nil() };
    Ok(vec![Fact { subject, effective, corrects: None, event: AnyEvent::Ledger(event) }])
}

fn sound(policy: Policy) -> Result<(), Refusal> {
    if policy.suppress_under < 2 {
        return Err(Refusal::OutOfRange { field: "policy/suppress_under", range: "2 or more" });
    }
    if policy.late_days_max == 0 {
        return Err(Refusal::OutOfRange { field: "policy/late_days_max", range: "1 or more days" });
    }
    Ok(())
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    match event {
        Event::LedgerOpened(opened) => {
            state.opened = Some(Ledger {
                time_zone: opened.time_zone.clone(),
                starts: recorded.fact.effective.map_or(Date::MIN, |e| e.from()),
                policy: opened.policy,
                policy_position: recorded.position,
                schemas: BTreeSet::new(),
            });
        }
        Event::PolicyChanged(change) => {
            if let Some(ledger) = &mut state.opened {
                ledger.policy = change.policy;
                ledger.policy_position = recorded.position;
            }
        }
        Event::SchemaRegistered(schema) => {
            if let Some(ledger) = &mut state.opened {
                ledger.schemas.insert((schema.event.clone(), schema.version));
            }
        }
        Event::OperatorActed(_) | Event::ReportPublished(_) => {}
    }
}
