//! Problems that only access has.

use crate::problem::Line;

/// Lines of the table.
pub(crate) const PROBLEMS: &[Line] = &[(
    "too-many-exports",
    429,
    "Too many exports",
    "What carries a whole ledger away (pages of events and of changes, reports, files of rows) has a rate of its own for \
     each token, `gateway.exports_per_minute`.",
    "Wait as long as `Retry-After` says and go on from the same place. If it was not you who asked, have the token revoked.",
    Some(1),
)];
