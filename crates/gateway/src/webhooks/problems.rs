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
    (
        "too-many-secrets",
        409,
        "Receivers may still trust too many secrets",
        "The secret was replaced so often that three of them sign, and none ends before the time that was said for it.",
        "Replace it again once one has ended, or with overlap_hours 0, which ends all but the new one at once.",
        None,
    ),
];
