//! Given, when, then over the pure rules: commands as their senders write them, events as the log would hold them.

use domain::thing::Reader;
use domain::{
    Basis, Command, Fact, Found, FoundEvent, Recorded, Refusal, Stamp, Standing, State, Timestamp, decide,
    evolve,
};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use uuid::Uuid;

/// Today, a Monday.
pub(crate) const TODAY: Date = date(2026, 3, 16);
/// First day of the ledger.
pub(crate) const STARTS: &str = "2025-07-01";
/// Days that a report may be late.
pub(crate) const LATE_DAYS: u16 = 200;

/// Id number `n`.
pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x4000_8000_0000_0000_0000 + n)
}

/// Things of [`World::working`].
pub(crate) const SITE: u128 = 1;
/// A site that the agreement does not cover.
pub(crate) const OTHER_SITE: u128 = 2;
pub(crate) const PARTNER: u128 = 3;
pub(crate) const AGREEMENT: u128 = 4;
pub(crate) const OFFERING: u128 = 5;

/// A ledger in the making.
#[derive(Debug, Default, Clone)]
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) log: Vec<(Uuid, Fact, Standing)>,
    pub(crate) source_taken: Option<u64>,
    /// On what grounds the next commands are.
    pub(crate) basis: Basis,
}

impl World {
    /// Only opened.
    pub(crate) fn opened() -> Self {
        let mut world = Self::default();
        world.accepted("open-ledger", open());
        world
    }

    /// With two sites, a partner vetted until the end of 2026, an agreement for a school year that covers one site,
    /// and an offering.
    pub(crate) fn working() -> Self {
        let mut world = Self::opened();
        world.accepted("register-site", site(SITE));
        world.accepted("register-site", site(OTHER_SITE));
        world.accepted("onboard-partner", partner(PARTNER));
        world.accepted("vet-partner", vetting(PARTNER, "2025-07-01", "2026-12-31"));
        world.accepted("sign-agreement", agreement(AGREEMENT, "2025-07-01/2026-06-30"));
        world.accepted("offer-service", offering(OFFERING));
        world
    }

    /// The same, with commands on these grounds from here on.
    pub(crate) fn under(mut self, basis: &str) -> Self {
        self.basis = basis.parse().unwrap();
        self
    }

    /// Decides a command; what is accepted is recorded.
    pub(crate) fn when(&mut self, name: &str, body: Value) -> Result<(Uuid, Fact), Refusal> {
        let command = command(name, body);
        let find = |id: Uuid| {
            let at = self.log.iter().position(|(event, _, _)| *event == id)?;
            let (_, fact, standing) = &self.log[at];
            Some(FoundEvent { position: at as u64 + 1, standing: *standing, fact: fact.clone() })
        };
        let found = Found {
            corrected: command.corrects().and_then(find),
            mentioned: command.mentions().and_then(find),
            source_taken: self.source_taken,
            basis: self.basis.clone(),
        };
        let position = self.log.len() as u64 + 1;
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&position.to_be_bytes());
        let stamp = Stamp { recorded: Timestamp(1_773_680_400_000_000), today: TODAY, seed };
        let facts = decide(&self.state, &command, &found, &stamp)?;
        let [fact] = &facts[..] else { panic!("one event, not {facts:?}") };
        let event = id(1_000_000 + u128::from(position));
        evolve(&mut self.state, Recorded { position, id: event, time: stamp.recorded, fact });
        if let Some(corrects) = fact.corrects {
            let voids = fact.event.name().ends_with("-voided");
            let old = self.log.iter_mut().find(|(event, _, _)| *event == corrects).unwrap();
            old.2 = if voids { Standing::VoidedBy(position) } else { Standing::CorrectedBy(position) };
        }
        self.log.push((event, fact.clone(), Standing::Latest));
        Ok((event, fact.clone()))
    }

    /// It is accepted; the id of its event.
    #[track_caller]
    pub(crate) fn accepted(&mut self, name: &str, body: Value) -> Uuid {
        match self.when(name, body) {
            Ok((event, _)) => event,
            Err(refusal) => panic!("{name} was refused: {refusal}"),
        }
    }

    /// It is accepted as this event.
    #[track_caller]
    pub(crate) fn makes(&mut self, name: &str, body: Value, event: &str) -> Fact {
        let (_, fact) =
            self.when(name, body).unwrap_or_else(|refusal| panic!("{name} was refused: {refusal}"));
        assert_eq!(fact.event.name(), event);
        fact
    }

    /// It is refused with this code, and nothing changes.
    #[track_caller]
    pub(crate) fn refused(&mut self, name: &str, body: Value, code: &str) -> Refusal {
        let before = self.state.clone();
        match self.when(name, body) {
            Ok((_, fact)) => panic!("{name} was accepted as {fact:?}"),
            Err(refusal) => {
                assert_eq!(refusal.code(), code, "{refusal}");
                assert!(!refusal.to_string().is_empty());
                assert_eq!(self.state, before);
                refusal
            }
        }
    }
}

