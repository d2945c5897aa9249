//! What is said of positions and decisions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::council::Quorum;
use crate::council::code::{Constituency, DecisionRule, Level, NotAdopted};
use crate::id::{DecisionId, MeetingId, ProposalId, SiteId};

/// Numbers of members by the position that they took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Are for it.
    pub support: u16,
    /// Are not for it and let it pass.
    pub stand_aside: u16,
    /// Are against it.
    pub oppose: u16,
    /// Take no position.
    pub abstain: u16,
}

impl Tally {
    /// How many took one of the four.
    pub fn members(self) -> u32 {
        [self.support, self.stand_aside, self.oppose, self.abstain].map(u32::from).iter().sum()
    }

    /// How many dissent: they oppose it or stand aside.
    pub fn dissent(self) -> u32 {
        u32::from(self.oppose) + u32::from(self.stand_aside)
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            support: self.support.saturating_add(other.support),
            stand_aside: self.stand_aside.saturating_add(other.stand_aside),
            oppose: self.oppose.saturating_add(other.oppose),
            abstain: self.abstain.saturating_add(other.abstain),
        }
    }
}

/// `positions-recorded`; on the day of the meeting, once for each proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PositionsRecorded {
    /// The meeting.
    pub meeting: MeetingId,
    /// The proposal.
    pub proposal: ProposalId,
    /// Positions of each constituency; in each no more than attended.
    pub positions: BTreeMap<Constituency, Tally>,
}

/// What a decision rested on when it was recorded; filled in by the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// Level of the council.
    pub level: Level,
    /// Site of the council.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// The charter's rule on that day: the rule applied.
    pub rule: DecisionRule,
    /// The charter's quorum on that day.
    pub quorum: Quorum,
    /// Members present, by constituency.
    pub present: BTreeMap<Constituency, u16>,
    /// Their positions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub positions: BTreeMap<Constituency, Tally>,
}

/// `decision-adopted`; on the day of the meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionAdopted {
    /// The decision.
    pub decision: DecisionId,
    /// The meeting.
    pub meeting: MeetingId,
    /// What was proposed.
    pub proposal: ProposalId,
    /// All positions together; those who oppose it or stand aside are the dissent.
    pub tally: Tally,
    /// What it rested on; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grounds: Option<Grounds>,
}

/// `decision-not-adopted`; on the day of the meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionNotAdopted {
    /// The decision.
    pub decision: DecisionId,
    /// The meeting.
    pub meeting: MeetingId,
    /// What was proposed.
    pub proposal: ProposalId,
    /// Why.
    pub reason: NotAdopted,
    /// All positions together, where positions are recorded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tally: Option<Tally>,
    /// What it rested on; filled in by the ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grounds: Option<Grounds>,
}

/// `decision-revisited`; on the day of a meeting with a quorum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRevisited {
    /// Which decision, adopted or not.
    pub decision: DecisionId,
    /// The meeting at which it was revisited.
    pub meeting: MeetingId,
    /// Whether it stands; if not, it is set aside, and the proposal may be decided again.
    pub stands: bool,
}
