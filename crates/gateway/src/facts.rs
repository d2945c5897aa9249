//! What was delivered, as a row. There are too many deliveries for a view with a row for each, so it is made of the last
//! event about one. Persons and cases stay behind; whoever may know them reads the events.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Members of a delivery that say who it was for.
const OF_PEOPLE: &[&str] = &["participants", "case"];

/// What is looked at of an event.
#[derive(Deserialize)]
struct Event {
    effective: Option<String>,
    data: Data,
}

/// The service itself, or what counts after a correction.
#[derive(Deserialize)]
struct Data {
    now: Option<Now>,
    #[serde(flatten)]
    itself: Map<String, Value>,
}

#[derive(Deserialize)]
struct Now {
    data: Map<String, Value>,
}

/// The row of a delivery by the last event about it; none where that voids it.
pub(crate) fn row(event: &RawValue) -> Option<Value> {
    let Event { effective, data: Data { now, itself } } = serde_json::from_str(event.get()).ok()?;
    let mut row = now.map_or(itself, |now| now.data);
    row.retain(|name, _| !OF_PEOPLE.contains(&name.as_str()));
    row.insert("effective".to_owned(), effective.into());
    // What voids has only what it takes back.
    row.contains_key("kind").then_some(Value::Object(row))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row_of(r#type: &str, data: &Value) -> Option<Value> {
        let event = json!({ "type": r#type, "effective": "2026-03-02", "data": data });
        row(&RawValue::from_string(event.to_string()).unwrap())
    }

    #[test]
    fn a_row_says_what_was_delivered_and_not_to_whom() {
        let delivered = |minutes: u32| json!({ "kind": "tutoring", "minutes": minutes, "participants": ["p"], "case": "c" });
        let expected =
            |minutes: u32| Some(json!({ "kind": "tutoring", "minutes": minutes, "effective": "2026-03-02" }));
        assert_eq!(row_of("hubledger.service-delivered.v1", &delivered(45)), expected(45));
        let was = json!({ "effective": "2026-03-01", "event": { "event": "service-delivered", "data": delivered(45) } });
        let now = json!({ "event": "service-delivered", "data": delivered(60) });
        let corrected = json!({ "reason": "entry-error", "was": was, "now": now });
        assert_eq!(row_of("hubledger.delivery-corrected.v1", &corrected), expected(60));
        assert_eq!(
            row_of("hubledger.delivery-voided.v1", &json!({ "reason": "duplicate", "was": was })),
            None
        );
    }
}
