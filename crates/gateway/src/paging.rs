//! Pages of rows. A token names the last row of a page and the epoch, so that the next page begins after that row
//! whatever came in between; it is opaque to who holds it.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ETAG, IF_NONE_MATCH, LINK};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::parameters::Parameters;
use crate::problem::Problem;

/// Rows of a page, when nothing is said and at most.
pub(crate) const PAGE_SIZE: usize = 100;
pub(crate) const PAGE_SIZE_MAX: usize = 500;

/// Which page is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) size: usize,
    after: Option<Token>,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    epoch: u64,
    /// The last row, by the columns that tell it from all others.
    after: Vec<Value>,
}

impl Page {
    /// Takes `page_size` and `page_token`, also as Ed-Fi spells them.
    ///
    /// # Errors
    /// When one of them can't be read.
    pub(crate) fn read(parameters: &mut Parameters) -> Result<Self, Problem> {
        let size = match parameters.take("page_size")? {
            Some(size) => Some(size),
            None => parameters.take("pageSize")?,
        };
        let size = within(size)?;
        let token = match parameters.take::<String>("page_token")? {
            Some(token) => Some(token),
            None => parameters.take("pageToken")?,
        };
        let after = token.map(|token| Token::read(&token)).transpose()?;
        Ok(Self { size, after })
    }

    /// The rows of the page, and the token of the next if there is one.
    ///
    /// # Errors
    /// When the token is of another epoch, or its row is not there any more.
    pub(crate) fn of(
        &self,
        rows: Vec<Value>,
        identity: &[&str],
        epoch: u64,
    ) -> Result<(Vec<Value>, Option<String>), Problem> {
        let begin = match &self.after {
            None => 0,
            Some(token) if token.epoch != epoch => return Err(gone()),
            Some(token) => {
                let last = rows.iter().position(|row| identity_of(row, identity) == token.after);
                last.ok_or_else(gone)? + 1
            }
        };
        let more = rows.len() > begin + self.size;
        let page: Vec<Value> = rows.into_iter().skip(begin).take(self.size).collect();
        let last = page.last().filter(|_| more);
        let next = last.map(|last| Token { epoch, after: identity_of(last, identity) }.write());
        Ok((page, next))
    }
}

/// How many are wanted at most, where no row tells where a page ends.
///
/// # Errors
/// When it can't be read.
pub(crate) fn size(parameters: &mut Parameters) -> Result<usize, Problem> {
    within(parameters.take("page_size")?)
}

fn within(size: Option<usize>) -> Result<usize, Problem> {
    let size = size.unwrap_or(PAGE_SIZE);
    if (1..=PAGE_SIZE_MAX).contains(&size) {
        return Ok(size);
    }
    let what = format!("page_size is 1 to {PAGE_SIZE_MAX}, not {size}");
    Err(Problem::new("malformed-request", what).at("page_size"))
}

fn gone() -> Problem {
    Problem::new("cursor-gone", "the page that the token follows is not there any more")
}

fn identity_of(row: &Value, identity: &[&str]) -> Vec<Value> {
    identity.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect()
}

impl Token {
    fn read(text: &str) -> Result<Self, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let token = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        token.ok_or_else(|| {
            Problem::new("malformed-request", "the page token is none of ours").at("page_token")
        })
    }

    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A JSON answer that a reader need not get twice: with a strong ETag, and 304 to who has it.
pub(crate) fn tagged(body: &impl Serialize, headers: &HeaderMap) -> Result<Response, Problem> {
    let body = written(body)?;
    let tag = format!("\"{}\"", digest(&body));
    Ok(with_tag(&tag, headers, ("application/json", body)))
}

/// An answer as JSON.
pub(crate) fn written(answer: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(answer).map_err(Problem::defect)
}

/// What the reader would have an answer be.
pub(crate) fn accepted(headers: &HeaderMap) -> &str {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default()
}

/// Tells answers apart.
pub(crate) fn digest(body: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(body).get(..16).unwrap_or_default())
}

/// The same with an ETag of its own.
pub(crate) fn with_tag(tag: &str, headers: &HeaderMap, (media, body): (&'static str, Vec<u8>)) -> Response {
    let has = headers.get_all(IF_NONE_MATCH).iter().any(|value| matches(value, tag));
    let mut response = match has {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([("content-type", media)], body).into_response(),
    };
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// Whether a list of tags, quoted or not, has this one.
fn matches(value: &HeaderValue, tag: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    let value = value.to_str().unwrap_or_default();
    value.trim() == "*" || value.split(',').any(|one| bare(one) == bare(tag))
}

/// Adds the address of the next page.
pub(crate) fn link_next(response: &mut Response, uri: &Uri, next: Option<&str>) {
    let Some(next) = next else { return };
    let kept = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .filter(|(name, _)| name != "page_token" && name != "pageToken");
    let mut written = form_urlencoded::Serializer::new(String::new());
    written.extend_pairs(kept).append_pair("page_token", next);
    let link = format!("<{}?{}>; rel=\"next\"", uri.path(), written.finish());
    if let Ok(link) = HeaderValue::from_str(&link) {
        response.headers_mut().insert(LINK, link);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(size: usize, token: Option<&str>) -> Page {
        let token = token.map(|token| format!("&page_token={token}")).unwrap_or_default();
        Page::read(&mut Parameters::read(&format!("page_size={size}{token}")).unwrap()).unwrap()
    }

    #[test]
    fn pages_follow_each_other_although_rows_come_in_before_them() {
        let row = |n: u32| json!({ "site": n, "minutes": n * 2 });
        let (first, next) = page(2, None).of((1..=3).map(row).collect(), &["site"], 1).unwrap();
        assert_eq!((first, next.is_some()), (vec![row(1), row(2)], true));
        let later = std::iter::once(row(0)).chain((1..=3).map(row)).collect();
        let (second, last) = page(2, next.as_deref()).of(later, &["site"], 1).unwrap();
        assert_eq!((second, last), (vec![row(3)], None));
    }

    #[test]
    fn a_token_of_another_epoch_or_of_a_row_that_went_is_gone() {
        let row = |n: u32| json!({ "site": n });
        let (_, next) = page(1, None).of(vec![row(1), row(2)], &["site"], 1).unwrap();
        let next = next.unwrap();
        assert_eq!(page(1, Some(&next)).of(vec![row(1), row(2)], &["site"], 2).unwrap_err().status, 410);
        assert_eq!(page(1, Some(&next)).of(vec![row(2)], &["site"], 1).unwrap_err().status, 410);
        assert!(Page::read(&mut Parameters::read("page_token=x").unwrap()).is_err());
        assert!(Page::read(&mut Parameters::read("page_size=501").unwrap()).is_err());
    }
}
