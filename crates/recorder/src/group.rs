//! Decides the waiting commands of one group: each against the state and the events decided just before it.
//!
//! Look-ups are answered from the group's own events first, then from the register. Nothing here is told to a
//! caller, and nothing of it outlives a conflict but what was minted for a command.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use domain::state::RULES;
use domain::{Command, Fact, Found, FoundEvent, Refusal, Stamp, State, Timestamp};
use journal::Journal;
use runtime::Random;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::encode::EVENT_BYTES_MAX;
use wire::{BODY_BYTES_MAX, Body, EVENTS_MAX, EncodeError, Envelope, Origin, Outcome, RecordedEvent};
use wire::{RefusalReply, Submission};

use crate::Error;
use crate::archive::{Archive, Span};
use crate::knowledge::{Knowledge, rows_of};
use crate::register::{Key, Remembered};

/// Most events of one command.
const COMMAND_EVENTS_MAX: usize = 250;
/// Most bytes of one command's events.
const COMMAND_BYTES_MAX: usize = 256 * 1024;
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
        Self { recorded, seed: random.bytes(), salt: random.bytes() }
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
    body: Body,
    /// What stands in the body.
    events: Vec<RecordedEvent>,
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
            body: Body::new(),
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

    /// The body of the commit, its events, and what the register is to remember once it is appended.
    pub(crate) fn into_parts(self) -> (Bytes, Vec<RecordedEvent>, HashMap<Key, Remembered>) {
        (self.body.finish(), self.events, self.overlay)
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
            Err(refusal) => return Ok(refused(RefusalReply::of(&refusal, &submission.command))),
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
        let Some(source) = submission.source.as_ref().filter(|_| submission.command.corrects().is_none())
        else {
            return Ok(None);
        };
        match self.look_up(knowledge, &Key::source(source))? {
            Some(Remembered::Accepted { hash, commit, position, count })
                if hash == submission.command_hash =>
            {
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

    fn stamp(&self, state: &State, submission: &Submission, minted: &Minted) -> Result<Stamp, RefusalReply> {
        let time_zone = match (&submission.command, state.opened()) {
            (_, Some(ledger)) => &ledger.time_zone,
            (Command::Ledger(domain::ledger::Command::OpenLedger(open)), None) => &open.time_zone,
            (_, None) => return Err((&Refusal::LedgerNotOpen).into()),
        };
        let today = runtime::calendar_day(time_zone, self.time).ok_or_else(|| {
            RefusalReply::new("time-zone-unknown", format!("{time_zone} is not a time zone"))
                .hint("name one of the IANA list, such as America/Los_Angeles")
                .field("/body/time_zone")
        })?;
        Ok(Stamp { recorded: minted.recorded, today, seed: minted.seed })
    }

    /// Takes the facts into the group as events, if they fit.
    fn take<J>(
        &mut self,
        desk: &mut Desk<'_, J>,
        submission: &Submission,
        (minted, stamp): (&Minted, &Stamp),
        facts: Vec<Fact>,
    ) -> Result<Decided, Error> {
        if facts.len() > COMMAND_EVENTS_MAX {
            return Ok(refused(too_large(&format!("{} events", facts.len()))));
        }
        let mark = self.body.mark();
        let first = Envelope {
            position: desk.knowledge.head().position + self.events.len() as u64 + 1,
            epoch: desk.knowledge.head().epoch,
            // The first event of a ledger sets the policy that it is under.
            policy: desk.tentative.policy_position().max(1),
            ..self.envelope(desk.origin, submission, minted, stamp)
        };
        let mut events = Vec::with_capacity(facts.len());
        for (n, fact) in (0_u16..).zip(facts) {
            let envelope = Envelope {
                id: stamp.id(FIRST_EVENT_ID + n),
                position: first.position + u64::from(n),
                salt: minted.salt(n),
                ..first.clone()
            };
            let event = RecordedEvent { envelope, fact, sealed: BTreeMap::new() };
            if let Err(error) = self.body.push(&event) {
                self.body.rewind(mark);
                return Ok(refused(unwritable(&error)));
            }
            events.push(event);
        }
        let bytes = self.body.mark().0 - mark.0;
        let full = self.body.events() > self.events_max || self.body.len() > BODY_BYTES_MAX;
        let taken = if bytes > COMMAND_BYTES_MAX {
            refused(too_large(&format!("events of {bytes} bytes")))
        } else if submission.dry_run {
            Decided::Taken(Verdict::Settled(Outcome::WouldAccept { events: events.len() }))
        } else if full && !self.is_empty() {
            // Alone it fits, also into a group that was made small.
            Decided::Full
        } else {
            let span = Span { commit: self.number, position: first.position, count: events.len() as u16 };
            self.keep(desk, events)?;
            return Ok(Decided::Taken(Verdict::Stands { span, repeated: false }));
        };
        self.body.rewind(mark);
        Ok(taken)
    }

    /// What all events of a command have in common.
    fn envelope(&self, origin: &Origin, submission: &Submission, minted: &Minted, stamp: &Stamp) -> Envelope {
        Envelope {
            id: stamp.id(FIRST_EVENT_ID),
            origin: origin.clone(),
            time: self.time,
            position: 0,
            epoch: 0,
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
            rules: RULES,
            policy: 0,
            salt: minted.salt,
        }
    }

    fn keep<J>(&mut self, desk: &mut Desk<'_, J>, mut events: Vec<RecordedEvent>) -> Result<(), Error> {
        let rows = rows_of(self.number, &events, |key| self.look_up(desk.knowledge, key))?;
        self.overlay.extend(rows);
        for event in &events {
            domain::evolve(desk.tentative, event.recorded());
        }
        self.events.append(&mut events);
        Ok(())
    }
}

fn refused(reply: RefusalReply) -> Decided {
    Decided::Taken(Verdict::Settled(Outcome::Refusal(reply)))
}

fn command_id_taken(position: u64) -> RefusalReply {
    let message = format!("this command id was accepted before with other content, at position {position}");
    let reply =
        RefusalReply::new("command-id-taken", message).hint("give a new command a new id").field("/id");
    RefusalReply { position: Some(position), ..reply }
}

fn unwritable(error: &EncodeError) -> RefusalReply {
    match error {
        EncodeError::TooLarge(bytes) => too_large(&format!("an event of {bytes} bytes")),
        EncodeError::NotNfc => RefusalReply::new("text-not-normalised", error.to_string())
            .hint("send texts in Unicode normalisation form C"),
        EncodeError::OutOfRange(attribute) => {
            RefusalReply::new("attribute-out-of-range", error.to_string()).field(&format!("/{attribute}"))
        }
        EncodeError::Payload(_) => RefusalReply::new("payload-not-writable", error.to_string()),
    }
}

fn too_large(what: &str) -> RefusalReply {
    let (event, command) = (EVENT_BYTES_MAX / 1024, COMMAND_BYTES_MAX / 1024);
    let limits =
        format!("at most {COMMAND_EVENTS_MAX} events, {event} KiB an event and {command} KiB in all");
    RefusalReply::new("too-large", format!("the command makes {what}; {limits}"))
        .hint("send it as several commands, numbered with part")
}
