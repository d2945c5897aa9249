//! Where in a command something can't be read, as a JSON pointer (RFC 6901). It is looked for once reading has failed, by
//! reading again with an eye on the way, so that a command that is in order costs nothing more.

use domain::thing::Reader;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment, Track};

use crate::tagged::Tagged;

/// The place in this JSON where reading a `T` fails; none where that is all of it.
pub(crate) fn in_json<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Option<String> {
    let mut json = serde_json::Deserializer::from_slice(json);
    let error = serde_path_to_error::deserialize::<_, T>(&mut json).err()?;
    Some(pointer(error.path(), error.inner())).filter(|pointer| !pointer.is_empty())
}

/// Reads as [`Tagged`] does; the error is the place where that fails.
pub(crate) struct Placing<'a>(pub(crate) Tagged<'a>);

impl Reader for Placing<'_> {
    type Error = String;

    fn read<T: DeserializeOwned>(self) -> Result<T, String> {
        let mut track = Track::new();
        let read = T::deserialize(serde_path_to_error::Deserializer::new(self.0.parts(), &mut track));
        read.map_err(|error| pointer(&track.path(), &error))
    }
}

fn pointer(path: &Path, error: &serde_json::Error) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => put(&mut pointer, key),
            Segment::Enum { .. } => {}
            Segment::Unknown => break,
        }
    }
    // What is missing has no place; it is told by the place that it should have.
    let said = error.to_string();
    let missing = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    missing.into_iter().for_each(|name| put(&mut pointer, name));
    pointer
}

fn put(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}
