//! Rows of a view over the log of a world, and a store of rows that can crash.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::Timestamp;
use serde_json::Value;
use uuid::Uuid;
use views::{QueryError, Rows, Scan, Source, View, answer, view};
use wire::{Envelope, Origin, RecordedEvent};

use crate::kit::World;

/// The log as views read it.
pub(crate) fn events(world: &World) -> Vec<RecordedEvent> {
    let origin = Origin { deployment: "sample".parse().unwrap(), ledger: "azul-usd".parse().unwrap() };
    let recorded = world.log.iter().zip(1..).map(|((id, fact, _), position)| RecordedEvent {
        envelope: Envelope {
            id: *id,
            origin: origin.clone(),
            time: Timestamp(1_773_680_400_000_000),
            position,
            epoch: 1,
            command_id: Uuid::nil(),
            command_hash: [0; 16],
            correlation_id: None,
            causation_id: None,
            actor: "svc:sample".into(),
            on_behalf_of: None,
            credential: None,
            basis: None,
            purpose: None,
            source: None,
            rules: 1,
            policy: 1,
            salt: [0; 16],
        },
        fact: fact.clone(),
        sealed: BTreeMap::new(),
    });
    recorded.collect()
}

/// Brings the rows up to these events.
pub(crate) fn apply(view: &dyn View, rows: &mut Rows, events: &[RecordedEvent]) {
    for event in events {
        view.apply(rows, event);
    }
}

/// All of them, folded in memory.
pub(crate) fn fold(view: &dyn View, events: &[RecordedEvent]) -> Rows {
    let mut rows = Rows::in_memory();
    apply(view, &mut rows, events);
    rows
}

/// What the view answers to a question of columns and values.
pub(crate) fn ask(world: &World, name: &str, filters: &[(&str, &str)]) -> Result<Vec<Value>, QueryError> {
    let view = view(name).unwrap();
    let filters = filters.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect();
    answer(view, &fold(view, &events(world)), &filters, None)
}

/// Rows, one line each: the values of these columns.
#[track_caller]
pub(crate) fn table(world: &World, name: &str, filters: &[(&str, &str)], columns: &str) -> Vec<String> {
    let rows = ask(world, name, filters).unwrap();
    let cell = |row: &Value, column: &str| match row.get(column) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => panic!("no column {column} in {row}"),
    };
    let line = |row| columns.split(' ').map(|column| cell(row, column)).collect::<Vec<_>>().join(" ");
    rows.iter().map(line).collect()
}

/// Rows kept beside the memory, as a disk would.
#[derive(Default, Clone)]
pub(crate) struct Kept(Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>);

impl Kept {
    /// Stores what changed.
    pub(crate) fn flush(&self, rows: &mut Rows) {
        self.0.lock().unwrap().extend(rows.take_changed());
        rows.forget();
    }
}

impl Source for Kept {
    fn load(&self, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }
    fn scan<'a>(&'a self, prefix: &[u8]) -> Scan<'a> {
        let kept = self.0.lock().unwrap();
        let found = kept.iter().filter(|(key, _)| key.starts_with(prefix));
        let found: Vec<_> = found.map(|(key, row)| Ok((key.clone(), row.clone()))).collect();
        Box::new(found.into_iter())
    }
}
