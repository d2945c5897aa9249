//! Referrals: what became of one. Neither its case nor its need is told: a feed is read widely.

use domain::referral::Event;

/// An event as a sentence.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::ReferralOpened(_) => "A referral was opened.".into(),
        Event::ReferralAccepted(_) => "A partner accepted a referral.".into(),
        Event::ReferralDeclined(_) => "A partner declined a referral.".into(),
        Event::ReferralRedirected(_) => "A referral was redirected.".into(),
        Event::ReferralCompleted(_) => "A referral was completed.".into(),
        Event::ReferralClosedUnmet(_) => "A referral was closed with the need unmet.".into(),
        Event::ReferralCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        Event::ReferralVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}
