//! Where a ledger stands: the head that a verifying reader holds, and the tip that a log's leader names.

use proof::Hash;
use serde::{Deserialize, Serialize};

use crate::{CommitId, base64url};

/// The verified head of a ledger: everything up to `commit` was read, or decided and acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// 1, then one more for each restore from a backup.
    pub epoch: u64,
    /// Number of the last commit; 0 before the first.
    pub commit: u64,
    /// Position of the last event; 0 before the first.
    pub position: u64,
    /// RFC 6962 root over all leaves up to `position`.
    pub root: Hash,
}

/// What the log's leader says is last, unverified. The same commit and id as a verified reader's means that
/// the reader has everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tip {
    /// Epoch of the log.
    pub epoch: u64,
    /// Number of the last commit; 0 when there is none.
    pub commit: u64,
    /// Id of the last commit; absent when there is none.
    pub id: Option<CommitId>,
}

/// A root as it is written: base64url of its 32 bytes, 43 characters.
pub fn root_text(root: &Hash) -> String {
    base64url::encode(&root.0)
}

/// The inverse of [`root_text`].
pub fn root_from_text(text: &str) -> Option<Hash> {
    base64url::decode(text).map(Hash)
}

/// How a root stands in JSON.
pub(crate) mod written_root {
    use proof::Hash;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(root: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::root_text(root))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::root_from_text(&text).ok_or_else(|| D::Error::custom("a root has 43 characters of base64url"))
    }
}
