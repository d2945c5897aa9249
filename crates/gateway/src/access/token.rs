//! Tokens as they are written. A key is `hubkey.<ledger>.<id>.<secret>`, made once and shown once; a pass is
//! `hubpass.<ledger>.<id>.<until>.<mac>`, lasts half an hour and is known by its MAC alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Slug;
use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A key's prefix; scanners of repositories can look for it.
pub(crate) const KEY_PREFIX: &str = "hubkey";
const PASS_PREFIX: &str = "hubpass";

/// A token that came with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Presented {
    /// The ledger that it was made in.
    pub(crate) home: Slug,
    /// Its id.
    pub(crate) id: Uuid,
    /// What shows that it is one.
    pub(crate) proof: Proof,
}

/// What shows that a token is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// SHA-256 of the secret that came.
    Secret([u8; 32]),
    /// A pass.
    Pass {
        /// Seconds since 1970 at which it ends.
        until: u64,
        /// Over everything before it.
        mac: Vec<u8>,
    },
}

impl Presented {
    /// Reads a token; none if it is not one of ours.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (prefix, home, id) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let proof = match (prefix, parts.next()?, parts.next(), parts.next()) {
            (KEY_PREFIX, secret, None, None) => Proof::Secret(digest(secret)?),
            (PASS_PREFIX, until, Some(mac), None) => {
                Proof::Pass { until: until.parse().ok()?, mac: URL_SAFE_NO_PAD.decode(mac).ok()? }
            }
            _ => return None,
        };
        Some(Self { home, id, proof })
    }

    /// A key that came as client id and secret.
    pub(crate) fn client(id: &str, secret: &str) -> Option<Self> {
        Self::read(&format!("{KEY_PREFIX}.{id}.{secret}"))
    }
}

/// SHA-256 of a secret as it is written: 256 random bits need no slower hash.
fn digest(secret: &str) -> Option<[u8; 32]> {
    Some(Sha256::digest(decoded(secret)?).into())
}

/// 32 bytes as they are written.
pub(crate) fn decoded(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// A pass for a token, until this moment.
pub(crate) fn pass(key: &[u8; 32], home: &Slug, id: Uuid, until: u64) -> Option<String> {
    let said = format!("{PASS_PREFIX}.{home}.{id}.{until}");
    let mac = keyed(key, &said)?.finalize().into_bytes();
    Some(format!("{said}.{}", URL_SAFE_NO_PAD.encode(mac)))
}

/// Whether the MAC of a pass is ours; takes the same time whatever differs.
pub(crate) fn is_ours(key: &[u8; 32], home: &Slug, id: Uuid, until: u64, mac: &[u8]) -> bool {
    let said = format!("{PASS_PREFIX}.{home}.{id}.{until}");
    keyed(key, &said).is_some_and(|keyed| keyed.verify_slice(mac).is_ok())
}

fn keyed(key: &[u8; 32], said: &str) -> Option<Hmac<Sha256>> {
    let mut keyed = Hmac::<Sha256>::new_from_slice(key).ok()?;
    keyed.update(said.as_bytes());
    Some(keyed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_ours_until_anything_in_it_changes() {
        let (key, home, id) = ([7; 32], "madrona-usd".parse().unwrap(), Uuid::from_u128(5));
        let pass = pass(&key, &home, id, 1_800_000_000).unwrap();
        let Some(Presented { proof: Proof::Pass { until, mac }, .. }) = Presented::read(&pass) else {
            panic!()
        };
        assert!(is_ours(&key, &home, id, until, &mac));
        assert!(!is_ours(&[8; 32], &home, id, until, &mac));
        assert!(!is_ours(&key, &home, id, until + 1, &mac));
        assert!(!is_ours(&key, &"cedar-usd".parse().unwrap(), id, until, &mac));
        assert!(!is_ours(&key, &home, Uuid::from_u128(6), until, &mac));
        assert!(!is_ours(&key, &home, id, until, &mac[..31]));
    }

    #[test]
    fn what_is_no_token_of_ours_is_none() {
        let secret = URL_SAFE_NO_PAD.encode([1; 32]);
        let id = Uuid::from_u128(5);
        assert!(Presented::read(&format!("hubkey.madrona-usd.{id}.{secret}")).is_some());
        for text in [
            format!("hubkey.madrona-usd.{id}.short"),
            format!("hubkey.Madrona.{id}.{secret}"),
            format!("hubkey.madrona-usd.{id}.{secret}.more"),
            format!("other.madrona-usd.{id}.{secret}"),
            String::new(),
        ] {
            assert_eq!(Presented::read(&text), None, "{text}");
        }
    }
}
