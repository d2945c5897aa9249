//! Versions of events: which there are, which one an event is written in, and from when on it may be.
//!
//! A payload that gets a new member gets a new version. An event is written in the oldest version that says all it
//! says, so what was read is written again byte for byte, and readers of the old version go on until they meet something
//! that they would misunderstand. Readers bring old payloads up to the newest one (`wire::version`).

use crate::{Event, Fact, Refusal, State};

/// Events of more than one version, each with its newest. A new version is a line here, an arm in the `version` of the
/// thing's events and a step in `wire::version`.
const NEWEST: &[(&str, u16)] = &[("ledger-opened", 2), ("policy-changed", 2)];

/// The newest version of the event of this name; what is not listed has only one.
pub fn newest(event: &str) -> u16 {
    NEWEST.iter().find(|(name, _)| *name == event).map_or(1, |(_, version)| *version)
}

impl Event {
    /// The version in which it is written.
    pub const fn version(&self) -> u16 {
        match self {
            Self::Ledger(event) => event.version(),
            _ => 1,
        }
    }
}

/// A version above 1 is written once it is registered, which says that every reader knows it. The ledger's first event
/// needs no word before it: nobody has read the ledger yet, and who does not know its version stops there.
pub(crate) fn may_be_written(state: &State, facts: &[Fact]) -> Result<(), Refusal> {
    let Some(ledger) = state.opened() else { return Ok(()) };
    let unknown = |fact: &&Fact| !ledger.allows(fact.event.name(), fact.event.version());
    facts.iter().find(unknown).map_or(Ok(()), |fact| {
        Err(Refusal::SchemaNotRegistered { event: fact.event.name(), version: fact.event.version() })
    })
}
