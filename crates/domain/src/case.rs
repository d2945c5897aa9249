//! A case: one person in one programme at a site, by a random id, from the day on which it is opened to its last.
//!
//! The person stands in no event of a case. Who it is will be in a sealed member of `case-opened` that is opened with a
//! key of its own; until there are such members, only whoever opened the case knows.
//!
//! A ledger has many cases and each has one or two events, so no history is kept of one: what it is about, and its last
//! day.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::State;
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::id::{CaseId, SiteId};

mod rules;
pub(crate) use rules::{decide, may_take};

/// Why a case was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClosingReason {
    /// What it was opened for was reached.
    GoalsMet,
    /// The programme ended.
    ProgrammeEnded,
    /// Another programme goes on with it.
    PassedOn,
    /// The family or the student wished so.
    FamilyChoice,
    /// The family could not be reached.
    NotReached,
    /// The student left the school.
    Moved,
    /// Anything else.
    Other,
}

/// `case-opened`; `effective` is the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// Code of the programme, such as `counseling`.
    pub programme: String,
    /// At which site.
    pub site: SiteId,
}

/// What a case is about, and since when it is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Code of the programme.
    pub programme: String,
    /// At which site.
    pub site: SiteId,
    /// The day on which it was opened.
    #[schemars(with = "String")]
    pub opened: Date,
}

/// `case-closed`; `effective` is its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// Why.
    pub reason: ClosingReason,
    /// What the case is about; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<About>,
}

/// Events about a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It is open.
    CaseOpened(Opened),
    /// It ended.
    CaseClosed(Closed),
    /// One of the above was wrong.
    CaseCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    CaseVoided(Box<Voided<Event>>),
}

/// Commands to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Opens it; one that records name already keeps its id.
    OpenCase(Create<CaseId, Opened>),
    /// Closes it.
    CloseCase(Act<CaseId, Closed>),
    /// Corrects an event.
    CorrectCase(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidCase(VoidEvent),
}

correctable! { Case: CaseCorrected, CaseVoided; CorrectCase, VoidCase }

/// A case as rules see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    about: About,
    /// Its last day, once it is closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    closed: Option<Date>,
}

impl Case {
    /// What it is about.
    pub const fn about(&self) -> &About {
        &self.about
    }

    /// Its last day, if it is closed.
    pub const fn closed(&self) -> Option<Date> {
        self.closed
    }
}

/// What an opening on a day makes a case be about.
fn about(Opened { programme, site }: &Opened, opened: Date) -> About {
    About { programme: programme.clone(), site: *site, opened }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = CaseId::new(recorded.fact.subject.id);
    let voids = matches!(event, Event::CaseVoided(_));
    let day = recorded.fact.effective.map(|effective| effective.from());
    match event.told() {
        Event::CaseOpened(_) if voids => {
            state.cases.remove(&id);
        }
        Event::CaseOpened(opened) => {
            let about = about(opened, day.unwrap_or(Date::MIN));
            let closed = state.cases.get(&id).and_then(Case::closed);
            state.cases.insert(id, Case { about, closed });
        }
        Event::CaseClosed(_) => {
            if let Some(case) = state.cases.get_mut(&id) {
                case.closed = day.filter(|_| !voids);
            }
        }
        Event::CaseCorrected(_) | Event::CaseVoided(_) => {}
    }
}
