//! What a ledger's task knows of its ledger: everything up to a head of the log, never beyond.
//!
//! It changes only by acknowledged commits, its own or read. Which commands wait is not its business.

use std::path::Path;

use domain::state::RULES;
use domain::{Recorded, Slug, Standing, State};
use journal::Read;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wire::{Head, Interpreted, Origin, RecordedEvent, SourceRecord, Tip, Verifier};

use crate::decided::DecidedEvents;
use crate::recent::Recent;
use crate::register::{Key, Place, Register, RegisterError, Remembered, Rows, Shelf};
use crate::{Error, Fingerprint};

/// State, verifier and register of one ledger, all at the same head.
pub(crate) struct Knowledge {
    ledger: Slug,
    state: State,
    verifier: Verifier,
    /// The verifier's: a root takes some twenty hashes, and every command asks for it.
    head: Head,
    recent: Recent,
    /// None until the ledger has a log: a mistyped name leaves nothing on the disk.
    register: Option<Register>,
}

impl Knowledge {
    /// Of a ledger that has no log.
    pub(crate) fn nothing(origin: &Origin) -> Self {
        Self::at(State::default(), Verifier::new(origin.clone(), 1), None)
    }

    fn at(state: State, verifier: Verifier, register: Option<Register>) -> Self {
        let (ledger, head) = (verifier.origin().ledger.clone(), verifier.head());
        Self { ledger, state, verifier, head, recent: Recent::after(head.position), register }
    }

    /// As far as the register in this directory goes.
    ///
    /// # Errors
    /// [`Error::Halted`] if the register can't be used.
    pub(crate) fn open(directory: &Path, shelf: &Shelf, origin: &Origin, epoch: u64) -> Result<Self, Error> {
        let halted = |error: RegisterError| halt(&origin.ledger, error);
        let (register, place) = Register::open(directory, shelf).map_err(halted)?;
        let kept = place.as_ref().and_then(|place| {
            let remembered: Snapshot = serde_json::from_str(&place.state).ok()?;
            let verifier = Verifier::from_bytes(origin.clone(), &place.verifier)?;
            (remembered.rules == RULES).then_some((remembered.state, verifier))
        });
        match kept {
            Some((state, verifier)) => Ok(Self::at(state, verifier, Some(register))),
            None => {
                // New, or of other rules: the state has to be folded again, and the register with it.
                let register = if place.is_some() { register.discard().map_err(halted)? } else { register };
                Ok(Self::at(State::default(), Verifier::new(origin.clone(), epoch), Some(register)))
            }
        }
    }

    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    pub(crate) const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    pub(crate) const fn head(&self) -> Head {
        self.head
    }

    /// What the last events were about.
    pub(crate) const fn recent(&self) -> &Recent {
        &self.recent
    }

    pub(crate) const fn tip(&self) -> Tip {
        self.verifier.tip()
    }

    pub(crate) const fn has_register(&self) -> bool {
        self.register.is_some()
    }

    pub(crate) fn look_up(&self, key: &Key) -> Result<Option<Remembered>, Error> {
        let found = self.register.as_ref().map_or(Ok(None), |register| register.get(key));
        found.map_err(|error| halt(&self.ledger, error))
    }

    /// Takes in a verified commit of the log.
    ///
    /// # Errors
    /// [`Error::Halted`] if it holds an event that this build does not know.
    pub(crate) fn read(&mut self, read: Read) -> Result<(), Error> {
        let mut events = Vec::with_capacity(read.events.len());
        for event in read.events {
            match event {
                Interpreted::Event(event) => events.push(*event),
                Interpreted::Unknown { position, kind, why } => {
                    let what = format!(
                        "position {position} holds {kind}, which this build can't read ({why}); upgrade it"
                    );
                    return Err(halt(&self.ledger, what));
                }
            }
        }
        let mut rows = Rows::default();
        for of_one_command in events.chunk_by(|a, b| a.envelope.command_id == b.envelope.command_id) {
            let Some(RecordedEvent { envelope, fact, .. }) = of_one_command.first() else { continue };
            let keys = CommandKeys::of(envelope.command_id, envelope.source.as_ref(), fact.corrects);
            let command = (&keys, envelope.command_hash);
            let recorded = of_one_command.iter().map(RecordedEvent::recorded);
            remember(&mut rows, read.commit.number, command, recorded, |key| self.look_up(key))?;
        }
        self.learn(read.verifier, events.iter().map(RecordedEvent::recorded), &rows)
    }

    /// Takes in a commit of its own that was acknowledged, with the verifier that has accepted it.
    ///
    /// # Errors
    /// [`Error::Halted`] if the register can't be written.
    pub(crate) fn appended(&mut self, verifier: Verifier, decided: &DecidedEvents) -> Result<(), Error> {
        self.learn(verifier, decided.recorded(), &decided.rows)
    }

