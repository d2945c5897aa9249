//! The general form of an act becomes the command that a sender would write. What a value is (a number, a list, an id)
//! the command's JSON Schema says.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::names::Names;

/// `<command> [<name>] [on <day> | from <day> to <day>] [because <reason>][: <field> <value>, …]`, or
/// `today is <day>`, or `correct <event> …`, `void <event> …`.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) command: String,
    /// The thing that it is about, or the event that is corrected.
    pub(crate) name: Option<String>,
    pub(crate) effective: Option<String>,
    because: Option<String>,
    pub(crate) fields: Vec<(String, String)>,
}

/// A day or a span at the begin of the text, as it is written on the wire, and what follows.
pub(crate) fn leading_date(said: &str) -> (Option<String>, &str) {
    let word = |text: &str| text.split(' ').next().map(str::to_owned).filter(|w| is_day(w));
    if let Some(rest) = said.strip_prefix("on ")
        && let Some(day) = word(rest)
    {
        let rest = rest[day.len()..].trim_start();
        return (Some(day), rest);
    }
    if let Some(rest) = said.strip_prefix("from ")
        && let Some(from) = word(rest)
        && let Some(rest) = rest[from.len()..].strip_prefix(" to ")
        && let Some(to) = word(rest)
    {
        return (Some(format!("{from}/{to}")), rest[to.len()..].trim_start());
    }
    (None, said)
}

fn is_day(word: &str) -> bool {
    word.parse::<jiff::civil::Date>().is_ok()
}

/// Reads the general form.
pub(crate) fn said(text: &str) -> Result<Said, String> {
    let (head, fields) = text.split_once(": ").unwrap_or((text, ""));
    let mut said = Said::default();
    let (head, because) = head.split_once(" because ").map_or((head, None), |(head, why)| (head, Some(why)));
    said.because = because.map(str::to_owned);
    let (command, mut rest) = head.split_once(' ').unwrap_or((head, ""));
    said.command = command.to_owned();
    for start in (0..rest.len()).filter(|at| *at == 0 || rest.as_bytes()[at - 1] == b' ') {
        if let (Some(effective), "") = leading_date(&rest[start..]) {
            said.effective = Some(effective);
            rest = rest[..start].trim_end();
            break;
        }
    }
    said.name = Some(rest.to_owned()).filter(|name| !name.is_empty());
    for field in fields.split(", ").filter(|field| !field.is_empty()) {
        let (path, value) = field.split_once(' ').ok_or(format!("`{field}` is not a field and its value"))?;
        said.fields.push((path.to_owned(), value.to_owned()));
    }
    Ok(said)
}

/// The body of a command.
pub(crate) fn body(said: &Said, names: &mut Names) -> Result<Value, String> {
    let schema = schema(&said.command)?;
    let form = Form { root: &schema, schema: &schema["properties"]["body"] };
    let knows = |member: &str| form.find(&[member]).is_ok();
    let mut body = json!({});
    if let Some(name) = &said.name {
        if !knows("id") {
            return Err(format!("{} names no thing, such as {name}", said.command));
        }
        body["id"] = json!(names.id(name));
    }
    if let Some(effective) = &said.effective {
        body["effective"] = json!(effective);
    }
    if knows("details") {
        body["details"] = json!({});
    }
    for (path, value) in &said.fields {
        let inner = format!("details/{path}");
        let outer = !knows("details") || knows(split(path)[0]);
        let path = if outer { path } else { &inner };
        form.put(&mut body, path, value, names)?;
    }
    Ok(body)
}

/// The body of the command that corrects or voids an event which says this now.
pub(crate) fn change(said: &Said, event: &Value, names: &mut Names) -> Result<Value, String> {
    let id = names.id(said.name.as_deref().unwrap_or_default());
    if said.command == "void" {
        let reason = said.because.as_deref().unwrap_or("never-happened");
        return Ok(json!({ "corrects": id, "reason": reason }));
    }
    let name = event["event"].as_str().unwrap_or_default();
    let schema = wire::schema::event(name, domain::version::newest(name)).ok_or("there is no such event")?;
    let form = Form { root: &schema, schema: &schema["properties"]["data"] };
    let mut now = event.clone();
    for (path, value) in &said.fields {
        form.put(&mut now["data"], path, value, names)?;
    }
    let reason = said.because.as_deref().unwrap_or("entry-error");
    let mut body = json!({ "corrects": id, "reason": reason, "now": now });
    if let Some(effective) = &said.effective {
        body["effective"] = json!(effective);
    }
    Ok(body)
}

/// The schema of a command; made once.
fn schema(command: &str) -> Result<Value, String> {
    static MADE: Mutex<BTreeMap<String, Value>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(schema) = made.get(command) {
        return Ok(schema.clone());
    }
    let schema = wire::schema::command(command).ok_or_else(|| unknown(command))?;
    made.insert(command.to_owned(), schema.clone());
    Ok(schema)
}

fn unknown(said: &str) -> String {
    let phrases: Vec<&str> = crate::phrases::PHRASES.iter().map(|(pattern, _)| *pattern).collect();
    let commands = wire::schema::commands().join(", ");
    format!(
        "nothing is known that begins with `{said}`. Phrases:\n    {}\n  commands, each with `<name> on <day>: <field> \
         <value>, …`:\n    {commands}\n  and `correct <event>: …`, `void <event>`, `today is <day>`",
        phrases.join("\n    "),
    )
}

