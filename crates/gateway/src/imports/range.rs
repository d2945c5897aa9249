//! Which bytes of a file a request brings, and what their digest must be: `Content-Range` (RFC 9110) and
//! `Content-Digest` (RFC 9530).

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// Longest file in bytes.
pub(crate) const TOTAL_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// The bytes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Place of the first in the file.
    pub(crate) first: u64,
    /// How many, if it is known before they have come.
    pub(crate) bytes: Option<u64>,
    /// How many the whole file has, if it is known.
    pub(crate) total: Option<u64>,
    /// Whether it is the whole file, which takes the place of what came before.
    pub(crate) is_whole: bool,
}

impl Part {
    /// As the headers say; without a range it is the whole file.
    ///
    /// # Errors
    /// When they can't be read, or name more than a file may have.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let length = text("content-length").and_then(|length| length.parse::<u64>().ok());
        let part = match text("content-range") {
            None => Self { first: 0, bytes: length, total: length, is_whole: true },
            Some(range) => {
                let malformed = |why: &str| {
                    let what = format!("{range:?} {why}");
                    Problem::new("malformed-request", what)
                        .hint("write: bytes <first>-<last>/<total>, places counted from 0")
                        .at("Content-Range")
                };
                let (first, last, total) = numbers(range).ok_or_else(|| malformed("is no range of bytes"))?;
                if first > last || last >= total {
                    return Err(malformed("is no range within its total"));
                }
                let bytes = last - first + 1;
                if length.is_some_and(|length| length != bytes) {
                    return Err(malformed("has not as many bytes as Content-Length says"));
                }
                Self { first, bytes: Some(bytes), total: Some(total), is_whole: false }
            }
        };
        match part.total.filter(|total| *total > TOTAL_MAX) {
            Some(total) => Err(too_large(total)),
            None => Ok(part),
        }
    }
}

/// A file over the limit.
pub(crate) fn too_large(bytes: u64) -> Problem {
    Problem::new("too-large", format!("the file has {bytes} bytes or more; at most {TOTAL_MAX} are taken"))
        .hint("send it as several imports; rows that are there already are repeated")
}

fn numbers(range: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    Some((number(first)?, number(last)?, number(total)?))
}

/// A SHA-256 digest as it is written: `sha-256=:<base64>:`.
pub(crate) fn written(digest: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest))
}

/// The SHA-256 of what has been hashed, as it is written.
pub(crate) fn finished(hash: Sha256) -> String {
    written(&hash.finalize())
}

/// The digest that `Content-Digest` names, if it comes; of several kinds, SHA-256 counts.
///
/// # Errors
/// When it comes and names no SHA-256.
pub(crate) fn digest(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("content-digest") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let found = text.split(',').map(str::trim).find(|one| is_digest(one));
    let unknown = || {
        Problem::new("malformed-request", format!("{text:?} names no SHA-256"))
            .hint("write: sha-256=:<base64 of 32 bytes>:")
            .at("Content-Digest")
    };
    found.map(|found| Some(found.to_owned())).ok_or_else(unknown)
}

/// Whether this is a digest as it is written.
pub(crate) fn is_digest(text: &str) -> bool {
    let inside = text.strip_prefix("sha-256=:").and_then(|rest| rest.strip_suffix(':'));
    inside.and_then(|inside| STANDARD.decode(inside).ok()).is_some_and(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_request_says_which_bytes_it_brings() {
        let part = |pairs: &[_]| Part::read(&headers(pairs));
        let whole = Part { first: 0, bytes: Some(7), total: Some(7), is_whole: true };
        assert_eq!(part(&[("content-length", "7")]), Ok(whole));
        assert_eq!(part(&[]), Ok(Part { bytes: None, total: None, ..whole }));
        let some = Part { first: 5, bytes: Some(5), total: Some(20), is_whole: false };
        assert_eq!(part(&[("content-range", "bytes 5-9/20")]), Ok(some));
        for wrong in ["5-9/20", "bytes 9-5/20", "bytes 5-20/20", "bytes +5-9/20", "bytes 5-9/*", "bytes */20"]
        {
            let problem = part(&[("content-range", wrong)]).unwrap_err();
            assert_eq!(
                (problem.code(), problem.errors[0].pointer.as_str()),
                ("malformed-request", "Content-Range")
            );
        }
        let pairs = [("content-range", "bytes 5-9/20"), ("content-length", "4")];
        assert_eq!(part(&pairs).unwrap_err().code(), "malformed-request");
        let huge = format!("bytes 0-9/{}", TOTAL_MAX + 1);
        assert_eq!(part(&[("content-range", &huge)]).unwrap_err().code(), "too-large");
    }

    #[test]
    fn a_digest_is_sha_256_in_structured_fields() {
        let empty = written(&Sha256::digest(b""));
        assert_eq!(empty, "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
        let both = format!("sha-512=:AAAA:, {empty}");
        assert_eq!(digest(&headers(&[("content-digest", &both)])), Ok(Some(empty)));
        assert_eq!(digest(&headers(&[])), Ok(None));
        assert!(digest(&headers(&[("content-digest", "sha-256=:AAAA:")])).is_err());
    }
}
