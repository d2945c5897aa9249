//! Filters, groups and limits, the same for every view.

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
    let known = |column: &str| {
        if view.columns().contains(&column) {
            return Ok(());
        }
        let (view, known) = (view.name(), view.columns().join(", "));
        Err(QueryError::NoSuchColumn { view, column: column.to_owned(), known })
    };
    let by: Vec<&str> = filters.get("by").map(|by| by.split(',').collect()).unwrap_or_default();
    by.iter().try_for_each(|column| known(column))?;
    let wanted: Vec<(&String, &String)> = filters.iter().filter(|(column, _)| *column != "by").collect();
    wanted.iter().try_for_each(|(column, _)| known(column))?;
    let columns: Vec<&str> = wanted.iter().map(|(column, _)| column.as_str()).collect();
    // Filtering comes before grouping: what is filtered by must be there to be compared.
    let listed = view.find(rows, filters, &by, &|row| {
        columns.iter().zip(&wanted).all(|(column, (_, value))| matches(row.get(*column), value))
    });
    Ok(listed.into_iter().take(limit.unwrap_or(usize::MAX)).collect())
}

fn matches(found: Option<&Value>, wanted: &str) -> bool {
    match found {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Array(items)) => items.iter().any(|item| matches(Some(item), wanted)),
        Some(Value::Null) | None => wanted.is_empty(),
        Some(Value::Number(number)) => {
            wanted.parse().is_ok_and(|wanted: serde_json::Number| wanted == *number)
        }
        Some(Value::Bool(flag)) => wanted.parse() == Ok(*flag),
        Some(Value::Object(_)) => false,
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
