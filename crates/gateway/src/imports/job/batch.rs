//! Rows that are sent together.

use std::sync::{Arc, PoisonError};

use bytes::Buf as _;
use domain::Slug;
use intake::{Cells, Fault, Made, Step};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::Digest as _;
use wire::Outcome;

use super::{PAUSE, Stop, Waits, Work};
use crate::Shared;
use crate::imports::record::Trouble;
use crate::vantage::Looking;

/// Rows of a batch, and bytes of the file that they take.
const ROWS_MAX: usize = 500;
const BYTES_MAX: u64 = 256 * 1024;
/// Bytes of commands in one question to the recorder; with one more command it fits one message of NATS.
const QUESTION_BYTES_MAX: usize = 512 * 1024;

/// Rows on their way.
pub(super) struct Batch {
    /// Each, and how many commands it made, or what is wrong with it.
    pub(super) rows: Vec<(Cells, Result<usize, Vec<Fault>>)>,
    /// Where the last of them ended, and its number.
    pub(super) after: u64,
    pub(super) last: u64,
}

impl Work {
    /// The next rows, with their commands; none at the end.
    pub(super) async fn batch(&mut self) -> Result<Option<(Batch, Made)>, Stop> {
        let mut cells: Vec<Cells> = Vec::with_capacity(ROWS_MAX);
        let taken = |cells: &[Cells]| match cells {
            [first, .., last] => last.after - first.after,
            _ => 0,
        };
        while !self.at_end && cells.len() < ROWS_MAX && taken(&cells) < BYTES_MAX {
            match self.step() {
                Some(Step::Row(row)) => cells.push(row),
                Some(Step::More) => self.fill().await?,
                Some(Step::End) | None => self.at_end = true,
            }
        }
        let Some(last) = cells.last() else { return Ok(None) };
        let (after, last) = (last.after, last.number);
        self.resolve(&cells).await?;
        if self.is_revoked() {
            return Ok(None);
        }
        let (mut made, mut rows) = (Made::with_capacity(cells.len()), Vec::with_capacity(cells.len()));
        for cells in cells {
            let before = made.len();
            let done = match self.table.record(&cells) {
                Ok(row) => self.rows.commands(&self.sender, &row, &mut made),
                Err(fault) => Err(fault.into()),
            };
            rows.push((cells, done.map(|()| made.len() - before)));
        }
        Ok(Some((Batch { rows, after, last }, made)))
    }

    /// One step in what has been read; none when the file can't be read any further.
    fn step(&mut self) -> Option<Step> {
        let mut rest = self.input.as_ref();
        let step = self.table.next(&mut rest, self.chunks.is_empty());
        let used = self.input.len() - rest.len();
        self.input.advance(used);
        match step {
            Ok(step) => Some(step),
            Err(unreadable) => {
                let message = match unreadable.why {
                    Some(why) => format!("{}; {why}", unreadable.what),
                    None => unreadable.what,
                };
                self.trouble = Some(Trouble { code: unreadable.code.as_str().to_owned(), message });
                None
            }
        }
    }

    /// Reads up to the header and no further.
    pub(super) async fn header(&mut self) -> Result<(), Stop> {
        match self.step() {
            Some(Step::More) => self.fill().await,
            Some(Step::Row(_)) => Ok(()),
            Some(Step::End) | None => {
                self.at_end = true;
                Ok(())
            }
        }
    }

    /// Reads the next chunk.
    async fn fill(&mut self) -> Result<(), Stop> {
        let Some(piece) = self.chunks.pop_front() else { return Ok(()) };
        let ledger = self.import.ledger.clone();
        loop {
            match self.store.get(("data", &ledger, self.import.id), piece).await {
                Ok(Some(bytes)) => {
                    if let Some(hash) = &mut self.hash {
                        hash.update(&bytes);
                    }
                    self.input = bytes;
                    return Ok(());
                }
                Ok(None) => {
                    let message =
                        "a part of the file is not kept any more; send it as a new import".to_owned();
                    self.trouble = Some(Trouble { code: "import-data-gone".to_owned(), message });
                    self.at_end = true;
                    return Ok(());
                }
                Err(problem) => self.wait(&problem).await?,
            }
        }
    }

    /// Asks the views for names that were not met before.
    async fn resolve(&mut self, cells: &[Cells]) -> Result<(), Stop> {
        for cells in cells {
            let Ok(row) = self.table.record(cells) else { continue };
            for wanted in self.rows.wanted(&row).into_iter().flatten() {
                let looking = Looking { min_position: self.min_position, ..Looking::default() };
                let mut query = looking.query(&self.import.ledger, wanted.view);
                query.filters.insert(wanted.column.to_owned(), wanted.name.clone());
                query.limit = Some(1);
                let answer = loop {
                    match self.shared.query(query.clone()).await {
                        Ok(answer) => break answer,
                        Err(problem) => self.wait(&problem).await?,
                    }
                };
                let found = answer.rows.first().and_then(|row| row.get(wanted.id)?.as_str()?.parse().ok());
                self.rows.learn(wanted, found);
            }
        }
        Ok(())
    }
}

/// Sends commands until every one has ended, and waits for whatever is out of reach.
pub(super) async fn submitted(
    shared: Arc<Shared>,
    ledger: Slug,
    commands: Made,
    waits: Waits,
) -> Vec<Outcome> {
    let tell = |what: Option<String>| *waits.lock().unwrap_or_else(PoisonError::into_inner) = what;
    let (mut outcomes, mut most) = (Vec::with_capacity(commands.len()), commands.len());
    let mut rest = commands.as_slice();
    while !rest.is_empty() {
        let (portion, behind) = rest.split_at(portion(rest, most));
        match shared.desks.submit(&ledger, portion.to_vec()).await {
            Ok(ended) => {
                outcomes.extend(ended);
                rest = behind;
                tell(None);
            }
            // All were decided; their receipts come in smaller answers.
            Err(problem) if problem.code() == "too-large" && portion.len() > 1 => most = portion.len() / 2,
            Err(problem) => {
                tracing::debug!(%ledger, why = problem.detail, "an import waits");
                tell(Some(problem.detail.clone()));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    outcomes
}

/// How many of these commands fit one question, and are at most so many; one at least.
fn portion(commands: &[Box<RawValue>], most: usize) -> usize {
    let mut bytes = 0;
    let fits = commands.iter().take(most).take_while(|command| {
        bytes += command.get().len();
        bytes <= QUESTION_BYTES_MAX
    });
    fits.count().max(1)
}

/// The ledger's first day, from its first event.
pub(super) fn first_day(event: &RawValue) -> Option<Date> {
    #[derive(Deserialize)]
    struct Look<'a> {
        effective: &'a str,
    }
    let look: Look<'_> = serde_json::from_str(event.get()).ok()?;
    look.effective.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_cut_by_bytes_and_number_and_hold_one_command_at_least() {
        let command = |bytes: usize| RawValue::from_string(format!("\"{}\"", "x".repeat(bytes))).unwrap();
        let small: Vec<_> = (0..9).map(|_| command(10)).collect();
        assert_eq!([portion(&small, 9), portion(&small, 4)], [9, 4]);
        let large: Vec<_> = (0..3).map(|_| command(QUESTION_BYTES_MAX / 2)).collect();
        assert_eq!(portion(&large, 3), 1);
    }
}
