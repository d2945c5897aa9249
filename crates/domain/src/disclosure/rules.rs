//! What may be recorded of a disclosure: about whom, to whom, and on what grounds.

use jiff::civil::Date;

use crate::basis::{Basis, Need};
use crate::disclosure::{Command, Disclosed, DisclosurePurpose, Event, FIELDS_MAX, Recipient};
use crate::fact::{Event as AnyEvent, Fact, Kind, Subject};
use crate::id::SharingId;
use crate::person::may_name;
use crate::text::{code, day_done};
use crate::{Found, Refusal, Stamp, State};

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let Command::RecordDisclosure(new) = command;
    let day = day_done(state, stamp, Some(new.effective))?;
    let sharing = sharing(&found.basis, &new.details)?;
    let disclosed = Disclosed { sharing, ..new.details.clone() };
    subjects(state, &disclosed)?;
    sound(state, &disclosed)?;
    lawful(state, &found.basis, &disclosed, day)?;
    shared(state, &disclosed, day)?;
    Ok(vec![Fact {
        subject: Subject { kind: Kind::Disclosure, id: stamp.id(0) },
        effective: Some(new.effective),
        corrects: None,
        event: AnyEvent::Disclosure(Event::DisclosureRecorded(disclosed)),
    }])
}

/// The sharing that it names or that its basis names; both name the same.
fn sharing(basis: &Basis, disclosed: &Disclosed) -> Result<Option<SharingId>, Refusal> {
    let cited = basis.sharings.first().copied().map(SharingId::new);
    let sharing = disclosed.sharing.or(cited);
    if basis.sharings.iter().any(|cited| Some(SharingId::new(*cited)) != sharing) {
        return Err(Refusal::OutOfRange { field: "details/sharing", range: "the one that the basis names" });
    }
    Ok(sharing)
}

/// Whom it is about is said in one way.
fn subjects(state: &State, disclosed: &Disclosed) -> Result<(), Refusal> {
    match (disclosed.person, disclosed.case, disclosed.subjects) {
        (Some(person), None, None) => may_name(state, person),
        // Also one that nobody opened here, or that is closed: what was shown of it is on record all the same.
        (None, Some(_), None) => Ok(()),
        (None, None, Some(1..=10_000)) => Ok(()),
        (None, None, Some(_)) => Err(Refusal::OutOfRange { field: "details/subjects", range: "1 to 10000" }),
        _ => Err(Refusal::SubjectsUnclear),
    }
}

fn sound(state: &State, disclosed: &Disclosed) -> Result<(), Refusal> {
    match &disclosed.recipient {
        Recipient::Ledger(_) => {}
        Recipient::Partner(partner) => drop(state.partner(*partner)?),
        Recipient::Organisation(organisation) => code("details/recipient/organisation", organisation)?,
    }
    if !(1..=FIELDS_MAX).contains(&disclosed.fields.len()) {
        return Err(Refusal::ListNotAllowed { field: "details/fields", max: FIELDS_MAX });
    }
    disclosed.fields.iter().try_for_each(|field| code("details/fields", field))
}

/// A law, a consent or a sharing is named, and every consent that is named was given in the case.
fn lawful(state: &State, basis: &Basis, disclosed: &Disclosed, day: Date) -> Result<(), Refusal> {
    if basis.laws.is_empty() && basis.consents.is_empty() && basis.sharings.is_empty() {
        return Err(Refusal::DisclosureBasisNeeded);
    }
    match disclosed.case {
        // Whose case it is stands nowhere in the ledger, so about a person it may be anybody's.
        None if !basis.consents.is_empty() => Err(Refusal::ConsentNotForSubject),
        case => basis.consents_cover(state, Need { case, kind: None, day }),
    }
}

/// Rule 10: the sharing is live on the day, with the recipient and for the purpose.
fn shared(state: &State, disclosed: &Disclosed, day: Date) -> Result<(), Refusal> {
    let Some(sharing) = disclosed.sharing else { return Ok(()) };
    let proposed = state.shares_on(sharing, day)?;
    if !disclosed.recipient.is(&proposed.to) {
        return Err(Refusal::SharingWithAnother { recipient: proposed.to.to_string() });
    }
    if disclosed.purpose != DisclosurePurpose::from(proposed.purpose) {
        return Err(Refusal::SharingForAnotherPurpose { purpose: proposed.purpose });
    }
    Ok(())
}
