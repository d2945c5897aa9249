//! What must hold of the whole history of an assessment, whether by a new event, a correction or a void.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use uuid::Uuid;

use crate::Refusal;
use crate::assessment::{Event, Opened};
use crate::history::{Entry, History};
use crate::id::{AssetId, GoalId, NeedId};
use crate::text::one_day;

/// The first entry that breaks a rule, by its id, and the rule.
pub(super) fn check(history: &History<Event>) -> Result<(), (Uuid, Refusal)> {
    let mut seen = Seen::default();
    history.entries().iter().try_for_each(|entry| seen.take(entry).map_err(|refusal| (entry.id, refusal)))
}

/// What the entries so far have brought.
#[derive(Default)]
struct Seen<'a> {
    opened: Option<(Date, &'a Opened)>,
    closed: Option<Date>,
    // The day of each, because nothing comes before what it is about.
    needs: BTreeMap<NeedId, Date>,
    goals: BTreeMap<GoalId, Date>,
    assets: BTreeSet<AssetId>,
    latest: Option<Date>,
}

impl<'a> Seen<'a> {
    fn take(&mut self, entry: &'a Entry<Event>) -> Result<(), Refusal> {
        let day = one_day(entry.effective)?;
        if let Some(since) = self.closed {
            return Err(Refusal::Closed { kind: "assessment", since });
        }
        if let Event::AssessmentOpened(opened) = &entry.event {
            self.opened = Some((day, opened));
        } else {
            self.belongs(entry, day)?;
            self.content(&entry.event, day)?;
        }
        self.latest = self.latest.max(Some(day));
        Ok(())
    }

    /// It lies after the opening and carries its site and year.
    fn belongs(&self, entry: &Entry<Event>, day: Date) -> Result<(), Refusal> {
        let Some((first, opened)) = self.opened else {
            return Err(Refusal::InUse { what: "events of the assessment" });
        };
        let place = (Some(opened.site), Some(opened.year));
        if entry.event.clone().place().is_some_and(|(site, year)| (*site, *year) != place) {
            let range = "the site and school year of the assessment";
            return Err(Refusal::OutOfRange { field: "now/data", range });
        }
        not_before(first, day, "not before the assessment opened")
    }

    fn content(&mut self, event: &Event, day: Date) -> Result<(), Refusal> {
        match event {
            Event::VoicesHeard(voices) => {
                let methods = self.opened.map(|(_, opened)| &opened.methods);
                if !methods.is_some_and(|methods| methods.contains(&voices.method)) {
                    let range = "one of the methods of the assessment";
                    return Err(Refusal::OutOfRange { field: "details/method", range });
                }
            }
            Event::NeedIdentified(need) => {
                if self.needs.insert(need.need, day).is_some() {
                    return Err(Refusal::Taken { field: "details/need", value: need.need.to_string() });
                }
            }
            Event::AssetIdentified(asset) => {
                if !self.assets.insert(asset.asset) {
                    return Err(Refusal::Taken { field: "details/asset", value: asset.asset.to_string() });
                }
            }
            Event::PrioritySet(priority) => self.needed(priority.need, day)?,
            Event::GoalSet(goal) => {
                goal.need.map_or(Ok(()), |need| self.needed(need, day))?;
                if self.goals.insert(goal.goal, day).is_some() {
                    return Err(Refusal::Taken { field: "details/goal", value: goal.goal.to_string() });
                }
            }
            Event::ProgressObserved(progress) => {
                let goal = progress.goal;
                let set = self.goals.get(&goal).ok_or(Refusal::NotFound { kind: "goal", id: goal.0 })?;
                not_before(*set, day, "not before the goal was set")?;
            }
            Event::AssessmentClosed(_) => {
                not_before(self.latest.unwrap_or(day), day, "not before what the assessment has on record")?;
                self.closed = Some(day);
            }
            Event::AssessmentOpened(_) | Event::AssessmentCorrected(_) | Event::AssessmentVoided(_) => {}
        }
        Ok(())
    }

    /// The need was identified by that day.
    fn needed(&self, need: NeedId, day: Date) -> Result<(), Refusal> {
        let since = self.needs.get(&need).ok_or(Refusal::NotFound { kind: "need", id: need.0 })?;
        not_before(*since, day, "not before the need was identified")
    }
}

fn not_before(first: Date, day: Date, range: &'static str) -> Result<(), Refusal> {
    if day < first { Err(Refusal::OutOfRange { field: "effective", range }) } else { Ok(()) }
}
