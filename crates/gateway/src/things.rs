//! The things of a ledger as resources: under which name they are collected, by which commands they are made and
//! acted upon, and which view has a row for each.
//!
//! Names come from the domain's own list, so a new kind has its addresses at once.

use std::sync::LazyLock;

use domain::Kind;
use domain::thing::NAMES;
use serde_json::Value;

/// What a command needs to know which thing it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// It makes a thing.
    Nothing,
    /// It acts on the thing of its address.
    Id,
    /// It corrects or voids an event, which its body names.
    Event,
}

/// A command as an address takes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// Its name.
    pub(crate) name: &'static str,
    /// Kind of the thing.
    pub(crate) kind: Kind,
    /// What it needs.
    pub(crate) needs: Needs,
    /// Whether its body may name the id of what it makes.
    pub(crate) names_id: bool,
}

/// A kind of things as a resource.
#[derive(Debug, Clone)]
pub(crate) struct Collection {
    /// The kind.
    pub(crate) kind: Kind,
    /// Its word on the wire.
    pub(crate) word: &'static str,
    /// Name in addresses.
    pub(crate) name: &'static str,
    /// Its commands, in the domain's order.
    pub(crate) commands: Vec<Taken>,
    /// The view with a row, or rows, for each, and the column that names the thing.
    pub(crate) view: Option<(&'static str, &'static str)>,
}

impl Collection {
    /// The command by which a thing of this kind is made when none is named.
    pub(crate) fn creates(&self) -> Option<&Taken> {
        self.commands.iter().find(|taken| taken.needs == Needs::Nothing)
    }

    /// Whether each is about one person, so that the key of its record in another system may be a student's number: that
    /// never stands in an address, which everybody on the way writes down. It goes into a body, as `source`.
    pub(crate) const fn is_of_one_person(&self) -> bool {
        matches!(self.kind, Kind::Person | Kind::Case | Kind::Consent | Kind::Referral | Kind::Amendment)
    }
}

/// Every kind but the ledger itself.
pub(crate) fn collections() -> impl Iterator<Item = &'static Collection> {
    ALL.iter().filter(|collection| collection.kind != Kind::Ledger)
}

/// The kind that has a command of this name.
pub(crate) fn of_command(name: &str) -> Option<&'static Collection> {
    ALL.iter().find(|collection| collection.commands.iter().any(|taken| taken.name == name))
}

/// That of a command's thing; none for the ledger itself.
pub(crate) fn of_kind(kind: Kind) -> Option<&'static Collection> {
    collections().find(|collection| collection.kind == kind)
}

/// The ledger itself.
pub(crate) fn of_ledger() -> &'static [Taken] {
    ALL.iter().find(|collection| collection.kind == Kind::Ledger).map_or(&[], |ledger| &ledger.commands)
}

static ALL: LazyLock<Vec<Collection>> = LazyLock::new(|| {
    let collection = |names: &domain::thing::Names| {
        let word = names.kind.as_str();
        let (name, view) = named(names.kind);
        let commands = names.commands.iter().filter_map(|name| taken(names.kind, name)).collect();
        Collection { kind: names.kind, word, name, commands, view }
    };
    NAMES.iter().map(collection).collect()
});

/// A collection's name, and the view with rows for its things.
fn named(kind: Kind) -> (&'static str, Option<(&'static str, &'static str)>) {
    match kind {
        Kind::Delivery => ("deliveries", None),
        Kind::Engagement => ("engagements", None),
        Kind::Ledger => ("ledger", None),
        Kind::Site => ("sites", Some(("site-profile", "site"))),
        Kind::Partner => ("partners", Some(("partner-directory", "partner"))),
        Kind::Agreement => ("agreements", Some(("agreement-register", "agreement"))),
        Kind::Offering => ("offerings", None),
        Kind::Person => ("persons", None),
        Kind::Consent => ("consents", None),
        Kind::Council => ("councils", Some(("leadership-record", "council"))),
        Kind::Assessment => ("assessments", Some(("needs-and-assets", "assessment"))),
        Kind::Sharing => ("sharings", None),
        Kind::Referral => ("referrals", None),
        Kind::Amendment => ("amendments", Some(("amendments", "amendment"))),
        Kind::Grant => ("grants", Some(("funding", "grant"))),
        Kind::Case => ("cases", None),
        Kind::Disclosure => ("disclosures", Some(("disclosures", "disclosure"))),
        Kind::Assistance => ("assistances", Some(("assistance-log", "assistance"))),
        Kind::Access => ("access", Some(("access", "token"))),
    }
}

/// What the schema of a command's body says about it.
fn taken(kind: Kind, name: &'static str) -> Option<Taken> {
    let schema = wire::schema::command(name)?;
    let body = resolved(&schema, schema.pointer("/properties/body")?);
    let has =
        |member: &str| body.get("properties").is_some_and(|properties| properties.get(member).is_some());
    let needed = |member: &str| {
        let required = body.get("required").and_then(Value::as_array);
        required.is_some_and(|required| required.iter().any(|name| name == member))
    };
    let needs = match () {
        () if needed("corrects") => Needs::Event,
        () if needed("id") => Needs::Id,
        () => Needs::Nothing,
    };
    Some(Taken { name, kind, needs, names_id: needs == Needs::Nothing && has("id") })
}

/// What a schema that refers to a definition means.
pub(crate) fn resolved<'a>(schema: &'a Value, part: &'a Value) -> &'a Value {
    let pointer = part.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
    pointer.and_then(|pointer| schema.pointer(pointer)).unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_an_address_and_every_collection_another_name() {
        let commands: usize = ALL.iter().map(|collection| collection.commands.len()).sum();
        assert_eq!(commands, wire::schema::commands().len());
        let mut names: Vec<_> = ALL.iter().map(|collection| collection.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn what_a_command_needs_is_read_off_its_schema() {
        let needs =
            |name| ALL.iter().flat_map(|c| &c.commands).find(|taken| taken.name == name).unwrap().needs;
        assert_eq!(needs("record-delivery"), Needs::Nothing);
        assert_eq!(needs("change-phase"), Needs::Id);
        assert_eq!(needs("correct-delivery"), Needs::Event);
        assert_eq!(needs("void-site"), Needs::Event);
        assert_eq!(needs("open-ledger"), Needs::Nothing);
    }

    #[test]
    fn a_view_of_a_collection_has_its_column() {
        for (view, column) in ALL.iter().filter_map(|collection| collection.view) {
            assert!(views::view(view).unwrap().columns().contains(&column), "{view} {column}");
        }
    }
}
