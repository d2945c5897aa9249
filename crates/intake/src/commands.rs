//! Commands of any kind, a JSON object a line, as the address for many commands takes them: who acts is not for the
//! line to say. Its `id` may be left out and then follows from the line, so that the same line is the same command.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use crate::fault::Faults;
use crate::sender::{Object, raw};
use crate::table::LINE;
use crate::{Code, Fault, Made, Record, Rows, Sender, uuid_of};

/// Lines of commands.
#[derive(Debug, Default)]
pub struct Commands {
    /// Those that the sender may send; any, if it is not said.
    pub may: Option<BTreeSet<String>>,
}

/// What is looked at before it is passed on as it is; the rest is read, strictly, at the ledger's door.
#[derive(Deserialize)]
struct Look {
    command: String,
    #[serde(default)]
    id: Option<Uuid>,
    #[serde(default)]
    actor: Option<IgnoredAny>,
    #[serde(default)]
    credential: Option<IgnoredAny>,
    #[serde(default)]
    dryrun: Option<IgnoredAny>,
}

impl Rows for Commands {
    fn commands(&self, sender: &Sender, row: &Record<'_>, made: &mut Made) -> Result<(), Vec<Fault>> {
        let line = row.get(LINE).unwrap_or_default();
        let malformed = |what: String| Fault::new(None, Code::MalformedCommand, what);
        // A list would be read as the members in order.
        let rest =
            line.strip_prefix('{').ok_or_else(|| malformed("the line is no JSON object".to_owned()))?;
        let look: Look = serde_json::from_str(line).map_err(|error| malformed(wire::unread(&error)))?;
        let mut faults = Faults::default();
        let said = [("/actor", look.actor), ("/credential", look.credential), ("/dryrun", look.dryrun)];
        for (place, _) in said.into_iter().filter(|(_, said)| said.is_some()) {
            let message = "it is not for the line to say: who acts follows from the token, and a check is asked for apart";
            faults.push(Fault::new(place, Code::MalformedCommand, message));
        }
        if self.may.as_ref().is_some_and(|may| !may.contains(&look.command)) {
            let message = format!("the token does not allow {}", look.command);
            faults.push(Fault::new("/command", Code::NotAllowed, message));
        }
        if !faults.is_empty() {
            return Err(faults.all());
        }
        let derived = || uuid_of(&[sender.ledger.as_str(), "line", &sender.source, line]);
        let mut command = Object::with_room(line.len() + 200);
        sender.sign(&mut command);
        command.put_some("id", look.id.is_none().then(derived));
        let mut text = command.end();
        text.pop();
        text.push(',');
        text.push_str(rest);
        made.push(raw(text)?);
        Ok(())
    }

    fn key<'a>(&self, row: &Record<'a>) -> Option<&'a str> {
        #[derive(Deserialize)]
        struct Id<'a> {
            #[serde(borrow, default)]
            id: Option<&'a str>,
        }
        let id = serde_json::from_str::<Id<'_>>(row.get(LINE)?).ok()?.id;
        // What is no id may be anything.
        id.filter(|id| id.parse::<Uuid>().is_ok())
    }

    fn column(&self, _: &str) -> Option<&'static str> {
        None
    }

    fn place(&self, refusal: &wire::RefusalReply) -> Option<String> {
        refusal.field.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sender::tests::{faults, made};
    use crate::{Step, Table};

    fn read(commands: &Commands, text: &str) -> Vec<Result<Vec<Value>, Vec<Fault>>> {
        made(commands, crate::format("commands").unwrap(), text)
    }

    #[test]
    fn a_line_is_passed_on_as_it_is_with_who_sends_it_and_an_id_that_follows_from_it() {
        let id = Uuid::from_u128(7);
        let line = json!({ "command": "register-site", "version": 1, "body": { "x": [1, "}"] } }).to_string();
        let named = json!({ "command": "register-site", "version": 1, "id": id, "body": {} }).to_string();
        let rows = read(&Commands::default(), &format!("{line}\n{named}\n{line}\n"));
        let command = |at: usize| rows[at].as_ref().unwrap()[0].clone();
        assert_eq!(
            (&command(0)["actor"], &command(0)["body"]),
            (&json!("svc:sample"), &json!({ "x": [1, "}"] }))
        );
        assert_eq!(command(1)["id"], json!(id));
        let keys = |line: &str| {
            let mut table = Table::new(crate::format("commands").unwrap());
            let Ok(Step::Row(cells)) = table.next(&mut line.as_bytes(), true) else { panic!("{line}") };
            Commands::default().key(&table.record(&cells).unwrap()).map(str::to_owned)
        };
        assert_eq!(
            [keys(&named), keys(&line), keys("{\"id\":\"4711\"}")],
            [Some(id.to_string()), None, None]
        );
        assert_eq!(command(0), command(2));
        assert!(command(0)["id"].as_str().unwrap().parse::<Uuid>().is_ok());
    }

    #[test]
    fn what_is_no_command_or_not_for_the_line_to_say_is_refused() {
        let text = "[1]\n{\"version\":1}\n{\"command\":\"a\",\"command\":\"b\"}\n{\"command\":\"a\",\"actor\":\"usr:x\"}\n\
                    {\"command\":\"a\",\"\\u0061ctor\":\"usr:x\"}\n{\"command\":\"a\",\"dryrun\":false}\n{\"command\":\"a\"}{}\n";
        let format = crate::format("commands").unwrap();
        let malformed = |place| vec![(place, "malformed-command")];
        let places = [None, None, None, Some("/actor"), Some("/actor"), Some("/dryrun"), None].map(malformed);
        assert_eq!(faults(&Commands::default(), format, text), places);
        let some = Commands { may: Some(["register-site".to_owned()].into()) };
        let rows = read(&some, "{\"command\":\"register-site\"}\n{\"command\":\"close-site\"}\n");
        assert!(rows[0].is_ok());
        assert_eq!(rows[1].as_ref().unwrap_err()[0].code, Code::NotAllowed);
    }
}
