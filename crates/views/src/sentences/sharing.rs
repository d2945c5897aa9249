//! What is said of sharings.

use domain::sharing::{Event, Proposed};

use crate::cells::code;

pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::SharingProposed(proposed) => {
            format!("Sharing {} with {} was proposed.", what(proposed), proposed.to)
        }
        Event::SharingApproved(approved) => match &approved.proposed {
            Some(proposed) => format!(
                "Sharing {} with {} was approved by decision of a council, for {}.",
                what(proposed),
                proposed.to,
                code(&proposed.purpose)
            ),
            None => "A sharing was approved by decision of a council.".into(),
        },
        Event::SharingRevoked(revoked) => match &revoked.proposed {
            Some(proposed) => format!("Sharing {} with {} was revoked.", what(proposed), proposed.to),
            None => "A sharing was revoked.".into(),
        },
        Event::SharingCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::SharingVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}

fn what(proposed: &Proposed) -> String {
    proposed.what.iter().map(code).collect::<Vec<_>>().join(", ")
}
