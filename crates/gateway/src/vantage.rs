//! From where an answer looks, as parameters say it: the same on every address that reads.

use axum::http::HeaderMap;
use domain::Slug;
use jiff::civil::Date;
use wire::{AsOf, HeadReply, Query};

use crate::commands::POSITION;
use crate::parameters::Parameters;
use crate::problem::Problem;

/// Header by which a reader asks for an answer that holds what it has written.
pub(crate) const MIN_POSITION: &str = "ledger-min-position";

/// What is asked besides what is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looking {
    /// By what was known then.
    pub(crate) as_of: Option<AsOf>,
    /// For this day of the world.
    pub(crate) valid_on: Option<Date>,
    /// Not before this epoch and position.
    pub(crate) min_position: Option<(u64, u64)>,
}

impl Looking {
    /// Takes `as_of`, `valid_on` and `min_position`; the last may come as a header.
    ///
    /// # Errors
    /// When one of them can't be read.
    pub(crate) fn read(parameters: &mut Parameters, headers: &HeaderMap) -> Result<Self, Problem> {
        let in_header = headers.get(MIN_POSITION).map(|value| place(value.to_str().unwrap_or_default()));
        let min_position = match parameters.take::<Place>("min_position")? {
            Some(place) => Some(place),
            None => in_header.transpose()?,
        };
        let min_position = min_position.map(|Place { epoch, position }| (epoch, position));
        Ok(Self { as_of: parameters.take("as_of")?, valid_on: parameters.take("valid_on")?, min_position })
    }

    /// Whether it looks at what is so today by all that is known.
    pub(crate) const fn is_now(&self) -> bool {
        self.as_of.is_none() && self.valid_on.is_none()
    }

    /// A question to a view from here.
    pub(crate) fn query(&self, ledger: &Slug, view: &str) -> Query {
        Query {
            ledger: ledger.clone(),
            view: view.to_owned(),
            filters: Default::default(),
            as_of: self.as_of,
            valid_on: self.valid_on,
            min_position: self.min_position,
            limit: None,
        }
    }
}

/// A position in an epoch, written `epoch:position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) epoch: u64,
    pub(crate) position: u64,
}

impl std::str::FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let place = text.split_once(':').and_then(|(epoch, position)| {
            Some(Self { epoch: epoch.parse().ok()?, position: position.parse().ok()? })
        });
        place.ok_or("a position is written epoch:position, such as 1:317")
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.epoch, self.position)
    }
}

fn place(text: &str) -> Result<Place, Problem> {
    text.parse().map_err(|why: &str| Problem::new("malformed-request", why).at(MIN_POSITION))
}

/// The header that tells to where an answer is complete.
pub(crate) fn position_header(head: &HeadReply) -> (&'static str, String) {
    (POSITION, Place { epoch: head.epoch, position: head.position }.to_string())
}
