//! What may be recorded of a sharing.

use jiff::ToSpan as _;
use jiff::civil::Date;
use uuid::Uuid;

use crate::correction::{CorrectEvent, Correctable, live};
use crate::fact::Fact;
use crate::history::{Entry, History};
use crate::id::SharingId;
use crate::sharing::{Approved, Command, Event, Proposed, Recipient, Revoked, Sharing};
use crate::text::{code, day_corrected, day_done, not_in_future, one_day};
use crate::{Effective, Found, Refusal, Stamp, State};

/// Longest time from the first day of a sharing to its expiry, in years.
const YEARS_MAX: i16 = 5;

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::ProposeSharing(new) => {
            let id = new.id.unwrap_or_else(|| SharingId::new(stamp.id(0)));
            if state.sharings.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            sound(&new.details)?;
            day_done(state, stamp, Some(new.effective))?;
            Ok(vec![Event::SharingProposed(new.details.clone()).fact(id.0, new.effective)])
        }
        Command::ApproveSharing(act) => {
            let sharing = open(state, act.id)?;
            if sharing.approved().is_some() {
                return Err(Refusal::NoChange { what: "the sharing is approved already" });
            }
            let approved = Approved { proposed: sharing.proposed().cloned(), ..act.details.clone() };
            let fact = Event::SharingApproved(approved).fact(act.id.0, act.effective);
            holds(sharing, &fact)?;
            state.adopted(act.details.decision, act.effective.from())?;
            Ok(vec![fact])
        }
        Command::RevokeSharing(act) => {
            let sharing = open(state, act.id)?;
            let revoked = Revoked { proposed: sharing.proposed().cloned(), ..act.details.clone() };
            let fact = Event::SharingRevoked(revoked).fact(act.id.0, act.effective);
            holds(sharing, &fact)?;
            not_in_future(stamp, act.effective.from())?;
            Ok(vec![fact])
        }
        Command::CorrectSharing(command) => correct(state, stamp, command, found),
        Command::VoidSharing(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let fact = live.void(command);
            holds(state.sharing(SharingId::new(live.subject.id))?, &fact)?;
            Ok(vec![fact])
        }
    }
}

/// Rule 14: a revoked sharing stays so.
fn open(state: &State, id: SharingId) -> Result<&Sharing, Refusal> {
    let sharing = state.sharing(id)?;
    match sharing.revoked() {
        Some(since) => Err(Refusal::Closed { kind: "sharing", since }),
        None => Ok(sharing),
    }
}

/// A corrected event meets the rules of a new one.
fn correct(
    state: &State,
    stamp: &Stamp,
    command: &CorrectEvent<Event>,
    found: &Found,
) -> Result<Vec<Fact>, Refusal> {
    let live = live::<Event>(found, command.corrects)?;
    let fact = live.correct(command)?;
    let first = fact.effective.map(|e| e.from()).ok_or(Refusal::OneDayNeeded)?;
    if let Event::SharingProposed(proposed) = &command.now {
        sound(proposed)?;
    }
    holds(state.sharing(SharingId::new(live.subject.id))?, &fact)?;
    match &command.now {
        Event::SharingProposed(_) => {
            day_corrected(state, stamp, fact.effective, live.effective).map(|_| ())?
        }
        Event::SharingApproved(approved) => state.adopted(approved.decision, first).map(|_| ())?,
        _ => not_in_future(stamp, first)?,
    }
    Ok(vec![fact])
}

fn sound(proposed: &Proposed) -> Result<(), Refusal> {
    if let Recipient::Organisation(organisation) = &proposed.to {
        code("details/to/organisation", organisation)?;
    }
    if proposed.what.is_empty() {
        return Err(Refusal::ListNotAllowed { field: "details/what", max: 9 });
    }
    Ok(())
}

/// The history after the fact. What another entry would break by it relies on it.
fn holds(sharing: &Sharing, fact: &Fact) -> Result<(), Refusal> {
    match check(&sharing.history.with(fact)) {
        Err((entry, refusal)) if entry.is_nil() => Err(refusal),
        Err(_) => Err(Refusal::InUse { what: "the approval or revocation of the sharing" }),
        Ok(()) => Ok(()),
    }
}

/// What must hold of the whole history: the first entry that breaks a rule, by its id, and the rule.
fn check(history: &History<Event>) -> Result<(), (Uuid, Refusal)> {
    let mut seen = Seen::default();
    history.entries().iter().try_for_each(|entry| seen.take(entry).map_err(|refusal| (entry.id, refusal)))
}

/// What the entries so far have brought.
#[derive(Default)]
struct Seen<'a> {
    proposed: Option<(Date, &'a Proposed)>,
    approved: Option<Effective>,
}

impl<'a> Seen<'a> {
    fn take(&mut self, entry: &'a Entry<Event>) -> Result<(), Refusal> {
        match &entry.event {
            Event::SharingProposed(proposed) => {
                self.proposed = Some((one_day(entry.effective)?, proposed));
            }
            Event::SharingApproved(approved) => {
                let span = span(entry.effective)?;
                self.follows(approved.proposed.as_ref(), span.from())?;
                self.approved = Some(span);
            }
            Event::SharingRevoked(revoked) => {
                let day = one_day(entry.effective)?;
                let span = self.approved.ok_or(Refusal::SharingNotApproved)?;
                self.follows(revoked.proposed.as_ref(), day)?;
                if day > span.to() {
                    return Err(Refusal::OutOfRange { field: "effective", range: "by its expiry" });
                }
            }
            Event::SharingCorrected(_) | Event::SharingVoided(_) => {}
        }
        Ok(())
    }

    /// It carries what was proposed, and comes after it.
    fn follows(&self, carried: Option<&Proposed>, day: Date) -> Result<(), Refusal> {
        let proposed = self.proposed.filter(|(_, proposed)| Some(*proposed) == carried);
        let (since, _) = proposed.ok_or(Refusal::OutOfRange {
            field: "now/data/proposed",
            range: "what was proposed, as the ledger filled it in",
        })?;
        if day < since {
            return Err(Refusal::OutOfRange { field: "effective", range: "not before it was proposed" });
        }
        Ok(())
    }
}

/// A sharing expires.
fn span(effective: Option<Effective>) -> Result<Effective, Refusal> {
    let span = effective.filter(|span| span.from() < span.to()).ok_or(Refusal::SpanNeeded)?;
    let latest = span.from().saturating_add(YEARS_MAX.years()).saturating_sub(1.day());
    if span.to() > latest { Err(Refusal::SharingTooLong { latest }) } else { Ok(span) }
}
