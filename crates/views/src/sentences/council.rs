//! Events about councils as sentences. How many attended or took which position is not said: councils are small.

use domain::council::Event;

use crate::cells::code;

pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::CouncilChartered(charter) => format!("{} was chartered.", charter.name),
        Event::CharterAmended(charter) => format!("The charter of {} was amended.", charter.name),
        Event::MemberSeated(seated) => format!("A council seated a member ({}).", code(&seated.constituency)),
        Event::MemberSteppedDown(_) => "A member of a council stepped down.".into(),
        Event::MeetingConvened(meeting) => {
            format!("A council was convened (topics: {}).", meeting.agenda.join(", "))
        }
        Event::AttendanceRecorded(_) => "A council met.".into(),
        Event::ProposalRaised(proposal) => {
            format!("“{}” was proposed to a council ({}).", proposal.title, code(&proposal.constituency))
        }
        Event::PositionsRecorded(_) => "A council took positions on a proposal.".into(),
        Event::DecisionAdopted(_) => "A council adopted a proposal.".into(),
        Event::DecisionNotAdopted(decision) => {
            format!("A council did not adopt a proposal ({}).", code(&decision.reason))
        }
        Event::DecisionRevisited(revisited) if revisited.stands => "A council confirmed a decision.".into(),
        Event::DecisionRevisited(_) => "A council set a decision aside.".into(),
        Event::ActionAssigned(action) => {
            format!("A council assigned an action ({}, due {}).", code(&action.owner), action.due)
        }
        Event::ActionCompleted(_) => "An action of a council was completed.".into(),
        Event::ActionDropped(action) => {
            format!("An action of a council was dropped ({}).", code(&action.reason))
        }
        Event::CouncilCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::CouncilVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}
