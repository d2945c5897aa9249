//! Each report over a small world.

use report::{Format, Scope, Trouble};
use serde_json::json;
use wire::{AsOf, Vantage};

use crate::kit::*;
use crate::shelf::{book_of, made, named, rows, scope};
use crate::tags;

/// A delivery for a number of people, at a day; persons from `first`.
fn tutoring(world: &mut World, day: &str, first: u128, people: u128) {
    let persons: Vec<_> = (first..first + people).map(|person| id(1000 + person)).collect();
    let changes = [("details/participants", json!(persons)), ("details/funding", json!("ccspp"))];
    world.accepted("record-delivery", with(delivery(day), &changes));
}

/// Counselling for one case.
fn counselling(world: &mut World, day: &str, case: u128) {
    let details = json!({
        "agreement": id(AGREEMENT), "site": id(SITE), "kind": "mental-health-counseling",
        "pillar": "student-supports", "tier": 3, "mode": "in-person", "minutes": 45, "case": id(5000 + case),
    });
    world.accepted("record-delivery", json!({ "effective": day, "details": details }));
}

fn busy() -> World {
    let mut world = World::working();
    for (day, first, people) in [("2026-02-02", 0, 14), ("2026-02-09", 5, 14), ("2026-03-02", 2, 12)] {
        tutoring(&mut world, day, first, people);
    }
    world
}

fn site_scope() -> Scope {
    Scope { site: Some(id(SITE).to_string()), ..scope() }
}

#[test]
fn annual_progress_tells_a_ledger_by_the_four_pillars() {
    let document = made("annual-progress", &scope(), &[&busy()]).unwrap();
    assert_eq!(document.subtitle, "Azul Unified, school year 2025-26");
    assert_eq!(rows(&document, "The year in figures"), ["3 · 135 · 40 · 19 · 0 · 0 · 0 · 0 · 0 · 0 · 1"]);
    assert_eq!(
        rows(&document, "The four pillars"),
        [
            "Integrated student supports · 3 · 135 · 40 · 19 · 0",
            "Family and community engagement · 0 · 0 · 0 · 0 · 0",
            "Collaborative leadership and practices · 0 · 0 · 0 · 0 · 0",
            "Extended learning time and opportunities · 0 · 0 · 0 · 0 · 0",
        ]
    );
    assert_eq!(rows(&document, "Partners"), ["Puente Norte · 3 · 135 · 40 · 19 · 0"]);
    assert_eq!(
        rows(&document, "Services, by month"),
        ["February 2026 · 2 · 90 · 28 · 19 · 0", "March 2026 · 1 · 45 · 12 · 12 · 0"]
    );
}

#[test]
fn a_site_is_found_by_its_id_or_cds_code() {
    let by_id = made("annual-progress", &site_scope(), &[&busy()]).unwrap();
    let cds = Scope { site: Some("19999990000001".to_owned()), ..scope() };
    let by_cds = made("annual-progress", &cds, &[&busy()]).unwrap();
    assert_eq!(by_id.sections, by_cds.sections);
    assert_eq!(by_id.subtitle, "Azul Elementary, Azul Unified, school year 2025-26");
    assert_eq!(rows(&by_id, "Kinds of service"), ["Tutoring · 3 · 135 · 40 · 19 · 0"]);
}

#[test]
fn few_people_are_left_out_of_every_report_alike() {
    let mut world = World::working();
    tutoring(&mut world, "2026-02-02", 0, 4);
    let left_out = "suppressed · suppressed · suppressed · suppressed · 0";
    let ledger = made("annual-progress", &scope(), &[&world]).unwrap();
    assert_eq!(rows(&ledger, "Kinds of service"), [format!("Tutoring · {left_out}")]);
    let site = made("annual-progress", &site_scope(), &[&world]).unwrap();
    assert_eq!(rows(&site, "Kinds of service"), [format!("Tutoring · {left_out}")]);
    let partner = Scope { partner: Some("sample:3".to_owned()), ..scope() };
    let partner = made("partnership", &partner, &[&world]).unwrap();
    assert_eq!(rows(&partner, "Delivered"), [format!("Puente Norte · {left_out}")]);
    // Nor does the time under the agreement tell what the time delivered does not.
    let agreements = rows(&partner, "Agreements");
    assert_eq!(agreements, ["MOU-4 · MOU · Signed · 2025-07-01 · 2026-06-30 · – · – · suppressed"]);
    let grant = Scope { grant: Some("ccspp".to_owned()), ..scope() };
    let grant = made("grant", &grant, &[&world]).unwrap();
    assert_eq!(rows(&grant, "Services"), [format!("ccspp · {left_out}")]);
}

