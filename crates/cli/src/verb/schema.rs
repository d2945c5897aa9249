//! `schema`: the JSON Schema of events and commands, from the types that read and write them, the refusals, and the API's
//! documents.

use std::collections::BTreeMap;
use std::path::Path;

use domain::refusal::Rule;
use domain::version::newest;
use serde_json::{Value, json};

use crate::args::{Schema, SchemaKind};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;

/// Prints one schema, lists all, or writes all.
pub(crate) fn run(schema: &Schema, output: Output) -> Result<Exit, Error> {
    match (&schema.out, schema.kind, &schema.name) {
        (None, Some(SchemaKind::Refusals), None) => refusals(output)?,
        (None, Some(SchemaKind::Openapi), None) => document(&gateway::openapi(), output)?,
        (None, Some(SchemaKind::Asyncapi), None) => document(&gateway::asyncapi(), output)?,
        (Some(_), Some(SchemaKind::Refusals | SchemaKind::Openapi | SchemaKind::Asyncapi), _) => {
            return Err(Error::new(Exit::Usage, "this has no schema to write; it goes to stdout"));
        }
        (Some(out), kind, None) => write_all(out, kind, output)?,
        (None, Some(SchemaKind::Event), Some(name)) => {
            let version = schema.version.unwrap_or_else(|| newest(name));
            print(wire::schema::event(name, version), "event", name, version, output)?;
        }
        (None, Some(SchemaKind::Command), Some(name)) => {
            let version = schema.version.unwrap_or(1);
            let found = wire::schema::command(name).filter(|_| version == 1);
            print(found, "command", name, version, output)?;
        }
        (None, kind, None) => list(kind, output)?,
        (_, _, Some(_)) => {
            return Err(Error::new(Exit::Usage, "a name goes with event or command, and without --out")
                .hint("for example: hubledger schema event service-delivered"));
        }
    }
    Ok(Exit::Ok)
}

/// The same with and without `--json`: it is one document.
fn document(document: &Value, output: Output) -> Result<(), Error> {
    output.line(serde_json::to_string_pretty(document)?)
}

fn print(schema: Option<Value>, what: &str, name: &str, version: u16, output: Output) -> Result<(), Error> {
    let schema = schema.ok_or_else(|| {
        Error::new(Exit::NotFound, format!("there is no {what} {name} of version {version}"))
            .hint("hubledger schema list names all")
    })?;
    if output.json { output.document(&schema) } else { output.line(serde_json::to_string_pretty(&schema)?) }
}

fn list(kind: Option<SchemaKind>, output: Output) -> Result<(), Error> {
    let events = if kind == Some(SchemaKind::Command) { Vec::new() } else { wire::schema::events() };
    let commands = if kind == Some(SchemaKind::Event) { Vec::new() } else { wire::schema::commands() };
    if output.json {
        // What is not among the versions has only the first.
        let newer = |name: &&str| newest(name) > 1;
        let versions: BTreeMap<&str, u16> =
            events.iter().copied().filter(newer).map(|name| (name, newest(name))).collect();
        return output.document(&json!({ "events": events, "commands": commands, "versions": versions }));
    }
    let row =
        |what: &str, name: &str, version: u16| [what, name, &version.to_string()].map(str::to_owned).to_vec();
    let events = events.into_iter().flat_map(|name| (1..=newest(name)).map(move |v| row("event", name, v)));
    let commands = commands.into_iter().map(|name| row("command", name, 1));
    output.table(&["what", "name", "version"], events.chain(commands))
}

fn write_all(out: &Path, kind: Option<SchemaKind>, output: Output) -> Result<(), Error> {
    let mut written = 0;
    let mut write = |what: &str, name: &str, version: u16, schema: Option<Value>| {
        let Some(schema) = schema else { return Ok(()) };
        let folder = out.join(what);
        let path = folder.join(format!("{name}.{version}.json"));
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        std::fs::create_dir_all(&folder).map_err(|error| Error::file(&folder, &error))?;
        std::fs::write(&path, text).map_err(|error| Error::file(&path, &error))?;
        written += 1;
        Ok::<_, Error>(())
    };
    if kind != Some(SchemaKind::Command) {
        for name in wire::schema::events() {
            for version in 1..=newest(name) {
                write("event", name, version, wire::schema::event(name, version))?;
            }
        }
    }
    if kind != Some(SchemaKind::Event) {
        for name in wire::schema::commands() {
            write("command", name, 1, wire::schema::command(name))?;
        }
    }
    output.say(format!("wrote {written} schemas to {}", out.display()));
    Ok(())
}

fn refusals(output: Output) -> Result<(), Error> {
    let rules = domain::refusal::catalogue();
    if output.json {
        let line = |rule: &Rule| json!({ "code": rule.code, "about": rule.about, "sentence": rule.sentence });
        return output.document(&rules.iter().map(line).collect::<Vec<_>>());
    }
    let row = |rule: &Rule| vec![rule.code.to_owned(), rule.about.to_owned(), rule.sentence.to_owned()];
    output.table(&["code", "about", "sentence"], rules.iter().map(row))
}
