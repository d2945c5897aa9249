//! Events as sentences that a person would say. No person, household or case is named, and no small number of people.

use domain::ledger::Persons;
use domain::{Event as AnyEvent, agreement, delivery, engagement, ledger, offering, partner, site};

use crate::cells::code;

mod access;
mod amendment;
mod assessment;
mod assistance;
mod case;
mod consent;
mod council;
mod disclosure;
mod grant;
mod person;
mod referral;
mod sharing;

/// An event as a sentence.
pub fn sentence(event: &AnyEvent) -> String {
    match event {
        AnyEvent::Ledger(event) => ledger_sentence(event),
        AnyEvent::Site(event) => site_sentence(event),
        AnyEvent::Partner(event) => partner_sentence(event),
        AnyEvent::Agreement(event) => agreement_sentence(event),
        AnyEvent::Offering(event) => offering_sentence(event),
        AnyEvent::Delivery(event) => delivery_sentence(event),
        AnyEvent::Engagement(event) => engagement_sentence(event),
        AnyEvent::Person(event) => person::sentence(event),
        AnyEvent::Case(event) => case::sentence(event),
        AnyEvent::Disclosure(event) => disclosure::sentence(event),
        AnyEvent::Consent(event) => consent::sentence(event),
        AnyEvent::Council(event) => council::sentence(event),
        AnyEvent::Assessment(event) => assessment::sentence(event),
        AnyEvent::Sharing(event) => sharing::sentence(event),
        AnyEvent::Referral(event) => referral::sentence(event),
        AnyEvent::Amendment(event) => amendment::sentence(event),
        AnyEvent::Grant(event) => grant::sentence(event),
        AnyEvent::Assistance(event) => assistance::sentence(event),
        AnyEvent::Access(event) => access::sentence(event),
    }
}

fn ledger_sentence(event: &ledger::Event) -> String {
    match event {
        ledger::Event::LedgerOpened(opened) => format!("{} opened its ledger.", opened.owner),
        ledger::Event::PolicyChanged(change) => {
            let who = match change.policy.persons {
                Persons::Any => "",
                Persons::Enrolled => ", and only who is enrolled may be named",
            };
            format!("The policy changed: counts under {} are suppressed{who}.", change.policy.suppress_under)
        }
        ledger::Event::SchemaRegistered(schema) => {
            format!("Version {} of {} may be written.", schema.version, schema.event)
        }
        ledger::Event::OperatorActed(act) => format!("An operator acted: {} ({}).", act.act, act.reason),
        ledger::Event::ReportPublished(report) => {
            format!("The report {} for {} was published.", report.name, report.school_year)
        }
    }
}

fn site_sentence(event: &site::Event) -> String {
    match event {
        site::Event::SiteRegistered(site) => format!("{} in {} joined the ledger.", site.name, site.city),
        site::Event::SiteDesignated(site) => format!("A site became a community school ({}).", site.program),
        site::Event::PhaseChanged(change) => format!("A site is now {}.", code(&change.phase)),
        site::Event::CoordinatorAssigned(_) => "A coordinator was assigned to a site.".into(),
        site::Event::CoordinatorReleased(_) => "A coordinator left a site.".into(),
        site::Event::SiteClosed(_) => "A site closed.".into(),
        site::Event::SiteCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        site::Event::SiteVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}

fn partner_sentence(event: &partner::Event) -> String {
    match event {
        partner::Event::PartnerOnboarded(partner) => format!("{} became a partner.", partner.name),
        partner::Event::PartnerDetailsChanged(partner) => format!("The details of {} changed.", partner.name),
        partner::Event::PartnerVetted(vetted) => {
            format!("A partner was vetted until {}.", vetted.insurance_until.min(vetted.clearance_until))
        }
        partner::Event::PartnerSuspended(pause) => {
            format!("A partner was suspended ({}).", code(&pause.reason))
        }
        partner::Event::PartnerReinstated(_) => "A partner was reinstated.".into(),
        partner::Event::PartnerOffboarded(_) => "A partner left.".into(),
        partner::Event::PartnerCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        partner::Event::PartnerVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}

fn agreement_sentence(event: &agreement::Event) -> String {
    match event {
        agreement::Event::AgreementSigned(signed) => {
            let name = signed.reference.as_deref().unwrap_or("An agreement");
            format!("{name} was signed for {} sites.", signed.terms.sites.len())
        }
        agreement::Event::AgreementAmended(terms) => {
            format!("An agreement now covers {} sites.", terms.sites.len())
        }
        agreement::Event::AgreementRenewed(_) => "An agreement was renewed.".into(),
        agreement::Event::AgreementSuspended(pause) => {
            format!("An agreement was suspended ({}).", code(&pause.reason))
        }
        agreement::Event::AgreementResumed(_) => "An agreement was resumed.".into(),
        agreement::Event::AgreementEnded(_) => "An agreement ended.".into(),
        agreement::Event::AgreementCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        agreement::Event::AgreementVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}

fn offering_sentence(event: &offering::Event) -> String {
    match event {
        offering::Event::ServiceOffered(offered) => {
            format!("{} is on offer ({}).", offered.name, code(&offered.kind))
        }
        offering::Event::OfferingChanged(offered) => format!("{} changed.", offered.name),
        offering::Event::ServiceWithdrawn(_) => "A service is no longer on offer.".into(),
        offering::Event::OfferingCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        offering::Event::OfferingVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}

fn delivery_sentence(event: &delivery::Event) -> String {
    match event {
        // How many took part is not said: a feed is read widely and small groups tell too much.
        delivery::Event::ServiceDelivered(d) => {
            format!("{} minutes of {} were delivered (tier {}).", d.minutes, code(&d.kind), u8::from(d.tier))
        }
        delivery::Event::DeliveryCorrected(_) => "A delivery was corrected.".into(),
        delivery::Event::DeliveryVoided(_) => "A delivery was voided.".into(),
    }
}

fn engagement_sentence(event: &engagement::Event) -> String {
    match event {
        engagement::Event::EngagementPlanned(planned) => format!("A {} is planned.", code(&planned.kind)),
        engagement::Event::EngagementHeld(held) => {
            format!("A {} was held for {} minutes.", code(&held.kind), held.minutes)
        }
        engagement::Event::FamilyEngaged(family) => format!("A family took part ({}).", code(&family.role)),
        engagement::Event::EngagementCancelled(_) => "An engagement was cancelled.".into(),
        engagement::Event::EngagementCorrected(c) => format!("{} was corrected.", c.was.event.name()),
        engagement::Event::EngagementVoided(v) => format!("{} was voided.", v.was.event.name()),
    }
}
