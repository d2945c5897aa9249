//! Installs what Python scripts of the tests stand on into environments of their own below `target/tools`.
//!
//! A file of requirements pins every package by version and digest, so that a reader or a prober that is not ours is the
//! same one everywhere.

use std::fs;
use std::path::PathBuf;

use crate::run;

/// Names a Python that has the packages already.
pub(crate) const VARIABLE: &str = "HUBLEDGER_PYTHON";

/// The path of a Python with what readers of the log need, or why there is none.
pub(crate) fn python() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        eprintln!("== Python named by {VARIABLE}");
        return Ok(named.into());
    }
    // The tests look here too.
    let installed = environment("tests/watch/requirements.txt", "target/tools/python");
    installed.map_err(|why| format!("{why}\ninstall it by hand and name its Python in {VARIABLE}"))
}

/// The path of a Python with the packages of this file, in this folder.
pub(crate) fn environment(requirements: &str, folder: &str) -> Result<PathBuf, String> {
    let folder = run::root().join(folder);
    let program = folder.join("bin/python3");
    let wanted =
        fs::read_to_string(run::root().join(requirements)).map_err(|e| format!("{requirements}: {e}"))?;
    // Written last, so that it stands for a whole installation.
    let installed = folder.join("requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(program);
    }
    eprintln!("== installing {requirements}");
    install(&folder.to_string_lossy(), &program.to_string_lossy(), requirements)
        .map_err(|why| format!("{requirements} can't be installed: {why}"))?;
    fs::write(&installed, wanted).map_err(|e| format!("{}: {e}", installed.display()))?;
    Ok(program)
}

fn install(folder: &str, program: &str, requirements: &str) -> Result<(), String> {
    run::output("python3", &["-m", "venv", "--clear", folder])?;
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let checked = ["--require-hashes", "--only-binary", ":all:", "--requirement", requirements];
    run::output(program, &[&quiet[..], &checked[..]].concat()).map(drop)
}
