//! A commit outside NATS, in the embedded file and in bundles, big-endian:
//! `HLC1 · epoch u64 · commit u64 · size u64 · root 32 · length u32 · CRC32C of this header · body · CRC32C of
//! the body`.

use bytes::Bytes;
use proof::Hash;

use crate::{BODY_BYTES_MAX, BrokenKind, Commit};

/// Bytes before the body.
pub const HEADER_BYTES: usize = 4 + 8 + 8 + 8 + 32 + 4 + 4;
/// Bytes after the body.
pub const TRAILER_BYTES: usize = 4;

const MAGIC: &[u8; 4] = b"HLC1";

/// A header that was read: the commit without its body, and the body's length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Epoch of the ledger.
    pub epoch: u64,
    /// Number of the commit.
    pub number: u64,
    /// Size of the tree before it.
    pub size: u64,
    /// Root before it.
    pub root: Hash,
    /// Bytes of the body.
    pub length: usize,
}

impl Header {
    /// Bytes of the whole frame.
    pub const fn frame_bytes(&self) -> usize {
        HEADER_BYTES + self.length + TRAILER_BYTES
    }
}

/// The frame of a commit. Its body is at most [`BODY_BYTES_MAX`].
pub fn encode(commit: &Commit) -> Vec<u8> {
    let length = u32::try_from(commit.body.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(HEADER_BYTES + commit.body.len() + TRAILER_BYTES);
    frame.extend_from_slice(MAGIC);
    for number in [commit.epoch, commit.number, commit.size] {
        frame.extend_from_slice(&number.to_be_bytes());
    }
    frame.extend_from_slice(&commit.root.0);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&crc32c::crc32c(&frame).to_be_bytes());
    frame.extend_from_slice(&commit.body);
    frame.extend_from_slice(&crc32c::crc32c(&commit.body).to_be_bytes());
    frame
}

/// Reads a header.
///
/// # Errors
/// [`BrokenKind::Checksum`] when any of its bytes is not as written; [`BrokenKind::Malformed`] when it has a
/// right checksum and can't be ours all the same.
pub fn header(bytes: &[u8; HEADER_BYTES]) -> Result<Header, BrokenKind> {
    let (covered, checksum) = bytes.split_last_chunk::<4>().ok_or(BrokenKind::Malformed)?;
    if crc32c::crc32c(covered) != u32::from_be_bytes(*checksum) {
        return Err(BrokenKind::Checksum);
    }
    let mut rest = covered.strip_prefix(MAGIC).ok_or(BrokenKind::Malformed)?;
    let mut number = || {
        let (number, after) = rest.split_first_chunk::<8>()?;
        rest = after;
        Some(u64::from_be_bytes(*number))
    };
    let (epoch, commit, size) = (number(), number(), number());
    let (root, length) = rest.split_first_chunk::<32>().ok_or(BrokenKind::Malformed)?;
    let length = length.try_into().map(u32::from_be_bytes).map_err(|_| BrokenKind::Malformed)? as usize;
    match (epoch, commit, size) {
        (Some(epoch), Some(number), Some(size)) if length <= BODY_BYTES_MAX => {
            Ok(Header { epoch, number, size, root: Hash(*root), length })
        }
        _ => Err(BrokenKind::Malformed),
    }
}

/// The commit of a header and what follows it: `length` bytes of body and the trailer.
///
/// # Errors
/// [`BrokenKind::Checksum`] when the body is not as written, or `rest` has another length.
pub fn commit(header: &Header, mut rest: Bytes) -> Result<Commit, BrokenKind> {
    if rest.len() != header.length + TRAILER_BYTES {
        return Err(BrokenKind::Checksum);
    }
    let trailer = rest.split_off(header.length);
    if crc32c::crc32c(&rest).to_be_bytes() != *trailer {
        return Err(BrokenKind::Checksum);
    }
    let Header { epoch, number, size, root, .. } = *header;
    Ok(Commit::new(epoch, number, size, root, rest))
}