#[test]
fn a_statement_tells_pledged_and_delivered_time_when_nothing_is_left_out() {
    let partner = Scope { partner: Some(id(PARTNER).to_string()), ..scope() };
    let document = made("partnership", &partner, &[&busy()]).unwrap();
    assert_eq!(
        rows(&document, "Agreements"),
        ["MOU-4 · MOU · Signed · 2025-07-01 · 2026-06-30 · – · – · 135"]
    );
    assert_eq!(
        rows(&document, "The partner"),
        ["Puente Norte · Community organisation · Active · 2026-12-31 · – · –"]
    );
}

#[test]
fn of_a_pledge_for_several_years_a_statement_tells_the_part_of_the_year_and_what_was_delivered_in_it() {
    let mut world = World::working();
    // 365 of its 730 days are of the year.
    let pledged = ("details/terms/pledged_minutes", json!(1_001));
    let more = agreement(6, "2025-07-01/2027-06-30");
    let more = with(more, &[pledged, ("details/reference", json!("MOU-6"))]);
    world.accepted("sign-agreement", more);
    let persons: Vec<_> = (0..14).map(|person| id(1000 + person)).collect();
    let changes = [("details/participants", json!(persons)), ("details/agreement", json!(id(6)))];
    world.accepted("record-delivery", with(free_delivery("2026-02-02"), &changes));
    let told = |year: &str| {
        let partner = Some(id(PARTNER).to_string());
        let scope = Scope { partner, ..Scope::of(year.parse().unwrap()) };
        rows(&made("partnership", &scope, &[&world]).unwrap(), "Agreements")
    };
    let other = "MOU-4 · MOU · Signed · 2025-07-01 · 2026-06-30 · – · – · 0";
    let row = |year: &str| format!("MOU-6 · MOU · Signed · 2025-07-01 · 2027-06-30 · 1001 · {year}");
    assert_eq!(told("2025-26"), [other.to_owned(), row("501 · 45")]);
    // The other one is over by then.
    assert_eq!(told("2026-27"), [row("501 · 0")]);
}

#[test]
fn a_county_sums_what_each_ledger_publishes() {
    let (busy, mut few) = (busy(), World::working());
    tutoring(&mut few, "2026-02-02", 0, 4);
    let document = made("county", &scope(), &[&busy, &few, &busy]).unwrap();
    assert_eq!(document.subtitle, "3 ledgers, school year 2025-26");
    assert_eq!(
        rows(&document, "Ledgers")[1..],
        [
            "Azul Unified · suppressed · suppressed · suppressed · suppressed · 0",
            "Azul Unified · 3 · 135 · 40 · 19 · 0",
            "Sum of the ledgers · >=6 · >=270 · >=80 · >=38 · 0",
        ]
    );
    assert_eq!(document.provenance.ledgers.len(), 3);
    let about = &document.sections[0].about;
    assert!(about.contains("unduplicated within each ledger"), "{about}");
}

#[test]
fn mental_health_is_told_by_tier_with_unduplicated_cases() {
    let mut world = busy().under("law:wic-5600");
    for case in 0..13 {
        for day in ["2026-02-03", "2026-02-10"] {
            counselling(&mut world, day, case);
        }
    }
    let document = made("grant", &scope(), &[&world]).unwrap();
    assert_eq!(
        rows(&document, "Mental-health services, by tier")[2..],
        ["Tier 3, for few · 26 · 1170 · 26 · 0 · 13", "All tiers, unduplicated · 26 · 1170 · 26 · 0 · 13"]
    );
}

