//! Decides the waiting commands of one group: each against the state and the events decided just before it.
//!
//! Look-ups are answered from the group's own events first, then from the register. Nothing here is told to a
//! caller, and nothing of it outlives a conflict but what was minted for a command.

mod refused;

use std::collections::BTreeMap;

use domain::state::RULES;
use domain::{Command, Fact, Found, FoundEvent, Refusal, Stamp, State, Timestamp};
use jiff::civil::Date;
use journal::Journal;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::submission::Unchanged;
use wire::{BODY_BYTES_MAX, Body, Draft, EVENTS_MAX, Origin, Outcome, RefusalReply, Submission};

use crate::Error;
use crate::archive::Archive;
use crate::decided::{DecidedEvent, DecidedEvents, Span};
use crate::knowledge::{CommandKeys, Knowledge, remember};
use crate::randomness::Randomness;
use crate::recent::Since;
use crate::register::{Key, Remembered};

use refused::{changed, command_id_taken, refused, too_large, unwritable};

/// Most events of one command.
const COMMAND_EVENTS_MAX: usize = 250;
/// Most bytes of one command's events.
const COMMAND_BYTES_MAX: usize = 256 * 1024;
/// Until there is a vault nothing is sealed.
static NOTHING_SEALED: BTreeMap<String, String> = BTreeMap::new();
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
    pub(crate) fn new(recorded: Timestamp, randomness: &mut Randomness) -> Self {
        Self { recorded, seed: randomness.bytes(), salt: randomness.bytes() }
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

/// What the log will hold when a group begins in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    pub(crate) epoch: u64,
    pub(crate) commit: u64,
    pub(crate) position: u64,
}

/// How much a group is expected to hold: as much as the last one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Room {
    pub(crate) events: usize,
    bytes: usize,
    rows: usize,
}

/// The tentative half of a ledger: what the group would make of it.
pub(crate) struct Group {
    before: Before,
    events_max: usize,
    body: Body,
    /// The day of `time` in the ledger's time zone, once somebody asked.
    today: Option<Date>,
    decided: DecidedEvents,
}

/// What a decision reads besides the group.
pub(crate) struct Desk<'a, J> {
    pub(crate) origin: &'a Origin,
    pub(crate) knowledge: &'a Knowledge,
    /// The groups before this one that are not known yet, newest first.
    pub(crate) ahead: &'a [&'a DecidedEvents],
    pub(crate) tentative: &'a mut State,
    pub(crate) archive: &'a mut Archive<J>,
}

/// What a command would make, before it is known whether that fits.
struct Made<'a> {
    keys: CommandKeys,
    minted: &'a Minted,
    stamp: Stamp,
    facts: Vec<Fact>,
}

impl<J> Desk<'_, J> {
    /// What is remembered of everything before the group.
    fn look_up(&self, key: &Key) -> Result<Option<Remembered>, Error> {
        match self.ahead.iter().find_map(|decided| decided.rows.get(key)) {
            Some(found) => Ok(Some(*found)),
            None => self.knowledge.look_up(key),
        }
    }
}

impl Group {
    /// An empty group at this time, with at most so many events, and room for as many as the last one had.
    pub(crate) fn new(time: Timestamp, before: Before, events_max: usize, room: Room) -> Self {
        let decided = DecidedEvents::new(time, room.events, room.rows);
        let body = Body::with_capacity(room.bytes, room.events);
        Self { before, events_max: events_max.min(EVENTS_MAX), body, today: None, decided }
    }

    /// How much room it has taken.
    pub(crate) fn room(&self) -> Room {
        let DecidedEvents { events, rows, .. } = &self.decided;
        Room { events: events.len(), bytes: self.body.len(), rows: rows.len() }
    }

    /// The time of all its events.
    pub(crate) const fn time(&self) -> Timestamp {
        self.decided.time
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.decided.events.is_empty()
    }

    /// What the log will hold with this group in it.
    pub(crate) const fn after(&self) -> Before {
        let Before { epoch, commit, position } = self.before;
        Before { epoch, commit: commit + 1, position: position + self.decided.events.len() as u64 }
    }

