//! What a decision is brought of a command besides its body: its basis, and the event that it names.

use domain::amendment::{Grounds, Requested};
use domain::code::ServiceKind;
use domain::command::Create;
use domain::consent::{ConsentBasis, Consented};
use domain::id::{CaseId, ConsentId};
use domain::need::Barrier;
use domain::referral::{Opened, Urgency};
use domain::{Command, Effective, amendment, consent, referral};
use jiff::civil::date;
use uuid::Uuid;
use wire::{Outcome, Submission};

use crate::kit::*;

fn case() -> CaseId {
    CaseId::new(Uuid::from_u64_pair(78, 1))
}

fn consent_id() -> Uuid {
    Uuid::from_u64_pair(79, 1)
}

fn record_consent(n: u64) -> Submission {
    let details =
        Consented { case: case(), kinds: [ServiceKind::Food].into(), basis: ConsentBasis::ParentConsent };
    let effective = Effective::Span(date(2026, 2, 1), date(2026, 6, 11));
    let new = Create { id: Some(ConsentId::new(consent_id())), effective, details };
    submission(n, Command::Consent(consent::Command::RecordConsent(new)))
}

fn open_referral(n: u64, basis: Option<&str>) -> Submission {
    let details = Opened { case: case(), site: site_id(5), need: Barrier::Food, urgency: Urgency::Routine };
    let new = Create { id: None, effective: Effective::Day(date(2026, 3, 1)), details };
    let opened = submission(n, Command::Referral(referral::Command::OpenReferral(new)));
    Submission { basis: basis.map(str::to_owned), ..opened }
}

fn request_amendment(n: u64, event: Uuid) -> Submission {
    let details = Requested { event, grounds: Grounds::Inaccurate };
    let new = Create { id: None, effective: Effective::Day(date(2026, 3, 1)), details };
    submission(n, Command::Amendment(amendment::Command::RequestAmendment(new)))
}

#[tokio::test]
async fn a_command_is_decided_on_the_grounds_that_it_names() {
    let desk = Desk::open().await;
    desk.receipt(register_site(1, 5)).await;
    assert_eq!(desk.refusal(open_referral(2, None)).await.code, "basis-needed");
    let named = format!("consent:{}", consent_id());
    assert_eq!(desk.refusal(open_referral(3, Some(&named))).await.code, "not-found");
    // The consent may stand in the same group.
    let group =
        vec![record_consent(4), open_referral(5, Some(&named)), open_referral(6, Some("law:wic-5600"))];
    let answers = desk.recorder.submit_all(&azusa(), group).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Outcome::Receipt(_)))), "{answers:?}");
}

#[tokio::test]
async fn an_event_that_a_command_names_is_looked_up_in_the_log_and_in_the_group() {
    let desk = Desk::open().await;
    assert_eq!(desk.refusal(request_amendment(1, Uuid::from_u64_pair(3, 3))).await.code, "event-not-found");
    let registered = desk.receipt(register_site(2, 5)).await.event_ids[0];
    let first = desk.receipt(request_amendment(3, registered)).await.event_ids[0];
    desk.receipt(request_amendment(4, first)).await;
    let opening = desk.log.events(&azusa()).await[0].envelope.id;
    assert_eq!(desk.refusal(request_amendment(5, opening)).await.code, "event-of-another-kind");
}
