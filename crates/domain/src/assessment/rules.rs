//! What may be recorded of an assessment.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::assessment::{Assessment, Command, Event, GoalSet, Opened, check::check};
use crate::command::Act;
use crate::correction::{CorrectEvent, Correctable, live};
use crate::fact::Fact;
use crate::id::AssessmentId;
use crate::text::{NAME_CHARS_MAX, code, day_corrected, day_done, one_day, text};
use crate::{Found, Refusal, Stamp, State};

/// Months before its school year in which an assessment may be made: from January on for a year that begins in July.
const MONTHS_BEFORE: i8 = 6;

pub(crate) fn decide(
    state: &State,
    command: &Command,
    found: &Found,
    stamp: &Stamp,
) -> Result<Vec<Fact>, Refusal> {
    match command {
        Command::OpenAssessment(new) => {
            let id = new.id.unwrap_or_else(|| AssessmentId::new(stamp.id(0)));
            if state.assessments.contains_key(&id) {
                return Err(Refusal::Taken { field: "id", value: id.to_string() });
            }
            let event = Event::AssessmentOpened(new.details.clone());
            let day = one_day(Some(new.effective))?;
            admitted(state, &new.details, &event, day)?;
            the_only_open_one(state, id, &new.details)?;
            in_its_year(&new.details, &event, day)?;
            day_done(state, stamp, Some(new.effective))?;
            Ok(vec![event.fact(id.0, new.effective)])
        }
        Command::RecordVoices(act) => add(state, stamp, act, Event::VoicesHeard(act.details.clone())),
        Command::IdentifyNeed(act) => add(state, stamp, act, Event::NeedIdentified(act.details.clone())),
        Command::IdentifyAsset(act) => add(state, stamp, act, Event::AssetIdentified(act.details.clone())),
        Command::SetPriority(act) => add(state, stamp, act, Event::PrioritySet(act.details.clone())),
        Command::SetGoal(act) => add(state, stamp, act, Event::GoalSet(act.details.clone())),
        Command::ObserveProgress(act) => add(state, stamp, act, Event::ProgressObserved(act.details.clone())),
        Command::CloseAssessment(act) => add(state, stamp, act, Event::AssessmentClosed(act.details.clone())),
        Command::CorrectAssessment(command) => correct(state, stamp, command, found),
        Command::VoidAssessment(command) => {
            let live = live::<Event>(found, command.corrects)?;
            let id = AssessmentId::new(live.subject.id);
            let assessment = state.assessment(id)?;
            if matches!(live.event, Event::AssessmentClosed(_)) {
                the_only_open_one(state, id, opened(assessment, id)?)?;
            }
            let fact = live.void(command);
            holds(assessment, &fact)?;
            Ok(vec![fact])
        }
    }
}

/// Rule 14: any further event needs an assessment that is not closed.
fn add<D>(
    state: &State,
    stamp: &Stamp,
    act: &Act<AssessmentId, D>,
    mut event: Event,
) -> Result<Vec<Fact>, Refusal> {
    let assessment = state.assessment(act.id)?;
    if let Some(since) = assessment.closed() {
        return Err(Refusal::Closed { kind: "assessment", since });
    }
    let opened = opened(assessment, act.id)?;
    if let Some((site, year)) = event.place() {
        (*site, *year) = (Some(opened.site), Some(opened.year));
    }
    let day = one_day(Some(act.effective))?;
    admitted(state, opened, &event, day)?;
    rests_on_a_decision(state, opened, &event, day)?;
    let fact = event.clone().fact(act.id.0, act.effective);
    holds(assessment, &fact)?;
    in_its_year(opened, &event, day)?;
    day_done(state, stamp, Some(act.effective))?;
    Ok(vec![fact])
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
    let id = AssessmentId::new(live.subject.id);
    let assessment = state.assessment(id)?;
    let day = one_day(fact.effective)?;
    let now = &command.now;
    let opened = match now {
        Event::AssessmentOpened(opened) => opened,
        _ => opened(assessment, id)?,
    };
    admitted(state, opened, now, day)?;
    rests_on_a_decision(state, opened, now, day)?;
    if matches!(now, Event::AssessmentOpened(_)) && assessment.closed().is_none() {
        the_only_open_one(state, id, opened)?;
    }
    holds(assessment, &fact)?;
    in_its_year(opened, now, day)?;
    day_corrected(state, stamp, fact.effective, live.effective)?;
    Ok(vec![fact])
}

