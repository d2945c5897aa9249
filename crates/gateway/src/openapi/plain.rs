//! Schemas as generators of clients read them best: a choice of words is one list of words, also where each word has a
//! sentence of its own.

use serde_json::{Map, Value, json};

/// Puts every choice of words in a schema together.
pub(super) fn words(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some((words, about)) = choice(members) {
                members.remove("oneOf");
                members.insert("type".to_owned(), json!("string"));
                members.insert("enum".to_owned(), Value::Array(words));
                members.insert("description".to_owned(), Value::String(about));
            }
            members.values_mut().for_each(words);
        }
        Value::Array(items) => items.iter_mut().for_each(words),
        _ => {}
    }
}

/// The words, and what is said of all and of each; nothing if it is another choice.
fn choice(members: &Map<String, Value>) -> Option<(Vec<Value>, String)> {
    let mut about = text(members).unwrap_or_default().to_owned();
    let mut words = Vec::new();
    for one in members.get("oneOf")?.as_array()? {
        let one = one.as_object()?;
        let own = match (one.get("const"), one.get("enum").and_then(Value::as_array)) {
            (Some(word), None) => vec![word.clone()],
            (None, Some(words)) => words.clone(),
            _ => return None,
        };
        if let Some(said) = text(one) {
            let named: Vec<&str> = own.iter().map(Value::as_str).collect::<Option<_>>()?;
            about.push_str(&format!("\n\n`{}`: {said}", named.join("`, `")));
        }
        words.extend(own);
    }
    words.iter().all(Value::is_string).then_some((words, about.trim().to_owned()))
}

fn text(members: &Map<String, Value>) -> Option<&str> {
    members.get("description")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_words_is_one_list_and_every_sentence_is_kept() {
        let mut schema = json!({ "properties": { "kind": { "description": "What it is.", "oneOf": [
            { "type": "string", "enum": ["faith", "other"] },
            { "type": "string", "const": "county-agency", "description": "Of the county." },
        ] } } });
        words(&mut schema);
        let about = "What it is.\n\n`county-agency`: Of the county.";
        let plain =
            json!({ "type": "string", "enum": ["faith", "other", "county-agency"], "description": about });
        assert_eq!(schema["properties"]["kind"], plain);
    }

    #[test]
    fn another_choice_stays_as_it_is() {
        let schema = json!({ "oneOf": [{ "const": "none" }, { "type": "integer" }] });
        let mut read = schema.clone();
        words(&mut read);
        assert_eq!(read, schema);
    }
}
