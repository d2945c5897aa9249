//! `import`: rows of a CSV file as commands, batch by batch, with a report per row.
//!
//! A file can be sent again, whole or in part, also after a kill in the middle: what is there already is repeated. The
//! report is written as rows are answered, so memory stays flat however long the file is.

use std::io::Write;

use domain::{Event, Slug, ledger};
use futures::StreamExt as _;
use journal::Until;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use wire::{Interpreted, Outcome, Query};

use crate::args::{Import, ImportKind};
use crate::client::{Client, Purpose};
use crate::error::Error;
use crate::exit::Exit;
use crate::import::{
    Deliveries, Fault, Header, Known, Organizations, Record, Rows, Sender, Services, Sites, open,
    records_error,
};
use crate::log::{Log, ReadError};
use crate::output::{Output, count};

/// Rows of one batch, and bytes of one request: NATS carries 1 MiB.
const BATCH_ROWS: usize = 500;
const BATCH_BYTES_MAX: usize = 512 * 1024;
/// Refused rows that a person is shown.
const SHOWN: usize = 20;

/// How a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Ended {
    Accepted,
    Repeated,
    Refused,
}

/// The report of one row.
#[derive(Debug, Serialize)]
struct Row {
    /// Its number, as a spreadsheet counts: the header is 1.
    row: u64,
    outcome: Ended,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
}

/// Imports the file.
pub(crate) async fn run(import: &Import, output: Output) -> Result<Exit, Error> {
    let client = Client::connect(&import.place, Purpose::Record, output).await?;
    let done = send(import, &client, output).await;
    client.close().await;
    done
}

