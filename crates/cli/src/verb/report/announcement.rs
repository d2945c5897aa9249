//! The command that records a publication: what went out, from which head, and what it left out.

use domain::ledger::{ReadHead, ReportPublished};
use report::{Document, Scope};
use serde_json::{Value, json};

use intake::uuid_of;

/// `publish-report` for the ledger that the document is of; the same document is the same command.
pub(super) fn command(document: &Document, scope: &Scope, format: &str, hash: &str) -> Option<Value> {
    let [source] = document.provenance.ledgers.as_slice() else { return None };
    let (cells_published, cells_suppressed) = document.figures();
    let from = &document.provenance;
    let narrowed = [
        ("format", Some(format.to_owned())),
        ("site", scope.site.clone()),
        ("partner", scope.partner.clone()),
        ("grant", scope.grant.clone()),
        ("as-of", from.as_of.clone()),
        ("valid-on", from.valid_on.clone()),
    ];
    let narrowed = narrowed.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let views = from.views.iter().map(|asked| (asked.view.clone(), asked.revision.to_string()));
    let body = ReportPublished {
        name: document.report.to_owned(),
        school_year: from.school_year.clone(),
        parameters: narrowed.chain(views).collect(),
        heads: vec![ReadHead {
            ledger: source.head.ledger.clone(),
            epoch: source.head.epoch,
            position: source.head.position,
            root: source.head.root.clone(),
        }],
        hash: hash.to_owned(),
        cells_published,
        cells_suppressed,
        policy: source.policy,
    };
    let id = uuid_of(&[source.head.ledger.as_str(), "publish-report", hash]);
    Some(json!({ "command": "publish-report", "version": 1, "id": id, "actor": "svc:report", "body": body }))
}
