//! What organisations and services of a directory are, by the words in their names: the Open Referral formats carry
//! neither our kinds of partner nor our kinds of service.
//!
//! The first row of a table that matches decides; a word matches where a word of the text begins with it. What matches
//! nothing is a community organisation, and a service of kind `other`: an honest gap rather than a guess.

/// Words and kinds of partner.
const PARTNERS: &[(&[&str], &str)] = &[
    (&["school district", "unified", "public schools", "school board"], "district"),
    (&["university", "college", "institute of technology"], "higher-education"),
    (&["hospital", "clinic", "medical", "health", "hospice", "dental", "pharmacy"], "health"),
    (
        &[
            "church",
            "ministr",
            "catholic",
            "lutheran",
            "methodist",
            "baptist",
            "jewish",
            "temple",
            "mosque",
            "salvation army",
            "archdiocese",
            "diocese",
        ],
        "faith",
    ),
    (
        &[
            "county",
            "department of",
            "city of",
            "state of",
            "office of",
            "public library",
            "police",
            "fire rescue",
        ],
        "county-agency",
    ),
    (&["foundation", "united way", "fund"], "funder"),
    (&["llc", "corp.", "corporation", "company"], "business"),
];

/// Words and kinds of service, each with its pillar.
const SERVICES: &[(&[&str], &str, &str)] = &[
    (&["suicide"], "suicide-prevention", "student-supports"),
    (&["crisis", "hotline", "helpline"], "crisis-response", "student-supports"),
    (
        &["substance", "addiction", "alcohol", "drug abuse", "detox", "recovery"],
        "substance-use-support",
        "student-supports",
    ),
    (
        &["counsel", "mental health", "psych", "therapy", "behavioral health"],
        "mental-health-counseling",
        "student-supports",
    ),
    (&["after school", "after-school", "afterschool"], "after-school-program", "extended-learning"),
    (&["summer"], "summer-program", "extended-learning"),
    (&["tutor", "homework", "literacy"], "tutoring", "extended-learning"),
    (&["mentor", "big brothers"], "mentoring", "student-supports"),
    (
        &["head start", "early childhood", "preschool", "child care", "childcare", "early learning"],
        "early-childhood",
        "extended-learning",
    ),
    (&["parent"], "parent-education", "family-engagement"),
    (&["dental", "dentist"], "dental-care", "student-supports"),
    (&["vision", "eye ", "optomet"], "vision-care", "student-supports"),
    (&["food", "meal", "nutrition", "wic ", "pantry", "snap", "lunch"], "food", "student-supports"),
    (&["housing", "shelter", "homeless", "rent"], "housing", "student-supports"),
    (&["clothing", "diaper", "furniture", "thrift", "basic needs"], "basic-needs", "student-supports"),
    (&["transport", "transit"], "transportation", "student-supports"),
    (&["legal", "immigra", "attorney", "court", "law "], "legal-aid", "student-supports"),
    (&["english", "esl", "language", "interpret", "translat"], "language-support", "family-engagement"),
    (&["job", "employ", "career", "workforce", "vocational"], "workforce-development", "student-supports"),
    (&["college", "scholarship"], "college-career", "extended-learning"),
    (&["case management"], "case-management", "student-supports"),
    (
        &["medical", "health", "clinic", "hospital", "immuniz", "hiv", "cancer"],
        "health-care",
        "student-supports",
    ),
    (
        &["arts", "music", "sport", "recreation", "library", "museum", "camp", "club", "theater", "science"],
        "enrichment",
        "extended-learning",
    ),
    (&["information", "referral", "211"], "information-referral", "family-engagement"),
];

/// The kind of partner.
pub(crate) fn partner(text: &str) -> &'static str {
    let text = words(text);
    PARTNERS.iter().find(|(all, _)| has(&text, all)).map_or("community-organisation", |(_, kind)| kind)
}

/// The kind of service and its pillar.
pub(crate) fn service(text: &str) -> (&'static str, &'static str) {
    let text = words(text);
    let found = SERVICES.iter().find(|(all, _, _)| has(&text, all));
    found.map_or(("other", "student-supports"), |(_, kind, pillar)| (*kind, *pillar))
}

/// Small letters, with a blank before every word and at the end.
fn words(text: &str) -> String {
    let mut words = String::from(" ");
    for word in
        text.to_lowercase().split(|c: char| c.is_whitespace() || matches!(c, ',' | '/' | '(' | ')' | ';'))
    {
        if !word.is_empty() {
            words.push_str(word);
            words.push(' ');
        }
    }
    words
}

fn has(text: &str, all: &[&str]) -> bool {
    all.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| text.get(..at).is_some_and(|before| before.ends_with(' ')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_where_they_begin() {
        assert_eq!(partner("BAPTIST HEALTH, INC."), "health");
        assert_eq!(partner("City of Redwood City"), "county-agency");
        assert_eq!(partner("Scapacity Partners"), "community-organisation");
        assert_eq!(service("YMCA After School Program"), ("after-school-program", "extended-learning"));
        assert_eq!(service("Parrots"), ("other", "student-supports"));
        assert_eq!(service("Currently nothing"), ("other", "student-supports"));
    }

    #[test]
    fn every_kind_in_the_tables_is_one_of_ours() {
        use domain::code::{PartnerKind, Pillar, ServiceKind};
        for (_, kind) in PARTNERS {
            let _: PartnerKind = serde_json::from_value((*kind).into()).unwrap();
        }
        for (_, kind, pillar) in SERVICES {
            let _: (ServiceKind, Pillar) = (
                serde_json::from_value((*kind).into()).unwrap(),
                serde_json::from_value((*pillar).into()).unwrap(),
            );
        }
    }
}
