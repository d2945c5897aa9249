//! Settings of webhooks.

use serde::{Deserialize, Serialize};

use super::{ConfigError, range};

/// Webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Courier {
    /// Whether `serve all` delivers.
    pub enabled: bool,
    /// Whether webhooks may lead into private networks and be unencrypted.
    pub allow_private_targets: bool,
    /// The wait after a first try that failed, in milliseconds; the whole schedule stretches with it.
    pub first_retry_ms: u64,
    /// How often webhooks are looked at for changes, in milliseconds.
    pub look_ms: u64,
    /// How long a courier that writes nothing still holds its webhooks, in seconds.
    pub lease_seconds: u64,
}

impl Courier {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let first = self.first_retry_ms;
        range((1..=60_000).contains(&first), "courier.first_retry_ms", first.to_string(), "1 to 60000")?;
        let look = self.look_ms;
        range((10..=60_000).contains(&look), "courier.look_ms", look.to_string(), "10 to 60000")?;
        let lease = self.lease_seconds;
        range((1..=600).contains(&lease), "courier.lease_seconds", lease.to_string(), "1 to 600")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn by_default_private_networks_are_closed_and_ten_tries_take_three_days() {
        let (config, _) = Config::load(None, []).unwrap();
        let Courier { enabled, allow_private_targets, first_retry_ms, .. } = config.courier;
        assert_eq!((enabled, allow_private_targets, first_retry_ms), (true, false, 5000));
    }

    #[test]
    fn what_can_t_work_is_refused() {
        for line in ["first_retry_ms = 0", "look_ms = 9", "lease_seconds = 0"] {
            let refused = Config::load(Some(&format!("[courier]\n{line}\n")), []);
            assert!(matches!(refused, Err(ConfigError::Range { .. })), "{line}");
        }
    }
}
