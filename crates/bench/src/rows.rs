//! What is recorded: a night of deliveries under one agreement, and the year of a made-up district.

use std::path::Path;
use std::sync::Arc;

use domain::Slug;
use journal::{Embedded, Journal};
use recorder::{Recorder, Settings};
use region::District;
use runtime::{SystemClock, SystemRandom};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::{LedgerKeys, Outcome, Submission};

use crate::machine::Failure;

const KEYS: LedgerKeys = LedgerKeys { command: [1; 32], source: [2; 32] };

/// The ledger of the import.
pub(crate) fn ledger() -> Result<Slug, Failure> {
    "azul-usd".parse().map_err(|_| "no slug".into())
}

/// A command as its sender writes it.
fn sent(name: &str, number: u64, body: &Value) -> Value {
    let id = Uuid::from_u64_pair(number, 1 << 63);
    let source = json!({ "system": "azul-sis", "key": format!("row-{number}"), "part": 1 });
    json!({
        "command": name, "version": 1, "id": id, "actor": "svc:azul-sis", "basis": "law:ec-8900",
        "purpose": "service-record", "source": source, "body": body,
    })
}

/// Commands as the recorder takes them.
pub(crate) fn submissions(
    ledger: &Slug,
    sent: impl IntoIterator<Item = Value>,
) -> Result<Vec<Submission>, Failure> {
    let read = |sent: Value| Submission::from_json(sent.to_string().as_bytes(), ledger, &KEYS);
    sent.into_iter().map(|sent| read(sent).map_err(|refusal| refusal.message.into())).collect()
}

/// What a ledger needs before anything is delivered.
pub(crate) fn opening() -> Vec<Value> {
    let id = |n: u64| Uuid::from_u64_pair(7, n);
    let policy = json!({ "suppress_under": 11, "late_days_max": 36_500 });
    let open = json!({
        "owner": "Azul Unified", "cds": "19999990000000", "time_zone": "America/Los_Angeles",
        "starts": "2019-07-01", "policy": policy,
    });
    let site = json!({ "name": "Azul Elementary", "cds": "19999990000001", "city": "Azul" });
    let partner = json!({ "name": "Foothill Tutors", "kind": "community-organisation" });
    let vetted =
        json!({ "insurance_until": "2030-12-31", "clearance_until": "2030-12-31", "checked_by": "staff-4" });
    let terms = json!({ "sites": [id(1)], "pillars": ["extended-learning"], "kinds": ["tutoring"] });
    let signed =
        json!({ "partner": id(2), "kind": "mou", "terms": terms, "signatories": ["superintendent"] });
    let body = |n: u64, effective: &str, details: Value| json!({ "id": id(n), "effective": effective, "details": details });
    [
        ("open-ledger", open),
        ("register-site", body(1, "2004-09-01", site)),
        ("onboard-partner", body(2, "2019-09-01", partner)),
        ("vet-partner", body(2, "2019-09-01", vetted)),
        ("sign-agreement", body(3, "2019-09-01/2030-06-30", signed)),
    ]
    .into_iter()
    .zip(0..)
    .map(|((name, body), number)| sent(name, number, &body))
    .collect()
}

/// So many deliveries, each for four students.
pub(crate) fn deliveries(count: u64) -> impl Iterator<Item = Value> {
    deliveries_from(0, count)
}

/// The same from another one on: none of two iterators that do not overlap is a repetition.
pub(crate) fn deliveries_from(first: u64, count: u64) -> impl Iterator<Item = Value> {
    let student = |n: u64| Uuid::from_u64_pair(9, n % 5_000);
    (first..first + count).map(move |n| {
        let details = json!({
            "agreement": Uuid::from_u64_pair(7, 3), "site": Uuid::from_u64_pair(7, 1), "kind": "tutoring",
            "pillar": "extended-learning", "tier": 2, "mode": "in-person", "minutes": 30 + n % 60,
            "participants": [student(n), student(n + 1), student(n + 2), student(n + 3)], "funding": "elop",
        });
        let body = json!({ "effective": format!("2026-03-{:02}", 1 + n % 28), "details": details });
        sent("record-delivery", 1_000 + n, &body)
    })
}

/// A recorder of its own folder on a journal.
pub(crate) fn recorder<J: Journal>(journal: J, folder: &Path) -> Result<Recorder, Failure> {
    let deployment = "county".parse().map_err(|_| "no slug")?;
    let settings = Settings { waiting_max: 10_000, ..Settings::new(folder, deployment) };
    Ok(Recorder::start(journal, settings, Arc::new(SystemClock::default()), Arc::new(SystemRandom)))
}

/// All are receipts, or the run is worth nothing.
pub(crate) fn receipts(answers: Vec<Result<Outcome, recorder::Error>>) -> Result<Vec<Option<Uuid>>, Failure> {
    let event = |answer: Result<Outcome, recorder::Error>| match answer? {
        Outcome::Receipt(receipt) => Ok(receipt.event_ids.first().copied()),
        other => Err(format!("no receipt: {other:?}").into()),
    };
    answers.into_iter().map(event).collect()
}

/// What a district sends next.
pub(crate) fn batch(district: &mut District) -> Result<Vec<Submission>, Failure> {
    let batch = district.next_batch();
    let read = |text: String| Submission::from_json(text.as_bytes(), district.ledger(), &KEYS);
    Ok(batch.into_iter().map(read).collect::<Result<Vec<_>, _>>().map_err(|refusal| refusal.message)?)
}

/// The year of the largest district of a region, so many events, in an embedded log in the folder.
pub(crate) async fn record_year(folder: &Path, events: u64) -> Result<Slug, Failure> {
    let mut district = region::region(1, events * 2).pop().ok_or("the region has no district")?;
    let ledger = district.ledger().clone();
    let recorder = recorder(Embedded::open(folder)?, folder)?;
    loop {
        let submissions = batch(&mut district)?;
        if submissions.is_empty() {
            recorder.stop().await;
            return Ok(ledger);
        }
        let events = receipts(recorder.submit_all(&ledger, submissions).await)?;
        district.recorded(&events);
    }
}
