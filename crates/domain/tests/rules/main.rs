//! The rules, by given, when and then: every command has its event, every refusal its claim.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod accesses;
mod agreements;
mod amendments;
mod assessments;
mod assistances;
mod cases;
mod consents;
mod corrections;
mod council_histories;
mod council_kit;
mod councils;
mod decisions;
mod deliveries;
mod disclosures;
mod engagements;
mod grants;
mod kit;
mod ledgers;
mod offerings;
mod partners;
mod persons;
mod referrals;
mod sharings;
mod sites;
mod states;

/// The claims, as text.
const CLAIMS: &[&str] = &[
    include_str!("accesses.rs"),
    include_str!("agreements.rs"),
    include_str!("assessments.rs"),
    include_str!("amendments.rs"),
    include_str!("assistances.rs"),
    include_str!("cases.rs"),
    include_str!("consents.rs"),
    include_str!("corrections.rs"),
    include_str!("councils.rs"),
    include_str!("decisions.rs"),
    include_str!("deliveries.rs"),
    include_str!("disclosures.rs"),
    include_str!("engagements.rs"),
    include_str!("grants.rs"),
    include_str!("ledgers.rs"),
    include_str!("offerings.rs"),
    include_str!("partners.rs"),
    include_str!("persons.rs"),
    include_str!("sharings.rs"),
    include_str!("referrals.rs"),
    include_str!("sites.rs"),
];

#[test]
fn every_refusal_has_a_claim() {
    let codes: Vec<&str> = domain::refusal::catalogue().iter().map(|rule| rule.code).collect();
    let claimed = |code: &&&str| CLAIMS.iter().any(|text| text.contains(&format!("\"{code}\"")));
    let missing: Vec<_> = codes.iter().filter(|code| !claimed(code)).collect();
    assert!(missing.is_empty(), "no claim refuses with {missing:?}");
}

#[test]
fn every_command_has_a_claim() {
    let names = domain::thing::NAMES.iter().flat_map(|names| names.commands);
    let claimed = |name: &&&str| {
        CLAIMS.iter().chain([&include_str!("kit.rs")]).any(|text| text.contains(&format!("\"{name}\"")))
    };
    let missing: Vec<_> = names.filter(|name| !claimed(name)).collect();
    assert!(missing.is_empty(), "no claim sends {missing:?}");
}
