//! What is said of assessments. How many people were heard, or an indicator is of, is not said.

use domain::assessment::Event;
use domain::assessment::code::Progress;

use crate::cells::code;

pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::AssessmentOpened(opened) => {
            format!("A site began to assess its needs and assets for {}.", opened.year)
        }
        Event::VoicesHeard(voices) => {
            format!("Voices were heard: {} ({}).", code(&voices.constituency), code(&voices.method))
        }
        Event::NeedIdentified(need) => {
            format!("A need was identified: {} (tier {}).", code(&need.barrier), u8::from(need.tier))
        }
        // The label is free text.
        Event::AssetIdentified(asset) => format!("An asset was identified: a {}.", code(&asset.kind)),
        Event::PrioritySet(priority) => {
            format!("A need became priority {} by decision of a council.", priority.rank)
        }
        Event::GoalSet(goal) => {
            format!("A goal was set for {}, to be reached by {}.", goal.indicator, goal.by)
        }
        Event::ProgressObserved(progress) => match progress.status {
            Progress::Progressing => "A goal came nearer.".into(),
            Progress::NoProgress => "A goal was looked at: no progress.".into(),
            Progress::Decline => "A goal moved further away.".into(),
            Progress::Exited => "A goal can't be told: those whom it is about left before.".into(),
        },
        Event::AssessmentClosed(_) => "An assessment of needs and assets was closed.".into(),
        Event::AssessmentCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::AssessmentVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}
