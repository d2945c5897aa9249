//! A site: a school, or a district's own office, as a hub.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::CdsCode;
use crate::code::{Phase, ReasonCode};
use crate::correction::{Corrected, CorrectionReason, Voided};
use crate::effective::Effective;
use crate::id::SiteId;

/// `site-registered`; `effective` is the day it opened, or the day from which the ledger covers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// Name of the school.
    pub name: String,
    /// CDS code; one live site has it.
    pub cds: CdsCode,
    /// NCES school id, if it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nces: Option<String>,
    /// Grades served, such as `K-8`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grades: Option<String>,
    /// City.
    pub city: String,
}

/// `site-designated`: the site became a community school under a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Designated {
    /// Code of the program, such as `ccspp`.
    pub program: String,
    /// Cohort number.
    pub cohort: u16,
    /// Phase at designation.
    pub phase: Phase,
}

/// `phase-changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseChanged {
    /// The new phase.
    pub phase: Phase,
}

/// `coordinator-assigned`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoordinatorAssigned {
    /// Staff alias; never a name.
    pub staff: String,
    /// Full-time equivalent in hundredths, 1..=100.
    pub fte_hundredths: u16,
}

/// `coordinator-released`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoordinatorReleased {
    /// Staff alias.
    pub staff: String,
}

/// `site-closed`; `effective` is its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// Why.
    pub reason: ReasonCode,
}

/// Events about a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
pub enum Event {
    /// It exists.
    SiteRegistered(Registered),
    /// It became a community school.
    SiteDesignated(Designated),
    /// It grew into another phase.
    PhaseChanged(PhaseChanged),
    /// A coordinator works there.
    CoordinatorAssigned(CoordinatorAssigned),
    /// A coordinator left.
    CoordinatorReleased(CoordinatorReleased),
    /// It closed.
    SiteClosed(Closed),
    /// One of the above was wrong.
    SiteCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    SiteVoided(Box<Voided<Event>>),
}

impl Event {
    /// Names on the wire.
    pub const NAMES: &[&str] = &[
        "site-registered",
        "site-designated",
        "phase-changed",
        "coordinator-assigned",
        "coordinator-released",
        "site-closed",
        "site-corrected",
        "site-voided",
    ];

    /// The name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SiteRegistered(_) => "site-registered",
            Self::SiteDesignated(_) => "site-designated",
            Self::PhaseChanged(_) => "phase-changed",
            Self::CoordinatorAssigned(_) => "coordinator-assigned",
            Self::CoordinatorReleased(_) => "coordinator-released",
            Self::SiteClosed(_) => "site-closed",
            Self::SiteCorrected(_) => "site-corrected",
            Self::SiteVoided(_) => "site-voided",
        }
    }
}

/// `register-site`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterSite {
    /// Id of the new site; minted when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// Day it opened.
    pub effective: Effective,
    /// What it is.
    pub details: Registered,
}

/// `correct-site`: replaces the latest form of one of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectSite {
    /// Id of the event to correct: the original, or its latest correction.
    pub corrects: Uuid,
    /// Why.
    pub reason: CorrectionReason,
    /// The date that counts from now on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effective: Option<Effective>,
    /// What counts from now on.
    pub now: Event,
}
