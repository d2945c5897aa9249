//! What is folded from the log for whoever asks for a report or a count. One fold at a time: each takes a processor for as
//! long as the ledger is long.

use domain::{SchoolYear, Slug};
use futures::StreamExt as _;
use journal::{FIRST_EPOCH, Read, Until};
use projector::Folded;
use report::{Book, InForce, Question, Trouble};
use wire::{AsOf, HeadReply, Origin, Query, Vantage, Verifier};

use crate::Shared;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::seek::unreadable;

/// The answers of a ledger.
pub(crate) struct Booked {
    pub(crate) head: HeadReply,
    pub(crate) book: Book,
    /// The views that were asked.
    pub(crate) folded: Folded,
}

impl Shared {
    /// All answers of the ledger, from one fold of its verified log.
    ///
    /// # Errors
    /// When the log can't be read, is not open, or has no such position.
    pub(crate) async fn book(
        &self,
        ledger: &Slug,
        questions: Vec<Question>,
        vantage: Vantage,
    ) -> Result<Booked, Problem> {
        let stops = |_| Problem::new("unavailable", "the gateway stops");
        let _turn = self.folds.acquire().await.map_err(stops)?;
        let folded = self.fold(ledger, &questions, vantage).await?;
        let in_force = folded.in_force().map(|in_force| InForce {
            owner: in_force.owner.clone(),
            policy: in_force.policy,
            policy_position: in_force.policy_position,
        });
        let head = HeadReply::new(ledger, &folded.head());
        let answer = |query: &Query| folded.answer(query).map_err(stopped);
        let book = Book::ask((head.clone(), in_force), (questions, vantage), answer, trouble)?;
        Ok(Booked { head, book, folded })
    }

    async fn fold(&self, ledger: &Slug, questions: &[Question], vantage: Vantage) -> Result<Folded, Problem> {
        let origin = Origin { deployment: self.deployment.clone(), ledger: ledger.clone() };
        let mut folded = Folded::new(origin.clone(), &Question::views(questions), vantage);
        let mut verifier = Verifier::new(origin, FIRST_EPOCH);
        let mut commits = self.log.commits(ledger, verifier.tip(), Until::Head);
        while !folded.is_complete()
            && let Some(commit) = commits.next().await
        {
            let commit = commit.map_err(unreadable)?;
            let broken = |broken: wire::Broken| Problem::new("log-broken", broken.to_string());
            let events = verifier.accept_events(&commit).map_err(broken)?;
            let read = Read { commit, events, verifier: verifier.clone() };
            folded.take(read).map_err(stopped)?;
        }
        if let Some(AsOf::Position(to)) = vantage.as_of
            && to > verifier.head().position
        {
            let what =
                format!("the ledger has no position {to} yet; its last is {}", verifier.head().position);
            return Err(Problem::new("cursor-gone", what).at("as_of"));
        }
        Ok(folded)
    }
}

/// Of which school year a report or count is.
///
/// # Errors
/// When none is named.
pub(crate) fn school_year(parameters: &mut Parameters) -> Result<SchoolYear, Problem> {
    let needed =
        || Problem::new("malformed-request", "school_year is needed, such as 2025-26").at("school_year");
    parameters.take("school_year")?.ok_or_else(needed)
}

pub(crate) fn stopped(error: projector::Error) -> Problem {
    Problem::new(error.code(), error.to_string())
}

pub(crate) fn trouble(trouble: Trouble) -> Problem {
    let code = if trouble.is_usage() || trouble.is_missing() { "report-refused" } else { "out-of-order" };
    let problem = Problem::new(code, trouble.to_string());
    match trouble.hint() {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}
