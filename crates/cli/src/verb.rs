//! The verbs, a file each.

mod config;
mod help;
mod schema;

use crate::args::{Args, Verb};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;

/// Runs the verb that the arguments name.
pub(crate) fn run(args: Args, output: Output) -> Result<Exit, Error> {
    match args.verb {
        Verb::Schema(schema) => schema::run(&schema, output),
        Verb::Config(config) => config::run(&config, output),
        Verb::Completions { shell } => help::completions(shell, output),
        Verb::Help { topic } => help::help(topic.as_deref(), output),
        _ => Err(Error::new(Exit::SetupMissing, "this verb is not there yet")),
    }
}