    fn learn<'a>(
        &mut self,
        verifier: Verifier,
        recorded: impl Iterator<Item = Recorded<'a>>,
        rows: &Rows,
    ) -> Result<(), Error> {
        if let Some(register) = &mut self.register {
            rows.iter().for_each(|(key, value)| register.insert(*key, *value));
        }
        for recorded in recorded {
            self.recent.push(recorded.position, recorded.fact.subject);
            domain::evolve(&mut self.state, recorded);
        }
        (self.head, self.verifier) = (verifier.head(), verifier);
        if self.register.as_ref().is_some_and(Register::is_full) { self.checkpoint() } else { Ok(()) }
    }

    /// Whether the register has something to be taken over from the background.
    pub(crate) fn is_writing(&self) -> bool {
        self.register.as_ref().is_some_and(Register::is_writing)
    }

    /// Takes it over.
    ///
    /// # Errors
    /// [`Error::Halted`] if it could not be written.
    pub(crate) fn tidy(&mut self) -> Result<(), Error> {
        let tidied = self.register.as_mut().map_or(Ok(()), Register::tidy);
        tidied.map_err(|error| halt(&self.ledger, error))
    }

    /// Keeps no room for what may not come.
    pub(crate) fn rest(&mut self) {
        self.recent.rest();
        if let Some(register) = &mut self.register {
            register.rest();
        }
    }

    fn checkpoint(&mut self) -> Result<(), Error> {
        let place = self.place()?;
        let written = self.register.as_mut().map_or(Ok(()), |register| register.checkpoint(place));
        written.map_err(|error| halt(&self.ledger, error))
    }

    fn place(&self) -> Result<Place, Error> {
        let snapshot = SnapshotOf { rules: RULES, state: &self.state };
        let state = serde_json::to_string(&snapshot).map_err(|error| halt(&self.ledger, error))?;
        Ok(Place { verifier: self.verifier.to_bytes(), state })
    }

    /// Writes everything down, so that the next start needs no replay.
    ///
    /// # Errors
    /// [`Error::Halted`] if that failed; the next start then replays.
    pub(crate) fn close(mut self) -> Result<(), Error> {
        let place = self.place()?;
        let closed = self.register.take().map_or(Ok(()), |register| register.close(place));
        closed.map_err(|error| halt(&self.ledger, error))
    }

    /// Rows in the register; replaced ones count until they are merged away.
    pub(crate) fn register_rows(&self) -> u64 {
        self.register.as_ref().map_or(0, Register::rows)
    }

    /// Digests over all of it.
    ///
    /// # Errors
    /// [`Error::Halted`] if the register can't be read.
    pub(crate) fn fingerprint(&self) -> Result<Fingerprint, Error> {
        let digest = self.register.as_ref().map_or(Ok((0, [0; 32])), Register::digest);
        let (keys, register) = digest.map_err(|error| halt(&self.ledger, error))?;
        let state = Sha256::digest(self.place()?.state).into();
        Ok(Fingerprint { head: self.head(), keys, register, state })
    }
}

/// What stops a ledger for good.
pub(crate) fn halt(ledger: &Slug, reason: impl std::fmt::Display) -> Error {
    Error::Halted { ledger: ledger.clone(), reason: reason.to_string() }
}

#[derive(serde::Deserialize)]
struct Snapshot {
    rules: u32,
    state: State,
}

#[derive(serde::Serialize)]
struct SnapshotOf<'a> {
    rules: u32,
    state: &'a State,
}

/// Under which keys a command is remembered.
pub(crate) struct CommandKeys {
    /// Of its id.
    pub(crate) command: Key,
    /// Of its source record. A correction may name the record that it comes from; it is the original that is
    /// accepted once.
    pub(crate) source: Option<Key>,
}

impl CommandKeys {
    pub(crate) fn of(id: Uuid, source: Option<&SourceRecord>, corrects: Option<Uuid>) -> Self {
        let source = source.filter(|_| corrects.is_none()).map(Key::source);
        Self { command: Key::command(id), source }
    }
}

/// Adds to `rows` what is remembered of one command, by its keys and hash, and of its events, which stand side by side
/// in this commit.
///
/// # Errors
/// Those of `look_up`, which finds an event that is corrected and is not in `rows`.
pub(crate) fn remember<'a>(
    rows: &mut Rows,
    commit: u64,
    (keys, hash): (&CommandKeys, [u8; 16]),
    events: impl ExactSizeIterator<Item = Recorded<'a>>,
    look_up: impl Fn(&Key) -> Result<Option<Remembered>, Error>,
) -> Result<(), Error> {
    let count = events.len() as u16;
    for (n, Recorded { position, id, fact, .. }) in events.enumerate() {
        if n == 0 {
            let accepted = Remembered::Accepted { hash, commit, position, count };
            rows.insert(keys.command, accepted);
            keys.source.map(|source| rows.insert(source, accepted));
        }
        let latest = Remembered::Event { commit, position, standing: Standing::Latest };
        rows.insert(Key::event(id), latest);
        let Some(corrects) = fact.corrects else { continue };
        let key = Key::event(corrects);
        let in_rows = rows.get(&key).copied();
        let earlier = if in_rows.is_some() { in_rows } else { look_up(&key)? };
        if let Some(Remembered::Event { commit, position: at, .. }) = earlier {
            let voids = fact.event.name().ends_with("-voided");
            let standing = if voids { Standing::VoidedBy(position) } else { Standing::CorrectedBy(position) };
            rows.insert(key, Remembered::Event { commit, position: at, standing });
        }
    }
    Ok(())
}
