//! A page: neighbouring rows of a view as one compressed value.
//!
//! sled needs several times the bytes of a small row and rewrites much around it, so rows are stored some hundred
//! together. Compressed, because sled's file holds every value two to seven times over, and rows are alike.

use lz4_flex::block::{DecompressError, compress_prepend_size, decompress_size_prepended};
use views::Stored;

use crate::Size;

/// Bytes of rows in one page, before compression. Larger ones are smaller on disk, smaller ones faster to look into.
const BYTES_MAX: usize = 16 * 1024;

/// The page of these rows: each length of key u32 · length of value u32 · key · value.
fn pack(rows: &[Stored]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rows.iter().map(size).sum());
    for (key, value) in rows {
        for part in [key, value] {
            // A row of 4 GB does not come this far.
            bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        }
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
    }
    compress_prepend_size(&bytes)
}

fn size((key, value): &Stored) -> usize {
    8 + key.len() + value.len()
}

/// The rows of a page, in order.
pub(crate) struct Page {
    bytes: Vec<u8>,
    at: usize,
}

impl Page {
    pub(crate) fn unpack(page: &[u8]) -> Result<Self, DecompressError> {
        Ok(Self { bytes: decompress_size_prepended(page)?, at: 0 })
    }

    /// The value of this key. The rows before it are passed over.
    pub(crate) fn find(mut self, key: &[u8]) -> Option<Vec<u8>> {
        while let Some((found, value)) = self.row() {
            if found >= key {
                return (found == key).then(|| value.to_vec());
            }
        }
        None
    }

    /// Its rows, and the bytes of their keys and values.
    pub(crate) fn size(mut self) -> Size {
        let mut size = Size { rows: 0, bytes: 0 };
        while let Some((key, value)) = self.row() {
            size = Size { rows: size.rows + 1, bytes: size.bytes + (key.len() + value.len()) as u64 };
        }
        size
    }

    fn row(&mut self) -> Option<(&[u8], &[u8])> {
        let rest = self.bytes.get(self.at..)?;
        let (key, rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_first_chunk()?;
        let (key, value) = (u32::from_be_bytes(*key) as usize, u32::from_be_bytes(*value) as usize);
        self.at += 8 + key + value;
        Some((rest.get(..key)?, rest.get(key..key + value)?))
    }
}

impl Iterator for Page {
    type Item = Stored;
    fn next(&mut self) -> Option<Stored> {
        self.row().map(|(key, value)| (key.to_vec(), value.to_vec()))
    }
}

/// The rows of a page with what changed put in their places: as one page, or several when it has grown too large.
/// Each comes with the key of its first row.
pub(crate) fn rewrite(page: Option<Page>, changed: Vec<Stored>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::with_capacity(changed.len());
    let mut changed = changed.into_iter().peekable();
    for row in page.into_iter().flatten() {
        rows.extend(std::iter::from_fn(|| changed.next_if(|(key, _)| *key < row.0)));
        rows.push(changed.next_if(|(key, _)| *key == row.0).unwrap_or(row));
    }
    rows.extend(changed);
    let total: usize = rows.iter().map(size).sum();
    // Even pieces: rows come in any order, and both halves will grow.
    let piece = total / total.div_ceil(BYTES_MAX).max(1);
    let mut pages = Vec::new();
    let (mut from, mut filled) = (0, 0);
    for (at, row) in rows.iter().enumerate() {
        filled += size(row);
        if filled >= piece || at + 1 == rows.len() {
            pages.extend(rows.get(from..=at).and_then(|rows| Some((rows.first()?.0.clone(), pack(rows)))));
            (from, filled) = (at + 1, 0);
        }
    }
    pages
}
