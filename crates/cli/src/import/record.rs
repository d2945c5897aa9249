//! CSV as it comes: a byte order mark, either line end, quotes with line breaks inside, gzip by its name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::{Reader, ReaderBuilder, StringRecord, Trim};
use flate2::read::MultiGzDecoder;

use crate::error::Error;
use crate::exit::Exit;

/// Opens a file; one named `.gz` is unpacked while it is read.
///
/// # Errors
/// When it can't be opened.
pub(crate) fn open(path: &Path) -> Result<Reader<Box<dyn Read + Send>>, Error> {
    let file = BufReader::new(File::open(path).map_err(|error| Error::file(path, &error))?);
    let packed = path.extension().is_some_and(|ending| ending == "gz");
    let bytes: Box<dyn Read + Send> =
        if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(records(bytes))
}

/// The records of CSV text. A row may be shorter or longer than the header: what is missing is empty.
pub(crate) fn records<R: Read>(bytes: R) -> Reader<R> {
    ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(bytes)
}

/// Where each column is.
pub(crate) struct Header(BTreeMap<String, usize>);

impl Header {
    /// Reads the header; names are compared without regard to case.
    ///
    /// # Errors
    /// When a needed column is missing: nothing has been sent then.
    pub(crate) fn read<R: Read>(reader: &mut Reader<R>, needed: &[&str]) -> Result<Self, Error> {
        let names = reader.headers().map_err(|error| unreadable(&error))?;
        let places = names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.trim_start_matches('\u{feff}').trim_matches('"').to_lowercase(), at));
        let header = Self(places.collect());
        let missing: Vec<&str> =
            needed.iter().copied().filter(|name| !header.0.contains_key(&name.to_lowercase())).collect();
        if missing.is_empty() {
            return Ok(header);
        }
        Err(Error::new(Exit::Usage, format!("the file has no column {}", missing.join(", ")))
            .why(format!("its columns are {}", names.iter().collect::<Vec<_>>().join(", ")))
            .hint("hubledger help import lists the columns of each kind"))
    }
}

/// One row.
pub(crate) struct Record<'a> {
    header: &'a Header,
    cells: &'a StringRecord,
}

impl<'a> Record<'a> {
    /// A row below this header.
    pub(crate) const fn new(header: &'a Header, cells: &'a StringRecord) -> Self {
        Self { header, cells }
    }

    /// The cell of a column; nothing when it is empty or the file does not have the column.
    pub(crate) fn get(&self, column: &str) -> Option<&'a str> {
        let at = self.header.0.get(&column.to_lowercase())?;
        self.cells.get(*at).filter(|text| !text.is_empty())
    }

    /// The same on one line: line breaks and runs of blanks become one blank.
    pub(crate) fn line(&self, column: &str) -> Option<String> {
        self.get(column).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// A file that is no CSV.
pub(crate) fn unreadable(error: &csv::Error) -> Error {
    Error::new(Exit::Usage, "the file can't be read as CSV")
        .why(error)
        .hint("it must be UTF-8, with a header line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_other_case_line_ends_and_quotes_are_taken_as_they_come() {
        let text = "\u{feff}CDSCode,School\r\n19,\"Two\r\nlines, and \"\"quotes\"\"\"\r\n20\r\n";
        let mut reader = records(text.as_bytes());
        let header = Header::read(&mut reader, &["cdscode", "SCHOOL"]).unwrap();
        let rows: Vec<StringRecord> = reader.records().map(Result::unwrap).collect();
        let first = Record::new(&header, &rows[0]);
        assert_eq!(
            (first.get("CDSCode"), first.line("school").as_deref()),
            (Some("19"), Some("Two lines, and \"quotes\""))
        );
        assert_eq!(Record::new(&header, &rows[1]).get("School"), None);
    }

    #[test]
    fn a_missing_column_is_named_with_those_there_are() {
        let mut reader = records(&b"a,b\n1,2\n"[..]);
        let error = Header::read(&mut reader, &["CDSCode", "b"]).map(drop).unwrap_err();
        let (what, why, _) = error.parts();
        assert_eq!((what, why), ("the file has no column CDSCode", Some("its columns are a, b")));
    }
}
