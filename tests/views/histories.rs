//! Histories out of a made-up year: its commands in their order, and in between anything corrected, moved to another day
//! or voided that the rules let pass.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use domain::thing::{NAMES, Reader};
use domain::{
    Basis, Command, Effective, Event, Fact, Found, FoundEvent, Kind, Recorded, Slug, Stamp, Standing, State,
    Timestamp, decide, evolve,
};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use tests::chain::{origin, slug};
use uuid::Uuid;
use wire::{Envelope, LedgerKeys, RecordedEvent, Submission};

const KEYS: LedgerKeys = LedgerKeys { command: [1; 32], source: [2; 32] };
const TODAY: Date = date(2026, 11, 2);
/// Events of the region whose smallest district has just enough for every sort of thing.
const EVENTS: u64 = 9_000;
/// Years to choose from.
pub(crate) const YEARS: usize = 3;

/// A change to something recorded: after which share of the year, in hundredths, of which kind and which of them, what is
/// done to it, and by how many days it is moved.
pub(crate) type Change = (u8, u8, u16, u8, i16);

/// A ledger in the making.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) events: Vec<RecordedEvent>,
    state: State,
    standing: BTreeMap<Uuid, (usize, Standing)>,
}

pub(crate) fn ledger() -> Slug {
    slug("azul-usd")
}

impl History {
    /// A year, with these changes as far as the rules take them.
    pub(crate) fn of(year: usize, changes: &[Change]) -> Self {
        let commands = year_of(year);
        let mut history = Self::default();
        let mut changes = changes.to_vec();
        changes.sort_by_key(|(share, ..)| *share);
        let mut changes = changes.into_iter().peekable();
        for (at, (command, basis)) in (0..).zip(commands) {
            while let Some(change) =
                changes.next_if(|(share, ..)| usize::from(*share) * commands.len() / 100 <= at)
            {
                history.change(change);
            }
            // What an earlier change took the ground from is refused.
            history.take(command, basis, Uuid::from_u128(1 + at as u128));
        }
        changes.for_each(|change| history.change(change));
        history
    }

    /// Decides a command; what is accepted is recorded.
    fn take(&mut self, command: &Command, basis: &Basis, id: Uuid) -> Option<Uuid> {
        let found = |id: Uuid| {
            let (at, standing) = self.standing.get(&id)?;
            Some(FoundEvent {
                position: *at as u64 + 1,
                standing: *standing,
                fact: self.events[*at].fact.clone(),
            })
        };
        let (corrected, mentioned) = (command.corrects().and_then(found), command.mentions().and_then(found));
        let found = Found { corrected, mentioned, basis: basis.clone(), ..Found::default() };
        let stamp = Stamp { recorded: Timestamp(0), today: TODAY, seed: id.into_bytes() };
        let mut facts = decide(&self.state, command, &found, &stamp).ok()?.into_iter();
        let (fact, None) = (facts.next()?, facts.next()) else { panic!("more than one event") };
        let position = self.events.len() as u64 + 1;
        let event = event(id, position, fact);
        evolve(&mut self.state, Recorded { position, id, time: event.envelope.time, fact: &event.fact });
        if let Some(corrects) = event.fact.corrects {
            self.standing.get_mut(&corrects).unwrap().1 = match is_void(&event.fact) {
                true => Standing::VoidedBy(position),
                false => Standing::CorrectedBy(position),
            };
        }
        self.standing.insert(id, (self.events.len(), Standing::Latest));
        self.events.push(event);
        Some(id)
    }

    /// The events that may be corrected, by kind.
    fn correctable(&self) -> BTreeMap<Kind, Vec<usize>> {
        let mut correctable: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
        for (at, event) in self.events.iter().enumerate() {
            let kind = event.fact.subject.kind;
            let stands = self.standing[&event.envelope.id].1 == Standing::Latest;
            if stands && is_correctable(kind) && !is_void(&event.fact) {
                correctable.entry(kind).or_default().push(at);
            }
        }
        correctable
    }

