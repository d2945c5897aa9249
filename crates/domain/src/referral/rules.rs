//! What may be recorded of a referral: a plain machine of states.

use jiff::civil::Date;

use crate::basis::Need;
use crate::case::may_take;
use crate::command::Act;
use crate::correction::{CorrectEvent, Correctable, live};
use crate::fact::Fact;
use crate::history::History;
use crate::id::{PartnerId, ReferralId};
use crate::referral::{About, ByPartner, ClosedUnmet, Command, Completed, Declined, Event, about};
use crate::text::{day_corrected, day_done};
use crate::{Found, Refusal, Stamp, State};

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::OpenReferral(new) => {
            let id = new.id.unwrap_or_else(|| ReferralId::new(stamp.id(0)));
            if state.referrals.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            let event = Event::ReferralOpened(new.details.clone());
            let day = day_done(state, stamp, Some(new.effective))?;
            sound(state, found, &event, day)?;
            may_take(state, new.details.case, day)?;
            Ok(vec![event.fact(id.0, new.effective)])
        }
        Command::AcceptReferral(act) => further((state, found, stamp), act, |about| {
            Event::ReferralAccepted(ByPartner { about, ..act.details.clone() })
        }),
        Command::DeclineReferral(act) => further((state, found, stamp), act, |about| {
            Event::ReferralDeclined(Declined { about, ..act.details.clone() })
        }),
        Command::RedirectReferral(act) => further((state, found, stamp), act, |about| {
            Event::ReferralRedirected(ByPartner { about, ..act.details.clone() })
        }),
        Command::CompleteReferral(act) => {
            further((state, found, stamp), act, |about| Event::ReferralCompleted(Completed { about }))
        }
        Command::CloseReferralUnmet(act) => further((state, found, stamp), act, |about| {
            Event::ReferralClosedUnmet(ClosedUnmet { about, ..act.details.clone() })
        }),
        Command::CorrectReferral(command) => correct(state, command, found, stamp),
        Command::VoidReferral(command) => {
            let fact = live::<Event>(found, command.corrects)?.void(command);
            check(&state.referral(ReferralId::new(fact.subject.id))?.history.with(&fact))?;
            Ok(vec![fact])
        }
    }
}

/// A further event of a referral, which carries what that is about.
fn further<D>(
    (state, found, stamp): (&State, &Found, &Stamp),
    act: &Act<ReferralId, D>,
    event: impl FnOnce(Option<About>) -> Event,
) -> Result<Vec<Fact>, Refusal> {
    let referral = state.referral(act.id)?;
    let event = event(referral.about());
    let fact = event.clone().fact(act.id.0, act.effective);
    check(&referral.history.with(&fact))?;
    let day = day_done(state, stamp, Some(act.effective))?;
    sound(state, found, &event, day)?;
    Ok(vec![fact])
}

fn correct(
    state: &State,
    command: &CorrectEvent<Event>,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    let live = live::<Event>(found, command.corrects)?;
    let fact = live.correct(command)?;
    if command.now.about() != live.event.about() {
        return Err(Refusal::OutOfRange {
            field: "now/data/about",
            range: "what the referral is about, as it was",
        });
    }
    check(&state.referral(ReferralId::new(fact.subject.id))?.history.with(&fact))?;
    let day = day_corrected(state, stamp, fact.effective, live.effective)?;
    sound(state, found, &command.now, day)?;
    if let (Event::ReferralOpened(was), Event::ReferralOpened(now)) = (live.event, &command.now)
        && (was.case, live.effective) != (now.case, fact.effective)
    {
        may_take(state, now.case, day)?;
    }
    Ok(vec![fact])
}

/// What an event names is there on its day, and an opening has a basis.
fn sound(state: &State, found: &Found, event: &Event, day: Date) -> Result<(), Refusal> {
    match event {
        Event::ReferralOpened(opened) => {
            if !state.site(opened.site)?.is_open_on(day) {
                return Err(Refusal::SiteNotOpen { date: day });
            }
            found.basis.allows(state, Need { case: Some(opened.case), kind: None, day })
        }
        Event::ReferralAccepted(by) | Event::ReferralRedirected(by) => {
            let partner = state.partner(by.partner)?;
            partner.is_here_on(day)?;
            if partner.is_suspended_on(day) { Err(Refusal::PartnerSuspended { date: day }) } else { Ok(()) }
        }
        Event::ReferralDeclined(declined) => state.partner(declined.partner).map(|_| ()),
        Event::ReferralCompleted(_)
        | Event::ReferralClosedUnmet(_)
        | Event::ReferralCorrected(_)
        | Event::ReferralVoided(_) => Ok(()),
    }
}

/// Where a referral stands.
enum Stands {
    /// It waits for a partner: this one, or any.
    Waiting(Option<PartnerId>),
    /// A partner has it.
    Accepted,
    /// It ended on that day.
    Ended(Date),
}

/// The whole machine: the first event opens, each next one is possible where the referral stands and lies on no
/// earlier day.
fn check(history: &History<Event>) -> Result<(), Refusal> {
    let mut stands = Stands::Waiting(None);
    let mut opening: Option<About> = None;
    let mut last = Date::MIN;
    for entry in history.entries() {
        let day = entry.effective.map_or(Date::MIN, |e| e.from());
        if let Some(opened) = about(&entry.event, day) {
            (opening, last) = (Some(opened), day);
            continue;
        }
        if entry.event.about() != opening.as_ref() {
            return Err(Refusal::InUse { what: "later events of the referral, which say what it is about" });
        }
        stands = next(&stands, &entry.event, day)?;
        if day < last {
            let range = "not before the event of the referral before it, nor after the next";
            return Err(Refusal::OutOfRange { field: "effective", range });
        }
        last = day;
    }
    Ok(())
}

fn next(stands: &Stands, event: &Event, day: Date) -> Result<Stands, Refusal> {
    let accepted = matches!(stands, Stands::Accepted);
    let asked = match stands {
        Stands::Waiting(asked) => *asked,
        Stands::Accepted => None,
        Stands::Ended(since) => return Err(Refusal::Closed { kind: "referral", since: *since }),
    };
    match event {
        Event::ReferralCompleted(_) if accepted => Ok(Stands::Ended(day)),
        Event::ReferralCompleted(_) => Err(Refusal::ReferralNotAccepted),
        Event::ReferralClosedUnmet(_) => Ok(Stands::Ended(day)),
        _ if accepted => Err(Refusal::ReferralAlreadyAccepted),
        Event::ReferralRedirected(to) if asked == Some(to.partner) => {
            Err(Refusal::NoChange { what: "this partner is asked already" })
        }
        Event::ReferralRedirected(to) => Ok(Stands::Waiting(Some(to.partner))),
        Event::ReferralAccepted(_) | Event::ReferralDeclined(_) => match (asked, event.partner()) {
            (Some(asked), Some(other)) if asked != other => {
                Err(Refusal::ReferralWithAnother { partner: asked.0 })
            }
            _ if matches!(event, Event::ReferralAccepted(_)) => Ok(Stands::Accepted),
            _ => Ok(Stands::Waiting(None)),
        },
        Event::ReferralOpened(_) | Event::ReferralCorrected(_) | Event::ReferralVoided(_) => {
            Ok(Stands::Waiting(asked))
        }
    }
}
