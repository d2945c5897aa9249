//! Where requests come from: whoever holds the other end of the connection, whatever headers say of it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::Shared;
use crate::problem::Problem;

/// Why a token is not even looked at, for the log.
const TOO_MANY_STRANGERS: &str = "too many tokens from there are not valid";

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

impl Shared {
    /// What a look at a token from there comes to. A token that is not known counts as a guess until it turns out to be
    /// valid, and after many that were not none is looked at.
    ///
    /// # Errors
    /// As `look`, and when too many before it were not valid.
    pub(crate) async fn looked_at<T>(
        &self,
        peer: Peer,
        is_known: bool,
        look: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        if is_known {
            return look.await;
        }
        let peer = peer.to_string();
        let refused = |seconds| {
            let what = "too many tokens that are not valid came from this address";
            Problem::new("too-many-requests", what).because(TOO_MANY_STRANGERS).retry_after(seconds)
        };
        self.strangers.take(&peer).map_err(refused)?;
        let found = look.await;
        if found.as_ref().err().is_none_or(|problem| problem.status != 401) {
            self.strangers.give_back(&peer);
        }
        found
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
