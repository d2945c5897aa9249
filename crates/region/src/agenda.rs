//! What a district does, step by step, and the agenda of what it will do on a day of the year.

use std::collections::BTreeMap;

use domain::correction::{CorrectEvent, CorrectionReason, VoidEvent};
use domain::delivery::Delivered;
use domain::id::{AmendmentId, ConsentId};
use domain::{Command, Effective, Event, Kind};
use jiff::civil::Date;
use uuid::Uuid;

/// A command, on whose word it is sent, and what comes of its event.
pub(crate) struct Step {
    pub(crate) command: Command,
    /// The consent that it rests on.
    pub(crate) consent: Option<ConsentId>,
    pub(crate) then: Then,
}

/// What comes of an event once it is recorded.
pub(crate) enum Then {
    Nothing,
    /// It may turn out to be wrong.
    Delivered(Delivered),
    /// It should not be there.
    Void(Kind),
    /// It should be this.
    Correct(Box<Event>),
    /// It is the correction that a family asked for, decided on that day.
    Granted(AmendmentId, Date),
}

impl Step {
    /// A command whose event is a mistake that somebody will see.
    pub(crate) fn wrong(command: Command, then: Then) -> Self {
        Self { command, consent: None, then }
    }
}

impl From<Command> for Step {
    fn from(command: Command) -> Self {
        Self { command, consent: None, then: Then::Nothing }
    }
}

/// What is to be done, by day; on one day in the order in which it was planned.
#[derive(Default)]
pub(crate) struct Agenda {
    /// What services depend on.
    pressing: BTreeMap<(Date, u32), Step>,
    other: BTreeMap<(Date, u32), Step>,
    added: u32,
}

impl Agenda {
    /// Plans a step for a day.
    pub(crate) fn add(&mut self, day: Date, step: impl Into<Step>) {
        let step = step.into();
        self.added += 1;
        let steps = match &step.command {
            Command::Partner(_) | Command::Agreement(_) | Command::Offering(_) => &mut self.pressing,
            _ => &mut self.other,
        };
        steps.insert((day, self.added), step);
    }

    /// The first step on which services depend that is due on that day.
    pub(crate) fn pressing(&mut self, day: Date) -> Option<Step> {
        due(&mut self.pressing, day)
    }

    /// The first other step that is due on that day.
    pub(crate) fn other(&mut self, day: Date) -> Option<Step> {
        due(&mut self.other, day)
    }
}

fn due(steps: &mut BTreeMap<(Date, u32), Step>, day: Date) -> Option<Step> {
    let ((first, _), _) = steps.first_key_value()?;
    if *first <= day { steps.pop_first().map(|(_, step)| step) } else { None }
}

/// One day.
pub(crate) const fn on(day: Date) -> Effective {
    Effective::Day(day)
}

macro_rules! corrections {
    ($($kind:ident in $module:ident: $correct:ident, $void:ident;)+) => {
        /// The command that puts this in the place of an event.
        pub(crate) fn correct(corrects: Uuid, now: Event) -> Option<Command> {
            let (reason, effective) = (CorrectionReason::EntryError, None);
            match now {
                $(Event::$kind(now) => {
                    let body = CorrectEvent { corrects, reason, effective, now };
                    Some(Command::$kind(domain::$module::Command::$correct(Box::new(body))))
                })+
                // The ledger's own events stand, those of tokens and what was disclosed.
                Event::Ledger(_) | Event::Disclosure(_) | Event::Access(_) => None,
            }
        }

        /// The command that takes an event back.
        pub(crate) fn void(corrects: Uuid, kind: Kind, reason: CorrectionReason) -> Option<Command> {
            let body = VoidEvent { corrects, reason };
            match kind {
                $(Kind::$kind => Some(Command::$kind(domain::$module::Command::$void(body))),)+
                Kind::Ledger | Kind::Disclosure | Kind::Access => None,
            }
        }
    };
}

corrections! {
    Delivery in delivery: CorrectDelivery, VoidDelivery;
    Engagement in engagement: CorrectEngagement, VoidEngagement;
    Site in site: CorrectSite, VoidSite;
    Partner in partner: CorrectPartner, VoidPartner;
    Agreement in agreement: CorrectAgreement, VoidAgreement;
    Offering in offering: CorrectOffering, VoidOffering;
    Person in person: CorrectPerson, VoidPerson;
    Case in case: CorrectCase, VoidCase;
    Consent in consent: CorrectConsent, VoidConsent;
    Council in council: CorrectCouncil, VoidCouncil;
    Referral in referral: CorrectReferral, VoidReferral;
    Amendment in amendment: CorrectAmendment, VoidAmendment;
    Assessment in assessment: CorrectAssessment, VoidAssessment;
    Sharing in sharing: CorrectSharing, VoidSharing;
    Grant in grant: CorrectGrant, VoidGrant;
    Assistance in assistance: CorrectAssistance, VoidAssistance;
}
