//! Documents as bytes: the same document is the same bytes.

mod chart;
mod csv;
mod html;

use crate::document::Document;

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One file of comma-separated values (RFC 4180), a section after the other.
    Csv,
    /// One JSON document.
    Json,
    /// One page that needs nothing else, for screen and paper.
    Html,
}

impl Format {
    /// As it is written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Html => "html",
        }
    }
}

impl Document {
    /// Its bytes.
    ///
    /// # Errors
    /// None that is known: bytes are written to memory.
    pub fn render(&self, format: Format) -> Result<Vec<u8>, std::io::Error> {
        match format {
            Format::Csv => csv::write(self),
            Format::Json => {
                let mut bytes = serde_json::to_vec_pretty(self)?;
                bytes.push(b'\n');
                Ok(bytes)
            }
            Format::Html => Ok(html::write(self).into_bytes()),
        }
    }
}
