//! Decides the waiting commands of one group: each against the state and the events decided just before it.
//!
//! Look-ups are answered from the group's own events first, then from the register. Nothing here is told to a
//! caller, and nothing of it outlives a conflict but what was minted for a command.

use std::collections::HashMap;

use domain::{Command, Fact, Found, FoundEvent, Refusal, Stamp, State, Timestamp};
use journal::Journal;
use runtime::Random;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::commit::{BODY_BYTES_MAX, EVENTS_MAX};
use wire::{Envelope, Origin, Outcome, RecordedEvent, RefusalReply, Submission};

use crate::Error;
use crate::archive::{Archive, Span};
use crate::knowledge::{Knowledge, rows_of};
use crate::register::{Key, Remembered};

/// Most events of one command.
const COMMAND_EVENTS_MAX: usize = 250;
/// Most bytes of one command's events.
const COMMAND_BYTES_MAX: usize = 256 * 1024;
/// Most bytes of one event.
const EVENT_BYTES_MAX: usize = 32 * 1024;
/// Ids below are for the things that a command makes, ids from here on for its events.
const FIRST_EVENT_ID: u16 = 0x8000;

/// What is minted for a command when it is first decided, and kept when it is decided again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Minted {
    recorded: Timestamp,
    seed: [u8; 16],
    /// Its own secret: ids show the seed, and salts must not follow from ids.
    salt: [u8; 16],
}

impl Minted {
    pub(crate) fn new(recorded: Timestamp, random: &dyn Random) -> Self {
        let (mut seed, mut salt) = ([0; 16], [0; 16]);
        random.fill(&mut seed);
        random.fill(&mut salt);
        Self { recorded, seed, salt }
    }

    /// The salt of the command's `n`th event.
    fn salt(&self, n: u16) -> [u8; 16] {
        let digest = Sha256::new_with_prefix(self.salt).chain_update(n.to_be_bytes()).finalize();
        digest.first_chunk().copied().unwrap_or_default()
    }
}

/// What a command came to, to be told once the group may be answered.
pub(crate) enum Verdict {
    /// Its events stand there, or will with this group; `repeated` if it was not their first sender.
    Stands { span: Span, repeated: bool },
    /// It makes no event.
    Settled(Outcome),
}

/// How a decision went.
pub(crate) enum Decided {
    /// It is part of the group.
    Taken(Verdict),
    /// The group is full; the command belongs to the next.
    Full,
}

/// The tentative half of a ledger: what the group would make of it.
pub(crate) struct Group {
    time: Timestamp,
    number: u64,
    events_max: usize,
    bytes: usize,
    /// Encoded events, in order.
    pub(crate) encoded: Vec<Vec<u8>>,
    /// The same, as what they mean.
    pub(crate) events: Vec<RecordedEvent>,
    overlay: HashMap<Key, Remembered>,
}

/// What a decision reads besides the group.
pub(crate) struct Desk<'a, J> {
    pub(crate) origin: &'a Origin,
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) tentative: &'a mut State,
    pub(crate) archive: &'a mut Archive<J>,
}

impl Group {
    /// An empty group at this time, to become commit `number`, with at most so many events.
    pub(crate) fn new(time: Timestamp, number: u64, events_max: usize) -> Self {
        Self {
            time,
            number,
            events_max: events_max.min(EVENTS_MAX),
            bytes: 2,
            encoded: Vec::new(),
            events: Vec::new(),
            overlay: HashMap::new(),
        }
    }

