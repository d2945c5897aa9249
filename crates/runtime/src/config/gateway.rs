//! The settings of HTTP for districts' systems: where it listens, who needs what, and how long anybody may take.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ConfigError, range};

/// HTTP for districts' systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Address and port to listen on; empty for none.
    pub listen: String,
    /// Whether it speaks TLS.
    pub tls: Tls,
    /// File with the certificate and those above it, PEM.
    pub tls_certificate: PathBuf,
    /// File with the certificate's private key, PEM.
    pub tls_key: PathBuf,
    /// Whether whoever asks needs a token.
    pub tokens: bool,
    /// Requests a second that each token may send.
    pub requests_per_second: u32,
    /// Exports a minute that each token may ask for: what carries a whole ledger away.
    pub exports_per_minute: u32,
    /// Tokens a minute from one address that may turn out not to be valid.
    pub invalid_tokens_per_minute: u32,
    /// How long a TLS handshake may take, in milliseconds.
    pub handshake_ms: u64,
    /// How long a request's line and headers may take to come, in milliseconds.
    pub head_ms: u64,
    /// How long a body may take to come, in milliseconds.
    pub body_ms: u64,
}

/// Whether the gateway speaks TLS, and with which certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Plain HTTP.
    Off,
    /// A certificate that somebody gave.
    Files,
    /// A certificate of its own making, which nobody knows: for trying out.
    SelfSigned,
}

impl Gateway {
    /// Where to listen; nothing for nowhere, or for what is no address.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listen.parse().ok()
    }

    /// Whether anybody on the way can read what is said: plain HTTP beyond this machine.
    pub fn is_overheard(&self) -> bool {
        self.tls == Tls::Off && self.address().is_some_and(|address| !address.ip().is_loopback())
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        range(
            self.listen.is_empty() || self.address().is_some(),
            "gateway.listen",
            format!("{:?}", self.listen),
            "an IP address with a port, such as 127.0.0.1:8080, or empty",
        )?;
        range(
            self.tokens || self.address().is_none_or(|address| address.ip().is_loopback()),
            "gateway.tokens",
            self.tokens.to_string(),
            "true unless gateway.listen is an address of this machine alone, such as 127.0.0.1:8080",
        )?;
        for (key, path) in
            [("gateway.tls_certificate", &self.tls_certificate), ("gateway.tls_key", &self.tls_key)]
        {
            range(
                path.as_os_str().is_empty() == (self.tls != Tls::Files),
                key,
                format!("{path:?}"),
                "a file where gateway.tls is \"files\", and empty where it is not",
            )?;
        }
        for (key, rate) in [
            ("gateway.requests_per_second", self.requests_per_second),
            ("gateway.exports_per_minute", self.exports_per_minute),
            ("gateway.invalid_tokens_per_minute", self.invalid_tokens_per_minute),
        ] {
            range((1..=1_000_000).contains(&rate), key, rate.to_string(), "1 to 1000000")?;
        }
        for (key, time) in [
            ("gateway.handshake_ms", self.handshake_ms),
            ("gateway.head_ms", self.head_ms),
            ("gateway.body_ms", self.body_ms),
        ] {
            range((1..=600_000).contains(&time), key, time.to_string(), "1 to 600000")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn refused(lines: &str) -> &'static str {
        match Config::load(Some(&format!("[gateway]\n{lines}\n")), []) {
            Err(ConfigError::Range { key, .. }) => key,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_certificate_needs_its_key_and_one_that_would_not_be_shown_is_refused() {
        assert_eq!(refused("tls = \"files\"\ntls_certificate = \"c.pem\""), "gateway.tls_key");
        assert_eq!(refused("tls_certificate = \"c.pem\"\ntls_key = \"k.pem\""), "gateway.tls_certificate");
        assert_eq!(refused("tls = \"self-signed\"\ntls_key = \"k.pem\""), "gateway.tls_key");
        assert_eq!(refused("body_ms = 0"), "gateway.body_ms");
        assert_eq!(refused("exports_per_minute = 0"), "gateway.exports_per_minute");
    }

    #[test]
    fn plain_http_is_overheard_beyond_this_machine() {
        let gateway = |lines: &str| {
            Config::load(Some(&format!("[gateway]\n{lines}\n")), []).unwrap().0.gateway.is_overheard()
        };
        assert!(gateway("listen = \"0.0.0.0:8080\""));
        assert!(!gateway("listen = \"127.0.0.1:8080\"") && !gateway("listen = \"[::1]:8080\""));
        assert!(!gateway("listen = \"0.0.0.0:8080\"\ntls = \"self-signed\""));
    }
}
