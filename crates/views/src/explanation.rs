//! Which events made an answer.

use std::collections::BTreeSet;

use serde_json::Value;
use wire::RecordedEvent;

use crate::{Rows, View};

/// The rows of an answer, ready to be asked of each event of the log.
#[derive(Clone)]
pub struct Explanation {
    view: &'static dyn View,
    rows: BTreeSet<Vec<String>>,
}

impl Explanation {
    /// Of an answer that was grouped by the view's [`identity`](View::identity), and not otherwise.
    pub fn new(view: &'static dyn View, answered: &[Value]) -> Self {
        Self { view, rows: answered.iter().map(|row| name(view, row)).collect() }
    }

    /// Whether the event changed one of the rows; `all` are the view's rows with it.
    pub fn names(&self, all: &Rows, event: &RecordedEvent) -> bool {
        self.view.traces(all, event).iter().any(|row| self.rows.contains(&name(self.view, row)))
    }
}

/// What tells a row from all others.
fn name(view: &dyn View, row: &Value) -> Vec<String> {
    let value = |column: &&str| row.get(*column).map(Value::to_string).unwrap_or_default();
    view.identity().iter().map(value).collect()
}
