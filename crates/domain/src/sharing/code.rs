//! The code lists of sharings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is shared. A set, because each is decided on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SharedData {
    /// Sites, partners and what is on offer.
    Directory,
    /// Agreements and their terms.
    Agreements,
    /// Sums of services, suppressed by the policy.
    ServiceTotals,
    /// Records of services with the random ids that they name.
    ServiceRecords,
    /// Sums of engagements with families, suppressed by the policy.
    EngagementTotals,
    /// What links persons between ledgers to count them once.
    ReachLinks,
    /// Councils, decisions and what came of them.
    Leadership,
    /// Needs, assets, priorities and goals.
    NeedsAndAssets,
    /// Money awarded, allocated and spent.
    Funding,
}

/// What it is shared for, and for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SharingPurpose {
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
}
