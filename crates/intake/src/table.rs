//! Finds the rows in bytes that come in pieces: CSV as it comes (a byte order mark, either line end, quotes with line
//! breaks inside), or a JSON object a line. It says after which byte each row ends, so that reading can go on there.

use csv_core::{ReadRecordResult, Reader};

use crate::fault::other_than_text;
use crate::format::Format;
use crate::record::{Header, Record};
use crate::{Code, Fault, Unreadable};

/// Longest row in bytes. A quotation mark that is never closed would swallow the rest of a file.
pub const ROW_BYTES_MAX: usize = 256 * 1024;
/// Room for a row's bytes and cells at first.
const ROOM: (usize, usize) = (1024, 32);
/// The byte order mark.
const MARK: &[u8] = "\u{feff}".as_bytes();
/// The one column of a file that has a JSON object a line.
pub(crate) const LINE: &str = "line";

/// The cells of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    text: Option<String>,
    ends: Vec<usize>,
    /// Its number, as a spreadsheet counts: the header is 1. Without a header, the line's.
    pub number: u64,
    /// Bytes of the file up to its end.
    pub after: u64,
}

impl Cells {
    pub(crate) fn get(&self, at: usize) -> Option<&str> {
        let from = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.as_deref()?.get(from..*self.ends.get(at)?)
    }
}

/// What the next bytes hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A row.
    Row(Cells),
    /// No whole one: more bytes are needed.
    More,
    /// The end of the file.
    End,
}

/// How rows are told apart.
enum Splits {
    Csv(Box<Reader>),
    Lines,
}

/// A file on its way through.
pub struct Table {
    splits: Splits,
    needed: &'static [&'static str],
    columns: &'static [&'static str],
    unwanted: &'static [&'static str],
    header: Option<Header>,
    /// Bytes and cells of the row that is not whole yet.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    filled: (usize, usize),
    offset: u64,
    number: u64,
}

impl Table {
    /// A file of this format, from its first byte.
    pub fn new(format: &Format) -> Self {
        let lines = format.is_lines();
        let mut table = Self::csv(format.needed, format.columns);
        table.unwanted = format.unwanted;
        if lines {
            (table.splits, table.header) = (Splits::Lines, Header::find(&[LINE], &[LINE], &[]).ok());
        }
        table
    }