    /// The body of the commit, and what was decided.
    pub(crate) fn into_parts(self) -> (Body, DecidedEvents) {
        (self.body, self.decided)
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
        // The door has refused what can't be read.
        let basis = submission.basis.as_deref().and_then(|basis| basis.parse().ok()).unwrap_or_default();
        let mut found = Found { basis, ..Found::default() };
        let corrects = submission.command.corrects();
        let keys = CommandKeys::of(submission.command_id, submission.source.as_ref(), corrects);
        if let Some(verdict) = self.seen_before(desk, submission, &keys, &mut found)? {
            return Ok(Decided::Taken(verdict));
        }
        if let Some(unchanged) = submission.unchanged
            && let Some(reply) = changed(unchanged.subject, self.since(desk, unchanged))
        {
            return Ok(refused(reply));
        }
        if let Some(corrects) = corrects {
            found.corrected = self.find(desk, corrects).await?;
        }
        if let Some(mentioned) = submission.command.mentions() {
            found.mentioned = self.find(desk, mentioned).await?;
        }
        let stamp = match self.stamp(desk.tentative, submission, minted) {
            Ok(stamp) => stamp,
            Err(refusal) => return Ok(refused(refusal)),
        };
        let facts = match domain::decide(desk.tentative, &submission.command, &found, &stamp) {
            Ok(facts) => facts,
            Err(refusal) => return Ok(refused(RefusalReply::of(&refusal, &submission.command))),
        };
        let made = Made { keys, minted, stamp, facts };
        self.take(desk, submission, made)
    }

