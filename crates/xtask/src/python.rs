//! Installs what the scripts in `tests/watch` stand on into an environment of its own below `target/tools`.
//!
//! The file of requirements pins every package by version and digest, so that a reader of ours that is not ours
//! is the same one everywhere.

use std::fs;
use std::path::PathBuf;

use crate::run;

/// Names a Python that has the packages already.
pub(crate) const VARIABLE: &str = "HUBLEDGER_PYTHON";
const REQUIREMENTS: &str = "tests/watch/requirements.txt";
/// The tests look here too.
const FOLDER: &str = "target/tools/python";

/// The path of a Python with the pinned packages, or why there is none.
pub(crate) fn python() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        eprintln!("== Python named by {VARIABLE}");
        return Ok(named.into());
    }
    let folder = run::root().join(FOLDER);
    let program = folder.join("bin/python3");
    let wanted = run::root().join(REQUIREMENTS);
    let wanted = fs::read_to_string(&wanted).map_err(|e| format!("{REQUIREMENTS}: {e}"))?;
    // Written last, so that it stands for a whole installation.
    let installed = folder.join("requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(program);
    }
    eprintln!("== installing {REQUIREMENTS}");
    install(&folder.to_string_lossy(), &program.to_string_lossy()).map_err(|why| {
        format!(
            "{REQUIREMENTS} can't be installed: {why}\ninstall it by hand and name its Python in {VARIABLE}"
        )
    })?;
    fs::write(&installed, wanted).map_err(|e| format!("{}: {e}", installed.display()))?;
    Ok(program)
}

fn install(folder: &str, program: &str) -> Result<(), String> {
    run::output("python3", &["-m", "venv", "--clear", folder])?;
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let checked = ["--require-hashes", "--only-binary", ":all:", "--requirement", REQUIREMENTS];
    run::output(program, &[&quiet[..], &checked[..]].concat()).map(drop)
}
