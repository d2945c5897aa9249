//! The verbs, a file each.

mod help;

use crate::args::{Args, Verb};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;

/// Runs the verb that the arguments name.
pub(crate) fn run(args: Args, output: Output) -> Result<Exit, Error> {
    match args.verb {
        Verb::Completions { shell } => help::completions(shell, output),
        Verb::Help { topic } => help::help(topic.as_deref(), output),
        _ => todo!(),
    }
}
