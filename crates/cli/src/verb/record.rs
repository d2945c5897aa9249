//! `record`: commands from a file or a pipe, a receipt or refusal each, in order.
//!
//! Commands enter in batches so that groups fill, but one that arrives alone is answered at once.

use std::fs::File;
use std::io::{BufRead, BufReader, Write, stdin};
use std::path::Path;

use runtime::SystemRandom;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use wire::{Outcome, RefusalReply};

use crate::args::Record;
use crate::client::{Client, Purpose};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::{Commands, RawCommand};
use crate::output::Output;

/// Commands in one batch, and their bytes: NATS carries 1 MiB a request.
const BATCH_MAX: usize = 500;
const BATCH_BYTES_MAX: usize = 512 * 1024;
/// Commands read ahead of the recorder.
const AHEAD: usize = 1000;

/// How many ended how.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    accepted: u64,
    repeated: u64,
    refused: u64,
}

/// Records them all.
pub(crate) async fn run(record: &Record, output: Output) -> Result<Exit, Error> {
    let mut commands = read_ahead(&record.file)?;
    let client = Client::connect(&record.place, Purpose::Record, output).await?;
    let done = record_all(record, &client, &mut commands, output).await;
    client.close().await;
    let tally = done?;
    if tally.accepted + tally.repeated + tally.refused != 1 {
        let Tally { accepted, repeated, refused } = tally;
        output.say(format!("{accepted} accepted, {repeated} repeated, {refused} refused"));
    }
    Ok(if tally.refused > 0 { Exit::Refused } else { Exit::Ok })
}

async fn record_all(
    record: &Record,
    client: &Client,
    commands: &mut mpsc::Receiver<Result<RawCommand, Error>>,
    output: Output,
) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    let mut waiting = Vec::new();
    let mut left: Option<RawCommand> = None;
    loop {
        let mut batch: Vec<RawCommand> = left.take().into_iter().collect();
        let mut bytes: usize = batch.iter().map(|command| command.bytes.len()).sum();
        if batch.is_empty() && commands.recv_many(&mut waiting, BATCH_MAX).await == 0 {
            return Ok(tally);
        }
        let mut failed = None;
        let mut rest = std::mem::take(&mut waiting).into_iter();
        for command in rest.by_ref() {
            match command {
                Ok(command) if batch.is_empty() || bytes + command.bytes.len() <= BATCH_BYTES_MAX => {
                    bytes += command.bytes.len();
                    batch.push(command);
                }
                Ok(command) => {
                    left = Some(command);
                    break;
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        waiting = rest.collect();
        submit(record, client, batch, (&mut tally, output)).await?;
        if let Some(error) = failed {
            return Err(error);
        }
    }
}

async fn submit(
    record: &Record,
    client: &Client,
    mut batch: Vec<RawCommand>,
    (tally, output): (&mut Tally, Output),
) -> Result<(), Error> {
    let mut raw: Vec<Box<RawValue>> = Vec::with_capacity(batch.len());
    let mut malformed = Vec::with_capacity(batch.len());
    for command in &mut batch {
        if let Some(id) = command.complete(record.dry_run, &SystemRandom) {
            output.say(format!("line {}: no id, so it goes as {id}; repeat it with that id", command.line));
        }
        malformed.push(match serde_json::from_slice(&command.bytes) {
            Ok(value) => {
                raw.push(value);
                None
            }
            Err(error) => Some(not_json(command.line, &error)),
        });
    }
    let answers = if raw.is_empty() { Vec::new() } else { client.submit(&record.ledger, &raw).await? };
    let mut answers = answers.into_iter();
    let mut out = output.buffered();
    for (command, malformed) in batch.iter().zip(malformed) {
        let Some(outcome) = malformed.or_else(|| answers.next()) else { continue };
        print(&mut out, command.line, &outcome, output)?;
        match outcome {
            Outcome::Receipt(_) | Outcome::WouldAccept { .. } => tally.accepted += 1,
            Outcome::Repeated(_) => tally.repeated += 1,
            Outcome::Refusal(_) => tally.refused += 1,
        }
    }
    out.flush()?;
    Ok(())
}

fn not_json(line: usize, error: &serde_json::Error) -> Outcome {
    Outcome::Refusal(
        RefusalReply::new(
            "malformed-command",
            format!("what begins at line {line} is no JSON object: {error}"),
        )
        .hint("write one command as one JSON object, or many as one a line"),
    )
}

fn print(out: &mut impl Write, line: usize, outcome: &Outcome, output: Output) -> Result<(), Error> {
    if output.json {
        let document = match outcome {
            Outcome::Receipt(receipt) => json!({ "receipt": receipt }),
            Outcome::Repeated(receipt) => json!({ "receipt": receipt, "repeated": true }),
            Outcome::WouldAccept { events } => json!({ "would-accept": { "events": events } }),
            Outcome::Refusal(refusal) => json!({ "refusal": refusal }),
        };
        serde_json::to_writer(&mut *out, &document)?;
        return Ok(out.write_all(b"\n")?);
    }
    match outcome {
        Outcome::Receipt(receipt) => {
            writeln!(out, "accepted   {}, commit {}", positions(&receipt.positions), receipt.commit)?;
        }
        Outcome::Repeated(receipt) => {
            writeln!(
                out,
                "repeated   recorded before: {}, commit {}",
                positions(&receipt.positions),
                receipt.commit
            )?;
        }
        Outcome::WouldAccept { events } => writeln!(out, "acceptable would make {events} event(s)")?,
        Outcome::Refusal(refusal) => {
            writeln!(out, "refused    line {line}: {} ({})", refusal.message, refusal.code)?;
            if let Some(hint) = &refusal.hint {
                writeln!(out, "           {hint}")?;
            }
        }
    }
    Ok(())
}

fn positions(positions: &[u64]) -> String {
    match positions {
        [] => "no events".to_owned(),
        [one] => format!("position {one}"),
        [first, .., last] => format!("positions {first} to {last}"),
    }
}

/// Reads on a thread of its own: a pipe may be slow, and a terminal blocks.
fn read_ahead(file: &Path) -> Result<mpsc::Receiver<Result<RawCommand, Error>>, Error> {
    let lines: Box<dyn BufRead + Send> = if file == Path::new("-") {
        Box::new(BufReader::new(stdin()))
    } else {
        Box::new(BufReader::new(File::open(file).map_err(|error| Error::file(file, &error))?))
    };
    let (sender, receiver) = mpsc::channel(AHEAD);
    // The thread ends with the input, or with the process when the verb ends first.
    std::thread::spawn(move || {
        let mut commands = Commands::new(lines);
        while let Some(command) = commands.next().transpose() {
            let failed = command.is_err();
            if sender.blocking_send(command).is_err() || failed {
                break;
            }
        }
    });
    Ok(receiver)
}