fn opened(assessment: &Assessment, id: AssessmentId) -> Result<&Opened, Refusal> {
    assessment.opened().ok_or(Refusal::NotFound { kind: "assessment", id: id.0 })
}

/// The history after the fact. What another entry would break by it relies on it.
fn holds(assessment: &Assessment, fact: &Fact) -> Result<(), Refusal> {
    match check(&assessment.history.with(fact)) {
        Err((entry, refusal)) if entry.is_nil() => Err(refusal),
        Err(_) => Err(Refusal::InUse { what: "other events of the assessment" }),
        Ok(()) => Ok(()),
    }
}

fn the_only_open_one(state: &State, id: AssessmentId, opened: &Opened) -> Result<(), Refusal> {
    let other = state.assessments.iter().any(|(other, assessment)| {
        let same = assessment.opened().is_some_and(|o| (o.site, o.year) == (opened.site, opened.year));
        *other != id && same && assessment.closed().is_none()
    });
    if other { Err(Refusal::AssessmentOpenAlready { year: opened.year }) } else { Ok(()) }
}

/// Progress is observed, and the assessment closed, also after the year.
fn in_its_year(opened: &Opened, event: &Event, date: Date) -> Result<(), Refusal> {
    let from = opened.year.first_day().saturating_sub(MONTHS_BEFORE.months());
    let to = opened.year.last_day();
    let later = matches!(event, Event::ProgressObserved(_) | Event::AssessmentClosed(_));
    if date < from || (date > to && !later) {
        return Err(Refusal::OutsideAssessmentYear { date, from, to });
    }
    Ok(())
}

/// Rule 10: the council of the site decides, or one of the district or county; not that of another site.
fn rests_on_a_decision(state: &State, opened: &Opened, event: &Event, day: Date) -> Result<(), Refusal> {
    let Event::PrioritySet(priority) = event else { return Ok(()) };
    let adopted = state.adopted(priority.decision, day)?;
    if adopted.site.is_some_and(|site| site != opened.site) {
        let range = "a decision of a council of the site, district or county";
        return Err(Refusal::OutOfRange { field: "details/decision", range });
    }
    Ok(())
}

/// What it says is sound and names what exists, at a site that is open on that day.
fn admitted(state: &State, opened: &Opened, event: &Event, day: Date) -> Result<(), Refusal> {
    match event {
        Event::AssessmentOpened(opened) => some("details/methods", opened.methods.len(), 6)?,
        Event::VoicesHeard(voices) => {
            within("details/count", voices.count.into(), 1..=10_000, "1 to 10000")?;
        }
        Event::NeedIdentified(need) => some("details/evidence", need.evidence.len(), 5)?,
        Event::AssetIdentified(asset) => {
            text("details/label", &asset.label, NAME_CHARS_MAX)?;
            asset.partner.map_or(Ok(()), |partner| state.partner(partner).map(|_| ()))?;
        }
        Event::PrioritySet(priority) => {
            within("details/rank", priority.rank.into(), 1..=100, "1 to 100")?;
        }
        Event::GoalSet(goal) => admitted_goal(goal, day)?,
        Event::ProgressObserved(progress) => {
            measured("details/value", progress.value)?;
            within("details/n", progress.n.into(), 1..=1_000_000, "1 to 1000000")?;
        }
        Event::AssessmentClosed(_) | Event::AssessmentCorrected(_) | Event::AssessmentVoided(_) => {}
    }
    if state.site(opened.site)?.is_open_on(day) { Ok(()) } else { Err(Refusal::SiteNotOpen { date: day }) }
}

fn admitted_goal(goal: &GoalSet, day: Date) -> Result<(), Refusal> {
    code("details/indicator", &goal.indicator)?;
    measured("details/baseline", goal.baseline)?;
    measured("details/target", goal.target)?;
    if goal.by <= day {
        return Err(Refusal::OutOfRange { field: "details/by", range: "after the day on which it is set" });
    }
    Ok(())
}

fn measured(field: &'static str, value: i64) -> Result<(), Refusal> {
    within(field, value, -1_000_000_000..=1_000_000_000, "-1000000000 to 1000000000")
}

fn within(
    field: &'static str,
    value: i64,
    allowed: std::ops::RangeInclusive<i64>,
    range: &'static str,
) -> Result<(), Refusal> {
    if allowed.contains(&value) { Ok(()) } else { Err(Refusal::OutOfRange { field, range }) }
}

fn some(field: &'static str, entries: usize, max: usize) -> Result<(), Refusal> {
    if (1..=max).contains(&entries) { Ok(()) } else { Err(Refusal::ListNotAllowed { field, max }) }
}
