//! Reads an adjacently tagged enum from a name and a payload that stand apart, without joining them first.

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, MapAccess};
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

/// The value with this name and payload.
pub(crate) fn read<'de, T: Deserialize<'de>>(
    [tag, content]: [&'static str; 2],
    name: &'de str,
    payload: &'de RawValue,
) -> Result<T, serde_json::Error> {
    let entries = [(tag, Part::Name(name)), (content, Part::Payload(payload))];
    T::deserialize(MapAccessDeserializer::new(Parts { entries, next: 0 }))
}