/// A value as it stands in a test.
struct Written(Value);

impl Reader for Written {
    type Error = serde_json::Error;
    fn read<T: serde::de::DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        serde_json::from_value(self.0)
    }
}

/// A command as it is written.
pub(crate) fn command(name: &str, body: Value) -> Command {
    let kind = Command::kind_of(name).unwrap_or_else(|| panic!("there is no command {name}"));
    let value = json!({ "command": name, "body": body });
    Command::read(kind, Written(value.clone())).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// `body` with these members set; a path such as `details/minutes` goes down, and null takes a member away.
pub(crate) fn with(mut body: Value, changes: &[(&str, Value)]) -> Value {
    for (path, value) in changes {
        let (above, name) = path.rsplit_once('/').map_or(("", *path), |(above, name)| (above, name));
        let pointer = if above.is_empty() { String::new() } else { format!("/{above}") };
        let object = body.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.to_owned(), value.clone());
        }
    }
    body
}

pub(crate) fn open() -> Value {
    json!({
        "owner": "Azul Unified", "cds": "19999990000000", "time_zone": "America/Los_Angeles", "starts": STARTS,
        "policy": { "suppress_under": 11, "late_days_max": LATE_DAYS },
    })
}

pub(crate) fn site(number: u128) -> Value {
    json!({
        "id": id(number), "effective": "1999-09-01",
        "details": { "name": "Azul Elementary", "cds": format!("1999999{number:07}"), "city": "Azul" },
    })
}

pub(crate) fn partner(number: u128) -> Value {
    json!({
        "id": id(number), "effective": "2025-07-01",
        "details": { "name": "Puente Norte", "kind": "community-organisation", "hsds": format!("sample:{number}") },
    })
}

pub(crate) fn vetting(number: u128, from: &str, until: &str) -> Value {
    let details =
        json!({ "insurance_until": until, "clearance_until": "2027-12-31", "checked_by": "staff-4" });
    json!({ "id": id(number), "effective": from, "details": details })
}

pub(crate) fn terms(sites: &[u128]) -> Value {
    json!({
        "sites": sites.iter().map(|n| id(*n)).collect::<Vec<_>>(), "pillars": ["student-supports"],
        "kinds": ["tutoring", "mental-health-counseling"], "funding": ["ccspp"],
    })
}

pub(crate) fn agreement(number: u128, span: &str) -> Value {
    json!({
        "id": id(number), "effective": span,
        "details": {
            "partner": id(PARTNER), "reference": format!("MOU-{number}"), "kind": "mou", "terms": terms(&[SITE]),
            "signatories": ["superintendent"],
        },
    })
}

pub(crate) fn offering(number: u128) -> Value {
    json!({ "id": id(number), "effective": "2025-08-01", "details": offered() })
}

