//! A referral by the coordination of services team: a case at a site is passed to a partner who meets a need.
//!
//! Later events carry what the referral is about and the day on which it was opened, so that no reader joins.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::State;
use crate::command::{Act, Create};
use crate::correction::{CorrectEvent, Corrected, VoidEvent, Voided};
use crate::fact::Recorded;
use crate::history::History;
use crate::id::{CaseId, PartnerId, ReferralId, SiteId};
use crate::need::Barrier;

mod rules;
pub(crate) use rules::decide;

/// How soon a need has to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// In its turn.
    Routine,
    /// Within days.
    Soon,
    /// At once.
    Urgent,
}

/// Why a partner declined, or a need stayed unmet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReferralReason {
    /// The partner is full.
    NoCapacity,
    /// Nobody offers it.
    NoService,
    /// The partner's terms leave the case out.
    NotEligible,
    /// Not in the family's language.
    Language,
    /// The family did not want it.
    FamilyDeclined,
    /// The family could not be reached.
    NotReached,
    /// The student left the school.
    Moved,
    /// Anything else.
    Other,
}

/// `referral-opened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// Which case; never a person.
    pub case: CaseId,
    /// At which site.
    pub site: SiteId,
    /// What is needed.
    pub need: Barrier,
    /// How soon.
    pub urgency: Urgency,
}

/// What a referral is about, and since when it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// At which site.
    pub site: SiteId,
    /// What is needed.
    pub need: Barrier,
    /// How soon.
    pub urgency: Urgency,
    /// The day on which it was opened.
    #[schemars(with = "String")]
    pub opened: Date,
}

/// `referral-accepted`, `referral-redirected`: by whom it is accepted, or who is asked now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByPartner {
    /// Which partner.
    pub partner: PartnerId,
    /// What the referral is about; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<About>,
}

/// `referral-declined`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declined {
    /// By which partner.
    pub partner: PartnerId,
    /// Why.
    pub reason: ReferralReason,
    /// What the referral is about; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<About>,
}

/// `referral-completed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Completed {
    /// What the referral is about; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<About>,
}

/// `referral-closed-unmet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedUnmet {
    /// Why.
    pub reason: ReferralReason,
    /// What the referral is about; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<About>,
}

/// Events about a referral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "event", content = "data", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    /// It is open; any partner may accept it.
    ReferralOpened(Opened),
    /// A partner took it.
    ReferralAccepted(ByPartner),
    /// A partner did not take it; it stays open.
    ReferralDeclined(Declined),
    /// This partner, and no other, is asked now.
    ReferralRedirected(ByPartner),
    /// The need was met.
    ReferralCompleted(Completed),
    /// It ended, and the need was not met.
    ReferralClosedUnmet(ClosedUnmet),
    /// One of the above was wrong.
    ReferralCorrected(Box<Corrected<Event>>),
    /// One of the above did not happen.
    ReferralVoided(Box<Voided<Event>>),
}

/// Commands to a referral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantNames)]
#[serde(tag = "command", content = "body", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Opens it; needs a basis.
    OpenReferral(Create<ReferralId, Opened>),
    /// Records that a partner took it.
    AcceptReferral(Act<ReferralId, ByPartner>),
    /// Records that a partner did not take it.
    DeclineReferral(Act<ReferralId, Declined>),
    /// Asks another partner.
    RedirectReferral(Act<ReferralId, ByPartner>),
    /// Records that the need was met.
    CompleteReferral(Act<ReferralId, Completed>),
    /// Ends it with the need unmet.
    CloseReferralUnmet(Act<ReferralId, ClosedUnmet>),
    /// Corrects an event.
    CorrectReferral(Box<CorrectEvent<Event>>),
    /// Voids an event.
    VoidReferral(VoidEvent),
}

correctable! { Referral: ReferralCorrected, ReferralVoided; CorrectReferral, VoidReferral }

impl Event {
    /// What a later event says that its referral is about; nothing of an opening, a correction or a void.
    pub const fn about(&self) -> Option<&About> {
        match self {
            Self::ReferralAccepted(ByPartner { about, .. })
            | Self::ReferralRedirected(ByPartner { about, .. })
            | Self::ReferralDeclined(Declined { about, .. })
            | Self::ReferralCompleted(Completed { about })
            | Self::ReferralClosedUnmet(ClosedUnmet { about, .. }) => about.as_ref(),
            Self::ReferralOpened(_) | Self::ReferralCorrected(_) | Self::ReferralVoided(_) => None,
        }
    }

    /// The partner that it names.
    pub const fn partner(&self) -> Option<PartnerId> {
        match self {
            Self::ReferralAccepted(by) | Self::ReferralRedirected(by) => Some(by.partner),
            Self::ReferralDeclined(declined) => Some(declined.partner),
            Self::ReferralOpened(_)
            | Self::ReferralCompleted(_)
            | Self::ReferralClosedUnmet(_)
            | Self::ReferralCorrected(_)
            | Self::ReferralVoided(_) => None,
        }
    }
}

/// A referral as rules see it: its history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Referral {
    /// What happened to it.
    pub history: History<Event>,
}

impl Referral {
    /// What it is about.
    pub fn about(&self) -> Option<About> {
        self.history.entries().iter().find_map(|entry| about(&entry.event, entry.effective?.from()))
    }

    /// Whether it is at this site.
    pub(crate) fn names_site(&self, site: SiteId) -> bool {
        self.about().is_some_and(|about| about.site == site)
    }

    /// Whether any of its events names this partner.
    pub(crate) fn names_partner(&self, partner: PartnerId) -> bool {
        self.history.entries().iter().any(|entry| entry.event.partner() == Some(partner))
    }
}

/// What an opening on a day makes a referral be about.
const fn about(event: &Event, opened: Date) -> Option<About> {
    match event {
        Event::ReferralOpened(Opened { site, need, urgency, .. }) => {
            Some(About { site: *site, need: *need, urgency: *urgency, opened })
        }
        _ => None,
    }
}

pub(crate) fn evolve(state: &mut State, recorded: &Recorded<'_>, event: &Event) {
    let id = ReferralId::new(recorded.fact.subject.id);
    let referral = state.referrals.entry(id).or_default();
    referral.history.record(recorded, event);
    if referral.history.is_empty() {
        state.referrals.remove(&id);
    }
}