async fn send(import: &Import, client: &Client, output: Output) -> Result<Exit, Error> {
    // Who records need not see the log, unless something is to be in effect from the beginning.
    let starts = match import.kind {
        ImportKind::Partners | ImportKind::Services => Some(first_day(import).await?),
        ImportKind::Sites | ImportKind::Deliveries => None,
    };
    let source = import.source.clone().unwrap_or_else(|| match import.kind {
        ImportKind::Sites => "cde".to_owned(),
        ImportKind::Partners | ImportKind::Services => "hsds".to_owned(),
        ImportKind::Deliveries => "csv".to_owned(),
    });
    let sender = Sender { ledger: import.ledger.clone(), source, starts };
    match import.kind {
        ImportKind::Sites => all(import, client, &sender, Sites, output).await,
        ImportKind::Partners => all(import, client, &sender, Organizations, output).await,
        ImportKind::Services => all(import, client, &sender, Services::beside(&import.file)?, output).await,
        ImportKind::Deliveries => all(import, client, &sender, Deliveries::default(), output).await,
    }
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

async fn all<R: Rows + Resolve>(
    import: &Import,
    client: &Client,
    sender: &Sender,
    mut rows: R,
    output: Output,
) -> Result<Exit, Error> {
    let mut reader = open(&import.file)?;
    let header = Header::read(&mut reader, R::COLUMNS)?;
    let mut report = Report::new(output)?;
    let mut records = reader.records().peekable();
    while records.peek().is_some() {
        let mut batch = Vec::with_capacity(BATCH_ROWS);
        for record in records.by_ref().take(BATCH_ROWS) {
            batch.push(record.map_err(|error| records_error(&error))?);
        }
        let read: Vec<Record<'_>> = batch.iter().map(|cells| Record::new(&header, cells)).collect();
        rows.resolve(client, &sender.ledger, &read).await?;
        let made: Vec<Result<Vec<Value>, Fault>> =
            read.iter().map(|row| rows.commands(sender, row)).collect();
        let mut outcomes = submit(import, client, &made).await?.into_iter();
        for made in made {
            let number = report.next();
            let row = match made {
                Ok(commands) => ended(&rows, number, outcomes.by_ref().take(commands.len()).collect()),
                Err(Fault { column, code, message }) => {
                    let (code, message) = (Some(code.to_owned()), Some(message));
                    Row { row: number, outcome: Ended::Refused, column, code, message, position: None }
                }
            };
            report.add(row)?;
        }
    }
    report.finish(import)
}

/// Sends what a batch of rows made, in requests that a broker carries; the outcomes in order.
async fn submit(
    import: &Import,
    client: &Client,
    made: &[Result<Vec<Value>, Fault>],
) -> Result<Vec<Outcome>, Error> {
    let (mut request, mut bytes, mut outcomes) = (Vec::new(), 0, Vec::new());
    for command in made.iter().flatten().flatten() {
        let mut command = command.clone();
        if import.dry_run
            && let Some(members) = command.as_object_mut()
        {
            members.insert("dryrun".to_owned(), Value::Bool(true));
        }
        let text = RawValue::from_string(command.to_string())?;
        if bytes + text.get().len() > BATCH_BYTES_MAX {
            outcomes.extend(client.submit(&import.ledger, &request).await?);
            (request, bytes) = (Vec::new(), 0);
        }
        bytes += text.get().len();
        request.push(text);
    }
    if !request.is_empty() {
        outcomes.extend(client.submit(&import.ledger, &request).await?);
    }
    Ok(outcomes)
}

/// A row is refused when one of its commands is, and repeated when all of them are.
fn ended<R: Rows>(rows: &R, number: u64, outcomes: Vec<Outcome>) -> Row {
    let mut row = Row {
        row: number,
        outcome: Ended::Repeated,
        column: None,
        code: None,
        message: None,
        position: None,
    };
    for outcome in outcomes {
        match outcome {
            Outcome::Refusal(refusal) => {
                row.outcome = Ended::Refused;
                let field = refusal
                    .field
                    .as_deref()
                    .and_then(|field| rows.column(field.trim_start_matches("/body/")));
                row.column = field.or_else(|| rows.column(&refusal.code));
                (row.code, row.message, row.position) =
                    (Some(refusal.code), Some(refusal.message), refusal.position);
                return row;
            }
            Outcome::Receipt(receipt) => {
                row.outcome = Ended::Accepted;
                row.position = row.position.or(receipt.positions.first().copied());
            }
            Outcome::Repeated(receipt) => row.position = row.position.or(receipt.positions.first().copied()),
            Outcome::WouldAccept { .. } => row.outcome = Ended::Accepted,
        }
    }
    row
}

/// What a kind of rows must look up before it can be read.
trait Resolve {
    async fn resolve(&mut self, _: &Client, _: &Slug, _: &[Record<'_>]) -> Result<(), Error> {
        Ok(())
    }
}

impl Resolve for Sites {}
impl Resolve for Organizations {}
impl Resolve for Services {}

impl Resolve for Deliveries {
    /// Asks the views for references and CDS codes that were not met before.
    async fn resolve(&mut self, client: &Client, ledger: &Slug, rows: &[Record<'_>]) -> Result<(), Error> {
        for row in rows {
            let [agreement, site] = Self::names(row);
            look_up(
                client,
                ledger,
                ["agreement-register", "reference", "agreement"],
                agreement,
                &mut self.agreements,
            )
            .await?;
            look_up(client, ledger, ["site-profile", "cds", "site"], site, &mut self.sites).await?;
        }
        Ok(())
    }
}

async fn look_up(
    client: &Client,
    ledger: &Slug,
    [view, column, id]: [&str; 3],
    name: Option<&str>,
    known: &mut Known,
) -> Result<(), Error> {
    let Some(name) = name.filter(|name| !known.contains_key(*name)) else { return Ok(()) };
    let filters = [(column.to_owned(), name.to_owned())].into();
    let (ledger, view) = (ledger.clone(), view.to_owned());
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
    known.insert(name.to_owned(), found);
    Ok(())
}

/// The report, written as it grows.
struct Report {
    output: Output,
    counts: [u64; 3],
    refused: Vec<Row>,
    progress: indicatif::ProgressBar,
}

impl Report {
    fn new(output: Output) -> Result<Self, Error> {
        if output.json {
            output.bytes(b"{\"rows\":[")?;
        }
        let progress = output.progress(None, "importing");
        Ok(Self { output, counts: [0; 3], refused: Vec::new(), progress })
    }

    /// Number of the next row.
    fn next(&self) -> u64 {
        self.counts.iter().sum::<u64>() + 2
    }

    fn add(&mut self, row: Row) -> Result<(), Error> {
        if self.output.json {
            let comma: &[u8] = if self.counts == [0; 3] { b"" } else { b"," };
            let mut out = self.output.buffered();
            out.write_all(comma)?;
            serde_json::to_writer(&mut out, &row)?;
            out.flush()?;
        }
        let [accepted, repeated, refused] = &mut self.counts;
        match row.outcome {
            Ended::Accepted => *accepted += 1,
            Ended::Repeated => *repeated += 1,
            Ended::Refused => *refused += 1,
        }
        if row.outcome == Ended::Refused && self.refused.len() < SHOWN {
            self.refused.push(row);
        }
        self.progress.inc(1);
        Ok(())
    }

    fn finish(self, import: &Import) -> Result<Exit, Error> {
        self.progress.finish_and_clear();
        let [accepted, repeated, refused] = self.counts;
        if self.output.json {
            let counts =
                format!("],\"accepted\":{accepted},\"repeated\":{repeated},\"refused\":{refused}}}\n");
            self.output.bytes(counts.as_bytes())?;
        } else {
            if !self.refused.is_empty() {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                let rows = self.refused.iter().map(|row| {
                    vec![
                        row.row.to_string(),
                        row.column.unwrap_or_default().to_owned(),
                        text(&row.code),
                        text(&row.message),
                    ]
                });
                self.output.table(&["row", "column", "code", "why"], rows)?;
                let more = refused.saturating_sub(self.refused.len() as u64);
                if more > 0 {
                    self.output.line(format!("and {} more; --json reports every row", count(more, "row")))?;
                }
            }
            let what = if import.dry_run { "would be accepted" } else { "accepted" };
            self.output.line(format!("{accepted} {what}, {repeated} repeated, {refused} refused"))?;
        }
        Ok(if refused > 0 { Exit::Refused } else { Exit::Ok })
    }
}
