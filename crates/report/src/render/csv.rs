//! Comma-separated values: what the document is, then a block for each section, with an empty line between them.

use std::io::Error;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::document::{Cell, Column, Document, SUPPRESSED, Section};

pub(super) fn write(document: &Document) -> Result<Vec<u8>, Error> {
    let mut blocks = vec![about(document)];
    blocks.extend(document.sections.iter().map(section));
    let mut bytes = Vec::new();
    for (number, block) in blocks.into_iter().enumerate() {
        if number > 0 {
            bytes.extend_from_slice(b"\r\n");
        }
        let mut out = writer(bytes);
        for record in block {
            out.write_record(&record)?;
        }
        bytes = out.into_inner().map_err(|error| Error::other(error.to_string()))?;
    }
    Ok(bytes)
}

fn writer(bytes: Vec<u8>) -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .flexible(true)
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .from_writer(bytes)
}

/// A spreadsheet takes a text with one of these signs before it for a formula and would run it.
fn inert(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{field}") } else { field.to_owned() }
}

fn about(document: &Document) -> Vec<Vec<String>> {
    let line = |name: &str, values: &[&str]| -> Vec<String> {
        [name].iter().chain(values).map(|text| (*text).to_owned()).collect()
    };
    let from = &document.provenance;
    let mut lines = vec![
        line("report", &[document.report]),
        line("title", &[&document.title]),
        line("of", &[&inert(&document.subtitle)]),
        line("school year", &[&from.school_year]),
    ];
    lines.extend(from.as_of.iter().map(|as_of| line("as known at", &[as_of])));
    lines.extend(from.valid_on.iter().map(|day| line("true on", &[day])));
    lines.push(line(
        "ledger",
        &["owner", "epoch", "commit", "position", "root", "policy", "suppressed under"],
    ));
    for source in &from.ledgers {
        let head = &source.head;
        let numbers = [head.epoch, head.commit, head.position].map(|number| number.to_string());
        let policy = [source.policy.to_string(), source.suppress_under.to_string()];
        let [epoch, commit, position] = &numbers;
        let [policy, under] = &policy;
        let owner = inert(&source.owner);
        lines.push(line(head.ledger.as_str(), &[&owner, epoch, commit, position, &head.root, policy, under]));
    }
    lines.push(line("view", &["revision"]));
    lines.extend(from.views.iter().map(|asked| line(&asked.view, &[&asked.revision.to_string()])));
    lines
}

fn section(section: &Section) -> Vec<Vec<String>> {
    let heading = |column: &Column| match column.unit.fineness() {
        Some(fineness) => format!("{} ({fineness})", column.name),
        None => column.name.to_owned(),
    };
    let mut lines = vec![vec![section.heading.clone()], section.table.columns.iter().map(heading).collect()];
    lines.extend(section.table.rows.iter().map(|row| row.iter().map(field).collect()));
    lines
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::None => String::new(),
        Cell::Text(text) => inert(text),
        Cell::Number(number) => number.to_string(),
        Cell::AtLeast(number) => format!(">={number}"),
        Cell::Suppressed => SUPPRESSED.to_owned(),
    }
}
