//! The name of a ledger in every address: a slug such as `azusa-usd`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// 2 to 40 characters of a–z, 0–9 and single hyphens inside, beginning with a letter. Never renamed or reused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(Arc<str>);

impl Slug {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotASlug;

impl fmt::Display for NotASlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a ledger's slug has 2 to 40 characters a-z, 0-9 and single hyphens, and begins with a letter",
        )
    }
}

impl std::error::Error for NotASlug {}

impl FromStr for Slug {
    type Err = NotASlug;
    fn from_str(text: &str) -> Result<Self, NotASlug> {
        let allowed = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let starts = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if !allowed
            || !starts
            || !(2..=40).contains(&text.len())
            || text.contains("--")
            || text.ends_with('-')
        {
            return Err(NotASlug);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Slug {
    type Error = NotASlug;
    fn try_from(text: String) -> Result<Self, NotASlug> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.as_str().to_owned()
    }
}

impl JsonSchema for Slug {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Slug".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Name of a ledger.",
            "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
            "minLength": 2,
            "maxLength": 40
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_small_letters_digits_and_single_hyphens() {
        for text in ["az", "azusa-usd", "l2-x", &"a".repeat(40)] {
            assert_eq!(text.parse::<Slug>().unwrap().as_str(), text);
        }
        let long = "a".repeat(41);
        for text in
            ["", "a", "Azusa", "azusa_usd", "azusa--usd", "azusa-", "-azusa", "2azusa", "año", "a.b", &long]
        {
            assert_eq!(text.parse::<Slug>(), Err(NotASlug), "{text}");
        }
    }
}
