//! Strict JSON in, canonical JSON out: members sorted, no space, integers only, every text in form C.
//!
//! A command is hashed in this form, so that two senders who order members differently say the same.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use unicode_normalization::is_nfc;

/// A JSON value without the things that have two spellings or two meanings. Texts stay in the input where they can:
/// every command that is sent goes through here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Strict<'a> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Text(Text<'a>),
    List(Vec<Strict<'a>>),
    /// Sorted by name, no name twice.
    Members(Vec<(Text<'a>, Strict<'a>)>),
}

/// A text, in the input if it has no escapes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Strict<'_> {
    /// The member of this name, of an object that has it.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Members(members) = self else { return None };
        members.iter().find(|(member, _)| member.0 == name).map(|(_, value)| value)
    }

    /// Nesting of lists and members.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Members(members) => 1 + members.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            Self::Null | Self::Bool(_) | Self::Signed(_) | Self::Unsigned(_) | Self::Text(_) => 0,
        }
    }
}

impl Serialize for Strict<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Text(value) => serializer.serialize_str(&value.0),
            Self::List(items) => items.serialize(serializer),
            Self::Members(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (&*name.0, value)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Strict<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with whole numbers and no member twice")
    }
    fn visit_unit<E: Error>(self) -> Result<Strict<'de>, E> {
        Ok(Strict::Null)
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Strict<'de>, E> {
        Ok(Strict::Bool(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Strict<'de>, E> {
        Ok(Strict::Signed(value))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Strict<'de>, E> {
        Ok(Strict::Unsigned(value))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Strict<'de>, E> {
        Err(E::custom(format_args!("{value} is not a whole number; minutes and cents are whole")))
    }
    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Strict<'de>, E> {
        normalised(value)?;
        Ok(Strict::Text(Text(Cow::Borrowed(value))))
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Strict<'de>, E> {
        normalised(value)?;
        Ok(Strict::Text(Text(Cow::Owned(value.to_owned()))))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Strict::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Strict<'de>, A::Error> {
        let mut members: Vec<(Text<'de>, Strict<'de>)> = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            members.push(entry);
        }
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        match members.windows(2).find(|two| matches!(two, [(one, _), (other, _)] if one == other)) {
            Some([(Text(name), _), ..]) => {
                Err(A::Error::custom(format_args!("the member {name:?} stands twice")))
            }
            _ => Ok(Strict::Members(members)),
        }
    }
}

fn normalised<E: Error>(text: &str) -> Result<(), E> {
    if text.is_ascii() || is_nfc(text) {
        return Ok(());
    }
    Err(E::custom(format_args!("{text:?} is not in Unicode normalisation form C")))
}
