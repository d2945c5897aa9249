//! Every rule that can be violated, as a sentence with a stable code.

use jiff::civil::Date;
use strum::{IntoStaticStr, VariantNames};
use uuid::Uuid;

use crate::code::{Pillar, ServiceKind};

/// One line of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The stable code in kebab case.
    pub code: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// The sentence, with `{placeholders}`.
    pub sentence: &'static str,
}

/// Makes the enum and its catalogue of one list; the code is the name in kebab case.
macro_rules! refusals {
    ($($(#[doc = $about:literal])+ $name:ident $({ $($field:ident: $type:ty),+ })? => $sentence:literal;)+) => {
        /// A refused command: the rule that stands in the way. Refusals are answered and not remembered.
        #[expect(missing_docs, reason = "fields are said in the sentence")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, IntoStaticStr, VariantNames)]
        #[strum(serialize_all = "kebab-case")]
        pub enum Refusal {
            $($(#[doc = $about])+ #[error($sentence)] $name $({ $($field: $type),+ })?,)+
        }

        /// What is said of each, in the order of their codes.
        const SAID: &[(&str, &str)] = &[$((concat!($($about),+), $sentence),)+];
    };
}

refusals! {
    /// Nothing precedes `ledger-opened`.
    LedgerNotOpen => "the ledger is not open";
    /// A ledger opens once.
    LedgerAlreadyOpen => "the ledger is open already";
    /// Rule 5: a source record is accepted once.
    SourceKeyTaken { position: u64 } => "this source record was accepted before with other content, at position {position}";
    /// A thing with this id or natural key exists.
    Taken { field: &'static str, value: String } => "{field} {value} is taken";
    /// No such thing in this ledger.
    NotFound { kind: &'static str, id: Uuid } => "there is no {kind} {id} in this ledger";
    /// Rule 14: what has ended stays as it was.
    Closed { kind: &'static str, since: Date } => "the {kind} is closed since {since}; it accepts only corrections";
    /// What would change is already so.
    NoChange { what: &'static str } => "{what}";
    /// A text is empty, too long, padded or has control characters.
    TextNotAllowed { field: &'static str, max: usize } => "{field} must be 1 to {max} characters without control characters or space at the ends";
    /// A code has other characters.
    CodeNotAllowed { field: &'static str } => "{field} must be a code of 1 to 64 characters a-z A-Z 0-9 - . _ : /";
    /// A list is empty or too long.
    ListNotAllowed { field: &'static str, max: usize } => "{field} must have 1 to {max} entries, none twice";
    /// Not an employer identification number.
    EinNotAllowed => "ein must be written NN-NNNNNNN; a social security number is never accepted";
    /// A value is outside what is allowed.
    OutOfRange { field: &'static str, range: &'static str } => "{field} is out of its range: {range}";
    /// An effective date is missing or is a span where a day is needed.
    OneDayNeeded => "effective must be one day, YYYY-MM-DD";
    /// An effective span is missing.
    SpanNeeded => "effective must be a span from/to, YYYY-MM-DD/YYYY-MM-DD, that ends after it starts";
    /// Rule 4: nothing is recorded before it happens.
    DateInFuture { date: Date, today: Date } => "{date} is in the future; today is {today} in the ledger's time zone";
    /// Rule 4: a ledger has a first day.
    DateBeforeLedger { date: Date, starts: Date } => "{date} is before the ledger's first day, {starts}";
    /// Rule 4: how late a report may be is set by the policy.
    DateTooOld { date: Date, oldest: Date } => "{date} is too long ago; the policy takes late reports back to {oldest}";
    /// Rule 4: a day has 1,440 minutes.
    MinutesOutOfRange { minutes: u32 } => "minutes must be 1 to 1440, not {minutes}";
    /// Rule 4: a headcount that large is an error of entry.
    HeadcountOutOfRange { headcount: u32 } => "headcount must be 1 to 10000, not {headcount}";
    /// A delivery says who received it in exactly one way.
    RecipientsUnclear => "give exactly one of participants, case and headcount";
    /// Tier 3 and mental-health services never name a person.
    CaseNeeded => "tier 3 and mental-health services name a case or a headcount, never persons";
    /// Tiers 1 and 2 name persons or a headcount.
    CaseNotAllowed => "only tier 3 and mental-health services name a case";
    /// A delivery names an offering, or an agreement, site and kind.
    ServiceUnclear => "name either an offering, or an agreement with site, kind, pillar and tier";
    /// A listed offering has no agreement.
    OfferingNotPlaced { offering: Uuid } => "offering {offering} is only listed; it is not placed at a site under an agreement";
    /// Rule 1: a service is delivered under an agreement in force on that day.
    AgreementNotActive { date: Date } => "the agreement is not active on {date}";
    /// Rule 1: at a site that the agreement covers.
    SiteNotCovered { date: Date } => "the agreement does not cover this site on {date}";
    /// Rule 1: for a pillar that the agreement covers.
    PillarNotCovered { pillar: Pillar, date: Date } => "the agreement does not cover the pillar {pillar:?} on {date}";
    /// Rule 1: of a kind that the agreement covers.
    KindNotCovered { kind: ServiceKind, date: Date } => "the agreement does not cover the service kind {kind:?} on {date}";
    /// Rules 1 and 7: a suspended partner neither serves nor signs.
    PartnerSuspended { date: Date } => "the partner is suspended on {date}";
    /// Rule 2: who works with some or few students was vetted.
    PartnerNotVetted { date: Date } => "the partner has no vetting valid on {date}, which tier 2 and 3 services need";
    /// The site is not open on that day.
    SiteNotOpen { date: Date } => "the site is not open on {date}";
    /// Rule 7: a change to an agreement leaves covered what was delivered under it.
    StrandsDeliveries { date: Date } => "this would strand what was delivered under the agreement, such as on {date}";
    /// Other things rely on it.
    InUse { what: &'static str } => "other records rely on it ({what}); void or correct them first";
    /// Families are recorded only for an engagement that took place.
    EngagementNotHeld => "the engagement was not held";
    /// It took place already.
    EngagementAlreadyHeld => "the engagement was held already";
    /// Rule 6: a correction names an event.
    EventNotFound { event: Uuid } => "there is no event {event} in this ledger";
    /// Rule 6: of the thing that it corrects.
    EventOfAnotherKind { event: Uuid, kind: &'static str } => "event {event} is about a {kind}";
    /// Rule 6: corrections form a chain, each on the latest.
    AlreadyCorrected { position: u64 } => "the event was corrected already, at position {position}; correct that one";
    /// Rule 6: what was voided stays voided.
    AlreadyVoided { position: u64 } => "the event was voided, at position {position}";
    /// Rule 6: a correction keeps what sort of event it was.
    CorrectionChangesEvent { was: &'static str, now: &'static str } => "a correction of {was} must be a {was}, not {now}";
    // Grants and technical assistance.
    /// Rule 4: so much money is an error of entry.
    CentsOutOfRange { cents: u64 } => "cents must be 0 to 10000000000000, not {cents}";
    /// Rule 11: allocations never exceed the award.
    AllocationExceedsAward { cents: u64, left: u64 } => "an allocation of {cents} cents exceeds what is left of the award, {left} cents";
    /// Rule 11: expenditures never exceed their allocation.
    ExpenditureExceedsAllocation { cents: u64, left: u64 } => "an expenditure of {cents} cents exceeds what is left of its allocation, {left} cents";
    /// Rule 11: an award stays at least what is allocated of it.
    Overallocated { cents: u64, allocated: u64 } => "an award of {cents} cents is less than the {allocated} cents allocated of it";
    /// Rule 11: an allocation stays at least what is spent of it.
    Overspent { cents: u64, spent: u64 } => "an allocation of {cents} cents is less than the {spent} cents spent of it";
    /// Rule 11: what is done with a grant lies inside its period, which its closing may shorten.
    OutsideGrantPeriod { date: Date, from: Date, to: Date } => "{date} is outside the grant's period, {from} to {to}";
    /// An answer follows its request.
    AssistanceBeforeRequest { date: Date, requested: Date } => "{date} is before the assistance was requested, on {requested}";
    /// Only what was provided is evaluated.
    AssistanceNotProvided { date: Date } => "no assistance was provided by {date}";
}

/// Every refusal there is, by code.
pub fn catalogue() -> Vec<Rule> {
    let rule = |(code, (about, sentence)): (&&'static str, &(&'static str, &'static str))| Rule {
        code,
        about: about.trim(),
        sentence,
    };
    let mut rules: Vec<Rule> = Refusal::VARIANTS.iter().zip(SAID).map(rule).collect();
    rules.sort_unstable_by_key(|rule| rule.code);
    rules
}

impl Refusal {
    /// The stable code in kebab case.
    pub fn code(&self) -> &'static str {
        self.into()
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
            Self::CentsOutOfRange { .. }
            | Self::AllocationExceedsAward { .. }
            | Self::ExpenditureExceedsAllocation { .. }
            | Self::Overallocated { .. }
            | Self::Overspent { .. } => Some("details/cents"),
            Self::OutsideGrantPeriod { .. }
            | Self::AssistanceBeforeRequest { .. }
            | Self::AssistanceNotProvided { .. } => Some("effective"),
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
            Self::CentsOutOfRange { .. } => Some("money is whole cents: 12.50 is 1250"),
            Self::ExpenditureExceedsAllocation { .. } | Self::Overspent { .. } => {
                Some("correct the allocation or the expenditures first")
            }
            Self::AllocationExceedsAward { .. } | Self::Overallocated { .. } => {
                Some("correct the award or its other allocations first")
            }
            _ => None,
        }
    }
}
