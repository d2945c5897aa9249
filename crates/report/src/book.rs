//! What the views of one ledger answered, all from one head.

use std::collections::BTreeMap;

use domain::ledger::Policy;
use serde_json::Value;
use views::{VIEWS, View};
use wire::{Answer, AsOf, HeadReply, Query, Vantage};

use crate::{Asked, Source, Trouble};

/// A question to a view: its name, and filters as in `query`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The view.
    pub view: &'static str,
    /// Columns and values; `by` groups.
    pub filters: BTreeMap<String, String>,
}

impl Question {
    /// For the rows of a view that meet these filters.
    pub fn of(view: &'static str, filters: &[(&str, &str)]) -> Self {
        let filters = filters.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned()));
        Self { view, filters: filters.collect() }
    }

    /// The views that are asked.
    pub fn views(questions: &[Self]) -> Vec<&'static dyn View> {
        let is_asked =
            |view: &&&'static dyn View| questions.iter().any(|question| question.view == view.name());
        VIEWS.iter().filter(is_asked).copied().collect()
    }
}

/// What holds of a ledger at its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// Name of its owner.
    pub owner: String,
    /// The policy.
    pub policy: Policy,
    /// Position of the event that set the policy.
    pub policy_position: u64,
}

/// The answers of one ledger.
#[derive(Debug, Clone)]
pub struct Book {
    head: HeadReply,
    in_force: InForce,
    answers: BTreeMap<Question, Answer>,
}

impl Book {
    /// Asks all of it of a ledger from a vantage; nothing is in force in one that is not open there.
    ///
    /// # Errors
    /// Those of `answer`, and as [`new`](Self::new), which `trouble` makes errors of the caller.
    pub fn ask<E>(
        (head, in_force): (HeadReply, Option<InForce>),
        (questions, vantage): (Vec<Question>, Vantage),
        answer: impl Fn(&Query) -> Result<Answer, E>,
        trouble: impl Fn(Trouble) -> E,
    ) -> Result<Self, E> {
        let ledger = head.ledger.clone();
        let in_force = in_force.ok_or_else(|| trouble(Trouble::NotOpen(ledger.clone())))?;
        let mut answers = Vec::with_capacity(questions.len());
        for question in questions {
            let query = Query {
                ledger: ledger.clone(),
                view: question.view.to_owned(),
                filters: question.filters.clone(),
                as_of: vantage.as_of,
                valid_on: vantage.valid_on,
                min_position: None,
                limit: None,
                wait: None,
            };
            answers.push((question, answer(&query)?));
        }
        Self::new(head, in_force, answers).map_err(trouble)
    }

    /// Of these answers.
    ///
    /// # Errors
    /// [`Trouble::Parked`] when something is missing in one, [`Trouble::Torn`] when they are not of one head.
    pub fn new(
        head: HeadReply,
        in_force: InForce,
        answers: Vec<(Question, Answer)>,
    ) -> Result<Self, Trouble> {
        for (_, answer) in &answers {
            if answer.parked > 0 {
                let (ledger, view) = (head.ledger.clone(), answer.view.clone());
                return Err(Trouble::Parked { ledger, view, parked: answer.parked });
            }
            if answer.head != head {
                return Err(Trouble::Torn(head.ledger));
            }
        }
        Ok(Self { head, in_force, answers: answers.into_iter().collect() })
    }

    /// The rows that answer a question; none if it was not asked.
    pub(crate) fn rows(&self, question: &Question) -> &[Value] {
        self.answers.get(question).map_or(&[], |answer| &answer.rows)
    }

    /// The rows of a view that was asked without filters.
    pub(crate) fn all(&self, view: &'static str) -> &[Value] {
        self.rows(&Question::of(view, &[]))
    }

    /// Name of its owner.
    pub(crate) fn owner(&self) -> &str {
        &self.in_force.owner
    }

    /// Counts of people below this number are suppressed.
    pub fn suppress_under(&self) -> u64 {
        self.in_force.policy.suppress_under.into()
    }

    /// The one row of a view that has this value in one of these columns.
    ///
    /// # Errors
    /// [`Trouble::None`] when there is none.
    pub(crate) fn one(
        &self,
        (view, what): (&'static str, &'static str),
        columns: &[&str],
        asked: &str,
    ) -> Result<&Value, Trouble> {
        let is_it = |row: &&Value| columns.iter().any(|column| text(row, column) == asked);
        let none = || Trouble::None { ledger: self.head.ledger.clone(), what, asked: asked.to_owned() };
        self.all(view).iter().find(is_it).ok_or_else(none)
    }

    /// Whether this position is that of its head.
    pub(crate) fn is_at(&self, as_of: AsOf) -> bool {
        as_of == AsOf::Position(self.head.position)
    }

    /// As the document names it.
    pub(crate) fn source(&self) -> Source {
        Source {
            owner: self.in_force.owner.clone(),
            head: self.head.clone(),
            policy: self.in_force.policy_position,
            suppress_under: self.in_force.policy.suppress_under,
        }
    }

    /// The views that were asked.
    pub(crate) fn asked(&self) -> impl Iterator<Item = Asked> {
        self.answers.values().map(|answer| Asked { view: answer.view.clone(), revision: answer.revision })
    }
}

/// A column that holds a text; empty for none.
pub(crate) fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// A column that holds a number; 0 for none.
pub(crate) fn number(row: &Value, column: &str) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or(0)
}

/// A column as it stands in a key: numbers and truth as text.
pub(crate) fn plain(row: &Value, column: &str) -> String {
    match row.get(column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
