//! What may be wrong with an import: lines of the table of problems.

use crate::problem::Line;

/// Code, status, title, cause, cure, seconds to wait.
pub(crate) const PROBLEMS: &[Line] = &[
    (
        "import-not-ready",
        409,
        "The import is not ready for this",
        "A file is sent, checked and then recorded; recording needs a check of exactly this file that refused no row.",
        "Send what is missing, check it, and look at errors.csv; `{\"partial\": true}` records whatever is not refused.",
        None,
    ),
    (
        "upload-elsewhere",
        409,
        "The upload goes on elsewhere",
        "Parts follow one another; this one does not begin where the last one ended.",
        "The header `Upload-Offset` says where it goes on, also in the answer to HEAD; send the rest from there.",
        None,
    ),
    (
        "digest-mismatch",
        422,
        "Something else came than was sent",
        "The SHA-256 of what came is not the one that was named. Nothing of it is kept.",
        "Send it again; if it happens again, something between you and the gateway changes what you send.",
        None,
    ),
    (
        "columns-missing",
        422,
        "The file has not the columns of its format",
        "A column that the format needs is not in the file's first line; most likely it is another file.",
        "The API page lists the columns of each format; names are compared without regard to case.",
        None,
    ),
    (
        "people-not-taken",
        422,
        "Files about people are not taken",
        "The file has a column of names, accounts or enrollments. A ledger knows people by random ids only.",
        "Send OneRoster's orgs.csv alone. Nothing of this file was kept.",
        None,
    ),
    (
        "row-too-long",
        422,
        "A row is too long",
        "A row has more than 256 KiB, most likely because a quotation mark before it is not closed.",
        "Close the quotation mark, or shorten the row, and send the file again.",
        None,
    ),
    (
        "import-data-gone",
        410,
        "A part of the file is not kept any more",
        "Files that are not recorded are kept for thirty days.",
        "Send the file as a new import.",
        None,
    ),
    (
        "credential-revoked",
        403,
        "The token that asked for this does not stand any more",
        "Whoever asked for the check or the recording did so with a token that was revoked or has expired since. The work \
         has stopped; rows that were recorded before stay.",
        "Ask again with another token of the same principal: rows that are recorded already count as repeated.",
        None,
    ),
];
