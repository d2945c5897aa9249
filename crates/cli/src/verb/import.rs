//! `import`: rows of a CSV file as commands, batch by batch, with a report per row.
//!
//! A file can be sent again, whole or in part, also after a kill in the middle: what is there already is repeated. The
//! report is written as rows are answered, so memory stays flat however long the file is.

use std::io::Write;

use domain::{Event, ledger};
use futures::StreamExt as _;
use intake::{Cells, Ended, Format, Made, More, Sender, Told, Wanted, ended};
use journal::Until;
use serde_json::value::RawValue;
use wire::{Interpreted, Outcome, Query};

use crate::args::{Import, ImportKind};
use crate::client::{Client, Purpose};
use crate::error::Error;
use crate::exit::Exit;
use crate::import::{Rows, services_beside};
use crate::log::{Log, ReadError};
use crate::output::{Output, count};

/// Rows of one batch, and bytes of one request: NATS carries 1 MiB.
const BATCH_ROWS: usize = 500;
const BATCH_BYTES_MAX: usize = 512 * 1024;
/// Refused rows that a person is shown.
const SHOWN: usize = 20;

/// Imports the file.
pub(crate) async fn run(import: &Import, output: Output) -> Result<Exit, Error> {
    let client = Client::connect(&import.place, Purpose::Record, output).await?;
    let done = send(import, &client, output).await;
    client.close().await;
    done
}

async fn send(import: &Import, client: &Client, output: Output) -> Result<Exit, Error> {
    let unknown = || Error::new(Exit::Usage, "there are no such files");
    let format = import.kind.format().ok_or_else(unknown)?;
    // Who records need not see the log, unless something is to be in effect from the beginning.
    let starts = if format.starts { Some(first_day(import).await?) } else { None };
    let source = import.source.clone().unwrap_or_else(|| format.source.to_owned());
    let (ledger, actor) = (import.ledger.clone(), format!("svc:{source}"));
    let sender = Sender { ledger, source, starts, actor, credential: None, dry_run: import.dry_run };
    let rows: Box<dyn intake::Rows> = match import.kind {
        ImportKind::Services => Box::new(services_beside(&import.file)?),
        _ => (format.rows)(),
    };
    all(import, client, (&sender, format), rows, output).await
}

/// The ledger's first day, from its first event.
async fn first_day(import: &Import) -> Result<jiff::civil::Date, Error> {
    let quiet = Output::new(true);
    let log = Log::open(&import.place, &import.ledger, quiet).await?;
    let mut verifier = log.verifier();
    let first = log.commits(verifier.tip(), Until::Head).next().await;
    let not_open = || {
        Error::new(Exit::NotFound, format!("the ledger {} is not open", import.ledger))
            .hint("record open-ledger first")
    };
    let commit = first.ok_or_else(not_open)??;
    let events = verifier.accept_events(&commit).map_err(ReadError::Broken)?;
    let opened = events.first().and_then(|event| match event {
        Interpreted::Event(event) => match &event.fact.event {
            Event::Ledger(ledger::Event::LedgerOpened(_)) => event.fact.effective,
            _ => None,
        },
        Interpreted::Unknown { .. } => None,
    });
    opened.map(|effective| effective.from()).ok_or_else(not_open)
}

