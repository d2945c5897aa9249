//! `schema`: the JSON Schema of events and commands, from the types that read and write them.

use std::path::Path;

use serde_json::{Value, json};

use crate::args::{Schema, SchemaKind};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;

/// Prints one schema, lists all, or writes all.
pub(crate) fn run(schema: &Schema, output: Output) -> Result<Exit, Error> {
    match (&schema.out, schema.kind, &schema.name) {
        (Some(out), kind, None) => write_all(out, kind, output)?,
        (None, Some(SchemaKind::Event), Some(name)) => {
            print(wire::schema::event(name), "event", name, output)?
        }
        (None, Some(SchemaKind::Command), Some(name)) => {
            print(wire::schema::command(name), "command", name, output)?;
        }
        (None, kind, None) => list(kind, output)?,
        (_, _, Some(_)) => {
            return Err(Error::new(Exit::Usage, "a name goes with event or command, and without --out")
                .hint("for example: hubledger schema event service-delivered"));
        }
    }
    Ok(Exit::Ok)
}

fn print(schema: Option<Value>, what: &str, name: &str, output: Output) -> Result<(), Error> {
    let schema = schema.ok_or_else(|| {
        Error::new(Exit::NotFound, format!("there is no {what} {name}"))
            .hint("hubledger schema list names all")
    })?;
    if output.json { output.document(&schema) } else { output.line(serde_json::to_string_pretty(&schema)?) }
}

fn list(kind: Option<SchemaKind>, output: Output) -> Result<(), Error> {
    let events = if kind == Some(SchemaKind::Command) { Vec::new() } else { wire::schema::events() };
    let commands = if kind == Some(SchemaKind::Event) { Vec::new() } else { wire::schema::commands() };
    if output.json {
        return output.document(&json!({ "events": events, "commands": commands }));
    }
    let rows = |what: &str, names: Vec<&str>| -> Vec<Vec<String>> {
        names.into_iter().map(|name| vec![what.to_owned(), name.to_owned(), "1".to_owned()]).collect()
    };
    let all = rows("event", events).into_iter().chain(rows("command", commands));
    output.table(&["what", "name", "version"], all)
}

fn write_all(out: &Path, kind: Option<SchemaKind>, output: Output) -> Result<(), Error> {
    let mut written = 0;
    let mut write = |what: &str, name: &str, schema: Option<Value>| {
        let Some(schema) = schema else { return Ok(()) };
        let folder = out.join(what);
        let path = folder.join(format!("{name}.1.json"));
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        std::fs::create_dir_all(&folder).map_err(|error| Error::file(&folder, &error))?;
        std::fs::write(&path, text).map_err(|error| Error::file(&path, &error))?;
        written += 1;
        Ok::<_, Error>(())
    };
    if kind != Some(SchemaKind::Command) {
        for name in wire::schema::events() {
            write("event", name, wire::schema::event(name))?;
        }
    }
    if kind != Some(SchemaKind::Event) {
        for name in wire::schema::commands() {
            write("command", name, wire::schema::command(name))?;
        }
    }
    output.say(format!("wrote {written} schemas to {}", out.display()));
    Ok(())
}
