//! Problems that only webhooks have.

use crate::problem::Line;

/// Lines of the table.
pub(crate) const PROBLEMS: &[Line] = &[
    (
        "webhook-target-refused",
        422,
        "A webhook can't lead there",
        "The address is not https, has a password in it, or leads into a private network.",
        "Give an address of the public internet that speaks https.",
        None,
    ),
    (
        "too-many-webhooks",
        422,
        "There are too many webhooks",
        "The ledger has as many webhooks as one may have.",
        "Remove those that nobody needs, or tell several receivers from one of yours.",
        None,
    ),
];
