//! The things of a partnership, their rules and their facts.
//!
//! A command is decided against the state of one ledger and becomes facts, or a refusal; facts evolve the
//! state. Nothing here knows a clock, a disk, a network, a random number or an encoding other than serde's.
//!
//! Read `fact`, then one thing (`agreement`), then `state`. `thing` lists them all.

#[macro_use]
pub mod thing;
pub mod access;
pub mod agreement;
pub mod amendment;
pub mod assessment;
pub mod assistance;
pub mod basis;
pub mod case;
pub mod cds;
pub mod code;
pub mod command;
pub mod consent;
pub mod correction;
pub mod council;
pub mod delivery;
pub mod disclosure;
pub mod effective;
pub mod engagement;
pub mod fact;
pub mod grant;
pub mod history;
pub mod id;
pub mod ledger;
pub mod need;
pub mod offering;
pub mod partner;
pub mod person;
pub mod referral;
pub mod refusal;
pub mod school_year;
pub mod sharing;
pub mod site;
pub mod slug;
pub mod state;
mod text;
pub mod valid;
pub mod version;

pub use basis::Basis;
pub use cds::CdsCode;
pub use effective::Effective;
pub use fact::{Fact, Recorded, Subject, Timestamp};
pub use refusal::Refusal;
pub use school_year::SchoolYear;
pub use slug::Slug;
pub use state::{Found, FoundEvent, Stamp, Standing, State, decide, evolve};
pub use thing::{Command, Event, Kind};
