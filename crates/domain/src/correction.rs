//! Corrections and voids, the same for every thing.
//!
//! A correction carries what it replaces. A reader that keeps sums can then take the old value out and put
//! the new one in without keeping a row for each event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fact::{Event as AnyEvent, Fact, Kind, Subject};
use crate::state::{Found, Standing};
use crate::{Effective, Refusal};

/// Why a record is corrected or voided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CorrectionReason {
    /// Typed or read wrongly.
    EntryError,
    /// Recorded twice under different keys.
    Duplicate,
    /// The wrong thing, person or date was named.
    WrongSubject,
    /// The sender's system sent a new value.
    SourceChanged,
    /// A family asked for an amendment and it was granted.
    AmendmentGranted,
    /// It did not take place.
    NeverHappened,
}

/// The content of the event that is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replaced<E> {
    /// Its date of effect.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effective: Option<Effective>,
    /// Its payload.
    pub event: E,
}

/// Payload of `…-corrected`: from now on `now` counts instead of `was`, on the date in the attribute
/// `effective`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrected<E> {
    /// Why.
    pub reason: CorrectionReason,
    /// What counted until now.
    pub was: Replaced<E>,
    /// What counts from now on.
    pub now: E,
}

/// Payload of `…-voided`: `was` no longer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Voided<E> {
    /// Why.
    pub reason: CorrectionReason,
    /// What counted until now.
    pub was: Replaced<E>,
}

/// Body of `correct-<thing>`: replaces the latest form of one of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectEvent<E> {
    /// Id of the event to correct: the original, or its latest correction.
    pub corrects: Uuid,
    /// Why.
    pub reason: CorrectionReason,
    /// The date that counts from now on; the old one when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effective: Option<Effective>,
    /// What counts from now on; an event of the same name.
    pub now: E,
}

/// Body of `void-<thing>`: takes one of its events back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidEvent {
    /// Id of the event to void: the original, or its latest correction.
    pub corrects: Uuid,
    /// Why.
    pub reason: CorrectionReason,
}

/// Events of one thing that can be corrected and voided.
pub(crate) trait Correctable: Clone + Sized {
    /// The kind of thing.
    const KIND: Kind;
    /// What it does to the record of its thing.
    fn change(&self) -> Change<'_, Self>;
    /// Why and what it corrects or voids.
    fn was(&self) -> Option<(CorrectionReason, &Replaced<Self>)>;
    /// The correction event.
    fn corrected(correction: Corrected<Self>) -> Self;
    /// The void event.
    fn voided(void: Voided<Self>) -> Self;
    /// The name on the wire.
    fn wire_name(&self) -> &'static str;
    /// This kind's events out of the sum.
    fn of(event: &AnyEvent) -> Option<&Self>;
    /// Into the sum.
    fn into_event(self) -> AnyEvent;

    /// The fact that this is so of a thing.
    fn fact(self, thing: Uuid, effective: Effective) -> Fact {
        let subject = Subject { kind: Self::KIND, id: thing };
        Fact { subject, effective: Some(effective), corrects: None, event: self.into_event() }
    }
}

/// What an event does to the record of its thing.
pub(crate) enum Change<'a, E> {
    /// It adds itself.
    Add(&'a E),
    /// It puts this in the place of what it corrects.
    Replace(&'a E),
    /// It takes out what it voids.
    Remove,
}

/// An event that may be corrected now: where it belongs and what counts.
pub(crate) struct Live<'a, E> {
    pub(crate) subject: Subject,
    pub(crate) effective: Option<Effective>,
    pub(crate) event: &'a E,
}

/// Rule 6: the event exists, is of this kind, is the latest of its chain and is not voided.
pub(crate) fn live<E: Correctable>(found: &Found, corrects: Uuid) -> Result<Live<'_, E>, Refusal> {
    let named = found.corrected.as_ref().ok_or(Refusal::EventNotFound { event: corrects })?;
    let subject = named.fact.subject;
    let other = Refusal::EventOfAnotherKind { event: corrects, kind: subject.kind.as_str() };
    if subject.kind != E::KIND {
        return Err(other);
    }
    match named.standing {
        Standing::Latest => {}
        Standing::CorrectedBy(position) => return Err(Refusal::AlreadyCorrected { position }),
        Standing::VoidedBy(position) => return Err(Refusal::AlreadyVoided { position }),
    }
    let event = E::of(&named.fact.event).ok_or(other)?;
    match event.change() {
        Change::Add(event) | Change::Replace(event) => {
            Ok(Live { subject, effective: named.fact.effective, event })
        }
        Change::Remove => Err(Refusal::AlreadyVoided { position: named.position }),
    }
}

impl<E: Correctable> Live<'_, E> {
    /// The fact that corrects it, if the new form is an event of the same name.
    pub(crate) fn correct(&self, command: &CorrectEvent<E>) -> Result<Fact, Refusal> {
        if command.now.wire_name() != self.event.wire_name() {
            return Err(Refusal::CorrectionChangesEvent {
                was: self.event.wire_name(),
                now: command.now.wire_name(),
            });
        }
        let correction = Corrected { reason: command.reason, was: self.replaced(), now: command.now.clone() };
        Ok(Fact {
            subject: self.subject,
            effective: command.effective.or(self.effective),
            corrects: Some(command.corrects),
            event: E::corrected(correction).into_event(),
        })
    }

    /// The fact that voids it.
    pub(crate) fn void(&self, command: &VoidEvent) -> Fact {
        let void = Voided { reason: command.reason, was: self.replaced() };
        Fact {
            subject: self.subject,
            effective: self.effective,
            corrects: Some(command.corrects),
            event: E::voided(void).into_event(),
        }
    }

    fn replaced(&self) -> Replaced<E> {
        Replaced { effective: self.effective, event: self.event.clone() }
    }
}
