//! An assessment: what a site's community says it needs and has, for one school year.
//!
//! Needs become priorities only by a council's decision. `assessment/check` says what must hold of all of it,
//! `assessment/rules` decides. It holds sums and codes of a site; nothing in it is about one person.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::assessment::code::{AssetKind, Evidence, Method, Progress, Unit};
use crate::code::Tier;
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::council::code::Constituency;
use crate::fact::Recorded;
use crate::history::History;
use crate::id::{AssessmentId, AssetId, DecisionId, GoalId, NeedId, PartnerId, SiteId};
use crate::need::Barrier;
use crate::{SchoolYear, State};

mod check;
pub mod code;
mod rules;
pub(crate) use rules::decide;

/// `assessment-opened`; `effective` is its first day, in the school year or up to half a year before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The site assessed.
    pub site: SiteId,
    /// The school year that it is for; a site has one open assessment for a year.
    pub year: SchoolYear,
    /// How it is made; at least one.
    pub methods: BTreeSet<Method>,
}

/// `voices-heard`: people of one constituency were heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoicesHeard {
    /// Whose voices.
    pub constituency: Constituency,
    /// How they were heard; one of the assessment's methods.
    pub method: Method,
    /// How many people, 1..=10,000.
    pub count: u32,
    /// Site of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// School year of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub year: Option<SchoolYear>,
}

/// `need-identified`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedIdentified {
    /// The need, by an id that the sender makes.
    pub need: NeedId,
    /// What stands in the way.
    pub barrier: Barrier,
    /// What it is seen by; at least one.
    pub evidence: BTreeSet<Evidence>,
    /// Tier of support that it calls for.
    pub tier: Tier,
    /// Site of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// School year of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub year: Option<SchoolYear>,
}

/// `asset-identified`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetIdentified {
    /// The asset, by an id that the sender makes.
    pub asset: AssetId,
    /// What sort it is.
    pub kind: AssetKind,
    /// The partner that it is or belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partner: Option<PartnerId>,
    /// Name of the organisation, place or skill, up to 200 characters; never of a person.
    pub label: String,
    /// Site of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// School year of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub year: Option<SchoolYear>,
}

/// `priority-set`: from that day the need has this rank, whatever rank it had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrioritySet {
    /// Which need.
    pub need: NeedId,
    /// The council's decision that set it; adopted by that day.
    pub decision: DecisionId,
    /// Its rank, 1..=100; 1 comes first, and needs may share a rank.
    pub rank: u16,
    /// Site of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// School year of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub year: Option<SchoolYear>,
}

/// `goal-set`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoalSet {
    /// The goal, by an id that the sender makes.
    pub goal: GoalId,
    /// The need that it answers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub need: Option<NeedId>,
    /// Code of the indicator, such as `chronic-absence`.
    pub indicator: String,
    /// What its numbers count.
    pub unit: Unit,
    /// Where the site stands, in the unit, within ±1,000,000,000.
    pub baseline: i64,
    /// Where it wants to be, in the unit, within ±1,000,000,000.
    pub target: i64,
    /// The day by which; after the day on which it is set.
    #[schemars(with = "String")]
    pub by: Date,
    /// Site of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// School year of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub year: Option<SchoolYear>,
}

/// `progress-observed`, of the site as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgressObserved {
    /// Toward which goal.
    pub goal: GoalId,
    /// Where the site stands, in the goal's unit, within ±1,000,000,000.
    pub value: i64,
    /// How many people the value is of, 1..=1,000,000.
    pub n: u32,
    /// How it goes.
    pub status: Progress,
    /// Site of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// School year of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub year: Option<SchoolYear>,
}

/// `assessment-closed`; `effective` is its last day, not before anything in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// Site of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// School year of the assessment; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub year: Option<SchoolYear>,
}

/// Events about an assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It began.
    AssessmentOpened(Opened),
    /// People were heard.
    VoicesHeard(VoicesHeard),
    /// Something is needed.
    NeedIdentified(NeedIdentified),
    /// Something is there to build on.
    AssetIdentified(AssetIdentified),
    /// A need became a priority.
    PrioritySet(PrioritySet),
    /// A goal was set.
    GoalSet(GoalSet),
    /// A goal was looked at.
    ProgressObserved(ProgressObserved),
    /// It is finished.
    AssessmentClosed(Closed),
    /// One of the above was wrong.
    AssessmentCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    AssessmentVoided(Box<Voided<Event>>),
}

