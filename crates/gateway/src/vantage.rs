//! From where an answer looks, as parameters say it: the same on every address that reads.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use domain::Slug;
use jiff::civil::Date;
use wire::query::WAIT_SECONDS_MAX;
use wire::{AsOf, HeadReply, Query, Vantage};

use crate::commands::POSITION;
use crate::parameters::Parameters;
use crate::problem::Problem;

/// Header by which a reader asks for an answer that holds what it has written.
pub(crate) const MIN_POSITION: &str = "ledger-min-position";
/// Header by which it says how long it would wait for that, and the answer to it.
const PREFER: HeaderName = HeaderName::from_static("prefer");
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What is asked besides what is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looking {
    /// By what was known then.
    pub(crate) as_of: Option<AsOf>,
    /// For this day of the world.
    pub(crate) valid_on: Option<Date>,
    /// Not before this epoch and position.
    pub(crate) min_position: Option<(u64, u64)>,
    /// How many seconds to wait for that.
    pub(crate) wait: Option<u32>,
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
        let wait = wait(headers).filter(|_| min_position.is_some());
        Ok(Self {
            as_of: parameters.take("as_of")?,
            valid_on: parameters.take("valid_on")?,
            min_position,
            wait,
        })
    }

    /// Whether it looks at what is so today by all that is known.
    pub(crate) const fn is_now(&self) -> bool {
        self.as_of.is_none() && self.valid_on.is_none()
    }

    /// The same for what is folded from the log.
    pub(crate) const fn vantage(&self) -> Vantage {
        Vantage { as_of: self.as_of, valid_on: self.valid_on }
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
            wait: self.wait,
        }
    }
}

/// For how long the sender would have the answer wait (RFC 7240), in seconds, as far as is granted. What can't be
/// understood of preferences is passed over.
fn wait(headers: &HeaderMap) -> Option<u32> {
    let all = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let mut preferences = all.flat_map(|value| value.split(','));
    let first = preferences.find_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    first.parse().ok().map(|seconds: u32| seconds.min(WAIT_SECONDS_MAX))
}

/// Says in the answer, good or not, which preference it was made by.
pub(crate) async fn preferred(request: Request, next: Next) -> Response {
    let waits = request.headers().contains_key(MIN_POSITION)
        || request.uri().query().is_some_and(|query| query.contains("min_position="));
    let wait = wait(request.headers()).filter(|_| waits);
    let mut response = next.run(request).await;
    if let Some(Ok(applied)) = wait.map(|seconds| HeaderValue::from_str(&format!("wait={seconds}"))) {
        response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    }
    response
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wait_that_can_be_read_counts_and_no_more_than_half_a_minute_is_granted() {
        let waits = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(PREFER, HeaderValue::from_str(value).unwrap());
            }
            wait(&headers)
        };
        assert_eq!(waits(&["wait=5"]), Some(5));
        assert_eq!(waits(&["respond-async, Wait = \"7\"; x=1", "wait=9"]), Some(7));
        assert_eq!(waits(&["return=minimal", "wait=3000"]), Some(30));
        assert_eq!(waits(&["wait=-1"]), None);
        assert_eq!(waits(&["wait", "waits=3"]), None);
    }
}
