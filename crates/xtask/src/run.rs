//! Runs programs in the workspace, with their output as it is.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// Runs this cargo; its output is the terminal's.
pub(crate) fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    eprintln!("== cargo {}", arguments.join(" "));
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).envs(environment.iter().copied()).current_dir(root());
    let status = command.status().map_err(|e| format!("cargo can't be run: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", arguments.join(" "))) }
}

/// Runs a program and gives what it prints.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let ran = Command::new(program).args(arguments).current_dir(root()).output();
    let output = ran.map_err(|e| format!("{program} can't be run: {e}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!(
        "{program} {} failed: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
