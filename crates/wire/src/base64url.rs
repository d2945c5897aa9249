//! base64url without padding, the one spelling of bytes in this crate.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the text of the bytes.
pub(crate) fn append(bytes: &[u8; 16], out: &mut Vec<u8>) {
    let mut text = [b'A'; 22];
    // 16 bytes make 22 characters, always.
    let _ = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
    out.extend_from_slice(&text);
}

/// Exactly `N` bytes, 48 at most, or nothing.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; 64];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    bytes.get(..length)?.try_into().ok()
}
