//! Every source file: its size, its head, its name, and words that must not stand in it.

use std::path::{Path, PathBuf};

const LINES_MAX: usize = 400;
/// Files over the limit, to be split; the list only gets shorter.
const TOO_LONG: &[&str] = &[];
const BANNED_NAMES: &[&str] = &[
    "utils", "util", "helpers", "common", "types", "misc", "manager", "imp", "core", "base", "handler",
    "handlers",
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = super::root();
    let mut folders = vec![root.join("crates"), root.join("tests")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn each(check: impl Fn(&Path, &str) -> Option<String>) {
    let faults: Vec<String> = sources()
        .iter()
        .filter_map(|(path, text)| check(path, text).map(|fault| format!("{}: {fault}", path.display())))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_fit_in_one_sitting() {
    each(|path, text| {
        let lines = text.lines().count();
        let known = TOO_LONG.iter().any(|long| path.ends_with(long));
        (lines > LINES_MAX && !known).then(|| format!("{lines} lines; at most {LINES_MAX}"))
    });
}

#[test]
fn every_file_opens_with_what_it_is() {
    each(|_, text| (!text.starts_with("//!")).then(|| "it does not open with //!".into()));
}

#[test]
fn files_are_named_after_what_they_hold() {
    each(|path, _| {
        let name = path.file_stem()?.to_str()?;
        BANNED_NAMES.contains(&name).then(|| "this name says nothing".into())
    });
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    // Joined here, so that this file does not find itself.
    let words = [["#[", "ignore"], ["todo", "!("], ["unimplemented", "!("], ["FIX", "ME"], ["#[", "allow("]];
    each(|_, text| {
        let word = words.iter().map(|parts| parts.concat()).find(|word| text.contains(word.as_str()));
        word.map(|word| format!("it has {word}"))
    });
}

#[test]
fn pure_crates_have_no_files_and_no_order_by_chance() {
    let words = ["HashMap", "HashSet", "std::fs", "std::net", "SystemTime", "async fn"];
    each(|path, text| {
        let pure = ["domain", "proof", "wire", "views", "region", "intake"];
        let inside = pure.iter().any(|name| path.starts_with(format!("crates/{name}/src")));
        let word = words.iter().find(|word| text.contains(**word)).filter(|_| inside)?;
        Some(format!("it has {word}"))
    });
}

#[test]
fn only_the_journal_speaks_jetstream() {
    let word = ["async_nats::", "jetstream"].concat();
    each(|path, text| {
        let inside = path.starts_with("crates/journal")
            || path.starts_with("tests")
            || path.starts_with("crates/bench");
        (!inside && text.contains(&word)).then(|| format!("it has {word}"))
    });
}

#[test]
fn no_machine_and_no_registry_is_named() {
    let words =
        [["/ro", "ot/"], ["/wo", "rk/"], ["arti", "factory"], ["pythonho", "sted"], ["index.cra", "tes.io"]];
    each(|_, text| {
        let word = words.iter().map(|parts| parts.concat()).find(|word| text.contains(word.as_str()));
        word.map(|word| format!("it has {word}"))
    });
}
