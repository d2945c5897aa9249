//! What is wrong with JSON that can't be read, without what stood in it: what somebody sent may be a student's number or a
//! name at a wrong place, and sentences go on into logs and reports. Names of members are told, because they are looked for;
//! names of this program's types are nobody's business.

/// A sentence about JSON that can't be read. It quotes nothing that was sent but names of members.
pub fn unread(error: &serde_json::Error) -> String {
    let said = error.to_string();
    // What serde says in its own words ends with what would have been right.
    let (begin, what) = match said.split_once(": ") {
        Some((begin @ ("invalid type" | "invalid value"), rest)) => (format!("{begin}: "), kind(rest)),
        _ if said.starts_with("unknown variant `") => ("an unknown name".to_owned(), ""),
        _ => return plain(&unquoted(&said)),
    };
    let end = said.rfind(", expected ").or_else(|| said.rfind(" at line ")).unwrap_or(said.len());
    plain(&format!("{begin}{what}{}", said.get(end..).unwrap_or_default()))
}

/// What sort of value stood there: the words before it (`serde::de::Unexpected`).
fn kind(rest: &str) -> &str {
    let end = rest.find(['"', '`', ',']).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default().trim_end()
}

/// The sentence with dots in place of everything that it quotes.
fn unquoted(said: &str) -> String {
    let (mut told, mut letters) = (String::with_capacity(said.len()), said.chars());
    while let Some(letter) = letters.next() {
        told.push(letter);
        if letter != '"' {
            continue;
        }
        // Quotes within are written with a backslash; a quotation that does not end is none that is told.
        while let Some(quoted) = letters.next() {
            match quoted {
                '\\' => drop(letters.next()),
                '"' => break,
                _ => {}
            }
        }
        told.push_str("…\"");
    }
    told
}

/// The sentence in words that say nothing of types.
fn plain(said: &str) -> String {
    let mut told = said.to_owned();
    for (word, plainly) in [
        ("expected tuple struct ", "a list"),
        ("expected struct ", "an object"),
        ("expected enum ", "a name"),
    ] {
        if let Some(place) = told.find(word) {
            let name = place + word.len();
            let end = told.get(name..).and_then(|rest| rest.find(' ')).map_or(told.len(), |end| name + end);
            told.replace_range(place..end, &format!("expected {plainly}"));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::Error as _;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Sent {
        #[expect(dead_code, reason = "only read")]
        source: Option<Inner>,
        #[expect(dead_code, reason = "only read")]
        sort: Option<Sort>,
        #[expect(dead_code, reason = "only read")]
        day: Option<Day>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "only read")]
        key: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Sort {
        One,
        Two,
    }

    #[derive(Debug)]
    struct Day;

    impl<'de> Deserialize<'de> for Day {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(D::Error::custom(format!("{text:?} is no day, such as \"2026-03-02\"")))
        }
    }

    fn said(json: &str) -> String {
        unread(&serde_json::from_str::<Sent>(json).unwrap_err())
    }

    #[test]
    fn what_stood_there_is_not_told_and_what_belongs_there_is() {
        for (json, told) in [
            ("{\"source\":\"ZZ\"}", "invalid type: string, expected an object at line 1 column 14"),
            (
                "{\"source\":\"a, expected ZZ\"}",
                "invalid type: string, expected an object at line 1 column 26",
            ),
            ("{\"source\":{\"key\":4711}}", "invalid type: integer, expected a string at line 1 column 21"),
            (
                "{\"source\":{\"key\":[\"ZZ\"]}}",
                "invalid type: sequence, expected a string at line 1 column 17",
            ),
            (
                "{\"sort\":\"ZZ, expected `x`\"}",
                "an unknown name, expected `one` or `two` at line 1 column 26",
            ),
            ("{\"sort\":4711}", "expected value at line 1 column 9"),
            ("{\"day\":\"Z\\\"Z\"}", "\"…\" is no day, such as \"…\" at line 1 column 14"),
            ("{\"source\":1,\"source\":2}", "invalid type: integer, expected an object at line 1 column 11"),
            ("{\"source\":{}}", "missing field `key` at line 1 column 12"),
            ("{ZZ", "key must be a string at line 1 column 2"),
        ] {
            assert_eq!(said(json), told);
        }
        assert!(said("{\"sorce\":1}").starts_with("unknown field `sorce`, expected one of `source`"));
    }
}
