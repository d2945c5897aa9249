//! The binary `hubledger`: reads the arguments, runs one verb, and ends with a documented exit code.
//!
//! Rules live in `domain`, work in `recorder` and `projector`; here is only what a person or a script sees.

mod args;
mod client;
mod error;
mod exit;
mod fold;
mod home;
mod import;
mod input;
mod log;
mod output;
mod serve;
mod verb;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let output = output::Output::new(args.json);
    let exit = match verb::run(args, output) {
        Ok(exit) => exit,
        Err(error) => {
            output.error(&error);
            error.exit()
        }
    };
    ExitCode::from(exit.code())
}
