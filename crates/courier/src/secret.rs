//! Secrets of webhooks. None is stored: each follows from the key that gateways and couriers of a deployment share, the
//! webhook's id and a generation, so there is nothing to steal beside the key, and rotation is a number.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::Scheme;

/// The key that gateways and couriers share.
#[derive(Clone)]
pub struct CourierKey([u8; 32]);

/// What one generation of a webhook signs with.
pub struct Secret {
    scheme: Scheme,
    bytes: [u8; 32],
}

impl CourierKey {
    /// The key with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What this generation of a webhook signs with.
    pub fn secret(&self, webhook: Uuid, scheme: Scheme, generation: u32) -> Secret {
        let said = format!("hubledger webhook\n{}\n{webhook}\n{generation}", scheme.name());
        Secret { scheme, bytes: mac(&self.0, said.as_bytes()) }
    }
}

impl Secret {
    /// What the receiver needs, serialized as Standard Webhooks says: `whsec_…`, which must be kept secret, or the public
    /// key `whpk_…`.
    pub fn told(&self) -> String {
        match self.scheme {
            Scheme::Ed25519 => {
                let public = SigningKey::from_bytes(&self.bytes).verifying_key();
                format!("whpk_{}", STANDARD.encode(public.as_bytes()))
            }
            Scheme::Hmac => format!("whsec_{}", STANDARD.encode(self.bytes)),
        }
    }

    /// The signature of what is sent: `v1a,…` or `v1,…`.
    pub fn sign(&self, signed: &[u8]) -> String {
        let signature = match self.scheme {
            Scheme::Ed25519 => STANDARD.encode(SigningKey::from_bytes(&self.bytes).sign(signed).to_bytes()),
            Scheme::Hmac => STANDARD.encode(mac(&self.bytes, signed)),
        };
        format!("{},{signature}", self.scheme.name())
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
