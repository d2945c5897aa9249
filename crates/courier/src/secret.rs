//! Secrets of webhooks. None is stored: each follows from the key that gateways and couriers of a deployment share, the
//! webhook's id and a generation, so there is nothing to steal beside the key, and rotation is a number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::Scheme;

/// Secrets at hand; then all are made anew.
const MADE_MAX: usize = 4096;

/// The key that gateways and couriers share.
#[derive(Clone)]
pub struct CourierKey([u8; 32]);

/// What one generation of a webhook signs with.
pub struct Secret(Kind);

enum Kind {
    Ed25519(Box<SigningKey>),
    Hmac([u8; 32]),
}

impl CourierKey {
    /// The key with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What this generation of a webhook signs with.
    pub fn secret(&self, webhook: Uuid, scheme: Scheme, generation: u32) -> Secret {
        let said = format!("hubledger webhook\n{}\n{webhook}\n{generation}", scheme.name());
        let bytes = mac(&self.0, said.as_bytes());
        Secret(match scheme {
            Scheme::Ed25519 => Kind::Ed25519(Box::new(SigningKey::from_bytes(&bytes))),
            Scheme::Hmac => Kind::Hmac(bytes),
        })
    }
}

impl Secret {
    /// What the receiver needs, serialized as Standard Webhooks says: `whsec_…`, which must be kept secret, or the public
    /// key `whpk_…`.
    pub fn told(&self) -> String {
        match &self.0 {
            Kind::Ed25519(key) => format!("whpk_{}", STANDARD.encode(key.verifying_key().as_bytes())),
            Kind::Hmac(bytes) => format!("whsec_{}", STANDARD.encode(bytes)),
        }
    }

    /// The signature of what is sent: `v1a,…` or `v1,…`.
    pub fn sign(&self, signed: &[u8]) -> String {
        let (scheme, signature) = match &self.0 {
            Kind::Ed25519(key) => (Scheme::Ed25519, STANDARD.encode(key.sign(signed).to_bytes())),
            Kind::Hmac(bytes) => (Scheme::Hmac, STANDARD.encode(mac(bytes, signed))),
        };
        format!("{},{signature}", scheme.name())
    }
}

/// Webhook, scheme and generation of a secret.
type Of = (Uuid, &'static str, u32);

/// Secrets that are at hand: to make one of ed25519 takes as long as to sign with it.
pub(crate) struct Secrets {
    key: CourierKey,
    made: Mutex<BTreeMap<Of, Arc<Secret>>>,
}

impl Secrets {
    /// None yet.
    pub(crate) fn new(key: CourierKey) -> Self {
        Self { key, made: Mutex::default() }
    }

    /// As [`CourierKey::secret`].
    pub(crate) fn secret(&self, webhook: Uuid, scheme: Scheme, generation: u32) -> Arc<Secret> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= MADE_MAX {
            made.clear();
        }
        let secret = || Arc::new(self.key.secret(webhook, scheme, generation));
        made.entry((webhook, scheme.name(), generation)).or_insert_with(secret).clone()
    }
}

fn mac(key: &[u8; 32], said: &[u8]) -> [u8; 32] {
    // Blocks of 64 bytes hold any key of 32.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(said);
    mac.finalize().into_bytes().into()
}
