//! A certificate of our own making, for trying TLS out: nobody knows it, so who connects has to be given it, or its
//! fingerprint. It is made once and kept beside the ledgers' keys.

use std::io;
use std::net::IpAddr;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::Random;
use crate::keys::{KeyError, secret, write_once};

/// A certificate and its private key, both PEM.
#[derive(Clone)]
pub struct Certified {
    /// The certificate.
    pub certificate: Vec<u8>,
    /// Its private key.
    pub key: Vec<u8>,
}

/// The certificate for this machine and this address, made when there is none. Gateways that share the directory show
/// the same one. Its key is made by ring, which takes randomness from the system itself.
///
/// # Errors
/// [`KeyError`].
pub fn self_signed(directory: &Path, address: IpAddr, random: &dyn Random) -> Result<Certified, KeyError> {
    // No slug has a dot, so no ledger's file has these names.
    let (key, certificate) = (directory.join("gateway.tls.key.pem"), directory.join("gateway.tls.pem"));
    let made = |result: Result<String, rcgen::Error>| result.map_err(io::Error::other);
    let key = kept(&key, random, || made(KeyPair::generate().map(|key| key.serialize_pem())))?;
    let certificate = kept(&certificate, random, || made(signed(&String::from_utf8_lossy(&key), address)))?;
    Ok(Certified { certificate, key })
}

/// What is in a file, made once.
fn kept(
    path: &Path,
    random: &dyn Random,
    make: impl FnOnce() -> io::Result<String>,
) -> Result<Vec<u8>, KeyError> {
    match secret(path) {
        Err(KeyError::Missing(path)) => {
            let made = make().and_then(|pem| write_once(&path, pem.as_bytes(), random));
            made.map_err(|error| KeyError::Io(path.clone(), error))?;
            secret(&path)
        }
        other => other,
    }
}

fn signed(key: &str, address: IpAddr) -> Result<String, rcgen::Error> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !address.is_loopback() && !address.is_unspecified() {
        names.push(address.to_string());
    }
    let mut parameters = CertificateParams::new(names)?;
    // Whoever trusts it trusts these bytes and not a name, so it need not end.
    (parameters.not_before, parameters.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2099, 12, 31));
    Ok(parameters.self_signed(&KeyPair::from_pem(key)?)?.pem())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::SeededRandom;

    #[test]
    fn it_is_made_once_and_its_key_is_for_its_owner_alone() {
        let (folder, address) = (tempfile::tempdir().unwrap(), IpAddr::V4(Ipv4Addr::LOCALHOST));
        let made = self_signed(folder.path(), address, &SeededRandom::new(1)).unwrap();
        let kept = self_signed(folder.path(), address, &SeededRandom::new(2)).unwrap();
        assert_eq!((&made.certificate, &made.key), (&kept.certificate, &kept.key));
        assert!(made.certificate.starts_with(b"-----BEGIN CERTIFICATE-----"));
        let key = folder.path().join("gateway.tls.key.pem");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&key), 0o600);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = self_signed(folder.path(), address, &SeededRandom::new(3));
        assert!(matches!(refused, Err(KeyError::Open(_))));
    }
}
