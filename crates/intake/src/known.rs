//! Things by the names that rows use. Looking them up is for whoever reads the file; here is what was found.

use std::collections::BTreeMap;

use uuid::Uuid;

/// Names kept. A file may name as many as it has rows; what is forgotten is asked for again.
const NAMES_MAX: usize = 50_000;

/// A name to look up: the thing of the first row of a view in which a column has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The view.
    pub view: &'static str,
    /// Its column with the name.
    pub column: &'static str,
    /// Its column with the thing's id.
    pub id: &'static str,
    /// The name.
    pub name: String,
}

/// Names that were looked up, and what they are; nothing for those that the views don't know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known(BTreeMap<String, Option<Uuid>>);

impl Known {
    /// With this one.
    #[must_use]
    pub fn with(mut self, name: &str, id: Uuid) -> Self {
        self.0.insert(name.to_owned(), Some(id));
        self
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Uuid> {
        self.0.get(name).copied().flatten()
    }

    pub(crate) fn learn(&mut self, name: String, id: Option<Uuid>) {
        if self.0.len() >= NAMES_MAX {
            self.0.clear();
        }
        self.0.insert(name, id);
    }
}
