//! The state of one ledger that rules read, and the two functions over it: `decide` and `evolve`.
//!
//! What grows with volume is not here: the shell looks it up and brings it as [`Found`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::Access;
use crate::agreement::Agreement;
use crate::amendment::Amendment;
use crate::assessment::Assessment;
use crate::assistance::Assistance;
use crate::basis::Basis;
use crate::case::Case;
use crate::consent::Consent;
use crate::council::Council;
use crate::engagement::Engagement;
use crate::fact::{Fact, Recorded, Timestamp};
use crate::grant::Grant;
use crate::id::{
    AccessId, AgreementId, AmendmentId, AssessmentId, AssistanceId, CaseId, ConsentId, CouncilId, DecisionId,
    EngagementId, GrantId, OfferingId, PartnerId, PersonId, ReferralId, SharingId, SiteId,
};
use crate::ledger::Ledger;
use crate::offering::Offering;
use crate::partner::Partner;
use crate::person::{Link, Person};
use crate::referral::Referral;
use crate::sharing::Sharing;
use crate::site::Site;
use crate::version::may_be_written;
use crate::{CdsCode, Command, Refusal, ledger};

/// Revision of the rules in this crate; stamped on every event they decided.
pub const RULES: u32 = 3;

/// What the shell brings to a decision from outside: the time, and randomness to make ids of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The moment of recording.
    pub recorded: Timestamp,
    /// The day of that moment in the ledger's time zone.
    pub today: Date,
    /// Random, and the same when a command is decided again.
    pub seed: [u8; 16],
}

impl Stamp {
    /// The `n`th identifier of this command: a UUIDv7 of the moment and the seed.
    pub fn id(&self, n: u16) -> Uuid {
        let millis = u64::try_from(self.recorded.0 / 1000).unwrap_or(0);
        let [s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, ..] = self.seed;
        let tail = u16::from_be_bytes([s8, s9]).wrapping_add(n).to_be_bytes();
        let random = [s0, s1, s2, s3, s4, s5, s6, s7, tail[0], tail[1]];
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// Whether an event is the latest of its chain of corrections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Latest,
    /// The event at this position corrects it.
    CorrectedBy(u64),
    /// The event at this position voids it.
    VoidedBy(u64),
}

/// The event that a correction names, as the shell found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEvent {
    /// Its position.
    pub position: u64,
    /// Whether it is the latest of its chain.
    pub standing: Standing,
    /// What it says.
    pub fact: Fact,
}

/// What the shell brings of a command besides its body: what it looked up for the things that it names, and its basis.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The event that a correction or void names.
    pub corrected: Option<FoundEvent>,
    /// The event that a command names otherwise.
    pub mentioned: Option<FoundEvent>,
    /// Position of an earlier event from the same source record with other content.
    pub source_taken: Option<u64>,
    /// On what grounds the command is.
    pub basis: Basis,
}

/// One ledger, as far as rules need it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    pub(crate) opened: Option<Ledger>,
    pub(crate) sites: BTreeMap<SiteId, Site>,
    pub(crate) partners: BTreeMap<PartnerId, Partner>,
    pub(crate) agreements: BTreeMap<AgreementId, Agreement>,
    pub(crate) offerings: BTreeMap<OfferingId, Offering>,
    pub(crate) engagements: BTreeMap<EngagementId, Engagement>,
    // There may be half a million, of whom few were ever merged.
    pub(crate) persons: BTreeMap<PersonId, Person>,
    pub(crate) links: BTreeMap<PersonId, Link>,
    #[serde(default)]
    pub(crate) cases: BTreeMap<CaseId, Case>,
    /// Partners who were shown something.
    #[serde(default)]
    pub(crate) disclosed_to: BTreeSet<PartnerId>,
    pub(crate) consents: BTreeMap<ConsentId, Consent>,
    #[serde(default)]
    pub(crate) councils: BTreeMap<CouncilId, Council>,
    #[serde(default)]
    pub(crate) referrals: BTreeMap<ReferralId, Referral>,
    #[serde(default)]
    pub(crate) amendments: BTreeMap<AmendmentId, Amendment>,
    pub(crate) grants: BTreeMap<GrantId, Grant>,
    #[serde(default)]
    pub(crate) assistances: BTreeMap<AssistanceId, Assistance>,
    #[serde(default)]
    pub(crate) assessments: BTreeMap<AssessmentId, Assessment>,
    #[serde(default)]
    pub(crate) sharings: BTreeMap<SharingId, Sharing>,
    #[serde(default)]
    pub(crate) accesses: BTreeMap<AccessId, Access>,
    // Natural keys of what is above, so that a duplicate is found without a scan.
    pub(crate) site_by_cds: BTreeMap<CdsCode, SiteId>,
    pub(crate) partner_by_key: BTreeMap<String, PartnerId>,
    pub(crate) agreement_by_reference: BTreeMap<String, AgreementId>,
    pub(crate) council_by_decision: BTreeMap<DecisionId, CouncilId>,
    #[serde(default)]
    pub(crate) grant_by_award: BTreeMap<String, GrantId>,
}

/// What holds before `ledger-opened`; `decide` refuses before anything reads it.
static UNOPENED: Ledger = Ledger::unopened();

impl State {
    /// The ledger's own facts, once it is open.
    pub const fn opened(&self) -> Option<&Ledger> {
        self.opened.as_ref()
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        self.opened.as_ref().unwrap_or(&UNOPENED)
    }

