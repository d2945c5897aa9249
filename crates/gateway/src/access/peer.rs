//! Where requests come from: whoever holds the other end of the connection, whatever headers say of it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::Shared;
use crate::problem::Problem;

/// Why a token is not even looked at, for the log.
pub(crate) const TOO_MANY_STRANGERS: &str = "too many tokens from there are not valid";

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    /// Of the connection's other end. Of an IPv6 address only the network counts (RFC 6177): who has one address of it
    /// has them all.
    pub(crate) fn of(address: SocketAddr) -> Self {
        Self(match address.ip().to_canonical() {
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
            ip @ IpAddr::V4(_) => ip,
        })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A try with a token that nobody knows yet. It counts, unless the token turns out to be valid.
pub(crate) struct Try<'a> {
    shared: &'a Shared,
    peer: Peer,
}

impl Shared {
    /// Counts a try from there before anything is looked up.
    ///
    /// # Errors
    /// When too many before it were not valid.
    pub(crate) fn try_from_there(&self, peer: Peer) -> Result<Try<'_>, Problem> {
        let refused = |seconds| {
            let what = "too many tokens that are not valid came from this address";
            Problem::new("too-many-requests", what).because(TOO_MANY_STRANGERS).retry_after(seconds)
        };
        self.strangers.take(&peer.to_string()).map_err(refused)?;
        Ok(Try { shared: self, peer })
    }
}

impl Try<'_> {
    /// The token was valid, or nobody knows.
    pub(crate) fn forgive(self) {
        self.shared.strangers.give_back(&self.peer.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_peer_and_an_ipv4_address_is_one_however_it_is_written() {
        let peer = |text: &str| Peer::of(text.parse().unwrap());
        assert_eq!(peer("[2001:db8:1:2::3]:1"), peer("[2001:db8:1:2:ffff::4]:2"));
        assert_ne!(peer("[2001:db8:1:2::3]:1"), peer("[2001:db8:1:3::3]:1"));
        assert_eq!(peer("[::ffff:192.0.2.7]:1"), peer("192.0.2.7:2"));
        assert_ne!(peer("192.0.2.7:1"), peer("192.0.2.8:1"));
        assert_eq!(peer("[2001:db8:1:2::3]:1").to_string(), "2001:db8:1:2::");
    }
}
