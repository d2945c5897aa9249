//! Filters, groups and limits, the same for every view.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Rows, View};

/// Why a question can't be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// There is no such view.
    #[error("there is no view {0}; there are {1}")]
    NoSuchView(String, String),
    /// The view has no such column.
    #[error("{view} has no column {column}; it has {known}, and `by` to group")]
    NoSuchColumn {
        /// The view.
        view: &'static str,
        /// What was asked.
        column: String,
        /// What there is.
        known: String,
    },
}

/// How a column is compared: `column=value`, `column<=value`, `column>=value`.
#[derive(Clone, Copy)]
enum Is {
    Equal,
    AtMost,
    AtLeast,
}

/// The column of a filter's name, and how it is compared: what stands before the equals sign belongs to the name.
fn compared(name: &str) -> (&str, Is) {
    match (name.strip_suffix('<'), name.strip_suffix('>')) {
        (Some(column), _) => (column, Is::AtMost),
        (_, Some(column)) => (column, Is::AtLeast),
        (None, None) => (name, Is::Equal),
    }
}

/// The rows of a view that meet all filters. The filter `by` groups instead: `by=site,tier`.
///
/// # Errors
/// [`QueryError`] for a column that the view does not have.
pub fn answer(
    view: &dyn View,
    rows: &Rows,
    filters: &BTreeMap<String, String>,
    limit: Option<usize>,
) -> Result<Vec<Value>, QueryError> {
    let by: Vec<&str> = filters.get("by").map(|by| by.split(',').collect()).unwrap_or_default();
    by.iter().try_for_each(|column| known(view, column))?;
    let wanted = Wanted::read(view, filters)?;
    // Filtering comes before grouping: what is filtered by must be there to be compared.
    let listed = view.find(rows, filters, &by, &|row| wanted.meets(row));
    Ok(listed.into_iter().take(limit.unwrap_or(usize::MAX)).collect())
}

fn known(view: &dyn View, column: &str) -> Result<(), QueryError> {
    if view.columns().contains(&column) {
        return Ok(());
    }
    let (view, known) = (view.name(), view.columns().join(", "));
    Err(QueryError::NoSuchColumn { view, column: column.to_owned(), known })
}

/// What rows must say.
pub(crate) struct Wanted<'a>(Vec<(&'a str, Is, &'a str)>);

impl<'a> Wanted<'a> {
    /// All filters but `by`.
    ///
    /// # Errors
    /// [`QueryError`] for a column that the view does not have.
    pub(crate) fn read(view: &dyn View, filters: &'a BTreeMap<String, String>) -> Result<Self, QueryError> {
        let wanted = filters.iter().filter(|(name, _)| *name != "by");
        let wanted: Vec<(&str, Is, &str)> = wanted
            .map(|(name, value)| {
                let (column, is) = compared(name);
                (column, is, value.as_str())
            })
            .collect();
        wanted.iter().try_for_each(|(column, ..)| known(view, column))?;
        Ok(Self(wanted))
    }

    pub(crate) fn meets(&self, row: &Value) -> bool {
        self.0.iter().all(|(column, is, value)| matches(row.get(*column), *is, value))
    }
}

fn matches(found: Option<&Value>, is: Is, wanted: &str) -> bool {
    match found {
        // Days and months sort as their texts do.
        Some(Value::String(text)) => is.met_by(text.as_str().cmp(wanted)),
        Some(Value::Array(items)) => items.iter().any(|item| matches(Some(item), is, wanted)),
        Some(Value::Null) | None => matches!(is, Is::Equal) && wanted.is_empty(),
        Some(Value::Number(number)) => {
            let wanted = wanted.parse::<serde_json::Number>().ok().and_then(|wanted| wanted.as_i128());
            number.as_i128().zip(wanted).is_some_and(|(found, wanted)| is.met_by(found.cmp(&wanted)))
        }
        Some(Value::Bool(flag)) => matches!(is, Is::Equal) && wanted.parse() == Ok(*flag),
        Some(Value::Object(_)) => false,
    }
}

impl Is {
    fn met_by(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::AtMost => order.is_le(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// Sums rows that agree in the columns of `by`: numbers in `sums` are added, everything else is dropped.
pub(crate) fn group(rows: Vec<Value>, by: &[&str], sums: &[&str]) -> Vec<Value> {
    if by.is_empty() {
        return rows;
    }
    let mut groups: BTreeMap<Vec<String>, serde_json::Map<String, Value>> = BTreeMap::new();
    for row in &rows {
        let value = |column: &&str| row.get(*column).cloned().unwrap_or_default();
        let key = by.iter().map(|column| value(column).to_string()).collect();
        let group = groups
            .entry(key)
            .or_insert_with(|| by.iter().map(|column| ((*column).to_owned(), value(column))).collect());
        for column in sums {
            let sum = group.get(*column).and_then(Value::as_u64).unwrap_or(0);
            let more = row.get(*column).and_then(Value::as_u64).unwrap_or(0);
            group.insert((*column).to_owned(), Value::from(sum.saturating_add(more)));
        }
    }
    groups.into_values().map(Value::Object).collect()
}
