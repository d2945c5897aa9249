//! Checks on the house itself: layers, sizes, heads, names, and what the documents promise.

mod adding;
mod layers;
mod sources;

use std::path::{Path, PathBuf};

/// The workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn the_architecture_names_every_crate() {
    let text = read("ARCHITECTURE.md");
    for name in layers::crates() {
        assert!(text.contains(&format!("`{name}`")), "ARCHITECTURE.md does not name `{name}`");
    }
}

#[test]
fn ci_runs_what_the_readme_says_and_nothing_else() {
    let (readme, ci) = (read("README.md"), read(".ci/run"));
    let commands: Vec<&str> = ci.lines().filter(|l| l.starts_with("cargo")).collect();
    assert_eq!(commands, ["cargo xtask test"]);
    for command in commands.into_iter().chain(["cargo run --release -- demo"]) {
        assert!(readme.contains(command), "README.md does not say `{command}`");
    }
}
