//! Commands as they come from a file or a pipe: cut into raw JSON objects, not yet understood.
//!
//! One object over many lines and one object a line are both read, with memory for one command at a time. What
//! a command says is judged at the door (`wire::submission`).

use std::io::{self, BufRead, Read};

use runtime::Random;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::Error;
use crate::exit::Exit;

/// A command has at most 256 KiB; what is larger is refused at the door without being sent there whole.
const COMMAND_BYTES_MAX: usize = 256 * 1024;
/// Room for blanks of a pretty-printed command.
const RAW_BYTES_MAX: usize = 4 * COMMAND_BYTES_MAX;

/// Cuts a stream into top-level JSON objects.
pub(crate) struct Commands<R> {
    lines: R,
    number: usize,
    /// The first line of the next object, read already.
    ahead: Option<Vec<u8>>,
}

/// One command, or what looked like one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawCommand {
    /// Number of its first line, from 1.
    pub(crate) line: usize,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// Where a scan of JSON text stands.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    escaped: bool,
}

impl Scan {
    fn over(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_text => self.escaped = true,
                b'"' => self.in_text = !self.in_text,
                _ if self.in_text => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}

impl<R: BufRead> Commands<R> {
    /// Reads from `lines`.
    pub(crate) const fn new(lines: R) -> Self {
        Self { lines, number: 0, ahead: None }
    }

    /// The next command; `None` at the end.
    ///
    /// # Errors
    /// As the reader says, and when an object is beyond every limit.
    pub(crate) fn next(&mut self) -> Result<Option<RawCommand>, Error> {
        let Some(first) = self.first_line()? else { return Ok(None) };
        let line = self.number;
        let mut scan = Scan::default();
        scan.over(&first);
        let mut bytes = first;
        // A line that opens nothing is a command of its own, to be refused as what it is.
        while scan.depth > 0 {
            let Some(next) = self.line()? else { break };
            self.number += 1;
            if next.starts_with(b"{") && !continues(&bytes) {
                self.ahead = Some(next);
                break;
            }
            scan.over(&next);
            bytes.extend_from_slice(&next);
            if bytes.len() > RAW_BYTES_MAX {
                return Err(too_large(line));
            }
        }
        Ok(Some(RawCommand { line, bytes: bytes.trim_ascii().to_vec() }))
    }

    fn first_line(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        while let Some(line) = self.line()? {
            self.number += 1;
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let mut line = Vec::new();
        let most = u64::try_from(RAW_BYTES_MAX).unwrap_or(u64::MAX);
        let read = self.lines.by_ref().take(most).read_until(b'\n', &mut line).map_err(unreadable)?;
        if read >= RAW_BYTES_MAX {
            return Err(too_large(self.number + 1));
        }
        Ok((read > 0).then_some(line))
    }
}

/// In valid JSON an object inside another follows one of these.
fn continues(so_far: &[u8]) -> bool {
    matches!(so_far.trim_ascii_end().last(), Some(b':' | b',' | b'['))
}

fn unreadable(error: io::Error) -> Error {
    Error::new(Exit::Failure, "can't read the commands").why(error)
}

fn too_large(line: usize) -> Error {
    Error::new(Exit::Usage, format!("the command at line {line} is larger than any command may be"))
        .hint("a command has at most 256 KiB; record large sittings as parts")
}

#[derive(Deserialize)]
struct Known<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    dryrun: Option<&'a RawValue>,
}

impl RawCommand {
    /// Adds an id where there is none, and returns the one added; marks the command as a dry run if told so. What
    /// is no JSON object stays as it is.
    pub(crate) fn complete(&mut self, dry_run: bool, random: &dyn Random) -> Option<Uuid> {
        let Ok(known) = serde_json::from_slice::<Known<'_>>(&self.bytes) else { return None };
        let (has_id, has_dry_run) = (known.id.is_some(), known.dryrun.is_some());
        if dry_run && !has_dry_run {
            self.insert(r#""dryrun":true"#);
        }
        if has_id {
            return None;
        }
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
        self.insert(&format!(r#""id":"{id}""#));
        Some(id)
    }

    fn insert(&mut self, member: &str) {
        let Some(rest) = self.bytes.strip_prefix(b"{") else { return };
        let comma: &[u8] = if rest.trim_ascii().starts_with(b"}") { b"" } else { b"," };
        self.bytes = [b"{", member.as_bytes(), comma, rest].concat();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(usize, String)> {
        let mut commands = Commands::new(text.as_bytes());
        let mut all = Vec::new();
        while let Some(command) = commands.next().unwrap() {
            all.push((command.line, String::from_utf8(command.bytes).unwrap()));
        }
        all
    }

    #[test]
    fn one_object_a_line_and_one_over_many_lines_are_both_read() {
        let pretty = "{\n  \"a\": \"}{\\\"\",\n  \"b\": [\n{\n}\n]\n}";
        let text = format!("{{\"n\":1}}\n\n{pretty}\n{{\"n\":2}}");
        assert_eq!(
            cut(&text),
            [(1, "{\"n\":1}".to_owned()), (3, pretty.to_owned()), (10, "{\"n\":2}".to_owned()),]
        );
    }

    #[test]
    fn a_line_cut_short_does_not_swallow_the_next() {
        assert_eq!(
            cut("{\"n\":1\n{\"n\":2}\nnonsense\n"),
            [(1, "{\"n\":1".to_owned()), (2, "{\"n\":2}".to_owned()), (3, "nonsense".to_owned()),]
        );
    }

    struct Sevens;
    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_command_without_an_id_gets_one_and_keeps_its_other_bytes() {
        let mut command = RawCommand { line: 1, bytes: b"{ \"n\": 1.50 }".to_vec() };
        let id = command.complete(true, &Sevens).unwrap();
        let text = String::from_utf8(command.bytes.clone()).unwrap();
        assert_eq!(text, format!("{{\"id\":\"{id}\",\"dryrun\":true, \"n\": 1.50 }}"));
        assert_eq!(command.complete(true, &Sevens), None);
    }
}
