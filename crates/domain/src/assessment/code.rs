//! The code lists of assessments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an assessment is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Questions to many.
    Survey,
    /// A small group talks about one matter.
    FocusGroup,
    /// A session in which a school listens.
    ListeningSession,
    /// Interviews.
    Interviews,
    /// Reading the school's own figures.
    DataReview,
    /// A walk through the neighbourhood to see what is there.
    AssetWalk,
}

/// What a need is seen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// Answers to a survey.
    SurveyResult,
    /// Figures of attendance.
    AttendanceData,
    /// What people said.
    Voices,
    /// The report of a partner.
    PartnerReport,
    /// What was seen at the school.
    Observation,
}

/// What sort of asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AssetKind {
    /// An organisation.
    Partner,
    /// A place.
    Place,
    /// Something that people of the community know how to do.
    Skill,
}

/// What the numbers of a goal count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Whole things: students, days, meetings.
    Count,
    /// Hundredths of a percent: 1234 is 12.34 %.
    BasisPoints,
    /// Hundredths of a score: 375 is 3.75.
    Hundredths,
    /// Minutes.
    Minutes,
}

/// How it goes with a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// It comes nearer.
    Progressing,
    /// It stays where it was.
    NoProgress,
    /// It goes further away.
    Decline,
    /// Those whom it is about left before it was known.
    Exited,
}
