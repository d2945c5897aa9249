//! A site: a school, or a district's own office, as a hub.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::code::{Phase, ReasonCode};
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::SiteId;
use crate::state::rekey;
use crate::{CdsCode, State};

mod rules;
pub(crate) use rules::decide;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
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

/// Commands to a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Registers it.
    RegisterSite(Create<SiteId, Registered>),
    /// Makes it a community school.
    DesignateSite(Act<SiteId, Designated>),
    /// Records growth.
    ChangePhase(Act<SiteId, PhaseChanged>),
    /// Assigns a coordinator.
    AssignCoordinator(Act<SiteId, CoordinatorAssigned>),
    /// Releases a coordinator.
    ReleaseCoordinator(Act<SiteId, CoordinatorReleased>),
    /// Closes it.
    CloseSite(Act<SiteId, Closed>),
    /// Corrects an event.
    CorrectSite(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidSite(VoidEvent),
}

correctable! { Site: SiteCorrected, SiteVoided; CorrectSite, VoidSite }

/// A site as rules see it: its history, asked by date.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Site {
    /// What happened to it.
    pub history: History<Event>,
}

impl Site {
    /// Brings it up to a recorded event about it.
    pub fn record(&mut self, recorded: &Recorded<'_>, event: &Event) {
        self.history.record(recorded, event);
    }

    /// What it is registered as.
    pub fn registered(&self) -> Option<&Registered> {
        self.history.entries().iter().find_map(|entry| {
            if let Event::SiteRegistered(registered) = &entry.event { Some(registered) } else { None }
        })
    }

    /// Its last day, if it closed.
    pub fn closed(&self) -> Option<Date> {
        let closing = self.history.entries().iter().find(|e| matches!(e.event, Event::SiteClosed(_)))?;
        closing.effective.map(|e| e.to())
    }

    /// Whether it was open on that day.
    pub fn is_open_on(&self, day: Date) -> bool {
        let opened = self.history.entries().first().and_then(|e| e.effective).map(|e| e.from());
        opened.is_some_and(|from| from <= day) && self.closed().is_none_or(|last| day <= last)
    }

    /// Whether this staff alias is assigned now.
    pub(crate) fn coordinates(&self, staff: &str) -> bool {
        let mut assigned = false;
        for entry in self.history.entries() {
            if matches!(&entry.event, Event::CoordinatorAssigned(a) if a.staff == staff) {
                assigned = true;
            }
            if matches!(&entry.event, Event::CoordinatorReleased(r) if r.staff == staff) {
                assigned = false;
            }
        }
        assigned
    }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = SiteId::new(recorded.fact.subject.id);
    let site = state.sites.entry(id).or_default();
    let before = site.registered().map(|r| r.cds);
    site.record(recorded, event);
    let after = site.registered().map(|r| r.cds);
    if site.history.is_empty() {
        state.sites.remove(&id);
    }
    if before != after {
        rekey(&mut state.site_by_cds, before, after, id);
    }
}
