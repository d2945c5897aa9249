//! Bodies of requests: read up to a limit and within a time, and taken apart without losing what was written.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::body::HttpBody as _;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_path_to_error::{Path, Segment};

use crate::Shared;
use crate::parameters::closest;
use crate::problem::Problem;

/// Bytes of a document about what is no record.
const DOCUMENT_BYTES_MAX: usize = 16 * 1024;

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

/// A JSON document that says what an import or a webhook is to be; an empty body is one without members.
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = whole(body, DOCUMENT_BYTES_MAX, shared.limits.body).await?;
        if body.is_empty() {
            return document(b"{}").map(Self);
        }
        must_be(&parts.headers, &["application/json"])?;
        document(&body).map(Self)
    }
}

/// Reads a JSON object as what it must be.
fn document<T: DeserializeOwned>(json: &[u8]) -> Result<T, Problem> {
    let unreadable =
        |why: &dyn fmt::Display| Problem::new("malformed-request", format!("the body can't be read: {why}"));
    // What has members is read of an array, too, by their order.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(unreadable(&"it is no JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (said, pointer) = (wire::unread(error.inner()), pointer(error.path()));
        let problem = unreadable(&said);
        let problem = if pointer.is_empty() { problem } else { problem.at(pointer) };
        match closest_member(&said) {
            Some(close) => problem.hint(format!("did you mean {close}?")),
            None => problem,
        }
    })?;
    reader.end().map_err(|error| unreadable(&wire::unread(&error)))?;
    Ok(read)
}

/// A JSON pointer (RFC 6901) to where something is wrong; empty where that is not known.
fn pointer(path: &Path) -> String {
    let part = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    };
    path.iter().map(part).collect()
}

/// The member that was meant by one that is not known, as far as what serde said of it tells.
pub(crate) fn closest_member(said: &str) -> Option<&str> {
    let mut names = said.strip_prefix("unknown field")?.split('`').skip(1).step_by(2);
    closest(names.next()?, names)
}

/// Reads a member that may be left out, but has a value where it is there: were `null` read as left out, a mistake would
/// change nothing and be answered as if it had.
///
/// # Errors
/// When it is of another type, or `null`.
pub(crate) fn given<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The members of a JSON object, in order and as they were written.
#[derive(Debug, Clone, Default)]
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
    pub(crate) fn put(&mut self, name: &str, value: &impl Serialize) -> Result<(), Problem> {
        self.0.push((name.to_owned(), to_raw_value(value).map_err(Problem::defect)?));
        Ok(())
    }

    /// A member, if it is there.
    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, value)| &**value)
    }

    /// As text.
    ///
    /// # Errors
    /// None that is known: every member was read as JSON.
    pub(crate) fn to_raw(&self) -> Result<Box<RawValue>, Problem> {
        to_raw_value(self).map_err(Problem::defect)
    }
}

impl Serialize for Members {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[serde(default, deserialize_with = "given")]
        name: Option<String>,
        #[serde(default)]
        sizes: Vec<u8>,
    }

    #[test]
    fn a_document_that_can_t_be_read_is_refused_with_the_place_and_what_was_meant() {
        let read = document::<Wanted>(b" {\"name\": \"a\", \"sizes\": [1]} ").unwrap();
        assert_eq!((read.name.as_deref(), read.sizes.as_slice()), (Some("a"), [1].as_slice()));
        assert!(document::<Wanted>(b"{}").unwrap().name.is_none());
        for (json, pointer, hint) in [
            ("{\"name\": null}", Some("/name"), None),
            ("{\"sizes\": null}", Some("/sizes"), None),
            ("{\"sizes\": [1, \"x\"]}", Some("/sizes/1"), None),
            ("{\"nmae\": \"a\"}", Some("/nmae"), Some("did you mean name?")),
            ("{\"q/~\": \"a\"}", Some("/q~1~0"), None),
            ("[\"a\", [1]]", None, None),
            ("{} {}", None, None),
            ("null", None, None),
            ("{\"name\"", None, None),
        ] {
            let problem = document::<Wanted>(json.as_bytes()).unwrap_err();
            let at = problem.errors.first().map(|error| error.pointer.as_str());
            assert_eq!((problem.code(), at), ("malformed-request", pointer), "{json}: {}", problem.detail);
            assert_eq!(problem.hint.as_deref(), hint, "{json}");
        }
    }
}