    /// Whether the command, or its source record, was accepted before.
    fn seen_before<J>(
        &self,
        desk: &Desk<'_, J>,
        submission: &Submission,
        keys: &CommandKeys,
        found: &mut Found,
    ) -> Result<Option<Verdict>, Error> {
        let accepted = self.look_up(desk, &keys.command)?;
        if let Some(Remembered::Accepted { hash, commit, position, count }) = accepted {
            let span = Span { commit, position, count };
            let same = hash == submission.command_hash;
            let taken = || Verdict::Settled(Outcome::Refusal(command_id_taken(position)));
            return Ok(Some(if same { Verdict::Stands { span, repeated: true } } else { taken() }));
        }
        let Some(source) = &keys.source else { return Ok(None) };
        match self.look_up(desk, source)? {
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

    /// Whether the thing had an event after a position, by everything that was decided before.
    fn since<J>(&self, desk: &Desk<'_, J>, Unchanged { subject, since }: Unchanged) -> Since {
        let decided = std::iter::once(&self.decided).chain(desk.ahead.iter().copied());
        let last = decided.filter_map(|decided| decided.last_about(subject)).find(|last| *last > since);
        last.map_or_else(|| desk.knowledge.recent().since(subject, since), Since::Changed)
    }

    fn look_up<J>(&self, desk: &Desk<'_, J>, key: &Key) -> Result<Option<Remembered>, Error> {
        match self.decided.rows.get(key) {
            Some(found) => Ok(Some(*found)),
            None => desk.look_up(key),
        }
    }

    /// An event that a command names, from this group, the one before it or the log.
    async fn find<J: Journal>(&self, desk: &mut Desk<'_, J>, id: Uuid) -> Result<Option<FoundEvent>, Error> {
        let Some(Remembered::Event { commit, position, standing }) = self.look_up(desk, &Key::event(id))?
        else {
            return Ok(None);
        };
        let span = Span { commit, position, count: 1 };
        let here = std::iter::once(&self.decided).chain(desk.ahead.iter().copied());
        let decided = here.filter_map(|decided| decided.find(span)?.first()).next();
        let fact = match decided {
            Some(event) => event.fact.clone(),
            None => desk.archive.fact(commit, position).await?,
        };
        Ok(Some(FoundEvent { position, standing, fact }))
    }

    fn stamp(
        &mut self,
        state: &State,
        submission: &Submission,
        minted: &Minted,
    ) -> Result<Stamp, RefusalReply> {
        if let Some(today) = self.today {
            return Ok(Stamp { recorded: minted.recorded, today, seed: minted.seed });
        }
        let time_zone = match (&submission.command, state.opened()) {
            (_, Some(ledger)) => &ledger.time_zone,
            (Command::Ledger(domain::ledger::Command::OpenLedger(open)), None) => &open.time_zone,
            (_, None) => return Err((&Refusal::LedgerNotOpen).into()),
        };
        let today = runtime::calendar_day(time_zone, self.time()).ok_or_else(|| {
            RefusalReply::new("time-zone-unknown", format!("{time_zone} is not a time zone"))
                .hint("name one of the IANA list, such as America/Los_Angeles")
                .field("/body/time_zone")
        })?;
        // The time zone of a ledger never changes once it is open.
        self.today = state.opened().map(|_| today);
        Ok(Stamp { recorded: minted.recorded, today, seed: minted.seed })
    }

    /// Takes the facts into the group as events, if they fit.
    fn take<J>(
        &mut self,
        desk: &mut Desk<'_, J>,
        submission: &Submission,
        made: Made<'_>,
    ) -> Result<Decided, Error> {
        let count = made.facts.len();
        if count > COMMAND_EVENTS_MAX {
            return Ok(refused(too_large(&format!("{count} events"))));
        }
        let mark = (self.body.mark(), self.decided.events.len());
        let first = self.after().position + 1;
        // The first event of a ledger sets the policy that it is under.
        let policy = desk.tentative.policy_position().max(1);
        for (n, fact) in (0_u16..).zip(made.facts) {
            let (id, position) = (made.stamp.id(FIRST_EVENT_ID + n), first + u64::from(n));
            let event = DecidedEvent { id, position, fact };
            let salt = made.minted.salt(n);
            let draft = Draft { policy, salt, ..self.draft(desk.origin, submission, &event) };
            if let Err(error) = self.body.push(draft) {
                self.rewind(mark);
                return Ok(refused(unwritable(&error)));
            }
            self.decided.events.push(event);
        }
        let bytes = self.body.mark().0 - mark.0.0;
        let full = self.body.events() > self.events_max || self.body.len() > BODY_BYTES_MAX;
        let taken = if bytes > COMMAND_BYTES_MAX {
            refused(too_large(&format!("events of {bytes} bytes")))
        } else if submission.dry_run {
            Decided::Taken(Verdict::Settled(Outcome::WouldAccept { events: count }))
        } else if full && mark.1 > 0 {
            // Alone it fits, also into a group that was made small.
            Decided::Full
        } else {
            let span = Span { commit: self.before.commit + 1, position: first, count: count as u16 };
            self.keep(desk, (&made.keys, submission.command_hash), mark.1)?;
            return Ok(Decided::Taken(Verdict::Stands { span, repeated: false }));
        };
        self.rewind(mark);
        Ok(taken)
    }

    /// Takes back what was written of a command since this mark.
    fn rewind(&mut self, (body, events): ((usize, usize), usize)) {
        self.body.rewind(body);
        self.decided.events.truncate(events);
    }

    /// The event as it is written, without policy and salt.
    fn draft<'a>(
        &self,
        origin: &'a Origin,
        submission: &'a Submission,
        DecidedEvent { id, position, fact }: &'a DecidedEvent,
    ) -> Draft<'a> {
        Draft {
            id: *id,
            origin,
            time: self.time(),
            position: *position,
            epoch: self.before.epoch,
            command_id: submission.command_id,
            command_hash: &submission.command_hash,
            correlation_id: submission.correlation_id,
            causation_id: submission.causation_id,
            actor: &submission.actor,
            on_behalf_of: submission.on_behalf_of.as_deref(),
            credential: submission.credential.as_deref(),
            basis: submission.basis.as_deref(),
            purpose: submission.purpose.as_deref(),
            source: submission.source.as_ref(),
            rules: RULES,
            policy: 0,
            salt: [0; 16],
            fact,
            sealed: &NOTHING_SEALED,
        }
    }

    /// Remembers the command and its events, which are those from the `from`th on, for what is decided next.
    fn keep<J>(
        &mut self,
        desk: &mut Desk<'_, J>,
        command: (&CommandKeys, [u8; 16]),
        from: usize,
    ) -> Result<(), Error> {
        let commit = self.before.commit + 1;
        let DecidedEvents { time, events, rows } = &mut self.decided;
        let recorded = events.iter().skip(from).map(|event| event.recorded(*time));
        remember(rows, commit, command, recorded.clone(), |key| desk.look_up(key))?;
        recorded.for_each(|recorded| domain::evolve(desk.tentative, recorded));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
