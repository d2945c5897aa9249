//! Referrals, engagements and technical assistance in annual progress and the county's roll-up.

use report::Scope;
use serde_json::json;

use crate::kit::*;
use crate::shelf::{made, rows, scope};

/// So many referrals for food, of which so many are completed and so many unmet.
fn referred(opened: u128, completed: u128, unmet: u128) -> World {
    let mut world = World::working().under("law:wic-5600");
    for number in 0..opened {
        let details =
            json!({ "case": id(7000 + number), "site": id(SITE), "need": "food", "urgency": "soon" });
        world.accepted("open-referral", act(500 + number, "2026-02-20", details));
        if number < completed {
            let taken = json!({ "partner": id(PARTNER) });
            world.accepted("accept-referral", act(500 + number, "2026-03-02", taken));
            world.accepted("complete-referral", act(500 + number, "2026-03-09", json!({})));
        } else if number < completed + unmet {
            let closed = json!({ "reason": "no-service" });
            world.accepted("close-referral-unmet", act(500 + number, "2026-03-06", closed));
        }
    }
    world
}

fn told(world: &World, heading: &str) -> Vec<String> {
    let ledger = rows(&made("annual-progress", &scope(), &[world]).unwrap(), heading);
    let site = Scope { site: Some(id(SITE).to_string()), ..scope() };
    let site = rows(&made("annual-progress", &site, &[world]).unwrap(), heading);
    ledger.into_iter().chain(["of the site".to_owned()]).chain(site).collect()
}

#[test]
fn annual_progress_tells_what_became_of_referrals_by_need() {
    assert_eq!(
        told(&referred(45, 20, 13), "Referrals"),
        [
            "Food · 45 · 20 · 13 · 12",
            "All needs · 45 · 20 · 13 · 12",
            "of the site",
            "All needs · 45 · 20 · 13 · 12"
        ]
    );
    assert_eq!(told(&World::working(), "Referrals"), ["of the site"]);
}

#[test]
fn few_referrals_are_left_out_and_the_rest_does_not_give_them_back() {
    let row = "30 · suppressed · suppressed · 0";
    assert_eq!(
        told(&referred(30, 24, 6), "Referrals"),
        [
            format!("Food · {row}"),
            format!("All needs · {row}"),
            "of the site".to_owned(),
            format!("All needs · {row}")
        ]
    );
    let few = told(&referred(5, 2, 0), "Referrals");
    assert_eq!(few[0], "Food · suppressed · suppressed · 0 · suppressed");
}

#[test]
fn annual_progress_tells_engagements_as_they_were_planned_and_held() {
    let mut world = World::working();
    let planned = json!({ "site": id(SITE), "kind": "workshop", "languages": ["es"] });
    for number in [20, 21] {
        world.accepted("plan-engagement", act(number, "2026-03-02", planned.clone()));
    }
    let held =
        json!({ "site": id(SITE), "kind": "workshop", "minutes": 90, "interpreter": true, "headcount": 3 });
    world.accepted("record-engagement", act(20, "2026-03-02", held));
    world.accepted("cancel-engagement", act(21, "2026-03-02", json!({ "reason": "staffing" })));
    let row = "Workshop · 2 · 1 · 1 · 90 · 1";
    assert_eq!(told(&world, "Engagements"), [row, "of the site", row]);
}

/// Two requests for the site, one of them answered after ten days and given this score by so many.
fn assisted(n: u32) -> World {
    let mut world = World::working();
    let details =
        |topic: &str| json!({ "site": id(SITE), "topic": topic, "strategy": "strategic-partnerships" });
    world.accepted("request-assistance", act(40, "2026-02-02", details("asset-mapping")));
    world.accepted("request-assistance", act(41, "2026-02-02", details("braided-funding")));
    let session = json!({ "provider": "rtac-east", "minutes": 45, "mode": "remote", "participants": 12 });
    world.accepted("provide-assistance", act(40, "2026-02-12", session));
    world.accepted("evaluate-assistance", act(40, "2026-02-12", json!({ "score": 4, "n": n })));
    world
}

#[test]
fn assistance_is_told_by_topic_and_by_ledger_and_what_few_thought_of_it_is_not() {
    for (n, score) in [(12, "400"), (3, "suppressed")] {
        let world = assisted(n);
        let rows_of = [
            format!("Asset mapping · 1 · 1 · 1000 · 1 · 45 · {score}"),
            "Braided funding · 1 · 0 · – · 0 · 0 · –".to_owned(),
        ];
        let expected = [&rows_of[..], &["of the site".to_owned()], &rows_of[..]].concat();
        assert_eq!(told(&world, "Technical assistance"), expected);
        let county = made("county", &scope(), &[&world]).unwrap();
        let row: Vec<String> = vec![format!("Azul Unified · 2 · 1 · 1000 · 1 · 45 · {score}")];
        assert_eq!(rows(&county, "Technical assistance"), row);
    }
    let elsewhere = Scope { site: Some(id(OTHER_SITE).to_string()), ..scope() };
    let document = made("annual-progress", &elsewhere, &[&assisted(12)]).unwrap();
    assert!(rows(&document, "Technical assistance").is_empty());
}
