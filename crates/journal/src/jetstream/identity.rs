//! Who a process is to a NATS server: an nkey, and an inbox of its own.
//!
//! Replies travel through inboxes. Whoever may read `_INBOX.>` reads everybody's replies, so an identity's inbox
//! carries its public key, and `config/nats/users.conf` gives each only its own.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use nkeys::{KeyPair, KeyPairType};

use crate::JournalError;

/// An nkey of a user. `Debug` shows the public half only.
#[derive(Clone)]
pub struct Identity {
    seed: String,
    public: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.public).finish()
    }
}

impl Identity {
    /// A new one from random bytes.
    pub fn new(random: [u8; 32]) -> Option<Self> {
        let pair = KeyPair::new_from_raw(KeyPairType::User, random).ok()?;
        Some(Self { seed: pair.seed().ok()?, public: pair.public_key() })
    }

    /// The identity of a seed, as `hubledger nkeys` or `nk -gen user` prints it.
    pub fn from_seed(seed: &str) -> Option<Self> {
        let seed = seed.trim();
        let pair = KeyPair::from_seed(seed).ok()?;
        let user = pair.key_pair_type() == KeyPairType::User;
        user.then(|| Self { seed: seed.to_owned(), public: pair.public_key() })
    }

    /// The identity in a file.
    ///
    /// # Errors
    /// [`JournalError::Denied`] when the file is not there, holds no seed, or can be read by everybody. The group may
    /// read it: systemd hands out credentials so.
    pub fn load(path: &Path) -> Result<Self, JournalError> {
        let name = path.display();
        let denied = |what: String, cure: &str| JournalError::Denied { what, cure: cure.to_owned() };
        let unreadable = |error: std::io::Error| {
            denied(
                format!("the nkey file {name} can't be read: {error}"),
                "make it with: hubledger nkeys DIR",
            )
        };
        let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
        if mode & 0o007 != 0 {
            let what = format!("the nkey file {name} can be read by everybody");
            return Err(denied(what, "run chmod 600 on it, and make another if somebody may have seen it"));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::from_seed(&text).ok_or_else(|| {
            denied(
                format!("the nkey file {name} holds no seed of a user"),
                "make one with: hubledger nkeys DIR",
            )
        })
    }

    /// The secret half.
    pub fn seed(&self) -> &str {
        &self.seed
    }

    /// The public half, which the server's configuration names.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The first token of its inboxes.
    pub fn inbox(&self) -> String {
        format!("_INBOX_{}", self.public)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn a_seed_file_is_read_and_one_that_everybody_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recorder.nk");
        let made = Identity::new([7; 32]).unwrap();
        let says = |word: &str| {
            let refused = Identity::load(&path).unwrap_err().to_string();
            assert!(refused.contains(word), "{refused}");
            assert!(!refused.contains(made.seed()), "{refused}");
        };
        says("can't be read");
        std::fs::write(&path, format!("{}\n", made.seed())).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        says("by everybody");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let read = Identity::load(&path).unwrap();
        assert_eq!((read.public(), read.inbox()), (made.public(), format!("_INBOX_{}", made.public())));
        assert!(!format!("{read:?}").contains(made.seed()));
        std::fs::write(&path, KeyPair::new_account().seed().unwrap()).unwrap();
        says("no seed of a user");
    }
}