    fn change(&mut self, (_, kind, which, what, days): Change) {
        let correctable = self.correctable();
        let Some((kind, all)) = correctable.iter().nth(usize::from(kind) % correctable.len().max(1)) else {
            return;
        };
        let again: Vec<usize> =
            all.iter().copied().filter(|at| self.events[*at].fact.corrects.is_some()).collect();
        // What was corrected once is corrected again more often than others.
        let all = if what % 2 == 0 && !again.is_empty() { &again } else { all };
        let RecordedEvent { envelope, fact, .. } = &self.events[all[usize::from(which) % all.len()]];
        let told = fact.event.told();
        let like = |event: &&RecordedEvent| event.fact.event.told().name() == told.name();
        let likes: Vec<_> = self.events.iter().filter(like).collect();
        let other = likes[usize::from(which) % likes.len()].fact.event.told();
        let effective = fact.effective.map(|effective| moved(effective, days));
        let (name, body) = match what {
            0..=4 => ("correct-", json!({ "effective": effective, "now": told })),
            5 => ("correct-", json!({ "effective": effective, "now": other })),
            _ => ("void-", json!({})),
        };
        let mut body = body;
        body["corrects"] = json!(envelope.id);
        body["reason"] = json!("entry-error");
        let names = NAMES.iter().find(|names| names.kind == *kind).unwrap().commands;
        let name = names.iter().find(|command| command.starts_with(name)).unwrap();
        let command = Command::read(*kind, Written(json!({ "command": name, "body": body }))).unwrap();
        let id = Uuid::from_u128(1_000_000 + self.events.len() as u128);
        self.take(&command, &"law:wic-5600".parse().unwrap(), id);
    }
}

/// Whether events about a thing of this kind can be corrected.
pub(crate) fn is_correctable(kind: Kind) -> bool {
    let mut commands = NAMES.iter().filter(|names| names.kind == kind).flat_map(|names| names.commands);
    commands.any(|command| command.starts_with("correct-"))
}

/// Whether it takes an event back.
pub(crate) fn is_void(fact: &Fact) -> bool {
    fact.event.name().ends_with("-voided")
}

fn moved(effective: Effective, days: i16) -> Effective {
    let by = |day: Date| day.saturating_add(i64::from(days).days());
    match effective {
        Effective::Day(day) => Effective::Day(by(day)),
        Effective::Span(from, to) => Effective::Span(by(from), to.max(by(from))),
    }
}

/// A value as a sender writes it.
struct Written(Value);

impl Reader for Written {
    type Error = serde_json::Error;
    fn read<T: serde::de::DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        serde_json::from_value(self.0)
    }
}

/// The commands of a year, each of which is accepted as the event of its number.
fn year_of(year: usize) -> &'static [(Command, Basis)] {
    static MADE: [OnceLock<Vec<(Command, Basis)>>; YEARS] = [const { OnceLock::new() }; YEARS];
    MADE[year].get_or_init(|| {
        let mut district = region::region(year as u64 + 1, EVENTS).swap_remove(0);
        let (mut history, mut commands) = (History::default(), Vec::new());
        loop {
            let batch = district.next_batch();
            if batch.is_empty() {
                return commands;
            }
            let mut ids = Vec::new();
            for text in batch {
                let read = Submission::from_json(text.as_bytes(), district.ledger(), &KEYS).unwrap();
                let basis = read.basis.as_deref().map_or_else(Basis::default, |basis| basis.parse().unwrap());
                let id = Uuid::from_u128(1 + commands.len() as u128);
                assert_eq!(history.take(&read.command, &basis, id), Some(id), "{text}");
                commands.push((read.command, basis));
                ids.push(Some(id));
            }
            district.recorded(&ids);
        }
    })
}

/// Every event is recorded five hours after the one before, the first on 3 August 2025.
fn event(id: Uuid, position: u64, fact: Fact) -> RecordedEvent {
    let envelope = Envelope {
        id,
        origin: origin(&ledger()),
        time: Timestamp(1_754_200_000_000_000 + position as i64 * 18_000_000_000),
        position,
        epoch: 1,
        command_id: id,
        command_hash: [7; 16],
        correlation_id: None,
        causation_id: None,
        actor: "svc:azul-sis".to_owned(),
        on_behalf_of: None,
        credential: None,
        basis: None,
        purpose: None,
        source: None,
        rules: domain::state::RULES,
        policy: 1,
        salt: [9; 16],
    };
    RecordedEvent { envelope, fact, sealed: BTreeMap::new() }
}

/// The event that a correction puts in the place of another; nothing for a void.
pub(crate) fn corrected(fact: &Fact) -> Option<Event> {
    (!is_void(fact)).then(|| fact.event.told())
}
