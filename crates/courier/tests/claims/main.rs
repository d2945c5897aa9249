//! What the courier promises, without a network or a disk.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod owing;
mod paths;
mod reach;
mod saying;

use courier::{CourierKey, Place, Scheme, Source, Told, Webhook};
use serde_json::json;
use serde_json::value::RawValue;

/// The event at this position about the thing of this number.
fn told(position: u64, thing: u32) -> Told {
    event(position, &format!("site/00000000-0000-4000-9000-{thing:012}"))
}

fn event(position: u64, subject: &str) -> Told {
    let event = json!({
        "type": "hubledger.site-registered.v1", "subject": subject, "time": "2026-03-02T17:00:00.000000Z",
        "effective": "2026-03-02", "id": "018f0000-0000-7000-8000-000000000001", "data": { "name": "Canary" },
    });
    let raw: Box<RawValue> = serde_json::value::to_raw_value(&event).unwrap();
    Told::read(place(position), &raw).unwrap()
}

const fn place(position: u64) -> Place {
    Place { epoch: 1, position }
}

const fn source(position: u64) -> Source {
    Source::Event(place(position))
}

fn key() -> CourierKey {
    CourierKey::new([7; 32])
}

fn webhook(scheme: Scheme) -> Webhook {
    Webhook {
        id: uuid::Uuid::from_u128(1),
        ledger: "azusa-usd".parse().unwrap(),
        url: "https://sis.example/hooks".to_owned(),
        types: Vec::new(),
        kinds: Vec::new(),
        scheme,
        paused: false,
        generation: 1,
        overlaps: Vec::new(),
        from: place(0),
        made: 0,
        wishes: Vec::new(),
    }
}
