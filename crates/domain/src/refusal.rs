//! Every rule that can be violated, as a sentence with a stable code.

use jiff::civil::Date;
use strum::{IntoStaticStr, VariantNames};
use uuid::Uuid;

use crate::SchoolYear;
use crate::code::{Pillar, ServiceKind};
use crate::council::code::{Constituency, DecisionRule};
use crate::sharing::code::SharingPurpose;

/// One line of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The stable code in kebab case.
    pub code: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// The sentence, with `{placeholders}`.
    pub sentence: &'static str,
    /// What to do about it, where the sentence does not say so already.
    pub hint: Option<&'static str>,
}

/// Makes the enum and its catalogue of one list; the code is the name in kebab case. Behind the sentence may stand a hint.
macro_rules! refusals {
    ($($(#[doc = $about:literal])+ $name:ident $({ $($field:ident: $type:ty),+ })? => $sentence:literal $(, $hint:literal)?;)+) => {
        /// A refused command: the rule that stands in the way. Refusals are answered and not remembered.
        #[expect(missing_docs, reason = "fields are said in the sentence")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, IntoStaticStr, VariantNames)]
        #[strum(serialize_all = "kebab-case")]
        pub enum Refusal {
            $($(#[doc = $about])+ #[error($sentence)] $name $({ $($field: $type),+ })?,)+
        }

        /// What is said of each, in the order of their codes.
        const SAID: &[(&str, &str, Option<&str>)] = &[$((concat!($($about),+), $sentence, first(&[$($hint)?])),)+];

        impl Refusal {
            /// What to do about it, where the sentence does not say so already.
            pub const fn hint(&self) -> Option<&'static str> {
                match self { $(Self::$name { .. } => first(&[$($hint)?]),)+ }
            }
        }
    };
}

const fn first(hints: &[&'static str]) -> Option<&'static str> {
    match hints {
        [hint, ..] => Some(hint),
        [] => None,
    }
}

refusals! {
    /// Nothing precedes `ledger-opened`.
    LedgerNotOpen => "the ledger is not open",
        "send open-ledger first, and check the ledger's slug";
    /// A ledger opens once.
    LedgerAlreadyOpen => "the ledger is open already",
        "go on with it; change-policy changes how it is kept";
    /// Rule 5: a source record is accepted once.
    SourceKeyTaken { position: u64 } => "this source record was accepted before with other content, at position {position}",
        "send a correction of that event instead of the record again";
    /// A thing with this id or natural key exists.
    Taken { field: &'static str, value: String } => "{field} {value} is taken",
        "where it is the same thing, go on with the one that is there; otherwise give it another id, code or reference";
    /// No such thing in this ledger.
    NotFound { kind: &'static str, id: Uuid } => "there is no {kind} {id} in this ledger",
        "check the id; what is named is recorded before what names it";
    /// Rule 14: what has ended stays as it was.
    Closed { kind: &'static str, since: Date } => "the {kind} is closed since {since}; it accepts only corrections";
    /// What would change is already so.
    NoChange { what: &'static str } => "{what}",
        "nothing is left to be done";
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
    DateInFuture { date: Date, today: Date } => "{date} is in the future; today is {today} in the ledger's time zone",
        "check the date; what is planned is recorded once it has happened";
    /// Rule 4: a ledger has a first day.
    DateBeforeLedger { date: Date, starts: Date } => "{date} is before the ledger's first day, {starts}";
    /// Rule 4: how late a report may be is set by the policy.
    DateTooOld { date: Date, oldest: Date } => "{date} is too long ago; the policy takes late reports back to {oldest}",
        "check the date; only the ledger's policy changes how late a report may come";
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
    AgreementNotActive { date: Date } => "the agreement is not active on {date}",
        "check the date and which agreement is meant; where it was signed late, renewed or resumed, record that first";
    /// Rule 1: at a site that the agreement covers.
    SiteNotCovered { date: Date } => "the agreement does not cover this site on {date}",
        "check the site and the date; where the agreement is to cover it, send amend-agreement first";
    /// Rule 1: for a pillar that the agreement covers.
    PillarNotCovered { pillar: Pillar, date: Date } => "the agreement does not cover the pillar {pillar:?} on {date}",
        "check the pillar; where the agreement is to cover it, send amend-agreement first";
    /// Rule 1: of a kind that the agreement covers.
    KindNotCovered { kind: ServiceKind, date: Date } => "the agreement does not cover the service kind {kind:?} on {date}",
        "check the kind; where the agreement is to cover it, send amend-agreement first";
    /// Rules 1 and 7: a suspended partner neither serves nor signs.
    PartnerSuspended { date: Date } => "the partner is suspended on {date}",
        "check the date; where the suspension had ended, send reinstate-partner first";
    /// Rule 2: who works with some or few students was vetted.
    PartnerNotVetted { date: Date } => "the partner has no vetting valid on {date}, which tier 2 and 3 services need",
        "record the vetting first, with its day in effective";
    /// The site is not open on that day.
    SiteNotOpen { date: Date } => "the site is not open on {date}",
        "check the site and the date; the site's timeline says when it opened and closed";
    /// Rule 7: a change to an agreement leaves covered what was delivered under it.
    StrandsDeliveries { date: Date } => "this would strand what was delivered under the agreement, such as on {date}",
        "let it take effect later, or correct the deliveries first";
    /// Other things rely on it.
    InUse { what: &'static str } => "other records rely on it ({what}); void or correct them first";
    /// Families are recorded only for an engagement that took place.
    EngagementNotHeld => "the engagement was not held";
    /// It took place already.
    EngagementAlreadyHeld => "the engagement was held already";
    /// Rule 6: a correction names an event.
    EventNotFound { event: Uuid } => "there is no event {event} in this ledger",
        "check the id; a receipt and the events of the thing name them";
    /// Rule 6: of the thing that it corrects.
    EventOfAnotherKind { event: Uuid, kind: &'static str } => "event {event} is about a {kind}";
    /// Rule 6: corrections form a chain, each on the latest.
    AlreadyCorrected { position: u64 } => "the event was corrected already, at position {position}; correct that one";
    /// Rule 6: what was voided stays voided.
    AlreadyVoided { position: u64 } => "the event was voided, at position {position}";
    /// Rule 6: a correction keeps what sort of event it was.
    CorrectionChangesEvent { was: &'static str, now: &'static str } => "a correction of {was} must be a {was}, not {now}";
    /// Rule 12: a person that is not enrolled can't be named.
    PersonUnknown { person: Uuid } => "person {person} is not enrolled in this ledger",
        "check the id; send enrol-person first where the person is new";
    /// Rule 12: a person that was merged away can't be named.
    PersonMergedAway { into: Uuid } => "the person was merged into {into}; name that one";
    /// Rule 12: a person is not merged into itself, nor by way of others.
    MergeInCircle => "this would merge a person into itself";
    /// What is separated was merged.
    PersonNotMerged { from: Uuid } => "the person is not merged into {from}";
    /// A person joins a household once and leaves one that it belongs to.
    HouseholdUnclear => "after this the person would belong to a household twice or less than not at all";
    /// A person belongs to few households.
    TooManyHouseholds { max: usize } => "a person belongs to at most {max} households; record which one was left";
    /// Rule 3: tier 3 and mental-health services, and referrals, need a legal basis.
    BasisNeeded => "basis must name a law (law:<code>) or a consent (consent:<id>)",
        "record the consent first, or name the law that permits it without one";
    /// Rule 3: a consent holds on the day.
    ConsentNotLive { date: Date } => "the consent does not hold on {date}";
    /// Rule 3: a consent that was withdrawn is no basis for what is recorded afterwards.
    ConsentWithdrawn { since: Date } => "the consent was withdrawn on {since}; name another basis";
    /// Rule 3: a consent is a basis in its own case.
    ConsentNotForCase => "the consent was given in another case";
    /// Rule 3: a consent covers the kind of service.
    ConsentNotForKind { kind: ServiceKind } => "the consent does not cover the service kind {kind:?}";
    /// Rule 8: a quorum never leaves out the students and families who have seats.
    QuorumLeavesOut { constituency: Constituency } => "the charter has seats for {constituency}, so its quorum needs at least 1 of them";
    /// A seat of the constituency is there and is free.
    NoFreeSeat { constituency: Constituency, seats: u16, date: Date } => "on {date} the charter has {seats} seats for {constituency} and none of them is free";
    /// Rule 9: one person holds one seat of a council at a time.
    SeatHeld { member: Uuid, date: Date } => "member {member} holds a seat of the council on {date} already";
    /// Rule 9: only who holds a seat on that day attends a meeting or leaves the seat.
    MemberNotSeated { member: Uuid, date: Date } => "member {member} holds no seat of the council on {date}";
    /// What was said and done in a meeting happened on its day.
    NotOnMeetingDay { date: Date } => "the meeting is on {date}; effective must be that day";
    /// Rule 8: who attended is known before anything is decided.
    AttendanceNotRecorded { date: Date } => "no attendance is recorded for the meeting on {date}",
        "send record-attendance first";
    /// Rule 9: positions come only from members who attended.
    PositionsExceedAttendance { constituency: Constituency, positions: u32, present: u16 } => "{positions} positions are given for {constituency}, but {present} of them attended";
    /// A decision rests on positions.
    PositionsNotRecorded { date: Date } => "no positions on this proposal are recorded for the meeting on {date}",
        "send record-positions first";
    /// Rule 8: a decision needs the quorum in total.
    QuorumNotMet { present: u16, quorum: u16 } => "{present} members attended; the quorum is {quorum}",
        "decline it with the reason no-quorum and decide at a later meeting";
    /// Rule 8: a decision needs the quorum of each constituency.
    ConstituencyQuorumNotMet { constituency: Constituency, present: u16, quorum: u16 } => "{present} members for {constituency} attended; their quorum is {quorum}",
        "decline it with the reason no-quorum and decide at a later meeting";
    /// A proposal does not fail for want of a quorum that was there.
    QuorumMet => "the quorum was met, so there is another reason why it was not adopted";
    /// Rule 8: a decision is adopted by the charter's rule.
    DecisionNotCarried { rule: DecisionRule } => "the positions do not carry the proposal by the charter's rule, {rule}";
    /// Rule 8: what the charter's rule carries is adopted.
    DecisionCarried { rule: DecisionRule } => "the positions carry the proposal by the charter's rule, {rule}";
    /// Rule 8: the tally equals the recorded positions.
    TallyDiffers { support: u16, stand_aside: u16, oppose: u16, abstain: u16 } => "the recorded positions are {support} support, {stand_aside} stand aside, {oppose} oppose, {abstain} abstain; the tally differs";
    /// A proposal is decided once, unless the council sets the decision aside.
    ProposalDecided { decision: Uuid } => "decision {decision} is about the same proposal, which is decided once a meeting, and again only after the council set that decision aside";
    /// Only an adopted decision that the council has not set aside is acted on, revisited or cited.
    DecisionNotStanding { decision: Uuid, date: Date } => "decision {decision} does not stand on {date}: it was not taken by then, not adopted, or set aside";
    /// Rule 8: a change to the record of a council leaves its decisions founded.
    StrandsDecision { decision: Uuid, date: Date } => "this would take its ground from decision {decision} of {date}",
        "let it take effect after that day, or void the decision first";
    /// A site's needs are assessed in one place at a time.
    AssessmentOpenAlready { year: SchoolYear } => "the site has another open assessment for {year}; close it first";
    /// An assessment is of its school year.
    OutsideAssessmentYear { date: Date, from: Date, to: Date } => "{date} is not of the assessment's school year, which is taken from half a year before it: {from} to {to}";
    /// A sharing is approved before it is revoked.
    SharingNotApproved => "the sharing was not approved";
    /// A sharing expires while those who decided it remember it.
    SharingTooLong { latest: Date } => "a sharing lasts five years at most, until {latest} from its first day; approve another when it ends";
    /// Rule 10: no read outlives a sharing.
    SharingNotLive { date: Date } => "the sharing is not live on {date}: it was not approved for that day, or was revoked";
    /// Rule 10: what is shown under a sharing goes to those whom it is with.
    SharingWithAnother { recipient: String } => "the sharing is with {recipient} and with nobody else";
    /// Rule 10: what is shown under a sharing serves its purpose.
    SharingForAnotherPurpose { purpose: SharingPurpose } => "the sharing is for {purpose:?} and for nothing else";
    /// A disclosure says in exactly one way whom it is about.
    SubjectsUnclear => "give exactly one of person, case and subjects";
    /// Nothing is disclosed without grounds.
    DisclosureBasisNeeded => "basis must name a law (law:<code>), a consent (consent:<id>) or a sharing (sharing:<id>)",
        "find out what permits it before anybody is shown anything";
    /// A consent is given in a case, and the ledger does not know whose case it is.
    ConsentNotForSubject => "a consent is given in one case; name that case instead, or another basis";
    /// A newer version of an event is written once every reader knows it.
    SchemaNotRegistered { event: &'static str, version: u16 } => "version {version} of {event} is not registered in this ledger",
        "upgrade whatever reads this ledger, then send register-schema";
    /// What is completed was accepted.
    ReferralNotAccepted => "no partner has accepted the referral";
    /// One partner accepts a referral, and keeps it until it is completed or closed.
    ReferralAlreadyAccepted => "a partner has accepted the referral; complete it or close it";
    /// A referral that was redirected is for one partner.
    ReferralWithAnother { partner: Uuid } => "the referral is with partner {partner} now; redirect it first";
    /// A request to amend a record is decided once.
    AmendmentAlreadyDecided => "the request was decided already";
    /// A statement is placed where a request was denied.
    StatementNeedsDenial => "a statement is placed after the request was denied, not before and not where it was granted";
    // Grants and technical assistance.
    /// Rule 4: so much money is an error of entry.
    CentsOutOfRange { cents: u64 } => "cents must be 0 to 10000000000000, not {cents}",
        "money is whole cents: 12.50 is 1250";
    /// Rule 11: allocations never exceed the award.
    AllocationExceedsAward { cents: u64, left: u64 } => "an allocation of {cents} cents exceeds what is left of the award, {left} cents",
        "correct the award or its other allocations first";
    /// Rule 11: expenditures never exceed their allocation.
    ExpenditureExceedsAllocation { cents: u64, left: u64 } => "an expenditure of {cents} cents exceeds what is left of its allocation, {left} cents",
        "correct the allocation or the expenditures first";
    /// Rule 11: an award stays at least what is allocated of it.
    Overallocated { cents: u64, allocated: u64 } => "an award of {cents} cents is less than the {allocated} cents allocated of it",
        "correct the award or its other allocations first";
    /// Rule 11: an allocation stays at least what is spent of it.
    Overspent { cents: u64, spent: u64 } => "an allocation of {cents} cents is less than the {spent} cents spent of it",
        "correct the allocation or the expenditures first";
    /// Rule 11: what is done with a grant lies inside its period, which its closing may shorten.
    OutsideGrantPeriod { date: Date, from: Date, to: Date } => "{date} is outside the grant's period, {from} to {to}";
    /// An answer follows its request.
    AssistanceBeforeRequest { date: Date, requested: Date } => "{date} is before the assistance was requested, on {requested}";
    /// Only what was provided is evaluated.
    AssistanceNotProvided { date: Date } => "no assistance was provided by {date}";
    /// A token allows to read or to write: everything of its ledger, or what its scope names.
    ScopeNotAllowed { scope: String } => "{scope:?} is no scope: it must be read, write, or what it is for with one of them, such as deliveries:write";
}

/// Every refusal there is, by code.
pub fn catalogue() -> Vec<Rule> {
    let said = Refusal::VARIANTS.iter().zip(SAID);
    let rule = |(&code, &(about, sentence, hint)): (&_, &(&'static str, _, _))| Rule {
        code,
        about: about.trim(),
        sentence,
        hint,
    };
    let mut rules: Vec<Rule> = said.map(rule).collect();
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
            Self::QuorumLeavesOut { .. } => Some("details/quorum/constituencies"),
            Self::NoFreeSeat { .. } => Some("details/constituency"),
            Self::PositionsExceedAttendance { .. } => Some("details/positions"),
            Self::TallyDiffers { .. } => Some("details/tally"),
            Self::MinutesOutOfRange { .. } => Some("details/minutes"),
            Self::HeadcountOutOfRange { .. } => Some("details/headcount"),
            Self::MergeInCircle => Some("details/into"),
            Self::PersonNotMerged { .. } => Some("details/from"),
            Self::HouseholdUnclear | Self::TooManyHouseholds { .. } => Some("details/household"),
            Self::ConsentNotForCase => Some("details/case"),
            Self::ConsentNotForKind { .. } => Some("details/kind"),
            Self::ReferralWithAnother { .. } => Some("details/partner"),
            Self::CentsOutOfRange { .. }
            | Self::AllocationExceedsAward { .. }
            | Self::ExpenditureExceedsAllocation { .. }
            | Self::Overallocated { .. }
            | Self::Overspent { .. } => Some("details/cents"),
            Self::OutsideGrantPeriod { .. }
            | Self::AssistanceBeforeRequest { .. }
            | Self::AssistanceNotProvided { .. } => Some("effective"),
            Self::OneDayNeeded
            | Self::NotOnMeetingDay { .. }
            | Self::SpanNeeded
            | Self::DateInFuture { .. }
            | Self::DateBeforeLedger { .. }
            | Self::DateTooOld { .. }
            | Self::OutsideAssessmentYear { .. }
            | Self::SharingTooLong { .. } => Some("effective"),
            Self::AssessmentOpenAlready { .. } => Some("details/year"),
            Self::SharingWithAnother { .. } => Some("details/recipient"),
            Self::SharingForAnotherPurpose { .. } => Some("details/purpose"),
            Self::ScopeNotAllowed { .. } => Some("details/scopes"),
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
}
