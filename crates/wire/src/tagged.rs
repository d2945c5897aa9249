//! Reads an adjacently tagged enum from a name and a payload that stand apart, without joining them first.

use domain::thing::Reader;
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess};
use serde_json::value::RawValue;

/// `{tag: name, content: payload}` as a map of two entries, the tag first, so that serde needs no buffer.
struct Parts<'de> {
    entries: [(&'static str, Part<'de>); 2],
    next: usize,
}

#[derive(Clone, Copy)]
enum Part<'de> {
    Name(&'de str),
    Payload(&'de RawValue),
}

impl<'de> MapAccess<'de> for Parts<'de> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        match self.entries.get(self.next) {
            Some((key, _)) => seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        let part = self.entries.get(self.next).map(|(_, part)| *part);
        self.next += 1;
        match part {
            Some(Part::Name(name)) => seed.deserialize(BorrowedStrDeserializer::new(name)),
            Some(Part::Payload(payload)) => seed.deserialize(payload),
            None => Err(serde::de::Error::custom("no value is left")),
        }
    }
}

/// A name and a payload, to be read as a value of whichever type its kind calls for.
pub(crate) struct Tagged<'a> {
    /// The enum's own names for the tag and the content.
    pub(crate) keys: [&'static str; 2],
    pub(crate) name: &'a str,
    pub(crate) payload: &'a RawValue,
}

impl<'a> Tagged<'a> {
    /// What a value is read from.
    pub(crate) fn parts(self) -> impl Deserializer<'a, Error = serde_json::Error> {
        let Self { keys: [tag, content], name, payload } = self;
        let entries = [(tag, Part::Name(name)), (content, Part::Payload(payload))];
        MapAccessDeserializer::new(Parts { entries, next: 0 })
    }
}

impl Reader for Tagged<'_> {
    type Error = serde_json::Error;

    fn read<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        T::deserialize(self.parts())
    }
}
