//! The read models: pure functions from events to rows, and from rows to answers.
//!
//! Events are self-contained, so a row changes by the event alone. Rows are values in memory; where they are kept is
//! the projector's business, which brings a [`Source`].

mod access;
mod activity;
mod agreements;
mod amendments;
mod answer;
mod assistances;
mod cells;
mod digits;
mod disclosures;
mod engagements;
mod explanation;
mod funding;
mod leadership;
mod marks;
mod merges;
mod needs;
mod partners;
mod ranks;
mod reach;
mod referrals;
mod rows;
mod sentences;
mod sites;
mod timeline;

use std::collections::BTreeMap;

use serde_json::Value;
use wire::RecordedEvent;

pub use activity::shown_subject;
pub use answer::{QueryError, answer};
pub use digits::Digits;
pub use explanation::Explanation;
pub use marks::{Clues, MARKS_REVISION, Mark, marks};
pub use reach::{Cohort, cohort};
pub use rows::{Empty, Row, Rows, Scan, Source, Stored};
pub use sentences::sentence;
pub use timeline::{DELIVERY_TIMELINE, of_delivery};

/// A read model. Stateless; all state is in its rows.
pub trait View: Sync {
    /// Name in queries, such as `service-ledger`.
    fn name(&self) -> &'static str;
    /// Raised when rows or their meaning change; the projector then builds the view anew.
    fn revision(&self) -> u32;
    /// One sentence about what it answers.
    fn about(&self) -> &'static str;
    /// Columns by which an answer can be filtered and, where it is a table of sums, grouped.
    fn columns(&self) -> &'static [&'static str];
    /// The columns that tell a row from all others.
    fn identity(&self) -> &'static [&'static str];
    /// The rows of an answer that an event changed, each by its columns of `identity`; `rows` hold it already.
    fn traces(&self, rows: &Rows, event: &RecordedEvent) -> Vec<Value>;
    /// By what the events are found that [`traces`](Self::traces) names a row of an answer for; the row has its columns of
    /// `identity`, and `rows` are all there are now.
    fn clues(&self, rows: &Rows, row: &Value) -> Clues;
    /// Brings the rows up to an event.
    fn apply(&self, rows: &mut Rows, event: &RecordedEvent);
    /// The wanted rows as JSON objects, in order; `by` names the columns to group by, empty for none.
    fn list(&self, rows: &Rows, by: &[&str], wanted: &dyn Fn(&Value) -> bool) -> Vec<Value>;
    /// The same, knowing the question's filters: a view with more rows than anybody reads looks up those asked for.
    fn find(
        &self,
        rows: &Rows,
        _filters: &BTreeMap<String, String>,
        by: &[&str],
        wanted: &dyn Fn(&Value) -> bool,
    ) -> Vec<Value> {
        self.list(rows, by, wanted)
    }
}

/// Every view there is.
pub static VIEWS: &[&dyn View] = &[
    &agreements::AgreementRegister,
    &partners::PartnerDirectory,
    &sites::SiteProfile,
    &cells::ServiceLedger,
    &reach::Reach,
    &engagements::EngagementSummary,
    &needs::NeedsAndAssets,
    &referrals::Referrals,
    &amendments::Amendments,
    &disclosures::Disclosures,
    &leadership::LeadershipRecord,
    &funding::Funding,
    &assistances::AssistanceLog,
    &access::Access,
    &activity::ActivityFeed,
    &timeline::Timeline { of_deliveries: false },
];

/// The view of this name.
pub fn view(name: &str) -> Option<&'static dyn View> {
    VIEWS.iter().copied().find(|view| view.name() == name)
}
