//! Strict JSON in, canonical JSON out: members sorted, no space, integers only, every text in form C.
//!
//! A command is hashed in this form, so that two senders who order members differently say the same.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use unicode_normalization::is_nfc;

/// A JSON value without the things that have two spellings or two meanings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Strict {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Text(String),
    List(Vec<Strict>),
    Members(BTreeMap<String, Strict>),
}

impl Strict {
    /// Nesting of lists and members.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Members(members) => 1 + members.values().map(Self::depth).max().unwrap_or(0),
            Self::Null | Self::Bool(_) | Self::Signed(_) | Self::Unsigned(_) | Self::Text(_) => 0,
        }
    }
}

impl Serialize for Strict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => items.serialize(serializer),
            Self::Members(members) => members.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with whole numbers and no member twice")
    }
    fn visit_unit<E: Error>(self) -> Result<Strict, E> {
        Ok(Strict::Null)
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Strict, E> {
        Ok(Strict::Bool(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Strict, E> {
        Ok(Strict::Signed(value))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Strict, E> {
        Ok(Strict::Unsigned(value))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Strict, E> {
        Err(E::custom(format_args!("{value} is not a whole number; minutes and cents are whole")))
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Strict, E> {
        if !value.is_ascii() && !is_nfc(value) {
            return Err(E::custom(format_args!("{value:?} is not in Unicode normalisation form C")));
        }
        Ok(Strict::Text(value.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Strict::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Strict, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, Strict>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the member {key:?} stands twice")));
            }
            members.insert(key, value);
        }
        Ok(Strict::Members(members))
    }
}
