//! What a token allows: `read` and `write` for everything of its ledger, or narrower, such as `deliveries:write`. Granting
//! tokens needs `access:write` by name, webhooks `webhooks:write`.

use std::fmt;
use std::str::FromStr;

/// A scope of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// A collection, `views`, `events`, `reports`, `commands` or `ledger`; none for everything.
    what: Option<String>,
    writes: bool,
}

/// What an address needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Need {
    /// As in a scope.
    pub(crate) what: &'static str,
    /// Whether it appends.
    pub(crate) writes: bool,
}

impl Scope {
    /// Everything may be read.
    pub(crate) const READ: Self = Self { what: None, writes: false };
    /// Everything may be recorded.
    pub(crate) const WRITE: Self = Self { what: None, writes: true };

    /// Webhooks may be made.
    pub(crate) fn webhooks() -> Self {
        Self { what: Some("webhooks".to_owned()), writes: true }
    }

    /// Whether it allows this. Who may write something may not read it for that.
    pub(crate) fn covers(&self, need: Need) -> bool {
        // Commands of any kind come to one address; each is looked at there. Who may grant tokens may have anything, and
        // who makes webhooks is told what happens, so neither is meant by the whole.
        let by_name = matches!(need.what, "access" | "webhooks") && need.writes;
        let whole = self.what.is_none() && !by_name;
        let any = whole || (need.what == "commands" && need.writes);
        self.writes == need.writes && (any || self.what.as_deref() == Some(need.what))
    }
}

impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (what, act) = match text.rsplit_once(':') {
            Some((what, act)) => (Some(what.to_owned()), act),
            None => (None, text),
        };
        match act {
            "read" => Ok(Self { what, writes: false }),
            "write" => Ok(Self { what, writes: true }),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.what, if self.writes { "write" } else { "read" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_its_own_and_the_whole_covers_all_of_its_sort() {
        let need = |what, writes| Need { what, writes };
        let scope = |text: &str| text.parse::<Scope>().unwrap();
        assert!(scope("deliveries:write").covers(need("deliveries", true)));
        assert!(!scope("deliveries:write").covers(need("deliveries", false)));
        assert!(!scope("deliveries:write").covers(need("sites", true)));
        assert!(scope("deliveries:write").covers(need("commands", true)));
        assert!(scope("write").covers(need("sites", true)) && !scope("write").covers(need("sites", false)));
        assert!(scope("read").covers(need("views", false)));
        assert!(
            !scope("write").covers(need("access", true))
                && scope("access:write").covers(need("access", true))
        );
        assert!("sites:own".parse::<Scope>().is_err() && "".parse::<Scope>().is_err());
    }
}