#[test]
fn a_report_names_heads_school_year_revisions_and_policy() {
    let mut world = busy();
    let policy = json!({ "policy": { "suppress_under": 15, "late_days_max": LATE_DAYS } });
    world.accepted("change-policy", policy);
    let json = serde_json::to_value(made("annual-progress", &scope(), &[&world]).unwrap()).unwrap();
    let from = &json["provenance"];
    assert_eq!(from["school_year"], "2025-26");
    assert_eq!(from["ledgers"][0]["suppress_under"], 15);
    assert_eq!(from["ledgers"][0]["policy"], 11);
    assert_eq!(from["ledgers"][0]["head"]["position"], 11);
    let names: Vec<&str> =
        from["views"].as_array().unwrap().iter().map(|asked| asked["view"].as_str().unwrap()).collect();
    assert!(names.contains(&"reach") && names.contains(&"service-ledger"), "{names:?}");
}

#[test]
fn what_is_parked_is_not_published() {
    let questions = named("annual-progress").questions(&scope());
    let refused = book_of(&busy(), "azul-usd", questions, 2).unwrap_err();
    assert!(matches!(refused, Trouble::Parked { parked: 2, .. }), "{refused}");
}

#[test]
fn what_there_is_none_of_is_said() {
    let world = busy();
    let other = || Some("elsewhere".to_owned());
    for (name, scope) in [
        ("annual-progress", Scope { site: other(), ..scope() }),
        ("partnership", Scope { partner: other(), ..scope() }),
        ("grant", Scope { grant: other(), ..scope() }),
    ] {
        let none = made(name, &scope, &[&world]).unwrap_err();
        assert!(none.is_missing() && none.to_string().contains("elsewhere"), "{none}");
        assert!(none.hint().unwrap().contains("hubledger query"), "{none}");
    }
    for (name, scope, said) in [
        ("partnership", scope(), "partnership needs --partner"),
        ("county", site_scope(), "county takes no --site"),
        ("grant", site_scope(), "grant takes no --site"),
    ] {
        let usage = made(name, &scope, &[&world]).unwrap_err();
        assert!(usage.is_usage() && usage.hint().is_some());
        assert_eq!(usage.to_string(), said);
    }
    let two = made("annual-progress", &scope(), &[&world, &world]).unwrap_err();
    assert_eq!(two.to_string(), "annual-progress is of one ledger, and 2 were named");
}

#[test]
fn every_report_is_a_whole_page_and_the_same_bytes_each_time() {
    let world = busy();
    for report in report::REPORTS {
        let partner =
            report.arguments().iter().any(|argument| argument.needed).then(|| id(PARTNER).to_string());
        let scope = Scope { partner, ..scope() };
        let once = made(report.name(), &scope, &[&world]).unwrap();
        let again = made(report.name(), &scope, &[&world]).unwrap();
        for format in [Format::Csv, Format::Json, Format::Html] {
            assert_eq!(once.render(format).unwrap(), again.render(format).unwrap());
        }
        tags::assert_balanced(&String::from_utf8(once.render(Format::Html).unwrap()).unwrap());
        for section in &once.sections {
            let width = section.table.columns.len();
            assert!(section.table.rows.iter().all(|row| row.len() == width), "{}", section.heading);
        }
    }
}

#[test]
fn a_position_that_is_the_head_says_no_more_than_the_head() {
    let world = busy();
    let at = |position: u64| {
        let vantage = Vantage { as_of: Some(AsOf::Position(position)), valid_on: None };
        made("annual-progress", &Scope { vantage, ..scope() }, &[&world]).unwrap().provenance.as_of
    };
    assert_eq!(at(world.log.len() as u64), None);
    assert_eq!(at(3), Some("3".to_owned()));
}

#[test]
fn another_year_has_nothing_of_this_one() {
    let last = Scope::of("2024-25".parse().unwrap());
    let document = made("annual-progress", &last, &[&busy()]).unwrap();
    assert_eq!(rows(&document, "The year in figures"), ["0 · 0 · 0 · 0 · 0 · 0 · 0 · 0 · 0 · 0 · 0"]);
}
