//! Parameters of an address, read strictly: what is not known is refused with a suggestion, so that a slip of the pen
//! is not an answer to another question.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use crate::problem::Problem;

/// How alike two names must be to be suggested, from 0 to 1.
const ALIKE: f64 = 0.75;

/// The parameters of a request. Whoever reads them takes out what it knows and then ends with
/// [`finish`](Self::finish).
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters {
    given: BTreeMap<String, String>,
    known: Vec<&'static str>,
}

impl Parameters {
    /// Those of a query string.
    ///
    /// # Errors
    /// When it names a parameter twice.
    pub(crate) fn read(query: &str) -> Result<Self, Problem> {
        let mut given = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (name, value) = (name.into_owned(), value.into_owned());
            if given.insert(name.clone(), value).is_some() {
                let what = format!("the parameter {name} is given twice");
                return Err(Problem::new("malformed-request", what).at(name));
            }
        }
        Ok(Self { given, known: Vec::new() })
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// When it can't be one.
    pub(crate) fn take<T: FromStr<Err: Display>>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, Problem> {
        self.known.push(name);
        let Some(text) = self.given.remove(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|why| {
            Problem::new("malformed-request", format!("{name} can't be {text:?}: {why}")).at(name)
        })
    }

    /// What is left, each about a column.
    ///
    /// # Errors
    /// When something is about none.
    pub(crate) fn columns(self, columns: &[&'static str]) -> Result<BTreeMap<String, String>, Problem> {
        // `ends<=2026-06-30` has the name `ends<`.
        let column = |name: &str| name == "by" || columns.contains(&name.trim_end_matches(['<', '>']));
        match self.given.keys().find(|name| !column(name)) {
            Some(name) => Err(unknown(name, &[columns, &self.known].concat())),
            None => Ok(self.given),
        }
    }

    /// Everything was known.
    ///
    /// # Errors
    /// When something was not.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.given.keys().next() {
            None => Ok(()),
            Some(name) => Err(unknown(name, &self.known)),
        }
    }
}

/// Refuses whatever parameter comes to an address that takes none.
pub(crate) async fn none_is_taken(
    parameters: Parameters,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    parameters.finish()?;
    Ok(next.run(request).await)
}

/// What is said of a name that is not known.
fn unknown(name: &str, known: &[&str]) -> Problem {
    let problem = Problem::new("unknown-parameter", format!("there is no parameter {name}")).at(name);
    match closest(name, known.iter().copied()) {
        Some(close) => problem.hint(format!("did you mean {close}?")),
        None if known.is_empty() => problem.hint("this address takes none"),
        None => problem.hint(format!("there are: {}", known.join(", "))),
    }
}

/// The name that was most likely meant.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let alike = known.into_iter().map(|known| (strsim::jaro_winkler(name, known), known));
    alike.filter(|(alike, _)| *alike >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_parameter_is_refused_with_a_suggestion() {
        let mut parameters = Parameters::read("page_sise=5").unwrap();
        assert_eq!(parameters.take::<u32>("page_size").unwrap(), None);
        let problem = parameters.finish().unwrap_err();
        assert_eq!(
            (problem.code(), problem.hint.as_deref()),
            ("unknown-parameter", Some("did you mean page_size?"))
        );
    }

    #[test]
    fn values_are_decoded_and_must_fit() {
        let mut parameters = Parameters::read("name=caf%C3%A9+noir&n=x&n=").unwrap_err();
        assert_eq!(parameters.code(), "malformed-request");
        let mut good = Parameters::read("name=caf%C3%A9+noir&n=x").unwrap();
        assert_eq!(good.take::<String>("name").unwrap().unwrap(), "café noir");
        parameters = good.take::<u32>("n").unwrap_err();
        assert_eq!(parameters.errors[0].pointer, "n");
    }
}
