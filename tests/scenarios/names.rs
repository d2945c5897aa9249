//! Names stand for ids: the same name is the same id everywhere, and tables show the name again.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;

#[derive(Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<Uuid, String>,
    /// Events by their labels.
    pub(crate) events: BTreeMap<String, Uuid>,
}

impl Names {
    /// The id of what is called so: an event with this label, or a thing.
    pub(crate) fn id(&mut self, name: &str) -> Uuid {
        if let Some(event) = self.events.get(name) {
            return *event;
        }
        let id = id(name);
        self.known.insert(id, name.to_owned());
        id
    }

    /// The value to look for in a column.
    pub(crate) fn wanted(&self, value: &str) -> String {
        if self.known.contains_key(&id(value)) { id(value).to_string() } else { value.to_owned() }
    }

    /// The text with names in the place of ids.
    pub(crate) fn shown(&self, text: &str) -> String {
        self.known.iter().fold(text.to_owned(), |text, (id, name)| text.replace(&id.to_string(), name))
    }
}

fn id(name: &str) -> Uuid {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, name).hash(&mut hasher);
        hasher.finish().to_be_bytes()
    };
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&half(1));
    bytes[8..].copy_from_slice(&half(2));
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
