//! `config`: what is in force, and where each value came from.

use std::collections::BTreeMap;
use std::path::Path;

use runtime::config::ValueOrigin;
use serde_json::{Map, Value, json};

use crate::args::{Config, ConfigAct};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::{Output, cell};

/// Shows or checks.
pub(crate) fn run(config: &Config, output: Output) -> Result<Exit, Error> {
    let (loaded, origins) = load(config.config.as_deref())?;
    match config.act {
        ConfigAct::Show => show(&loaded, &origins, output)?,
        ConfigAct::Check if output.json => output.document(&json!({ "valid": true }))?,
        ConfigAct::Check => output.line("the configuration is valid")?,
    }
    Ok(Exit::Ok)
}

/// The configuration: defaults, file, environment.
pub(crate) fn load(file: Option<&Path>) -> Result<(runtime::Config, BTreeMap<String, ValueOrigin>), Error> {
    let text = match file {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| Error::file(path, &error))?),
        None => None,
    };
    runtime::Config::load(text.as_deref(), std::env::vars()).map_err(|error| {
        let whence = file.map_or_else(|| "the environment".to_owned(), |path| path.display().to_string());
        Error::new(Exit::Configuration, format!("can't work with the configuration from {whence}"))
            .why(error)
            .hint("hubledger config show lists every key with its default")
    })
}

fn show(
    config: &runtime::Config,
    origins: &BTreeMap<String, ValueOrigin>,
    output: Output,
) -> Result<(), Error> {
    let tree = serde_json::to_value(config)?;
    let rows = origins.iter().map(|(key, origin)| {
        let value = key.split('.').try_fold(&tree, |at, part| at.get(part)).cloned().unwrap_or_default();
        (key, value, origin)
    });
    if output.json {
        let all: Map<String, Value> = rows
            .map(|(key, value, origin)| (key.clone(), json!({ "value": value, "origin": name(origin) })))
            .collect();
        return output.document(&all);
    }
    output.table(
        &["key", "value", "from"],
        rows.map(|(key, value, o)| vec![key.clone(), cell(&value), name(o)]),
    )
}

fn name(origin: &ValueOrigin) -> String {
    match origin {
        ValueOrigin::Default => "default".to_owned(),
        ValueOrigin::File => "file".to_owned(),
        ValueOrigin::Environment(name) => format!("environment {name}"),
    }
}