    /// Position of the policy event in force; 0 before the ledger is open.
    pub fn policy_position(&self) -> u64 {
        self.ledger().policy_position
    }

    /// The site, if it is registered.
    pub fn site(&self, id: SiteId) -> Result<&Site, Refusal> {
        self.sites.get(&id).ok_or(Refusal::NotFound { kind: "site", id: id.0 })
    }

    /// The partner, if it is onboarded.
    pub fn partner(&self, id: PartnerId) -> Result<&Partner, Refusal> {
        self.partners.get(&id).ok_or(Refusal::NotFound { kind: "partner", id: id.0 })
    }

    /// The agreement, if it is signed.
    pub fn agreement(&self, id: AgreementId) -> Result<&Agreement, Refusal> {
        self.agreements.get(&id).ok_or(Refusal::NotFound { kind: "agreement", id: id.0 })
    }

    /// The offering, if there is one.
    pub fn offering(&self, id: OfferingId) -> Result<&Offering, Refusal> {
        self.offerings.get(&id).ok_or(Refusal::NotFound { kind: "offering", id: id.0 })
    }

    /// The engagement, if it was planned or held.
    pub fn engagement(&self, id: EngagementId) -> Result<&Engagement, Refusal> {
        self.engagements.get(&id).ok_or(Refusal::NotFound { kind: "engagement", id: id.0 })
    }

    /// The person, if enrolled.
    pub fn person(&self, id: PersonId) -> Result<&Person, Refusal> {
        self.persons.get(&id).ok_or(Refusal::PersonUnknown { person: id.0 })
    }

    /// The case, if it was opened here.
    pub fn case(&self, id: CaseId) -> Result<&Case, Refusal> {
        self.cases.get(&id).ok_or(Refusal::NotFound { kind: "case", id: id.0 })
    }

    /// The consent, if it was recorded.
    pub fn consent(&self, id: ConsentId) -> Result<&Consent, Refusal> {
        self.consents.get(&id).ok_or(Refusal::NotFound { kind: "consent", id: id.0 })
    }

    /// The council, if it is chartered.
    pub fn council(&self, id: CouncilId) -> Result<&Council, Refusal> {
        self.councils.get(&id).ok_or(Refusal::NotFound { kind: "council", id: id.0 })
    }

    /// The assessment, if it was opened.
    pub fn assessment(&self, id: AssessmentId) -> Result<&Assessment, Refusal> {
        self.assessments.get(&id).ok_or(Refusal::NotFound { kind: "assessment", id: id.0 })
    }

    /// The sharing, if it was proposed.
    pub fn sharing(&self, id: SharingId) -> Result<&Sharing, Refusal> {
        self.sharings.get(&id).ok_or(Refusal::NotFound { kind: "sharing", id: id.0 })
    }

    /// The referral, if it was opened.
    pub fn referral(&self, id: ReferralId) -> Result<&Referral, Refusal> {
        self.referrals.get(&id).ok_or(Refusal::NotFound { kind: "referral", id: id.0 })
    }

    /// The request to amend a record, if it was made.
    pub fn amendment(&self, id: AmendmentId) -> Result<&Amendment, Refusal> {
        self.amendments.get(&id).ok_or(Refusal::NotFound { kind: "amendment", id: id.0 })
    }

    /// The grant, if it is awarded.
    pub fn grant(&self, id: GrantId) -> Result<&Grant, Refusal> {
        self.grants.get(&id).ok_or(Refusal::NotFound { kind: "grant", id: id.0 })
    }

    /// The assistance, if it was requested.
    pub fn assistance(&self, id: AssistanceId) -> Result<&Assistance, Refusal> {
        self.assistances.get(&id).ok_or(Refusal::NotFound { kind: "assistance", id: id.0 })
    }

    /// The token, if it was granted.
    pub fn access(&self, id: AccessId) -> Result<&Access, Refusal> {
        self.accesses.get(&id).ok_or(Refusal::NotFound { kind: "token", id: id.0 })
    }

    /// Agreements, by id.
    pub fn agreements(&self) -> impl Iterator<Item = (AgreementId, &Agreement)> {
        self.agreements.iter().map(|(id, agreement)| (*id, agreement))
    }
}

/// Decides a command: the facts that it makes, at least one, or the rule that it violates.
///
/// # Errors
/// The first violated rule: first what stands in the way of any command, then what is wrong with this one,
/// then what is wrong with the moment.
pub fn decide(state: &State, command: &Command, found: &Found, stamp: &Stamp) -> Result<Vec<Fact>, Refusal> {
    if let Some(position) = found.source_taken {
        return Err(Refusal::SourceKeyTaken { position });
    }
    let opens = matches!(command, Command::Ledger(ledger::Command::OpenLedger(_)));
    if state.opened.is_none() && !opens {
        return Err(Refusal::LedgerNotOpen);
    }
    let facts = command.decide(state, found, stamp)?;
    may_be_written(state, &facts)?;
    Ok(facts)
}

/// Brings the state up to a recorded fact. Never fails: the facts were decided.
pub fn evolve(state: &mut State, recorded: Recorded<'_>) {
    recorded.fact.event.evolve(state, &recorded);
}

/// Moves a thing from its old natural key to its new one.
pub(crate) fn rekey<K: Ord, I>(keys: &mut BTreeMap<K, I>, before: Option<K>, after: Option<K>, id: I) {
    if let Some(before) = before {
        keys.remove(&before);
    }
    if let Some(after) = after {
        keys.insert(after, id);
    }
}
