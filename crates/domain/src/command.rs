//! Every command there is, by the thing it is addressed to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fact::Kind;
use crate::{Effective, agreement, delivery, engagement, ledger, offering, partner, site};

/// Body of a command that makes a new thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Create<I, D> {
    /// Id of the new thing; minted by the ledger when absent.
    // Without `default`, which would ask `Default` of every id; a missing option is none all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<I>,
    /// When it is true.
    pub effective: Effective,
    /// What it is.
    pub details: D,
}

/// Body of a command to a thing that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Act<I, D> {
    /// Which thing.
    pub id: I,
    /// When it is true.
    pub effective: Effective,
    /// What is so.
    pub details: D,
}

/// The sum of all commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// To the ledger.
    Ledger(ledger::Command),
    /// To a site.
    Site(site::Command),
    /// To a partner.
    Partner(partner::Command),
    /// To an agreement.
    Agreement(agreement::Command),
    /// To an offering.
    Offering(offering::Command),
    /// To a delivery.
    Delivery(delivery::Command),
    /// To an engagement.
    Engagement(engagement::Command),
}

/// The names of one kind's commands and events on the wire.
pub struct Names {
    /// The kind.
    pub kind: Kind,
    /// Its commands.
    pub commands: &'static [&'static str],
    /// Its events.
    pub events: &'static [&'static str],
}

/// All names there are; a name belongs to one kind.
pub const NAMES: &[Names] = &[
    Names { kind: Kind::Delivery, commands: delivery::Command::NAMES, events: delivery::Event::NAMES },
    Names { kind: Kind::Engagement, commands: engagement::Command::NAMES, events: engagement::Event::NAMES },
    Names { kind: Kind::Ledger, commands: ledger::Command::NAMES, events: ledger::Event::NAMES },
    Names { kind: Kind::Site, commands: site::Command::NAMES, events: site::Event::NAMES },
    Names { kind: Kind::Partner, commands: partner::Command::NAMES, events: partner::Event::NAMES },
    Names { kind: Kind::Agreement, commands: agreement::Command::NAMES, events: agreement::Event::NAMES },
    Names { kind: Kind::Offering, commands: offering::Command::NAMES, events: offering::Event::NAMES },
];

impl Command {
    /// The kind that has a command of this name.
    pub fn kind_of(name: &str) -> Option<Kind> {
        NAMES.iter().find(|n| n.commands.contains(&name)).map(|n| n.kind)
    }

    /// The event that a correction or void names; the shell looks it up for `decide`.
    pub const fn corrects(&self) -> Option<Uuid> {
        match self {
            Self::Ledger(_) => None,
            Self::Site(c) => c.corrects(),
            Self::Partner(c) => c.corrects(),
            Self::Agreement(c) => c.corrects(),
            Self::Offering(c) => c.corrects(),
            Self::Delivery(c) => c.corrects(),
            Self::Engagement(c) => c.corrects(),
        }
    }
}

impl crate::Event {
    /// The kind that has an event of this name.
    pub fn kind_of(name: &str) -> Option<Kind> {
        NAMES.iter().find(|n| n.events.contains(&name)).map(|n| n.kind)
    }
}
