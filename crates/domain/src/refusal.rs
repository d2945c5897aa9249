//! Every rule that can be violated, as a sentence with a stable code.

use jiff::civil::Date;
use uuid::Uuid;

use crate::code::{Pillar, ServiceKind};

/// A refused command: the rule that stands in the way. Refusals are answered and not remembered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing precedes `ledger-opened`.
    #[error("the ledger is not open")]
    LedgerNotOpen,
    /// A ledger opens once.
    #[error("the ledger is open already")]
    LedgerAlreadyOpen,
    /// Rule 5.
    #[error("this source record was accepted before with other content, at position {position}")]
    SourceKeyTaken {
        /// Where.
        position: u64,
    },
    /// A thing with this id or natural key exists.
    #[error("{field} {value} is taken")]
    Taken {
        /// Which field.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// No such thing in this ledger.
    #[error("there is no {kind} {id} in this ledger")]
    NotFound {
        /// Kind of the thing.
        kind: &'static str,
        /// Its id.
        id: Uuid,
    },
    /// Rule 14.
    #[error("the {kind} is closed since {since}; it accepts only corrections")]
    Closed {
        /// Kind of the thing.
        kind: &'static str,
        /// Its last day.
        since: Date,
    },
    /// What would change is already so.
    #[error("{0}")]
    NoChange(&'static str),
    /// A text is empty, too long, padded or has control characters.
    #[error("{field} must be 1 to {max} characters without control characters or space at the ends")]
    TextNotAllowed {
        /// Which field.
        field: &'static str,
        /// Most characters.
        max: usize,
    },
    /// A code has other characters.
    #[error("{field} must be a code of 1 to 64 characters a-z A-Z 0-9 - . _ : /")]
    CodeNotAllowed {
        /// Which field.
        field: &'static str,
    },
    /// A list is empty or too long.
    #[error("{field} must have 1 to {max} entries, none twice")]
    ListNotAllowed {
        /// Which field.
        field: &'static str,
        /// Most entries.
        max: usize,
    },
    /// Not an employer identification number.
    #[error("ein must be written NN-NNNNNNN; a social security number is never accepted")]
    EinNotAllowed,
    /// The time zone is unknown.
    #[error("{field} is out of its range: {range}")]
    OutOfRange {
        /// Which field.
        field: &'static str,
        /// What is allowed.
        range: &'static str,
    },
    /// An effective date is missing or is a span where a day is needed.
    #[error("effective must be one day, YYYY-MM-DD")]
    OneDayNeeded,
    /// An effective span is missing.
    #[error("effective must be a span from/to, YYYY-MM-DD/YYYY-MM-DD, that ends after it starts")]
    SpanNeeded,
    /// Rule 4.
    #[error("{date} is in the future; today is {today} in the ledger's time zone")]
    DateInFuture {
        /// The date given.
        date: Date,
        /// Today.
        today: Date,
    },
    /// Rule 4.
    #[error("{date} is before the ledger's first day, {starts}")]
    DateBeforeLedger {
        /// The date given.
        date: Date,
        /// First day of the ledger.
        starts: Date,
    },
    /// Rule 4, by policy.
    #[error("{date} is too long ago; the policy takes late reports back to {oldest}")]
    DateTooOld {
        /// The date given.
        date: Date,
        /// The oldest that is taken.
        oldest: Date,
    },
    /// Rule 4.
    #[error("minutes must be 1 to 1440, not {minutes}")]
    MinutesOutOfRange {
        /// What was given.
        minutes: u32,
    },
    /// Rule 4.
    #[error("headcount must be 1 to 10000, not {headcount}")]
    HeadcountOutOfRange {
        /// What was given.
        headcount: u32,
    },
    /// A delivery says who received it in exactly one way.
    #[error("give exactly one of participants, case and headcount")]
    RecipientsUnclear,
    /// Tier 3 and mental-health services never name a person.
    #[error("tier 3 and mental-health services name a case or a headcount, never persons")]
    CaseNeeded,
    /// Tiers 1 and 2 name persons or a headcount.
    #[error("only tier 3 and mental-health services name a case")]
    CaseNotAllowed,
    /// A delivery names an offering, or an agreement, site and kind.
    #[error("name either an offering, or an agreement with site, kind, pillar and tier")]
    ServiceUnclear,
    /// A listed offering has no agreement.
    #[error("offering {offering} is only listed; it is not placed at a site under an agreement")]
    OfferingNotPlaced {
        /// Which.
        offering: Uuid,
    },
    /// Rule 1.
    #[error("the agreement is not active on {date}")]
    AgreementNotActive {
        /// The day of the service.
        date: Date,
    },
    /// Rule 1.
    #[error("the agreement does not cover this site on {date}")]
    SiteNotCovered {
        /// The day of the service.
        date: Date,
    },
    /// Rule 1.
    #[error("the agreement does not cover the pillar {pillar:?} on {date}")]
    PillarNotCovered {
        /// Which pillar.
        pillar: Pillar,
        /// The day of the service.
        date: Date,
    },
    /// Rule 1.
    #[error("the agreement does not cover the service kind {kind:?} on {date}")]
    KindNotCovered {
        /// Which kind.
        kind: ServiceKind,
        /// The day of the service.
        date: Date,
    },
    /// Rules 1 and 7.
    #[error("the partner is suspended on {date}")]
    PartnerSuspended {
        /// The day of the service or signing.
        date: Date,
    },
    /// Rule 2.
    #[error("the partner has no vetting valid on {date}, which tier 2 and 3 services need")]
    PartnerNotVetted {
        /// The day of the service.
        date: Date,
    },
    /// The site is not open on that day.
    #[error("the site is not open on {date}")]
    SiteNotOpen {
        /// The day of the service.
        date: Date,
    },
    /// Rule 7.
    #[error("this would strand what was delivered under the agreement, such as on {date}")]
    StrandsDeliveries {
        /// A day with a delivery that would no longer be covered.
        date: Date,
    },
    /// Other things rely on it.
    #[error("other records rely on it ({what}); void or correct them first")]
    InUse {
        /// What relies on it.
        what: &'static str,
    },
    /// Families are recorded only for an engagement that took place.
    #[error("the engagement was not held")]
    EngagementNotHeld,
    /// It took place already.
    #[error("the engagement was held already")]
    EngagementAlreadyHeld,
    /// Rule 6.
    #[error("there is no event {event} in this ledger")]
    EventNotFound {
        /// The id given.
        event: Uuid,
    },
    /// Rule 6.
    #[error("event {event} is about a {kind}")]
    EventOfAnotherKind {
        /// The id given.
        event: Uuid,
        /// What it is about.
        kind: &'static str,
    },
    /// Rule 6.
    #[error("the event was corrected already, at position {position}; correct that one")]
    AlreadyCorrected {
        /// Position of the correction.
        position: u64,
    },
    /// Rule 6.
    #[error("the event was voided, at position {position}")]
    AlreadyVoided {
        /// Position of the void.
        position: u64,
    },
    /// Rule 6.
    #[error("a correction of {was} must be a {was}, not {now}")]
    CorrectionChangesEvent {
        /// What it corrects.
        was: &'static str,
        /// What it brings.
        now: &'static str,
    },
}

impl Refusal {
    /// The stable code in kebab case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LedgerNotOpen => "ledger-not-open",
            Self::LedgerAlreadyOpen => "ledger-already-open",
            Self::SourceKeyTaken { .. } => "source-key-taken",
            Self::Taken { .. } => "taken",
            Self::NotFound { .. } => "not-found",
            Self::Closed { .. } => "closed",
            Self::NoChange(_) => "no-change",
            Self::TextNotAllowed { .. } => "text-not-allowed",
            Self::CodeNotAllowed { .. } => "code-not-allowed",
            Self::ListNotAllowed { .. } => "list-not-allowed",
            Self::EinNotAllowed => "ein-not-allowed",
            Self::OutOfRange { .. } => "out-of-range",
            Self::OneDayNeeded => "one-day-needed",
            Self::SpanNeeded => "span-needed",
            Self::DateInFuture { .. } => "date-in-future",
            Self::DateBeforeLedger { .. } => "date-before-ledger",
            Self::DateTooOld { .. } => "date-too-old",
            Self::MinutesOutOfRange { .. } => "minutes-out-of-range",
            Self::HeadcountOutOfRange { .. } => "headcount-out-of-range",
            Self::RecipientsUnclear => "recipients-unclear",
            Self::CaseNeeded => "case-needed",
            Self::CaseNotAllowed => "case-not-allowed",
            Self::ServiceUnclear => "service-unclear",
            Self::OfferingNotPlaced { .. } => "offering-not-placed",
            Self::AgreementNotActive { .. } => "agreement-not-active",
            Self::SiteNotCovered { .. } => "site-not-covered",
            Self::PillarNotCovered { .. } => "pillar-not-covered",
            Self::KindNotCovered { .. } => "kind-not-covered",
            Self::PartnerSuspended { .. } => "partner-suspended",
            Self::PartnerNotVetted { .. } => "partner-not-vetted",
            Self::SiteNotOpen { .. } => "site-not-open",
            Self::StrandsDeliveries { .. } => "strands-deliveries",
            Self::InUse { .. } => "in-use",
            Self::EngagementNotHeld => "engagement-not-held",
            Self::EngagementAlreadyHeld => "engagement-already-held",
            Self::EventNotFound { .. } => "event-not-found",
            Self::EventOfAnotherKind { .. } => "event-of-another-kind",
            Self::AlreadyCorrected { .. } => "already-corrected",
            Self::AlreadyVoided { .. } => "already-voided",
            Self::CorrectionChangesEvent { .. } => "correction-changes-event",
        }
    }

    /// The field of the body that it is about, where one is.
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Taken { field, .. }
            | Self::TextNotAllowed { field, .. }
            | Self::CodeNotAllowed { field }
            | Self::ListNotAllowed { field, .. }
            | Self::OutOfRange { field, .. } => Some(field),
            Self::EinNotAllowed => Some("details/ein"),
            Self::MinutesOutOfRange { .. } => Some("details/minutes"),
            Self::HeadcountOutOfRange { .. } => Some("details/headcount"),
            Self::OneDayNeeded
            | Self::SpanNeeded
            | Self::DateInFuture { .. }
            | Self::DateBeforeLedger { .. }
            | Self::DateTooOld { .. } => Some("effective"),
            _ => None,
        }
    }

    /// The earlier event that stands in the way, where one does.
    pub const fn position(&self) -> Option<u64> {
        match self {
            Self::SourceKeyTaken { position }
            | Self::AlreadyCorrected { position }
            | Self::AlreadyVoided { position } => Some(*position),
            _ => None,
        }
    }

    /// What to do about it, where the sentence does not say so already.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::LedgerNotOpen => Some("send open-ledger first, and check the ledger's slug"),
            Self::SourceKeyTaken { .. } => {
                Some("send a correction of that event instead of the record again")
            }
            Self::PartnerNotVetted { .. } => Some("record the vetting first, with its day in effective"),
            Self::StrandsDeliveries { .. } => {
                Some("let it take effect later, or correct the deliveries first")
            }
            _ => None,
        }
    }
}
