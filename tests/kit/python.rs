//! A Python with the packages that a reader needs who has nothing of ours.

use std::path::PathBuf;
use std::process::Command;

use crate::nats::root;

/// Runs a script of this workspace, named from its root.
pub fn script(path: &str) -> Command {
    let program = match std::env::var_os("HUBLEDGER_PYTHON") {
        Some(named) => named.into(),
        None => environment("target/tools/python", "tests/watch/requirements.txt"),
    };
    let mut command = Command::new(program);
    command.arg(root().join(path));
    command
}

/// The Python of an environment that `cargo xtask tools` has made of these requirements.
pub fn environment(folder: &str, requirements: &str) -> PathBuf {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap_or_default();
    let installed = read(&format!("{folder}/requirements.txt"));
    assert!(
        installed == read(requirements),
        "{requirements} is not installed in {folder}: run `cargo xtask tools`"
    );
    root().join(folder).join("bin/python3")
}
