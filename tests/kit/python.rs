//! A Python with the packages that a reader needs who has nothing of ours.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `cargo xtask tools` installs them.
const FOLDER: &str = "target/tools/python";

/// Runs a script of this workspace, named from its root.
pub fn script(path: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut command = Command::new(program(root));
    command.arg(root.join(path));
    command
}

fn program(root: &Path) -> PathBuf {
    if let Some(named) = std::env::var_os("HUBLEDGER_PYTHON") {
        return named.into();
    }
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_default();
    let installed = read(&format!("{FOLDER}/requirements.txt"));
    let wanted = read("tests/watch/requirements.txt");
    assert!(installed == wanted, "the Python packages are not installed: run `cargo xtask tools`");
    root.join(FOLDER).join("bin/python3")
}