/// Commands to an assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Opens it.
    OpenAssessment(Create<AssessmentId, Opened>),
    /// Records that people were heard.
    RecordVoices(Act<AssessmentId, VoicesHeard>),
    /// Identifies a need.
    IdentifyNeed(Act<AssessmentId, NeedIdentified>),
    /// Identifies an asset.
    IdentifyAsset(Act<AssessmentId, AssetIdentified>),
    /// Makes a need a priority.
    SetPriority(Act<AssessmentId, PrioritySet>),
    /// Sets a goal.
    SetGoal(Act<AssessmentId, GoalSet>),
    /// Records how a goal goes.
    ObserveProgress(Act<AssessmentId, ProgressObserved>),
    /// Closes it.
    CloseAssessment(Act<AssessmentId, Closed>),
    /// Corrects an event.
    CorrectAssessment(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidAssessment(VoidEvent),
}

correctable! { Assessment: AssessmentCorrected, AssessmentVoided; CorrectAssessment, VoidAssessment }

impl Event {
    /// Site and school year as the event carries them; none for the opening, which says them itself.
    pub(crate) fn place(&mut self) -> Option<(&mut Option<SiteId>, &mut Option<SchoolYear>)> {
        match self {
            Self::VoicesHeard(VoicesHeard { site, year, .. })
            | Self::NeedIdentified(NeedIdentified { site, year, .. })
            | Self::AssetIdentified(AssetIdentified { site, year, .. })
            | Self::PrioritySet(PrioritySet { site, year, .. })
            | Self::GoalSet(GoalSet { site, year, .. })
            | Self::ProgressObserved(ProgressObserved { site, year, .. })
            | Self::AssessmentClosed(Closed { site, year }) => Some((site, year)),
            Self::AssessmentOpened(_) | Self::AssessmentCorrected(_) | Self::AssessmentVoided(_) => None,
        }
    }
}

/// An assessment as rules see it: its history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Assessment {
    /// What happened to it.
    pub history: History<Event>,
}

impl Assessment {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        self.history.record(recorded, event);
    }

    /// What it is of.
    pub fn opened(&self) -> Option<&Opened> {
        self.history.entries().iter().find_map(|entry| {
            if let Event::AssessmentOpened(opened) = &entry.event { Some(opened) } else { None }
        })
    }

    /// Its last day, if it was closed.
    pub fn closed(&self) -> Option<Date> {
        let entry = self.history.entries().iter().find(|e| matches!(e.event, Event::AssessmentClosed(_)))?;
        entry.effective.map(|e| e.to())
    }

    /// Its needs, as they were identified.
    pub fn needs(&self) -> impl Iterator<Item = &NeedIdentified> {
        self.history.entries().iter().filter_map(|entry| {
            if let Event::NeedIdentified(need) = &entry.event { Some(need) } else { None }
        })
    }

    /// Its goals, as they were set.
    pub fn goals(&self) -> impl Iterator<Item = &GoalSet> {
        self.history
            .entries()
            .iter()
            .filter_map(|entry| if let Event::GoalSet(goal) = &entry.event { Some(goal) } else { None })
    }

    /// The priority of a need on that day.
    pub fn priority_on(&self, need: NeedId, day: Date) -> Option<&PrioritySet> {
        self.history.holds_on(day, |event| match event {
            Event::PrioritySet(priority) if priority.need == need => Some(priority),
            _ => None,
        })
    }

    /// The days on which its priorities cite the decision.
    pub(crate) fn cites(&self, decision: DecisionId) -> impl Iterator<Item = Date> {
        self.history.entries().iter().filter_map(move |entry| match &entry.event {
            Event::PrioritySet(priority) if priority.decision == decision => {
                entry.effective.map(|e| e.from())
            }
            _ => None,
        })
    }

    /// Whether one of its assets is the partner's.
    pub(crate) fn names_partner(&self, partner: PartnerId) -> bool {
        let entries = self.history.entries().iter();
        entries
            .into_iter()
            .any(|e| matches!(&e.event, Event::AssetIdentified(a) if a.partner == Some(partner)))
    }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = AssessmentId::new(recorded.fact.subject.id);
    let assessment = state.assessments.entry(id).or_default();
    assessment.record(recorded, event);
    if assessment.history.is_empty() {
        state.assessments.remove(&id);
    }
}
