//! The right to amend: a family disputes a record, the district decides, and after a denial a statement stands with it.
//!
//! The words of a request and of a statement stay with the district; here is that they were made, about which event.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};
use uuid::Uuid;

use crate::State;
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::AmendmentId;

mod rules;
pub(crate) use rules::decide;

/// What is said against a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grounds {
    /// It is wrong.
    Inaccurate,
    /// It gives a wrong picture.
    Misleading,
    /// It tells more than it may.
    Privacy,
}

/// What the district decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The record is corrected.
    Granted,
    /// The record stands; the family may place a statement.
    Denied,
}

/// `amendment-requested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requested {
    /// Id of the disputed event of this ledger.
    pub event: Uuid,
    /// What is said against it.
    pub grounds: Grounds,
}

/// `amendment-decided`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// What was decided.
    pub outcome: Outcome,
    /// Id of the event that corrects or voids the disputed one, where it was granted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correction: Option<Uuid>,
    /// Id of the disputed event; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<Uuid>,
    /// The day of the request; filled in by the ledger.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub requested: Option<Date>,
}

/// `statement-placed`: it is shown with the record wherever that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementPlaced {
    /// Id of the disputed event; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<Uuid>,
}

/// Events about a request to amend a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It was made.
    AmendmentRequested(Requested),
    /// It was granted or denied.
    AmendmentDecided(Decided),
    /// A statement stands with the record.
    StatementPlaced(StatementPlaced),
    /// One of the above was wrong.
    AmendmentCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    AmendmentVoided(Box<Voided<Event>>),
}

/// Commands to a request to amend a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Records that it was made.
    RequestAmendment(Create<AmendmentId, Requested>),
    /// Records what was decided.
    DecideAmendment(Act<AmendmentId, Decided>),
    /// Places the family's statement with the record.
    PlaceStatement(Act<AmendmentId, StatementPlaced>),
    /// Corrects an event.
    CorrectAmendment(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidAmendment(VoidEvent),
}

correctable! { Amendment: AmendmentCorrected, AmendmentVoided; CorrectAmendment, VoidAmendment }

impl Command {
    /// The event that it disputes, or says to be the correction.
    pub(crate) const fn mentions(&self) -> Option<Uuid> {
        match self {
            Self::RequestAmendment(new) => Some(new.details.event),
            Self::DecideAmendment(act) => act.details.correction,
            Self::PlaceStatement(_) | Self::VoidAmendment(_) => None,
            Self::CorrectAmendment(command) => match &command.now {
                Event::AmendmentRequested(now) => Some(now.event),
                Event::AmendmentDecided(now) => now.correction,
                Event::StatementPlaced(_) | Event::AmendmentCorrected(_) | Event::AmendmentVoided(_) => None,
            },
        }
    }
}

/// A request to amend a record as rules see it: its history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amendment {
    /// What happened to it.
    pub history: History<Event>,
}

impl Amendment {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        self.history.record(recorded, event);
    }

    /// The disputed event, and the day of the request.
    pub fn requested(&self) -> Option<(Uuid, Date)> {
        requested(&self.history)
    }
}

fn requested(history: &History<Event>) -> Option<(Uuid, Date)> {
    history.entries().iter().find_map(|entry| {
        let Event::AmendmentRequested(requested) = &entry.event else { return None };
        Some((requested.event, entry.effective?.from()))
    })
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = AmendmentId::new(recorded.fact.subject.id);
    let amendment = state.amendments.entry(id).or_default();
    amendment.record(recorded, event);
    if amendment.history.is_empty() {
        state.amendments.remove(&id);
    }
}
