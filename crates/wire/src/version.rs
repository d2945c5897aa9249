//! Payloads of older versions, brought up to the newest as they are read, so that everything else knows only one form.
//!
//! `domain::version` says which versions there are. Each step from one to the next is a line of [`STEPS`]: how a payload
//! is brought up, and how the JSON Schemas on its two sides differ. A step works on JSON; where events of the old version
//! are many, it is worth reading them by their old type in `decode` instead.

use std::borrow::Cow;

use serde::de::Error as _;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// From one version of an event to the next.
struct Step {
    event: &'static str,
    from: u16,
    /// Brings a payload up; refuses what the old version can't say.
    up: fn(&mut Map<String, Value>) -> Result<(), &'static str>,
    /// Makes the schema of the newest version that of a version before (`false`) or behind the step (`true`). It gets the
    /// payload's properties and the definitions.
    schema: fn(&mut Value, &mut Value, bool),
}

/// Every step there is, oldest first. The next one goes to the end.
const STEPS: &[Step] = &[
    Step { event: "ledger-opened", from: 1, up: persons_any, schema: policy_with_persons },
    Step { event: "policy-changed", from: 1, up: persons_any, schema: policy_with_persons },
];

/// Version 2 of a policy says who may be named; until then it was whoever has an id.
fn persons_any(payload: &mut Map<String, Value>) -> Result<(), &'static str> {
    let policy = payload.get_mut("policy").and_then(Value::as_object_mut).ok_or("there is no policy")?;
    if policy.contains_key("persons") {
        return Err("version 1 of a policy knows no persons");
    }
    policy.insert("persons".to_owned(), json!("any"));
    Ok(())
}

fn policy_with_persons(_: &mut Value, definitions: &mut Value, behind: bool) {
    let Some(policy) = definitions.pointer_mut("/Policy") else { return };
    if behind {
        if let Some(required) = policy.get_mut("required").and_then(Value::as_array_mut) {
            required.push(json!("persons"));
        }
        if let Some(persons) = policy.pointer_mut("/properties/persons") {
            // Whoever may name any writes version 1.
            *persons = json!({ "const": "enrolled" });
        }
    } else if let Some(properties) = policy.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove("persons");
    }
}

/// The name and the version in a `type`, `hubledger.<name>.v<version>`.
pub(crate) fn parse(kind: &str) -> Option<(&str, u16)> {
    let (name, digits) = kind.strip_prefix("hubledger.")?.rsplit_once(".v")?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain).map(|version| (name, version))
}

/// The payload as the newest version has it.
pub(crate) fn upcast<'a>(
    name: &str,
    version: u16,
    payload: &'a RawValue,
) -> Result<Cow<'a, RawValue>, serde_json::Error> {
    let mut steps = STEPS.iter().filter(|step| step.event == name && step.from >= version).peekable();
    if steps.peek().is_none() {
        return Ok(Cow::Borrowed(payload));
    }
    let mut members: Map<String, Value> = serde_json::from_str(payload.get())?;
    for step in steps {
        (step.up)(&mut members).map_err(serde_json::Error::custom)?;
    }
    serde_json::value::to_raw_value(&members).map(Cow::Owned)
}

/// The schema of the newest version's payload becomes that of this version.
pub(crate) fn schema(name: &str, version: u16, payload: &mut Value, definitions: &mut Value) {
    for step in STEPS.iter().filter(|step| step.event == name).rev() {
        (step.schema)(payload, definitions, step.from < version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_between_two_versions_is_there_and_in_order() {
        for name in crate::schema::events() {
            let steps: Vec<u16> = STEPS.iter().filter(|s| s.event == name).map(|s| s.from).collect();
            assert_eq!(steps, (1..domain::version::newest(name)).collect::<Vec<_>>(), "{name}");
        }
    }

    #[test]
    fn a_type_is_a_name_and_a_plain_number() {
        assert_eq!(parse("hubledger.site-closed.v2"), Some(("site-closed", 2)));
        for kind in
            ["site-closed.v1", "hubledger.site-closed", "hubledger.a.v", "hubledger.a.v+1", "hubledger.a.v01"]
        {
            assert_eq!(parse(kind), None, "{kind}");
        }
    }

    #[test]
    fn a_policy_of_version_1_names_anybody_and_can_not_say_otherwise() {
        let payload = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let old = payload(r#"{"policy":{"suppress_under":11}}"#);
        let new = upcast("policy-changed", 1, &old).unwrap();
        assert_eq!(new.get(), r#"{"policy":{"persons":"any","suppress_under":11}}"#);
        assert!(upcast("policy-changed", 1, &new).is_err());
        assert!(matches!(upcast("policy-changed", 2, &new), Ok(Cow::Borrowed(_))));
        assert!(matches!(upcast("site-closed", 1, &old), Ok(Cow::Borrowed(_))));
    }
}
