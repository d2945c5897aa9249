//! What the ledger's rules refuse, as kinds of problems: made of the domain's own catalogue, so that a new rule has its page
//! at once. A rule refuses a command and a row of a file alike, so what is said of it holds for both.

use domain::refusal::{Rule, catalogue};

use super::table::Kind;

/// Rules that say that something is there already.
const CONFLICTS: &[&str] = &["taken", "source-key-taken", "ledger-already-open"];

/// All rules, by code.
pub(super) fn kinds() -> impl Iterator<Item = Kind> {
    catalogue().into_iter().map(|rule| kind(&rule))
}

fn kind(rule: &Rule) -> Kind {
    let is_conflict = CONFLICTS.contains(&rule.code);
    // `{kind:?}` and `{kind}` are the same to whoever reads.
    let cause = sentence(&rule.sentence.replace(":?}", "}"));
    let hint = sentence(rule.hint.unwrap_or("change what the sentence names"));
    let cure = if is_conflict {
        format!("{hint} Nothing was recorded this time.")
    } else {
        format!(
            "{hint} Nothing was recorded, and no key is used up: mend a row in its file and send the file again, the row \
             under the same key; send a command again under the same Idempotency-Key, or another."
        )
    };
    Kind {
        code: rule.code,
        status: if is_conflict { 409 } else { 422 },
        title: title(rule.about).into(),
        cause: cause.into(),
        cure: cure.into(),
        retry_after: None,
    }
}

/// What a rule is about, without its number in the specification and without a full stop.
fn title(about: &str) -> String {
    let numbered = about.split_once(": ").filter(|(number, _)| number.starts_with("Rule"));
    let words = numbered.map_or(about, |(_, words)| words);
    capital(words.trim_end_matches('.'))
}

fn sentence(words: &str) -> String {
    format!("{}.", capital(words))
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::problem::{every, kind};

    #[test]
    fn every_rule_has_a_title_a_cause_and_a_cure_of_its_own() {
        for rule in catalogue() {
            let found = kind(rule.code).unwrap();
            assert!(found.code == rule.code || rule.code == "ledger-not-open", "{}", rule.code);
            assert!(!found.cause.is_empty() && !found.cure.is_empty(), "{}", rule.code);
        }
        let titles: BTreeSet<_> = every().iter().map(|kind| &kind.title).collect();
        assert_eq!(titles.len(), every().len());
        let kind = kind("agreement-not-active").unwrap();
        assert_eq!(kind.title, "A service is delivered under an agreement in force on that day");
        assert_eq!(kind.cause, "The agreement is not active on {date}.");
        assert!(kind.cure.starts_with("Check the date and which agreement is meant"), "{}", kind.cure);
    }

    #[test]
    fn what_is_there_already_is_not_sent_again_under_its_key() {
        for code in CONFLICTS {
            let rule = catalogue().into_iter().find(|rule| rule.code == *code).unwrap();
            assert!(rule.hint.is_some() && !kind(code).unwrap().cure.contains("same key"), "{code}");
        }
    }

    #[test]
    fn no_page_shows_how_a_value_is_written_in_the_source() {
        assert!(every().iter().all(|kind| !kind.cause.contains(":?")));
    }
}
