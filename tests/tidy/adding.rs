//! The list "How to add something" of ARCHITECTURE.md and the files that it names are held to each other.

use domain::Kind;

/// What stands in backquotes in the list and is a path.
fn paths() -> Vec<String> {
    let text = super::read("ARCHITECTURE.md");
    let (_, rest) = text.split_once("## How to add something\n").expect("the list is there");
    let (list, _) = rest.split_once("\n## ").unwrap_or((rest, ""));
    let quoted = list.split('`').skip(1).step_by(2);
    let paths: Vec<String> = quoted.filter(|word| word.contains('/')).map(str::to_owned).collect();
    assert!(paths.len() > 10, "{paths:?}");
    paths
}

fn exists(path: &str) -> bool {
    super::root().join(path).exists()
}

/// `deliveries` for `delivery`, `accesses` for `access`.
fn plural(thing: &str) -> String {
    let plain = || if thing.ends_with('s') { format!("{thing}es") } else { format!("{thing}s") };
    thing.strip_suffix('y').map_or_else(plain, |stem| format!("{stem}ies"))
}

/// The first things share files for what later ones have of their own.
fn is_shared(path: &str, thing: &str) -> bool {
    if path.contains("/golden/events/") {
        return super::read("crates/wire/tests/golden/events.ndjson")
            .contains(&format!("\"subject\":\"{thing}/"));
    }
    path.contains("/sentences/")
        && super::read("crates/views/src/sentences.rs").contains(&format!("fn {thing}_sentence"))
}

#[test]
fn what_the_list_names_is_there() {
    for path in paths().iter().filter(|path| !path.contains('<')) {
        assert!(exists(path), "ARCHITECTURE.md names {path}, which is not there");
    }
}

#[test]
fn every_thing_has_all_that_the_list_asks_for() {
    let mut missing = Vec::new();
    for kind in Kind::ALL {
        // Modules and files of Rust have no hyphens; lines of the formats are named as on the wire.
        for path in paths().iter().filter(|path| path.contains('<')) {
            let is_rust = path.ends_with(".rs");
            let thing = if is_rust { kind.as_str().replace('-', "_") } else { kind.as_str().to_owned() };
            let found = path.replace("<things>", &plural(&thing)).replace("<thing>", &thing);
            if !exists(&found) && !is_shared(path, kind.as_str()) {
                missing.push(found);
            }
        }
    }
    assert!(missing.is_empty(), "things lack {missing:?}");
}
