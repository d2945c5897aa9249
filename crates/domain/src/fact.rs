//! What a decision yields: facts about things, and the sum of all events.
//!
//! Envelope attributes that say who, when and on what basis belong to the wire; they are not here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Effective, agreement, delivery, engagement, ledger, offering, partner, site};

/// Microseconds since the Unix epoch, UTC: when the ledger learned something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// The kind of thing an event is about; the first half of its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The ledger itself.
    Ledger,
    /// A school or a district's own office.
    Site,
    /// An organisation that works with sites.
    Partner,
    /// What a partner and a ledger's owner have signed.
    Agreement,
    /// A service on offer at a site under an agreement.
    Offering,
    /// A service delivered.
    Delivery,
    /// An occasion with families.
    Engagement,
}

impl Kind {
    /// Every kind, in the order of the domain.
    pub const ALL: [Self; 7] = [
        Self::Ledger,
        Self::Site,
        Self::Partner,
        Self::Agreement,
        Self::Offering,
        Self::Delivery,
        Self::Engagement,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Site => "site",
            Self::Partner => "partner",
            Self::Agreement => "agreement",
            Self::Offering => "offering",
            Self::Delivery => "delivery",
            Self::Engagement => "engagement",
        }
    }
}

/// What an event is about, written `<kind>/<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Kind of the thing.
    pub kind: Kind,
    /// Its id; for the ledger itself, the nil UUID.
    pub id: Uuid,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.id.hyphenated())
    }
}

/// The text is not `<kind>/<uuid>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotASubject;

impl FromStr for Subject {
    type Err = NotASubject;
    fn from_str(text: &str) -> Result<Self, NotASubject> {
        let (kind, id) = text.split_once('/').ok_or(NotASubject)?;
        let kind = Kind::ALL.into_iter().find(|k| k.as_str() == kind).ok_or(NotASubject)?;
        Ok(Self { kind, id: Uuid::try_parse(id).map_err(|_| NotASubject)? })
    }
}

/// One thing that became true, before it has a place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub subject: Subject,
    /// When it is true in the world; absent where the moment of recording says it all.
    pub effective: Option<Effective>,
    /// The id of the event that this one corrects or voids.
    pub corrects: Option<Uuid>,
    /// What happened.
    pub event: Event,
}

/// A fact with its place in the log, as `evolve` sees it.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// Number of the event in its ledger, from 1.
    pub position: u64,
    /// Id of the event.
    pub id: Uuid,
    /// When it was recorded.
    pub time: Timestamp,
    /// The fact.
    pub fact: &'a Fact,
}

/// Every event there is, by the thing it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// About the ledger.
    Ledger(ledger::Event),
    /// About a site.
    Site(site::Event),
    /// About a partner.
    Partner(partner::Event),
    /// About an agreement.
    Agreement(agreement::Event),
    /// About an offering.
    Offering(offering::Event),
    /// About a delivery.
    Delivery(delivery::Event),
    /// About an engagement.
    Engagement(engagement::Event),
}

impl Event {
    /// The kind of thing it is about.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Ledger(_) => Kind::Ledger,
            Self::Site(_) => Kind::Site,
            Self::Partner(_) => Kind::Partner,
            Self::Agreement(_) => Kind::Agreement,
            Self::Offering(_) => Kind::Offering,
            Self::Delivery(_) => Kind::Delivery,
            Self::Engagement(_) => Kind::Engagement,
        }
    }

    /// The name on the wire, such as `service-delivered`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ledger(e) => e.name(),
            Self::Site(e) => e.name(),
            Self::Partner(e) => e.name(),
            Self::Agreement(e) => e.name(),
            Self::Offering(e) => e.name(),
            Self::Delivery(e) => e.name(),
            Self::Engagement(e) => e.name(),
        }
    }
}
