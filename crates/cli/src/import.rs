//! Files of rows on this machine: opened, unpacked and read in pieces; what their rows mean is the crate `intake`'s.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use intake::{Cells, Services, Step, Table, Unreadable};

use crate::error::Error;
use crate::exit::Exit;

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// A file and the rows in it.
pub(crate) struct Rows {
    bytes: Box<dyn Read + Send>,
    piece: Vec<u8>,
    used: usize,
    last: bool,
    pub(crate) table: Table,
}

impl Rows {
    /// Opens a file; one named `.gz` is unpacked while it is read.
    ///
    /// # Errors
    /// When it can't be opened.
    pub(crate) fn open(path: &Path, table: Table) -> Result<Self, Error> {
        let file = BufReader::new(File::open(path).map_err(|error| Error::file(path, &error))?);
        let packed = path.extension().is_some_and(|ending| ending == "gz");
        let bytes: Box<dyn Read + Send> =
            if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Ok(Self { bytes, piece: Vec::new(), used: 0, last: false, table })
    }

    /// The next row; none at the end.
    ///
    /// # Errors
    /// When the file can't be read, or is another.
    pub(crate) fn next(&mut self) -> Result<Option<Cells>, Error> {
        loop {
            let mut rest = self.piece.get(self.used..).unwrap_or_default();
            let before = rest.len();
            let step = self.table.next(&mut rest, self.last).map_err(unreadable)?;
            self.used += before - rest.len();
            match step {
                Step::Row(cells) => return Ok(Some(cells)),
                Step::End => return Ok(None),
                Step::More => {
                    self.piece.resize(PIECE, 0);
                    let read = self
                        .bytes
                        .read(&mut self.piece)
                        .map_err(|error| Error::new(Exit::Usage, "the file can't be read").why(error))?;
                    self.piece.truncate(read);
                    (self.used, self.last) = (0, read == 0);
                }
            }
        }
    }
}

/// A file that is another than was said, or none of its sort.
fn unreadable(Unreadable { what, why, .. }: Unreadable) -> Error {
    let error = Error::new(Exit::Usage, what).hint("hubledger help import lists the columns of each kind");
    match why {
        Some(why) => error.why(why),
        None => error,
    }
}

/// Services with what stands in the files beside this one, where they are there.
///
/// # Errors
/// When one of them can't be read.
pub(crate) fn services_beside(file: &Path) -> Result<Services, Error> {
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let locations = pairs(folder, "locations", &["id", "organization_id"])?;
    Ok(Services::beside(locations, pairs(folder, "services_taxonomy", &["service_id", "taxonomy_id"])?))
}

/// Two columns of a file beside, packed or not; nothing when there is none.
fn pairs(
    folder: &Path,
    name: &str,
    columns: &'static [&'static str],
) -> Result<Vec<(String, String)>, Error> {
    let path = [format!("{name}.csv"), format!("{name}.csv.gz")]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|path| path.exists());
    let Some(path) = path else { return Ok(Vec::new()) };
    let mut rows = Rows::open(&path, Table::csv(columns, &[]))?;
    let mut found = Vec::new();
    while let Some(cells) = rows.next()? {
        let Ok(row) = rows.table.record(&cells) else { continue };
        let mut both = columns.iter().map(|column| row.get(column));
        if let (Some(Some(key)), Some(Some(value))) = (both.next(), both.next()) {
            found.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(found)
}
