//! The verbs, a file each.

pub(crate) mod config;
mod demo;
mod doctor;
mod events;
mod explain;
mod held;
mod help;
mod import;
mod nkeys;
pub(crate) mod query;
mod rebuild;
mod record;
mod replay;
mod report;
mod schema;
mod serve;
mod tail;
mod token;
mod verify;

use crate::args::{Args, Verb};
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;

/// Runs the verb that the arguments name.
pub(crate) fn run(args: Args, output: Output) -> Result<Exit, Error> {
    match args.verb {
        Verb::Schema(schema) => schema::run(&schema, output),
        Verb::Config(config) => config::run(&config, output),
        Verb::Nkeys(nkeys) => nkeys::run(&nkeys, output),
        Verb::Completions { shell } => help::completions(shell, output),
        Verb::Help { topic } => help::help(topic.as_deref(), output),
        verb => wait(run_async(verb, output)),
    }
}

async fn run_async(verb: Verb, output: Output) -> Result<Exit, Error> {
    match verb {
        Verb::Demo(demo) => demo::run(&demo, output).await,
        Verb::Serve(serve) => serve::run(&serve).await,
        Verb::Record(record) => record::run(&record, output).await,
        Verb::Import(import) => import::run(&import, output).await,
        Verb::Query(query) => query::run(&query, output).await,
        Verb::Explain(explain) => explain::run(&explain, output).await,
        Verb::Report(report) => report::run(&report, output).await,
        Verb::Replay(replay) => replay::run(&replay, output).await,
        Verb::Rebuild(rebuild) => rebuild::run(&rebuild, output).await,
        Verb::Tail(tail) => tail::run(&tail, output).await,
        Verb::Events(events) => events::run(&events, output).await,
        Verb::Verify(verify) => verify::run(&verify, output).await,
        Verb::Doctor(doctor) => doctor::run(&doctor, output).await,
        Verb::Token(token) => token::run(&token, output).await,
        // Answered before a runtime was started.
        Verb::Schema(_) | Verb::Config(_) | Verb::Nkeys(_) | Verb::Completions { .. } | Verb::Help { .. } => {
            Ok(Exit::Ok)
        }
    }
}

/// Threads for work on files and views. The allocator keeps memory for each thread, and a county has eighty ledgers.
const BLOCKING_THREADS: usize = 16;

fn wait(work: impl Future<Output = Result<Exit, Error>>) -> Result<Exit, Error> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .map_err(|error| Error::new(Exit::Failure, "can't start threads").why(error))?;
    let result = runtime.block_on(work);
    // A reader blocked on a terminal must not keep the process from ending.
    runtime.shutdown_background();
    result
}