fn split(path: &str) -> Vec<&str> {
    path.split('/').collect()
}

/// A part of a schema.
#[derive(Clone, Copy)]
struct Form<'a> {
    root: &'a Value,
    schema: &'a Value,
}

impl<'a> Form<'a> {
    /// The plain schemas that this one may mean: references followed, choices taken apart.
    fn choices(self) -> Vec<&'a Value> {
        if let Some(reference) = self.schema.get("$ref").and_then(Value::as_str) {
            let at = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return at.map_or(Vec::new(), |schema| Form { schema, ..self }.choices());
        }
        let inner = ["anyOf", "oneOf", "allOf"].iter().find_map(|word| self.schema.get(word)?.as_array());
        let inner = inner.into_iter().flatten().flat_map(|schema| Form { schema, ..self }.choices());
        std::iter::once(self.schema).chain(inner).collect()
    }

    /// The schema of a field below.
    fn find(self, path: &[&str]) -> Result<Self, String> {
        let Some((first, rest)) = path.split_first() else { return Ok(self) };
        let choices = self.choices();
        let below = |schema: &&'a Value| {
            let listed = schema.get("items").filter(|_| first.parse::<usize>().is_ok_and(|n| n > 0));
            let member = schema.get("properties").and_then(|members| members.get(*first));
            member.or(listed).or_else(|| schema.get("additionalProperties").filter(|more| more.is_object()))
        };
        if let Some(schema) = choices.iter().find_map(below) {
            return Form { schema, ..self }.find(rest);
        }
        let members = choices.iter().filter_map(|schema| schema.get("properties")?.as_object());
        let members: Vec<&str> = members.flat_map(|members| members.keys().map(String::as_str)).collect();
        Err(format!("there is no field {first}; there are {}", members.join(", ")))
    }

    /// Sets a field below; `none` takes it away.
    fn put(self, body: &mut Value, path: &str, text: &str, names: &mut Names) -> Result<(), String> {
        let path = split(path);
        let value =
            self.find(&path)?.value(text, names).map_err(|why| format!("{}: {why}", path.join("/")))?;
        let (last, above) = path.split_last().ok_or("a field has a name")?;
        let mut place = body;
        for segment in above {
            place = member(place, segment)?;
        }
        match place {
            Value::Object(members) if value.is_null() => drop(members.remove(*last)),
            place => *member(place, last)? = value,
        }
        Ok(())
    }

    fn value(self, text: &str, names: &mut Names) -> Result<Value, String> {
        if text == "none" {
            return Ok(Value::Null);
        }
        let choices = self.choices();
        let kind = |wanted: &str| {
            choices.iter().copied().find(|schema| match schema.get("type") {
                Some(Value::String(kind)) => kind == wanted,
                Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
                _ => false,
            })
        };
        if let Some(list) = kind("array") {
            let items = list.get("items").ok_or("a list of nothing")?;
            let form = Form { schema: items, ..self };
            let id = form.choices().iter().any(|schema| schema["format"] == "uuid");
            let texts: Vec<String> = text.split(" and ").flat_map(|t| several(t, id)).collect();
            return texts.iter().map(|text| form.value(text, names)).collect();
        }
        if kind("integer").is_some() {
            return text.parse::<i64>().map(Value::from).map_err(|_| format!("{text} is not a number"));
        }
        if kind("boolean").is_some() {
            return match text {
                "yes" => Ok(json!(true)),
                "no" => Ok(json!(false)),
                _ => Err(format!("{text} is neither yes nor no")),
            };
        }
        if choices.iter().any(|schema| schema["format"] == "uuid") {
            return Ok(json!(names.id(text)));
        }
        if kind("object").is_some() {
            return Err(format!("say its parts, as in `part/inner {text}`"));
        }
        Ok(json!(text))
    }
}

/// `nobody` is none, `2 students` are `student 1` and `student 2`, where ids are wanted.
fn several(text: &str, ids: bool) -> Vec<String> {
    let counted = text.split_once(' ').and_then(|(n, word)| Some((n.parse::<u32>().ok()?, word)));
    match counted {
        _ if text == "nobody" => Vec::new(),
        Some((n, word)) if ids => {
            let word = word.strip_suffix('s').unwrap_or(word);
            (1..=n).map(|n| format!("{word} {n}")).collect()
        }
        _ => vec![text.to_owned()],
    }
}

/// The member of an object, or the entry of a list counted from 1; made where it is not there.
fn member<'a>(value: &'a mut Value, segment: &str) -> Result<&'a mut Value, String> {
    let number = segment.parse::<usize>().ok().filter(|n| *n > 0);
    if value.is_null() {
        *value = if number.is_some() { json!([]) } else { json!({}) };
    }
    match (value, number) {
        (Value::Array(entries), Some(number)) => {
            if entries.len() < number {
                entries.resize(number, Value::Null);
            }
            Ok(&mut entries[number - 1])
        }
        (Value::Object(members), _) => Ok(members.entry(segment.to_owned()).or_insert(Value::Null)),
        _ => Err(format!("{segment} is inside something that has no parts")),
    }
}