    /// A file with these columns.
    pub fn csv(needed: &'static [&'static str], columns: &'static [&'static str]) -> Self {
        let (bytes, ends) = (vec![0; ROOM.0], vec![0; ROOM.1]);
        let (splits, unwanted) = (Splits::Csv(Box::new(Reader::new())), &[]);
        let (header, filled, offset, number) = (None, (0, 0), 0, 0);
        Self { splits, needed, columns, unwanted, header, bytes, ends, filled, offset, number }
    }

    /// The same file from this byte on, where the row of this number ended. The header must have been read.
    pub fn go_on(&mut self, offset: u64, number: u64) {
        if let Splits::Csv(reader) = &mut self.splits {
            **reader = Reader::new();
        }
        (self.offset, self.number, self.filled) = (offset, number, (0, 0));
    }

    /// Whether the columns are known.
    pub const fn has_header(&self) -> bool {
        self.header.is_some()
    }

    /// A row's cells by their columns.
    ///
    /// # Errors
    /// When it is no text.
    pub fn record<'a>(&'a self, cells: &'a Cells) -> Result<Record<'a>, Fault> {
        let fault = |message: &str| Fault::new(None, Code::NoUtf8, message);
        let header = self.header.as_ref().ok_or_else(|| fault("the file has no header"))?;
        cells.text.as_ref().ok_or_else(|| fault("the row is no UTF-8"))?;
        Ok(Record::new(header, cells))
    }

    /// Takes the next row off the front of these bytes; `last` says that no more come after them.
    ///
    /// # Errors
    /// When the file is no such file.
    pub fn next(&mut self, input: &mut &[u8], last: bool) -> Result<Step, Unreadable> {
        if self.offset == 0
            && let Some(other) = other_than_text(input)
        {
            return Err(other);
        }
        loop {
            let step = match self.splits {
                Splits::Csv(_) => self.next_record(input, last)?,
                Splits::Lines => self.next_line(input, last)?,
            };
            match step {
                Step::Row(cells) if self.header.is_none() => self.header = Some(self.read_header(&cells)?),
                // An export that failed must not look like a night without anything to tell.
                Step::End if self.header.is_none() => {
                    let what =
                        "the file is empty: it has not even the line that names its columns".to_owned();
                    return Err(Unreadable { code: Code::ColumnsMissing, what, why: None });
                }
                step => return Ok(step),
            }
        }
    }

    fn read_header(&self, cells: &Cells) -> Result<Header, Unreadable> {
        let names: Vec<&str> = (0..cells.ends.len()).filter_map(|at| cells.get(at)).collect();
        if let Some(found) = names
            .iter()
            .find(|name| self.unwanted.iter().any(|unwanted| unwanted.eq_ignore_ascii_case(name.trim())))
        {
            return Err(Unreadable {
                code: Code::PeopleNotTaken,
                what: format!("the file holds people: it has the column {}", found.trim()),
                why: Some(
                    "a ledger knows people by random ids only, and takes no names or enrollments; \
                           send orgs.csv and leave the other files where they are"
                        .to_owned(),
                ),
            });
        }
        Header::find(&names, self.needed, self.columns)
    }

    fn next_record(&mut self, input: &mut &[u8], last: bool) -> Result<Step, Unreadable> {
        loop {
            let Splits::Csv(reader) = &mut self.splits else { return Ok(Step::End) };
            // The parser takes nothing more for the end, also behind a mark that came alone.
            let place = usize::try_from(self.offset).unwrap_or(MARK.len());
            if MARK.get(place).is_some_and(|mark| input.first() == Some(mark)) {
                *input = input.get(1..).unwrap_or_default();
                self.offset += 1;
                continue;
            }
            if input.is_empty() && !last {
                return Ok(Step::More);
            }
            let (filled, ended) = self.filled;
            let (bytes, ends) = (self.bytes.get_mut(filled..), self.ends.get_mut(ended..));
            let (result, read, written, closed) =
                reader.read_record(input, bytes.unwrap_or_default(), ends.unwrap_or_default());
            *input = input.get(read..).unwrap_or_default();
            self.offset += read as u64;
            self.filled = (filled + written, ended + closed);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(self.room(self.bytes.len())?, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.room(self.ends.len())?, 0),
                ReadRecordResult::Record => return Ok(Step::Row(self.take())),
                ReadRecordResult::End => return Ok(Step::End),
            }
        }
    }

    fn next_line(&mut self, input: &mut &[u8], last: bool) -> Result<Step, Unreadable> {
        loop {
            let end = input.iter().position(|byte| *byte == b'\n');
            let line = end.and_then(|end| input.get(..end)).unwrap_or(input);
            let read = end.map_or(input.len(), |end| end + 1);
            let (filled, _) = self.filled;
            if filled + line.len() > self.bytes.len() {
                self.bytes.resize(self.room(filled + line.len())?, 0);
            }
            let room = self.bytes.get_mut(filled..).unwrap_or_default();
            room.iter_mut().zip(line).for_each(|(to, from)| *to = *from);
            self.filled.0 = filled + line.len();
            self.offset += read as u64;
            *input = input.get(read..).unwrap_or_default();
            if end.is_none() && !last {
                return Ok(Step::More);
            }
            let blank = self.bytes.get(..self.filled.0).unwrap_or_default().trim_ascii().is_empty();
            if blank && end.is_none() {
                return Ok(Step::End);
            }
            if blank {
                (self.filled, self.number) = ((0, 0), self.number + 1);
                continue;
            }
            self.filled.1 = 1;
            if let Some(first) = self.ends.first_mut() {
                *first = self.filled.0;
            }
            return Ok(Step::Row(self.take()));
        }
    }

    /// Twice the room, as far as a row may be long.
    fn room(&self, now: usize) -> Result<usize, Unreadable> {
        if now >= ROW_BYTES_MAX {
            return Err(Unreadable {
                code: Code::RowTooLong,
                what: format!("row {} has more than {} KiB", self.number + 1, ROW_BYTES_MAX / 1024),
                why: Some("most likely a quotation mark before it is not closed".to_owned()),
            });
        }
        Ok((now * 2).min(ROW_BYTES_MAX))
    }

    fn take(&mut self) -> Cells {
        let ((filled, ended), _) = (std::mem::take(&mut self.filled), self.number += 1);
        let text = std::str::from_utf8(self.bytes.get(..filled).unwrap_or_default()).ok().map(str::to_owned);
        let ends = self.ends.get(..ended).unwrap_or_default().to_vec();
        Cells { text, ends, number: self.number, after: self.offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: &[&str] = &["CDSCode", "School"];

    /// The rows of a file that comes in pieces of so many bytes: number, cells and where each ends.
    fn read(
        mut table: Table,
        text: &[u8],
        piece: usize,
    ) -> Result<Vec<(u64, Option<String>, u64)>, Unreadable> {
        let (mut rows, mut rest) = (Vec::new(), text);
        let mut piece_of = &rest[..0];
        loop {
            match table.next(&mut piece_of, rest.is_empty())? {
                Step::Row(cells) => {
                    let school = table.record(&cells).ok().and_then(|record| record.line(NEEDED[1]));
                    rows.push((cells.number, school, cells.after));
                }
                Step::More => {
                    (piece_of, rest) = rest.split_at(piece.min(rest.len()));
                }
                Step::End => return Ok(rows),
            }
        }
    }

    #[test]
    fn a_mark_other_case_line_ends_and_quotes_are_taken_as_they_come_in_pieces_of_any_size() {
        let text =
            "\u{feff}cdscode,SCHOOL,x\r\n19,\"Two\r\nlines, and \"\"quotes\"\"\",\r\n\r\n20\r\n21, Zoë "
                .as_bytes();
        let whole = read(Table::csv(NEEDED, &["x"]), text, text.len()).unwrap();
        assert_eq!(
            whole.iter().map(|(number, school, _)| (*number, school.as_deref())).collect::<Vec<_>>(),
            [(2, Some("Two lines, and \"quotes\"")), (3, None), (4, Some("Zoë"))]
        );
        for piece in 1..text.len() {
            let pieces = read(Table::csv(NEEDED, &["x"]), text, piece).unwrap();
            let rows = |rows: &[(u64, Option<String>, u64)]| {
                rows.iter().map(|(n, school, _)| (*n, school.clone())).collect::<Vec<_>>()
            };
            assert_eq!(rows(&pieces), rows(&whole), "pieces of {piece}");
        }
    }

    #[test]
    fn reading_goes_on_where_any_row_ended() {
        let text = b"CDSCode,School\r\n1,\"a\nb\"\r\n2,c\r\n\r\n3,d";
        let whole = read(Table::csv(NEEDED, &[]), text, 5).unwrap();
        for (done, (number, _, after)) in whole.iter().enumerate() {
            let mut table = Table::csv(NEEDED, &[]);
            assert_eq!(table.next(&mut &text[..16], false), Ok(Step::More));
            assert!(table.has_header());
            table.go_on(*after, *number);
            let rest = read(table, &text[usize::try_from(*after).unwrap()..], 4).unwrap();
            assert_eq!(rest, whole[done + 1..]);
        }
    }

    #[test]
    fn lines_are_counted_with_the_blank_ones() {
        let format = crate::format("commands").unwrap();
        let read = |piece| {
            let (mut table, mut rows) = (Table::new(format), Vec::new());
            let (mut rest, mut now) = (&b"{\"a\":1}\n\n {\"b\":2}\r\n\n{\"c\":3}"[..], &b""[..]);
            loop {
                match table.next(&mut now, rest.is_empty()).unwrap() {
                    Step::Row(cells) => {
                        let line = table.record(&cells).unwrap().get(LINE).unwrap().to_owned();
                        rows.push((cells.number, line));
                    }
                    Step::More => (now, rest) = rest.split_at(std::cmp::min(piece, rest.len())),
                    Step::End => return rows,
                }
            }
        };
        let expected = [(1, "{\"a\":1}"), (3, "{\"b\":2}"), (5, "{\"c\":3}")];
        for piece in 1..30 {
            assert_eq!(read(piece), expected.map(|(number, line)| (number, line.to_owned())), "{piece}");
        }
    }

    #[test]
    fn a_missing_column_is_named_with_those_there_are() {
        let error = read(Table::csv(&["CDSCode", "b"], &[]), b"a,b\n1,2\n", 8).unwrap_err();
        assert_eq!(
            (error.what.as_str(), error.why.as_deref()),
            ("the file has no column CDSCode", Some("its columns are a, b"))
        );
    }

    #[test]
    fn a_row_that_is_no_text_is_one_row_and_a_quote_that_is_not_closed_ends_the_file() {
        let rows = read(Table::csv(NEEDED, &[]), b"CDSCode,School\n1,\xe9\n2,b\n", 4).unwrap();
        assert_eq!(
            rows.iter().map(|(_, school, _)| school.as_deref()).collect::<Vec<_>>(),
            [None, Some("b")]
        );
        let open = format!("CDSCode,School\n1,\"a\n{}", "2,b\n".repeat(ROW_BYTES_MAX));
        assert_eq!(read(Table::csv(NEEDED, &[]), open.as_bytes(), 4096).unwrap_err().code, Code::RowTooLong);
    }

    #[test]
    fn a_packed_file_a_workbook_or_another_encoding_is_told_for_what_it_is() {
        for (first, is) in [
            (&b"\x1f\x8b\x08\0\0"[..], "packed by gzip"),
            (b"PK\x03\x04\x14", ".xlsx"),
            (b"\xd0\xcf\x11\xe0\xa1", ".xls"),
            (b"\xff\xfek\0", "UTF-16"),
        ] {
            for name in ["deliveries", "commands"] {
                let error = read(Table::new(crate::format(name).unwrap()), first, 64).unwrap_err();
                assert_eq!(error.code, Code::NotPlainText);
                assert!(error.what.contains(is) && error.why.is_some(), "{error:?}");
            }
        }
    }
}