async fn all(
    import: &Import,
    client: &Client,
    (sender, format): (&Sender, &'static Format),
    mut rows: Box<dyn intake::Rows>,
    output: Output,
) -> Result<Exit, Error> {
    let mut file = Rows::open(&import.file, intake::Table::new(format))?;
    let mut next = file.next()?;
    let mut report = Report::new(output)?;
    while next.is_some() {
        let mut batch = Vec::with_capacity(BATCH_ROWS);
        while let Some(cells) = next.take_if(|_| batch.len() < BATCH_ROWS) {
            batch.push(cells);
            next = file.next()?;
        }
        resolve(client, sender, (&file, &batch), rows.as_mut()).await?;
        let (mut made, mut counts) = (Made::new(), Vec::with_capacity(batch.len()));
        for cells in &batch {
            let before = made.len();
            let done = match file.table.record(cells) {
                Ok(row) => rows.commands(sender, &row, &mut made),
                Err(fault) => Err(fault.into()),
            };
            counts.push(done.map(|()| made.len() - before));
        }
        let mut outcomes = submit(import, client, made).await?.into_iter();
        for (cells, made) in batch.iter().zip(counts) {
            report.add(match made {
                Ok(commands) => ended(rows.as_ref(), cells.number, outcomes.by_ref().take(commands)),
                Err(faults) => Told::fault(cells.number, faults),
            })?;
        }
    }
    report.finish(import)
}

/// Sends what a batch of rows made, in requests that a broker carries; the outcomes in order.
async fn submit(import: &Import, client: &Client, made: Made) -> Result<Vec<Outcome>, Error> {
    let (mut request, mut bytes, mut outcomes) = (Vec::<Box<RawValue>>::new(), 0, Vec::new());
    for command in made {
        if bytes + command.get().len() > BATCH_BYTES_MAX {
            outcomes.extend(client.submit(&import.ledger, &request).await?);
            (request, bytes) = (Vec::new(), 0);
        }
        bytes += command.get().len();
        request.push(command);
    }
    if !request.is_empty() {
        outcomes.extend(client.submit(&import.ledger, &request).await?);
    }
    Ok(outcomes)
}

/// Asks the views for names that were not met before.
async fn resolve(
    client: &Client,
    sender: &Sender,
    (file, batch): (&Rows, &[Cells]),
    rows: &mut dyn intake::Rows,
) -> Result<(), Error> {
    for cells in batch {
        let Ok(row) = file.table.record(cells) else { continue };
        for wanted in rows.wanted(&row).into_iter().flatten() {
            let Wanted { view, column, id, ref name } = wanted;
            let filters = [(column.to_owned(), name.clone())].into();
            let (ledger, view) = (sender.ledger.clone(), view.to_owned());
            let query = Query {
                ledger,
                view,
                filters,
                as_of: None,
                valid_on: None,
                min_position: None,
                limit: Some(1),
                wait: None,
            };
            let answer = client.query(query).await?;
            let found = answer.rows.first().and_then(|row| row.get(id)?.as_str()?.parse().ok());
            rows.learn(wanted, found);
        }
    }
    Ok(())
}

/// The report, written as it grows.
struct Report {
    output: Output,
    counts: [u64; 4],
    refused: Vec<Told>,
    progress: indicatif::ProgressBar,
}

impl Report {
    fn new(output: Output) -> Result<Self, Error> {
        if output.json {
            output.bytes(b"{\"rows\":[")?;
        }
        let progress = output.progress(None, "importing");
        Ok(Self { output, counts: [0; 4], refused: Vec::new(), progress })
    }

    fn add(&mut self, row: Told) -> Result<(), Error> {
        if self.output.json {
            let comma: &[u8] = if self.counts == [0; 4] { b"" } else { b"," };
            let mut out = self.output.buffered();
            out.write_all(comma)?;
            serde_json::to_writer(&mut out, &row)?;
            out.flush()?;
        }
        let [accepted, repeated, refused, passed_over] = &mut self.counts;
        match row.outcome {
            Ended::Accepted => *accepted += 1,
            Ended::Repeated => *repeated += 1,
            Ended::Refused => *refused += 1,
            Ended::PassedOver => *passed_over += 1,
        }
        if row.outcome == Ended::Refused && self.refused.len() < SHOWN {
            self.refused.push(row);
        }
        self.progress.inc(1);
        Ok(())
    }

    fn finish(self, import: &Import) -> Result<Exit, Error> {
        self.progress.finish_and_clear();
        let [accepted, repeated, refused, passed_over] = self.counts;
        if self.output.json {
            let mut counts =
                format!("],\"accepted\":{accepted},\"repeated\":{repeated},\"refused\":{refused}");
            if passed_over > 0 {
                counts.push_str(&format!(",\"passed_over\":{passed_over}"));
            }
            self.output.bytes(format!("{counts}}}\n").as_bytes())?;
        } else {
            if !self.refused.is_empty() {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                let first = |row: &Told| {
                    vec![row.row.to_string(), text(&row.column), text(&row.code), text(&row.message)]
                };
                let more = |row: &Told, more: &More| {
                    let column = more.column.unwrap_or_default().to_owned();
                    vec![row.row.to_string(), column, more.code.to_owned(), more.message.clone()]
                };
                let all = self.refused.iter().flat_map(|row| {
                    std::iter::once(first(row)).chain(row.more.iter().map(move |other| more(row, other)))
                });
                self.output.table(&["row", "column", "code", "why"], all)?;
                let more = refused.saturating_sub(self.refused.len() as u64);
                if more > 0 {
                    self.output.line(format!("and {} more; --json reports every row", count(more, "row")))?;
                }
            }
            let what = if import.dry_run { "would be accepted" } else { "accepted" };
            let over = if passed_over > 0 { format!(", {passed_over} passed over") } else { String::new() };
            self.output.line(format!("{accepted} {what}, {repeated} repeated, {refused} refused{over}"))?;
        }
        Ok(if refused > 0 { Exit::Refused } else { Exit::Ok })
    }
}
