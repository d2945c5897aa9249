//! Regional technical assistance: a request, the sessions that answered it, and what was thought of them.
//!
//! Every later event carries what was asked (site, topic, strategy and day), so that no reader needs the request.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::State;
use crate::code::Mode;
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::{AssistanceId, SiteId};

mod rules;
pub(crate) use rules::decide;

/// The capacity-building strategies of the state's annual progress report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Shared commitment, understanding and priorities.
    SharedCommitment,
    /// Centering community-based learning.
    CommunityBasedLearning,
    /// Collaborative leadership.
    CollaborativeLeadership,
    /// Sustaining staff and resources.
    SustainingResources,
    /// Strategic community partnerships.
    StrategicPartnerships,
}

/// `assistance-requested`; `effective` is the day on which it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requested {
    /// For which site; for the ledger's owner when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// Code of the topic, such as `asset-mapping`.
    pub topic: String,
    /// Which capacity it builds.
    pub strategy: Strategy,
}

/// What was asked for, and when, as the answers carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// For which site; for the ledger's owner when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// Code of the topic.
    pub topic: String,
    /// Which capacity it builds.
    pub strategy: Strategy,
    /// The day on which it was asked for.
    #[schemars(with = "String")]
    pub day: Date,
}

/// `assistance-scheduled`; `effective` is the day for which, and may lie in the future. The latest one holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// Code of who will provide it.
    pub provider: String,
    /// The request; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<Request>,
}

/// `assistance-provided`: one session; a request may take several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provided {
    /// Code of who provided it.
    pub provider: String,
    /// Minutes, 1..=1440.
    pub minutes: u32,
    /// In person or remote.
    pub mode: Mode,
    /// Number of participants, 1..=10,000; staff and partners, never students.
    pub participants: u32,
    /// The request; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<Request>,
}

/// `assistance-evaluated`: this score was given by so many; each score that was given is an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluated {
    /// From 1, of no use, to 5, of great use.
    pub score: u8,
    /// How many gave it, 1..=10,000.
    pub n: u32,
    /// The request; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<Request>,
}

/// Events about technical assistance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It was asked for.
    AssistanceRequested(Requested),
    /// It is scheduled for that day.
    AssistanceScheduled(Scheduled),
    /// A session took place.
    AssistanceProvided(Provided),
    /// Participants gave a score.
    AssistanceEvaluated(Evaluated),
    /// One of the above was wrong.
    AssistanceCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    AssistanceVoided(Box<Voided<Event>>),
}

/// Commands to technical assistance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Asks for it.
    RequestAssistance(Create<AssistanceId, Requested>),
    /// Sets a day and a provider.
    ScheduleAssistance(Act<AssistanceId, Scheduled>),
    /// Records a session.
    ProvideAssistance(Act<AssistanceId, Provided>),
    /// Records a score.
    EvaluateAssistance(Act<AssistanceId, Evaluated>),
    /// Corrects an event.
    CorrectAssistance(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidAssistance(VoidEvent),
}

correctable! { Assistance: AssistanceCorrected, AssistanceVoided; CorrectAssistance, VoidAssistance }

impl Event {
    /// The request that it carries, in its place.
    fn request(&self) -> Option<&Option<Request>> {
        match self {
            Self::AssistanceScheduled(scheduled) => Some(&scheduled.request),
            Self::AssistanceProvided(provided) => Some(&provided.request),
            Self::AssistanceEvaluated(evaluated) => Some(&evaluated.request),
            Self::AssistanceRequested(_) | Self::AssistanceCorrected(_) | Self::AssistanceVoided(_) => None,
        }
    }
}

/// A request and its answers as rules see them: a history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Assistance {
    /// What happened to it.
    pub history: History<Event>,
}

impl Assistance {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        self.history.record(recorded, event);
    }

    /// What was asked for, and when.
    pub fn request(&self) -> Option<Request> {
        request(&self.history)
    }

    pub(crate) fn names_site(&self, site: SiteId) -> bool {
        self.request().is_some_and(|request| request.site == Some(site))
    }
}

fn request(history: &History<Event>) -> Option<Request> {
    history.entries().iter().find_map(|entry| match (&entry.event, entry.effective) {
        (Event::AssistanceRequested(requested), Some(effective)) => Some(Request {
            site: requested.site,
            topic: requested.topic.clone(),
            strategy: requested.strategy,
            day: effective.from(),
        }),
        _ => None,
    })
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = AssistanceId::new(recorded.fact.subject.id);
    let assistance = state.assistances.entry(id).or_default();
    assistance.record(recorded, event);
    if assistance.history.is_empty() {
        state.assistances.remove(&id);
    }
}
