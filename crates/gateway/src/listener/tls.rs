//! TLS by rustls with ring: which certificate is shown, and the handshake. TLS 1.2 and 1.3, and no client's certificate:
//! who asks is known by a token.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Why a certificate can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// There is none.
    #[error("the certificate file holds no certificate in PEM")]
    NoCertificate,
    /// There is none, or it can't be read.
    #[error("the key file holds no private key in PEM")]
    NoKey,
    /// They do not fit together, or rustls does not take them.
    #[error("certificate and key can't be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// The certificate that is shown. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Tls(Arc<RwLock<Shown>>);

#[derive(Debug, Clone)]
struct Shown {
    config: Arc<ServerConfig>,
    fingerprint: String,
}

impl Tls {
    /// Shows this certificate, with those above it; all PEM.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(RwLock::new(Shown::read(certificates, key)?))))
    }

    /// Shows another one from now on; connections that are open keep theirs.
    ///
    /// # Errors
    /// [`TlsError`]; the one before is still shown then.
    pub fn replace(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let shown = Shown::read(certificates, key)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = shown;
        Ok(())
    }

    /// SHA-256 of the certificate, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        self.shown().fingerprint
    }

    fn shown(&self) -> Shown {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does the handshake.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.shown().config).accept(stream).await
    }
}

impl Shown {
    fn read(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
        let mut fingerprint = String::from("sha256:");
        for byte in chain.first().map(Sha256::digest).unwrap_or_default() {
            let _ = write!(fingerprint, "{byte:02x}");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = config.with_no_client_auth().with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), fingerprint })
    }
}
