//! Bodies of requests: read up to a limit and within a time, and taken apart without losing what was written.

use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::body::HttpBody as _;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::{Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::problem::Problem;

/// The whole body.
///
/// # Errors
/// When it is larger than `most` bytes, takes longer than `time` or breaks off.
pub(crate) async fn whole(body: Body, most: usize, time: Duration) -> Result<Bytes, Problem> {
    let too_large = || Problem::new("too-large", format!("the body has more than {most} bytes"));
    // One that says so beforehand is not waited for.
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let collected = Limited::new(body, most).collect();
    let collected = tokio::time::timeout(time, collected).await;
    let collected = collected.map_err(|_| Problem::new("too-slow", "the body did not come in time"))?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Problem::new("malformed-request", "the body broke off")),
    }
}

/// The media type of the body, without parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(|media| media.trim().to_ascii_lowercase())
}

/// A body that must be of one of these types.
///
/// # Errors
/// When it is of another.
pub(crate) fn must_be(headers: &HeaderMap, taken: &[&str]) -> Result<(), Problem> {
    let media = media_type(headers);
    if media.as_deref().is_some_and(|media| taken.contains(&media)) {
        return Ok(());
    }
    let is = media.map_or_else(|| "of no type".to_owned(), |media| format!("{media:?}"));
    Err(Problem::new("unsupported-media-type", format!("the body is {is}"))
        .hint(format!("send it as {}", taken.join(" or ")))
        .at("Content-Type"))
}

/// The members of a JSON object, in order and as they were written.
#[derive(Debug, Clone)]
pub(crate) struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// Reads an object.
    ///
    /// # Errors
    /// When it is none, or has a member twice.
    pub(crate) fn read(json: &[u8]) -> Result<Self, Problem> {
        let unreadable = |error| format!("the body can't be read: {}", wire::unread(&error));
        serde_json::from_slice(json).map_err(|error| Problem::new("malformed-command", unreadable(error)))
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        let place = self.0.iter().position(|(member, _)| member == name)?;
        Some(self.0.remove(place).1)
    }

    /// Puts a member in, at the end.
    ///
    /// # Errors
    /// Only for what is no JSON.
    pub(crate) fn put(&mut self, name: &str, value: &impl serde::Serialize) -> Result<(), Problem> {
        let raw = serde_json::value::to_raw_value(value);
        let raw = raw.map_err(|error| Problem::new("internal", error.to_string()))?;
        self.0.push((name.to_owned(), raw));
        Ok(())
    }

    /// Whether a member is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(member, _)| member == name)
    }

    /// As text.
    ///
    /// # Errors
    /// None that is known: every member was read as JSON.
    pub(crate) fn to_raw(&self) -> Result<Box<RawValue>, Problem> {
        let mut text = String::from("{");
        for (place, (name, value)) in self.0.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(&serde_json::Value::from(name.as_str()).to_string());
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        RawValue::from_string(text).map_err(|error| Problem::new("internal", error.to_string()))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if members.iter().any(|(member, _)| *member == name) {
                        return Err(A::Error::custom(format!("the member {name:?} is there twice")));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reads)
    }
}
