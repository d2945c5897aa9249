//! Where a webhook leads, and where none may lead: into networks that only we can reach.
//!
//! A name is looked up for each try, every address that it stands for is judged here, and the connection is made to an
//! address that was judged, so a name that changes its meaning in between gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Longest address, in bytes.
const URL_BYTES_MAX: usize = 2048;
/// Last labels of names that never mean something public (RFC 6761, RFC 6762, RFC 8375, and what clouds use).
const LOCAL_NAMES: &[&str] =
    &["localhost", "local", "internal", "localdomain", "lan", "home", "corp", "test", "invalid", "arpa"];

/// An address that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Name or IP address.
    pub host: Host<String>,
    /// Port.
    pub port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// The `Host` header.
    pub authority: String,
    /// What stands in the request's first line.
    pub path: String,
}

/// Why an address can't be a webhook's; `Display` is a sentence for its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not an absolute address of HTTP.
    #[error("it is no absolute https address of at most 2048 characters")]
    NotAnAddress,
    /// Not encrypted.
    #[error("it must be https")]
    NotHttps,
    /// It has a name and password.
    #[error("it must not have a user name or password in it")]
    Credentials,
    /// It leads into a private network.
    #[error("it leads to an address that is not public")]
    NotPublic,
}

impl Target {
    /// Reads an address. With `private_too`, for tests and labs, it may be unencrypted and lead anywhere.
    ///
    /// # Errors
    /// [`Refused`]; names that may stand for anything are judged when they are looked up.
    pub fn read(text: &str, private_too: bool) -> Result<Self, Refused> {
        let url = Url::parse(text).map_err(|_| Refused::NotAnAddress)?;
        let tls = url.scheme() == "https";
        if text.len() > URL_BYTES_MAX || !matches!(url.scheme(), "https" | "http") || url.fragment().is_some()
        {
            return Err(Refused::NotAnAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let host = url.host().ok_or(Refused::NotAnAddress)?.to_owned();
        let port = url.port_or_known_default().ok_or(Refused::NotAnAddress)?;
        if !private_too {
            if !tls {
                return Err(Refused::NotHttps);
            }
            if !may_be_public(&host) {
                return Err(Refused::NotPublic);
            }
        }
        let authority = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        let path =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Self { host, port, tls, authority, path })
    }

    /// The address without what may be secret in it: no path and no query. For logs.
    pub fn shown(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }
}

fn may_be_public(host: &Host<String>) -> bool {
    match host {
        Host::Ipv4(address) => is_public(IpAddr::V4(*address)),
        Host::Ipv6(address) => is_public(IpAddr::V6(*address)),
        Host::Domain(name) => {
            let mut labels = name.trim_end_matches('.').rsplit('.');
            let last = labels.next().unwrap_or_default();
            labels.next().is_some() && !LOCAL_NAMES.contains(&last)
        }
    }
}

/// Whether an address is one of the public internet: by IANA's registries of special-purpose addresses, and with what is
/// wrapped in it unwrapped.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match a {
        // This network, private, loopback, multicast, reserved and broadcast.
        0 | 10 | 127 | 224.. => true,
        // Carriers' NAT, 100.64.0.0/10.
        100 => b & 0b1100_0000 == 64,
        // Link-local, where clouds answer for metadata.
        169 => b == 254,
        172 => b & 0b1111_0000 == 16,
        // Private; protocol assignments; documentation; relays of 6to4.
        192 => b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99),
        // Benchmarks, 198.18.0.0/15, and documentation.
        198 => b & 0b1111_1110 == 18 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let wrapped = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // IPv4-mapped.
        [0, 0, 0, 0, 0, 0xffff, high, low] => wrapped(high, low),
        // NAT64, 64:ff9b::/96; networks' own forms of it are not public.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => wrapped(high, low),
        // 6to4.
        [0x2002, high, low, ..] => wrapped(high, low),
        // Protocol assignments with Teredo and ORCHID, 2001::/23; documentation, 2001:db8::/32 and 3fff::/20.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x3fff, second, ..] => second >= 0x1000,
        // All that is given out is in 2000::/3; loopback, unique local, link-local, site-local and multicast are not.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
