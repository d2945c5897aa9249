//! Identifiers of things, each with its own type so that a site is never passed for a partner.

use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The UUID of one thing of kind `K`. Written as the plain hyphenated UUID.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id<K>(pub Uuid, PhantomData<K>);

impl<K> Id<K> {
    /// The identifier with this UUID.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }
}

impl<K> JsonSchema for Id<K> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "uuid" })
    }
}

// Derives would ask the same of the marker, which holds nothing.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Markers that name the kinds of identifiers; they have no values.
pub mod mark {
    /// A school or district office.
    pub enum Site {}
    /// An organisation.
    pub enum Partner {}
    /// A signed agreement.
    pub enum Agreement {}
    /// A service offered at a site.
    pub enum Offering {}
    /// One delivery of a service.
    pub enum Delivery {}
    /// One engagement of families.
    pub enum Engagement {}
    /// A council.
    pub enum Council {}
    /// One person on one council, by a random id.
    pub enum Member {}
    /// One meeting of a council.
    pub enum Meeting {}
    /// One proposal to a council.
    pub enum Proposal {}
    /// One decision of a council.
    pub enum Decision {}
    /// One action that a council assigned.
    pub enum Action {}
    /// A person, by a random id.
    pub enum Person {}
    /// A household, by a random id.
    pub enum Household {}
    /// One person in one programme, by a random id.
    pub enum Case {}
    /// One consent.
    pub enum Consent {}
    /// One referral of a case.
    pub enum Referral {}
    /// One request to amend a record.
    pub enum Amendment {}
    /// One assessment of needs and assets.
    pub enum Assessment {}
    /// A need that an assessment identified.
    pub enum Need {}
    /// An asset that an assessment identified.
    pub enum Asset {}
    /// A goal that an assessment set.
    pub enum Goal {}
    /// One sharing of data.
    pub enum Sharing {}
    /// Money awarded for a period.
    pub enum Grant {}
    /// A part of a grant given to a site.
    pub enum Allocation {}
    /// A request for technical assistance and its answer.
    pub enum Assistance {}
    /// One token.
    pub enum Access {}
}

/// A site.
pub type SiteId = Id<mark::Site>;
/// A partner.
pub type PartnerId = Id<mark::Partner>;
/// An agreement.
pub type AgreementId = Id<mark::Agreement>;
/// An offering.
pub type OfferingId = Id<mark::Offering>;
/// A delivery.
pub type DeliveryId = Id<mark::Delivery>;
/// An engagement.
pub type EngagementId = Id<mark::Engagement>;
/// A council.
pub type CouncilId = Id<mark::Council>;
/// A member of one council: random, used in that council alone, unlinked to the person's id.
pub type MemberId = Id<mark::Member>;
/// A meeting of a council.
pub type MeetingId = Id<mark::Meeting>;
/// A proposal to a council.
pub type ProposalId = Id<mark::Proposal>;
/// A decision of a council; one council in the ledger has it.
pub type DecisionId = Id<mark::Decision>;
/// An action that a council assigned.
pub type ActionId = Id<mark::Action>;
/// A person; random, never derived from a student number.
pub type PersonId = Id<mark::Person>;
/// A household; random.
pub type HouseholdId = Id<mark::Household>;
/// A case: one person in one programme in one ledger; random, unlinked to the person's id.
pub type CaseId = Id<mark::Case>;
/// A consent.
pub type ConsentId = Id<mark::Consent>;
/// A referral.
pub type ReferralId = Id<mark::Referral>;
/// A request to amend a record.
pub type AmendmentId = Id<mark::Amendment>;
/// An assessment.
pub type AssessmentId = Id<mark::Assessment>;
/// A need; one in its assessment, and the same from year to year where it stays.
pub type NeedId = Id<mark::Need>;
/// An asset; one in its assessment.
pub type AssetId = Id<mark::Asset>;
/// A goal; one in its assessment.
pub type GoalId = Id<mark::Goal>;
/// A sharing.
pub type SharingId = Id<mark::Sharing>;
/// A grant.
pub type GrantId = Id<mark::Grant>;
/// A part of a grant; it is no thing of its own but stands inside its grant.
pub type AllocationId = Id<mark::Allocation>;
/// A request for technical assistance.
pub type AssistanceId = Id<mark::Assistance>;
/// A token; it is written inside it, and tells nothing of its secret.
pub type AccessId = Id<mark::Access>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_its_plain_uuid() {
        let id = SiteId::new(Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_0001));
        let text = "018f0000-0000-7000-8000-000000000001";
        assert_eq!((id.to_string().as_str(), format!("{id:?}").as_str()), (text, text));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<SiteId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<SiteId>("\"site 1\"").is_err());
    }
}
