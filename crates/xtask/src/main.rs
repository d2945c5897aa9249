//! The project's own commands. `cargo xtask test` is what passes before anything lands.

#![expect(clippy::print_stderr, reason = "a command of developers, for a terminal")]

mod deny;
mod probe;
mod python;
mod run;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  test     format, lints, tools, all tests, dependency checks: everything that must pass
           test --faults: only the stories of faults, in their long form
           test --all: after the tests, try every address of the API with made-up requests
  tools    fetch the pinned nats-server and Python packages into target/tools
  bench    measure: bench core [--full] [--json], bench spine [--short] [--json], bench domain [--short] [--json],
           bench gateway [--short] [--json]
  probe    only that
  deny     check licences, sources and banned crates of all dependencies
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let result = match (arguments.next().as_deref(), arguments.next()) {
        (Some("test"), None) => test(),
        (Some("test"), Some(form)) if form == "--faults" => faults(),
        (Some("test"), Some(form)) if form == "--all" => test().and_then(|()| probe::api()),
        (Some("probe"), None) => probe::api(),
        (Some("tools"), None) => all_tools().map(drop),
        (Some("bench"), Some(what)) => bench(&what, &arguments.collect::<Vec<_>>()),
        (Some("deny"), None) => deny::check(),
        _ => Err(HELP.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, built for speed, against the pinned nats-server.
fn bench(what: &str, more: &[String]) -> Result<(), String> {
    let server = tools::nats_server()?;
    // It measures the binary beside it, too.
    run::cargo(&["build", "--release", "--quiet", "--package", "cli"], &[])?;
    let mut arguments = vec!["run", "--release", "--quiet", "--package", "bench", "--", what];
    arguments.extend(more.iter().map(String::as_str));
    run::cargo(&arguments, &[(tools::VARIABLE, &server.to_string_lossy())])
}

/// Kills, stops, full disks and stepping clocks, for minutes; the ordinary run has the same stories, shorter.
fn faults() -> Result<(), String> {
    let server = tools::nats_server()?;
    let environment = [(tools::VARIABLE, &*server.to_string_lossy()), ("HUBLEDGER_FAULTS", "full")];
    run::cargo(&["test", "--package", "tests", "--test", "faults", "--", "--nocapture"], &environment)
}

/// What tests run beside: a nats-server, and a Python with readers of the log. What makes a client of the API document, and
/// what verifies webhooks, are looked for where they are put.
fn all_tools() -> Result<(PathBuf, PathBuf), String> {
    python::environment("tests/gateway/client/requirements.txt", "target/tools/client")?;
    python::environment("tests/gateway/webhooks/requirements.txt", "target/tools/webhooks")?;
    Ok((tools::nats_server()?, python::python()?))
}

/// Everything that must pass, cheapest first; the test runner's own lines come last.
fn test() -> Result<(), String> {
    run::cargo(&["fmt", "--all", "--check"], &[])?;
    deny::check()?;
    let (server, python) = all_tools()?;
    run::cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"], &[])?;
    let (server, python) = (server.to_string_lossy(), python.to_string_lossy());
    let environment = [(tools::VARIABLE, &*server), (python::VARIABLE, &*python)];
    run::cargo(&["test", "--workspace"], &environment)
}
