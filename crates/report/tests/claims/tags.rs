//! Whether the tags of a page are balanced and its ids its own: enough of HTML for pages that are written here.

use std::collections::BTreeSet;

const VOID: [&str; 2] = ["meta", "rect"];

/// Fails with the first tag that closes what is not open, or stays open.
#[track_caller]
pub(crate) fn assert_balanced(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut ids = BTreeSet::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        for id in tag.split(" id=\"").skip(1) {
            assert!(ids.insert(id.split('"').next().unwrap()), "two have the id of {tag}");
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "before {rest:.80}");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        assert!(!rest.split('<').next().unwrap().contains('>'), "a sign that is not escaped after {tag}");
    }
    assert!(open.is_empty(), "{open:?} stay open");
}
