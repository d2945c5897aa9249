//! `help` and `completions`: what the command line says about itself.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Output;

/// Explains a verb or a topic.
pub(crate) fn help(topic: Option<&str>, output: Output) -> Result<Exit, Error> {
    let mut command = Args::command();
    command.build();
    match topic {
        None => output.line(command.render_help().ansi().to_string())?,
        Some("exit-codes") => exit_codes(output)?,
        Some(name) => match command.find_subcommand_mut(name) {
            Some(verb) => output.line(verb.render_long_help().ansi().to_string())?,
            None => {
                return Err(Error::new(Exit::Usage, format!("there is no help on {name}"))
                    .hint("hubledger help lists the verbs; the only topic besides them is exit-codes"));
            }
        },
    }
    Ok(Exit::Ok)
}

fn exit_codes(output: Output) -> Result<(), Error> {
    if output.json {
        let codes: serde_json::Map<_, _> =
            Exit::TABLE.iter().map(|(exit, meaning)| (exit.code().to_string(), (*meaning).into())).collect();
        return output.document(&codes);
    }
    output.table(
        &["code", "meaning"],
        Exit::TABLE.iter().map(|(e, m)| vec![e.code().to_string(), (*m).to_owned()]),
    )
}

/// Prints completions for `shell`.
pub(crate) fn completions(shell: Shell, output: Output) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "hubledger", &mut script);
    output.bytes(&script)?;
    Ok(Exit::Ok)
}