    /// The time of all its events.
    pub(crate) const fn time(&self) -> Timestamp {
        self.time
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// What the register is to remember once the group is appended.
    pub(crate) fn into_parts(self) -> (Vec<RecordedEvent>, HashMap<Key, Remembered>) {
        (self.events, self.overlay)
    }

    /// Decides one command; its events become part of the group unless it is a dry run.
    ///
    /// # Errors
    /// [`Error`] if something had to be looked up and could not.
    pub(crate) async fn decide<J: Journal>(
        &mut self,
        desk: &mut Desk<'_, J>,
        submission: &Submission,
        minted: &Minted,
    ) -> Result<Decided, Error> {
        let mut found = Found::default();
        if let Some(verdict) = self.seen_before(desk.knowledge, submission, &mut found)? {
            return Ok(Decided::Taken(verdict));
        }
        if let Some(corrects) = submission.command.corrects() {
            found.corrected = self.find(desk, corrects).await?;
        }
        let stamp = match self.stamp(desk.tentative, submission, minted) {
            Ok(stamp) => stamp,
            Err(refusal) => return Ok(refused(refusal)),
        };
        let facts = match domain::decide(desk.tentative, &submission.command, &found, &stamp) {
            Ok(facts) => facts,
            Err(refusal) => return Ok(refused(reply(&refusal))),
        };
        self.take(desk, submission, (minted, &stamp), facts)
    }

    /// Whether the command, or its source record, was accepted before.
    fn seen_before(
        &self,
        knowledge: &Knowledge,
        submission: &Submission,
        found: &mut Found,
    ) -> Result<Option<Verdict>, Error> {
        let key = Key::command(submission.command_id);
        if let Some(Remembered::Accepted { hash, commit, position, count }) = self.look_up(knowledge, &key)? {
            let span = Span { commit, position, count };
            let same = hash == submission.command_hash;
            let taken = || Verdict::Settled(Outcome::Refusal(command_id_taken(position)));
            return Ok(Some(if same { Verdict::Stands { span, repeated: true } } else { taken() }));
        }
        // A correction may name the record that it comes from; it is the original that is accepted once.
        let Some(source) = submission.source.as_ref().filter(|_| submission.command.corrects().is_none()) else {
            return Ok(None);
        };
        match self.look_up(knowledge, &Key::source(source))? {
            Some(Remembered::Accepted { hash, commit, position, count }) if hash == submission.command_hash => {
                Ok(Some(Verdict::Stands { span: Span { commit, position, count }, repeated: true }))
            }
            Some(Remembered::Accepted { position, .. }) => {
                found.source_taken = Some(position);
                Ok(None)
            }
            Some(Remembered::Event { .. }) | None => Ok(None),
        }
    }

    fn look_up(&self, knowledge: &Knowledge, key: &Key) -> Result<Option<Remembered>, Error> {
        match self.overlay.get(key) {
            Some(found) => Ok(Some(*found)),
            None => knowledge.look_up(key),
        }
    }

    /// The event that a correction names, from the group or from the log.
    async fn find<J: Journal>(&self, desk: &mut Desk<'_, J>, id: Uuid) -> Result<Option<FoundEvent>, Error> {
        let Some(Remembered::Event { commit, position, standing }) =
            self.look_up(desk.knowledge, &Key::event(id))?
        else {
            return Ok(None);
        };
        let own = self.events.iter().find(|event| event.envelope.position == position);
        let fact = match own {
            Some(event) => event.fact.clone(),
            None => desk.archive.fact(commit, position).await?,
        };
        Ok(Some(FoundEvent { position, standing, fact }))
    }

    fn stamp(
        &self,
        state: &State,
        submission: &Submission,
        minted: &Minted,
    ) -> Result<Stamp, RefusalReply> {
        let time_zone = match (&submission.command, state.opened()) {
            (_, Some(ledger)) => &ledger.time_zone,
            (Command::Ledger(domain::ledger::Command::OpenLedger(open)), None) => &open.time_zone,
            (_, None) => return Err(reply(&Refusal::LedgerNotOpen)),
        };
        let today = runtime::calendar_day(time_zone, self.time).map_err(|error| RefusalReply {
            code: "time-zone-unknown".to_owned(),
            message: error.to_string(),
            hint: Some("name an IANA time zone, such as America/Los_Angeles".to_owned()),
            field: Some("time_zone".to_owned()),
            position: None,
        })?;
        Ok(Stamp { recorded: minted.recorded, today, seed: minted.seed })
    }

    /// Encodes the facts and takes them into the group, if they fit.
    fn take<J>(
        &mut self,
        desk: &mut Desk<'_, J>,
        submission: &Submission,
        (minted, stamp): (&Minted, &Stamp),
        facts: Vec<Fact>,
    ) -> Result<Decided, Error> {
        if facts.len() > COMMAND_EVENTS_MAX {
            return Ok(refused(too_large(format!("{} events", facts.len()))));
        }
        let position = desk.knowledge.head().position + self.events.len() as u64 + 1;
        // The first event of a ledger sets the policy that it is under.
        let policy = desk.tentative.policy_position().max(1);
        let (mut events, mut encoded, mut bytes) = (Vec::new(), Vec::new(), 0);
        for (n, fact) in (0_u16..).zip(facts) {
            let envelope = Envelope {
                id: stamp.id(FIRST_EVENT_ID + n),
                origin: desk.origin.clone(),
                time: self.time,
                position: position + u64::from(n),
                epoch: desk.knowledge.head().epoch,
                command_id: submission.command_id,
                command_hash: submission.command_hash,
                correlation_id: submission.correlation_id,
                causation_id: submission.causation_id,
                actor: submission.actor.clone(),
                on_behalf_of: submission.on_behalf_of.clone(),
                credential: submission.credential.clone(),
                basis: submission.basis.clone(),
                purpose: submission.purpose.clone(),
                source: submission.source.clone(),
                rules: domain::state::RULES,
                policy,
                salt: minted.salt(n),
            };
            let event = RecordedEvent { envelope, fact };
            let line = event.encode();
            if line.len() > EVENT_BYTES_MAX {
                return Ok(refused(too_large(format!("an event of {} bytes", line.len()))));
            }
            bytes += line.len() + 1;
            events.push(event);
            encoded.push(line);
        }
        if bytes > COMMAND_BYTES_MAX {
            return Ok(refused(too_large(format!("events of {bytes} bytes"))));
        }
        if submission.dry_run {
            return Ok(Decided::Taken(Verdict::Settled(Outcome::WouldAccept { events: events.len() })));
        }
        // A command larger than a group that has been made small still has to fit somewhere: into one of its own.
        let full = self.events.len() + events.len() > self.events_max || self.bytes + bytes > BODY_BYTES_MAX;
        if full && !self.is_empty() {
            return Ok(Decided::Full);
        }
        let span = Span { commit: self.number, position, count: events.len() as u16 };
        let rows = rows_of(self.number, &events, |key| self.look_up(desk.knowledge, key))?;
        self.overlay.extend(rows);
        for event in &events {
            domain::evolve(desk.tentative, event.recorded());
        }
        self.bytes += bytes;
        self.events.append(&mut events);
        self.encoded.append(&mut encoded);
        Ok(Decided::Taken(Verdict::Stands { span, repeated: false }))
    }
}

fn refused(reply: RefusalReply) -> Decided {
    Decided::Taken(Verdict::Settled(Outcome::Refusal(reply)))
}

fn reply(refusal: &Refusal) -> RefusalReply {
    RefusalReply {
        code: refusal.code().to_owned(),
        message: refusal.to_string(),
        hint: refusal.hint().map(str::to_owned),
        field: refusal.field().map(str::to_owned),
        position: refusal.position(),
    }
}

fn command_id_taken(position: u64) -> RefusalReply {
    RefusalReply {
        code: "command-id-taken".to_owned(),
        message: format!("this command id was accepted before with other content, at position {position}"),
        hint: Some("give a new command a new id".to_owned()),
        field: Some("/id".to_owned()),
        position: Some(position),
    }
}

fn too_large(what: String) -> RefusalReply {
    RefusalReply {
        code: "too-large".to_owned(),
        message: format!(
            "the command makes {what}; at most {COMMAND_EVENTS_MAX} events, {} KiB an event and {} KiB in all",
            EVENT_BYTES_MAX / 1024,
            COMMAND_BYTES_MAX / 1024
        ),
        hint: Some("send it as several commands, numbered with part".to_owned()),
        field: None,
        position: None,
    }
}
