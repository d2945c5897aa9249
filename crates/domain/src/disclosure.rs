//! A disclosure: what somebody outside the ledger was shown about a person, a case or a number of people, when, what for
//! and on what basis.
//!
//! It is never corrected, so that nobody can take back who saw what. Disclosures grow with volume: the state keeps only
//! which partners received one.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};
use uuid::Uuid;

use crate::fact::{Fact, Recorded};
use crate::id::{CaseId, PartnerId, PersonId, SharingId};
use crate::sharing::{self, code::SharingPurpose};
use crate::valid::{Validity, begun};
use crate::{Effective, Slug, State};

mod rules;
pub(crate) use rules::decide;

/// Most kinds of data of one disclosure.
pub const FIELDS_MAX: usize = 50;

/// Who was shown it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Recipient {
    /// Another ledger, by its slug.
    Ledger(Slug),
    /// A partner of this ledger.
    Partner(PartnerId),
    /// Whoever else, by a code that names no person: an organisation, or `family` where the family itself asked.
    Organisation(String),
}

impl Recipient {
    /// Whether a sharing with that one is a sharing with this one.
    fn is(&self, to: &sharing::Recipient) -> bool {
        match (self, to) {
            (Self::Ledger(ledger), sharing::Recipient::Ledger(other)) => ledger == other,
            (Self::Organisation(code), sharing::Recipient::Organisation(other)) => code == other,
            _ => false,
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(slug) => f.write_str(slug.as_str()),
            Self::Partner(partner) => partner.fmt(f),
            Self::Organisation(code) => f.write_str(code),
        }
    }
}

/// What it was shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DisclosurePurpose {
    /// To coordinate services around students.
    ServiceCoordination,
    /// To count everybody once.
    UnduplicatedCount,
    /// To evaluate a program.
    ProgramEvaluation,
    /// To report to a funder.
    GrantReporting,
    /// To help a site or district build capacity.
    TechnicalAssistance,
    /// A duty by law.
    LegalDuty,
    /// A student goes to another school.
    SchoolTransfer,
    /// Somebody's health or safety is in danger.
    HealthOrSafety,
    /// The family or the student asked for it.
    FamilyRequest,
    /// Research.
    Research,
}

impl From<SharingPurpose> for DisclosurePurpose {
    fn from(purpose: SharingPurpose) -> Self {
        match purpose {
            SharingPurpose::ServiceCoordination => Self::ServiceCoordination,
            SharingPurpose::UnduplicatedCount => Self::UnduplicatedCount,
            SharingPurpose::ProgramEvaluation => Self::ProgramEvaluation,
            SharingPurpose::GrantReporting => Self::GrantReporting,
            SharingPurpose::TechnicalAssistance => Self::TechnicalAssistance,
            SharingPurpose::LegalDuty => Self::LegalDuty,
        }
    }
}

/// `disclosure-recorded`; `effective` is the day. On what basis stands in the attribute `basis`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disclosed {
    /// About which person; exactly one of `person`, `case` and `subjects` is given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub person: Option<PersonId>,
    /// About which case.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub case: Option<CaseId>,
    /// About how many people, 1..=10,000.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subjects: Option<u32>,
    /// Who was shown it.
    pub recipient: Recipient,
    /// What for.
    pub purpose: DisclosurePurpose,
    /// Codes of the kinds of data, such as `attendance`; 1 to 50.
    pub fields: BTreeSet<String>,
    /// The sharing under which it was shown; filled in by the ledger where the basis names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sharing: Option<SharingId>,
}

/// Body of `record-disclosure`. The ledger mints the id: nothing ever names a disclosure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordDisclosure {
    /// The day.
    pub effective: Effective,
    /// What was shown.
    pub details: Disclosed,
}

/// Events about a disclosure. They can't be corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// Somebody was shown something.
    DisclosureRecorded(Disclosed),
}

/// Commands to a disclosure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Records it; needs a basis.
    RecordDisclosure(RecordDisclosure),
}

named! {}

impl Event {
    /// Itself: a disclosure stands.
    pub(crate) const fn told(&self) -> &Self {
        self
    }

    /// So from its day on.
    pub(crate) fn valid_on(&self, fact: &Fact, day: Date) -> Validity {
        if begun(fact.effective, day) { Validity::AsItIs } else { Validity::NotYet }
    }
}

impl Command {
    /// None: a disclosure stands.
    pub(crate) const fn corrects(&self) -> Option<Uuid> {
        None
    }
}

pub(crate) fn evolve(state: &mut State, _: &Recorded<'_>, event: &Event) {
    let Event::DisclosureRecorded(disclosed) = event;
    if let Recipient::Partner(partner) = disclosed.recipient {
        state.disclosed_to.insert(partner);
    }
}