pub(crate) fn offered() -> Value {
    json!({
        "partner": id(PARTNER), "agreement": id(AGREEMENT), "site": id(SITE), "name": "Homework club",
        "kind": "tutoring", "pillar": "student-supports", "tier": 2,
    })
}

/// 45 minutes of tutoring for two students, under the offering.
pub(crate) fn delivery(day: &str) -> Value {
    let details = json!({
        "offering": id(OFFERING), "mode": "in-person", "minutes": 45, "participants": [id(101), id(102)],
    });
    json!({ "effective": day, "details": details })
}

/// The same without an offering.
pub(crate) fn free_delivery(day: &str) -> Value {
    with(
        delivery(day),
        &[
            ("details/offering", Value::Null),
            ("details/agreement", json!(id(AGREEMENT))),
            ("details/site", json!(id(SITE))),
            ("details/kind", json!("tutoring")),
            ("details/pillar", json!("student-supports")),
            ("details/tier", json!(2)),
        ],
    )
}

/// A body for an act on a thing.
pub(crate) fn act(number: u128, effective: &str, details: Value) -> Value {
    json!({ "id": id(number), "effective": effective, "details": details })
}

/// A body that voids an event.
pub(crate) fn void(event: Uuid) -> Value {
    json!({ "corrects": event, "reason": "never-happened" })
}

/// A body that corrects an event.
pub(crate) fn correct(event: Uuid, name: &str, data: Value) -> Value {
    json!({ "corrects": event, "reason": "entry-error", "now": { "event": name, "data": data } })
}

/// The council of [`decided_on`].
pub(crate) const DECIDING: u128 = 900;

/// A decision that the council of the first site adopts on that day; the first one charters the council.
pub(crate) fn decided_on(world: &mut World, day: &str) -> Uuid {
    if !world.log.iter().any(|(_, fact, _)| fact.subject.id == id(DECIDING)) {
        let details = json!({
            "level": "site", "site": id(SITE), "name": "Azul site council", "seats": { "family": 1 },
            "quorum": { "total": 1, "constituencies": { "family": 1 } }, "rule": "majority",
        });
        world.accepted("charter-council", act(DECIDING, "2025-08-29", details));
        let seat = json!({ "member": id(901), "constituency": "family" });
        world.accepted("seat-member", act(DECIDING, "2025-08-29", seat));
    }
    let meeting = met_on(world, day);
    let [proposal, decision] = [2, 3].map(|n| id(1000 + 10 * world.log.len() as u128 + n));
    let mut on = |command: &str, details: Value| world.accepted(command, act(DECIDING, day, details));
    on(
        "raise-proposal",
        json!({
            "proposal": proposal, "constituency": "family", "pillar": "family-engagement",
            "title": "What comes first",
        }),
    );
    let tally = json!({ "support": 1, "stand_aside": 0, "oppose": 0, "abstain": 0 });
    let about = json!({ "meeting": meeting, "proposal": proposal });
    on("record-positions", with(about.clone(), &[("positions", json!({ "family": tally }))]));
    on("adopt-decision", with(about, &[("decision", json!(decision)), ("tally", tally)]));
    decision
}

/// The same council meets on that day.
fn met_on(world: &mut World, day: &str) -> Uuid {
    let meeting = id(1001 + 10 * world.log.len() as u128);
    let mut on = |command: &str, details: Value| world.accepted(command, act(DECIDING, day, details));
    on("convene-meeting", json!({ "meeting": meeting, "agenda": ["priorities"] }));
    on("record-attendance", json!({ "meeting": meeting, "members": [id(901)] }));
    meeting
}

/// A command by which that council sets a decision aside on that day.
pub(crate) fn setting_aside(world: &mut World, decision: Uuid, day: &str) -> Value {
    let meeting = met_on(world, day);
    act(DECIDING, day, json!({ "decision": decision, "meeting": meeting, "stands": false }))
}
