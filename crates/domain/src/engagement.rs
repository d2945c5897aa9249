//! An engagement: an occasion with families, planned, held or cancelled.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::code::{EngagementKind, FamilyRole, ReasonCode};
use crate::command::{Act, Create};
use crate::correction::{Change, CorrectEvent, Correctable, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::id::{EngagementId, HouseholdId, SiteId};
use crate::{Effective, State};

mod rules;
pub(crate) use rules::decide;

/// `engagement-planned`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Where.
    pub site: SiteId,
    /// What.
    pub kind: EngagementKind,
    /// Languages, as codes such as `es`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub languages: Vec<String>,
}

/// `engagement-held`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Where.
    pub site: SiteId,
    /// What.
    pub kind: EngagementKind,
    /// Minutes, 1..=1440.
    pub minutes: u32,
    /// Languages, as codes such as `es`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub languages: Vec<String>,
    /// Whether there was an interpreter.
    pub interpreter: bool,
    /// People of families present, 1..=10,000.
    pub headcount: u32,
}

/// `family-engaged`. Site and kind are those of the engagement, so that no reader needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FamilyEngaged {
    /// Which household.
    pub household: HouseholdId,
    /// What it did.
    pub role: FamilyRole,
    /// Language spoken, as a code such as `es`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// Site of the engagement; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// Kind of the engagement; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<EngagementKind>,
}

/// `engagement-cancelled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancelled {
    /// Why.
    pub reason: ReasonCode,
    /// Site of the engagement; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// Kind of the engagement; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<EngagementKind>,
}

/// Events about an engagement of families.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It is planned for that day.
    EngagementPlanned(Planned),
    /// It took place.
    EngagementHeld(Held),
    /// A family took part.
    FamilyEngaged(FamilyEngaged),
    /// It will not take place.
    EngagementCancelled(Cancelled),
    /// One of the above was wrong.
    EngagementCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    EngagementVoided(Box<Voided<Event>>),
}

/// Commands to an engagement of families.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Plans it.
    PlanEngagement(Create<EngagementId, Planned>),
    /// Records that it took place; names a planned one, or makes a new one.
    RecordEngagement(Create<EngagementId, Held>),
    /// Records a family that took part.
    RecordFamily(Act<EngagementId, FamilyEngaged>),
    /// Cancels it.
    CancelEngagement(Act<EngagementId, Cancelled>),
    /// Corrects an event.
    CorrectEngagement(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidEngagement(VoidEvent),
}

correctable! { Engagement: EngagementCorrected, EngagementVoided; CorrectEngagement, VoidEngagement }

/// Where an engagement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Planned for the day.
    Planned,
    /// Took place.
    Held,
    /// Will not take place.
    Cancelled,
}

/// An engagement as rules see it. There are many, so only this little is kept of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engagement {
    /// Where.
    pub site: SiteId,
    /// What.
    pub kind: EngagementKind,
    /// Where it stands.
    pub status: Status,
    /// The day planned, held or cancelled.
    pub day: Date,
    planned: bool,
    families: u32,
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = EngagementId::new(recorded.fact.subject.id);
    let day = recorded.fact.effective.map_or(Date::MIN, |e| e.from());
    match event.change() {
        Change::Add(event) => set(state, id, day, event, true),
        Change::Replace(event) => set(state, id, day, event, false),
        Change::Remove => {
            if let Event::EngagementVoided(void) = event {
                unset(state, id, &void.was.event, void.was.effective);
            }
        }
    }
}

fn set(state: &mut State, id: EngagementId, day: Date, event: &Event, added: bool) {
    let (site, kind, status) = match event {
        Event::EngagementPlanned(planned) => (planned.site, planned.kind, Status::Planned),
        Event::EngagementHeld(held) => (held.site, held.kind, Status::Held),
        Event::FamilyEngaged(_) => {
            if added && let Some(engagement) = state.engagements.get_mut(&id) {
                engagement.families = engagement.families.saturating_add(1);
            }
            return;
        }
        Event::EngagementCancelled(_) => {
            if let Some(engagement) = state.engagements.get_mut(&id) {
                (engagement.status, engagement.day) = (Status::Cancelled, day);
            }
            return;
        }
        Event::EngagementCorrected(_) | Event::EngagementVoided(_) => return,
    };
    let planned = status == Status::Planned;
    let new = Engagement { site, kind, status, day, planned, families: 0 };
    let engagement = state.engagements.entry(id).or_insert(new);
    engagement.planned |= planned;
    // A corrected plan doesn't undo that it was held since.
    if !(planned && engagement.status != Status::Planned) {
        (engagement.site, engagement.kind, engagement.status, engagement.day) = (site, kind, status, day);
    }
}

fn unset(state: &mut State, id: EngagementId, was: &Event, effective: Option<Effective>) {
    let Some(engagement) = state.engagements.get_mut(&id) else { return };
    match was {
        Event::EngagementPlanned(_) => engagement.planned = false,
        Event::EngagementHeld(_) | Event::EngagementCancelled(_) => {
            engagement.status = Status::Planned;
            engagement.day = effective.map_or(engagement.day, |e| e.from());
        }
        Event::FamilyEngaged(_) => engagement.families = engagement.families.saturating_sub(1),
        Event::EngagementCorrected(_) | Event::EngagementVoided(_) => {}
    }
    if engagement.status == Status::Planned && !engagement.planned {
        state.engagements.remove(&id);
    }
}
