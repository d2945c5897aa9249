//! What an address of a ledger is asked, taken apart before its handler begins.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use domain::Slug;
use serde::Deserialize;
use uuid::Uuid;

use crate::Shared;
use crate::access::Caller;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::things::Collection;
use crate::vantage::Looking;

/// What is asked of a ledger, with parameters.
pub(crate) struct Asked {
    pub(crate) ledger: Slug,
    pub(crate) parameters: Parameters,
    pub(crate) headers: HeaderMap,
    pub(crate) uri: Uri,
}

impl FromRequestParts<Arc<Shared>> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Shared>) -> Result<Self, Problem> {
        let ledger = Caller::of(parts)?.ledger.clone();
        let parameters = Parameters::read(parts.uri.query().unwrap_or_default())?;
        Ok(Self { ledger, parameters, headers: parts.headers.clone(), uri: parts.uri.clone() })
    }
}

/// What an address names in a ledger by its id.
pub(crate) struct Named {
    pub(crate) ledger: Slug,
    pub(crate) id: Uuid,
}

impl FromRequestParts<Arc<Shared>> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Braced {
            id: String,
        }
        let path = Path::<Braced>::from_request_parts(parts, shared).await;
        let Path(Braced { id }) = path.map_err(|_| unlisted())?;
        Ok(Self { ledger: Caller::of(parts)?.ledger.clone(), id: read_id(&id)? })
    }
}

/// What is asked of a thing that an address names.
pub(crate) struct OfThing {
    pub(crate) ledger: Slug,
    pub(crate) collection: &'static Collection,
    pub(crate) id: Uuid,
    pub(crate) looking: Looking,
    /// Those that are left.
    pub(crate) parameters: Parameters,
    pub(crate) headers: HeaderMap,
}

impl FromRequestParts<Arc<Shared>> for OfThing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let collection = *parts.extensions.get::<&'static Collection>().ok_or_else(unlisted)?;
        let Asked { mut parameters, headers, .. } = Asked::from_request_parts(parts, shared).await?;
        let looking = Looking::read(&mut parameters, &headers)?;
        let Named { ledger, id } = Named::from_request_parts(parts, shared).await?;
        Ok(Self { ledger, collection, id, looking, parameters, headers })
    }
}

impl Caller {
    /// Who sent a request, once the guard let it through.
    ///
    /// # Errors
    /// When nobody guards its address.
    pub(crate) fn of(parts: &Parts) -> Result<&Self, Problem> {
        parts.extensions.get().ok_or_else(unlisted)
    }
}

fn unlisted() -> Problem {
    Problem::new("internal", "the address is not listed as it should be")
}

/// An id as an address or a header has it.
///
/// # Errors
/// When it is none; nothing has it then.
pub(crate) fn read_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::new("not-found", format!("{text:?} is no id")))
}
