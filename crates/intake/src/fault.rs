//! What may be wrong with a file, or with a row before anything of it is sent.

use strum::{IntoStaticStr, VariantNames};

/// What is wrong, as a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Code {
    /// A cell that must not be empty is.
    Empty,
    /// A cell is no date in either form.
    NoDate,
    /// A cell is no whole number.
    NoNumber,
    /// A cell is none of the codes of its list.
    NoSuchCode,
    /// A cell is no id.
    NoId,
    /// The ledger has nothing by this name.
    NotFound,
    /// A row is no text.
    #[strum(to_string = "no-utf-8")]
    NoUtf8,
    /// A cell is no CDS code.
    NoCdsCode,
    /// A site that goes is closed by a command.
    NotClosedHere,
    /// It is not told whose a service is.
    NoOrganization,
    /// A site closes before it opens.
    ClosesBeforeItOpens,
    /// A line is no command.
    MalformedCommand,
    /// The token does not allow the command of a line.
    NotAllowed,
    /// A file lacks columns of its format.
    ColumnsMissing,
    /// A file is about people.
    PeopleNotTaken,
    /// A row has too many bytes.
    RowTooLong,
    /// A file is packed, a workbook, or text in another encoding.
    NotPlainText,
}

impl Code {
    /// All there are, as they are written.
    pub const ALL: &[&str] = Self::VARIANTS;

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The column, as the file names it; of a line with a command the place in it, as a JSON pointer.
    pub column: Option<&'static str>,
    /// Stable code.
    pub code: Code,
    /// A sentence without a full stop.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(
        column: impl Into<Option<&'static str>>,
        code: Code,
        message: impl Into<String>,
    ) -> Self {
        Self { column: column.into(), code, message: message.into() }
    }
}

/// A row with one fault.
impl From<Fault> for Vec<Fault> {
    fn from(fault: Fault) -> Self {
        vec![fault]
    }
}

/// All that is wrong with a row, found cell by cell. It takes no memory while nothing is.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// The value that was read, or none and the fault is kept.
    pub(crate) fn of<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.0.push(fault)).ok()
    }

    /// The value of a cell that may be empty; none also where it is at fault.
    pub(crate) fn some<T>(&mut self, read: Result<Option<T>, Fault>) -> Option<T> {
        self.of(read).flatten()
    }

    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Whether nothing is wrong so far.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn all(self) -> Vec<Fault> {
        self.0
    }
}

/// Why a file can't be read any further, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Unreadable {
    /// Stable code.
    pub code: Code,
    /// A sentence without a full stop.
    pub what: String,
    /// Its cause, where there is more to say.
    pub why: Option<String>,
}

/// How a file begins that is something else than plain text, what that is, and what to do.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"\x1f\x8b", "packed by gzip", "send it unpacked"),
    (
        b"PK\x03\x04",
        "a zip archive or an Excel workbook (.xlsx)",
        "send it unpacked, or save it as CSV (UTF-8)",
    ),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)", "save it as CSV (UTF-8)"),
    (b"\xff\xfe", "text in UTF-16", "save it as CSV (UTF-8)"),
    (b"\xfe\xff", "text in UTF-16", "save it as CSV (UTF-8)"),
];

/// What a file is that begins so, where that is no plain text.
pub(crate) fn other_than_text(first: &[u8]) -> Option<Unreadable> {
    let (_, is, cure) = OTHERS.iter().find(|(begin, ..)| first.starts_with(begin))?;
    let (what, why) = (format!("the file is {is}"), Some((*cure).to_owned()));
    Some(Unreadable { code: Code::NotPlainText, what, why })
}
