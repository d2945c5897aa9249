//! Asking through NATS.

use std::time::Duration;

use async_nats::Request;
use async_nats::client::RequestErrorKind;
use bytes::Bytes;
use domain::Slug;
use gateway::Trace;
use journal::{JetStream, jetstream};
use wire::ask::{Ask, Reply};

use super::{PAUSES_MS, REPEATING_IS_SAFE, journal_error, not_ours, patience};
use crate::args::Place;
use crate::error::Error;
use crate::exit::Exit;
use crate::serve::trace::traced;

/// Asks through NATS. A question without an answer goes out again: servers of one role share the questions, so
/// another one may get it.
///
/// # Errors
/// When nobody answers.
pub(crate) async fn ask_nats(
    journal: &JetStream,
    ledger: &Slug,
    ask: &Ask,
    trace: &Trace,
) -> Result<Reply, Error> {
    let (role, timeout, mut left) = patience(ask);
    let (client, subject) = (journal.client(), format!("ask.{role}.{ledger}"));
    let question = Bytes::from(serde_json::to_vec(ask)?);
    let most = client.server_info().max_payload;
    if question.len() > most {
        let what = format!("the request has {} bytes; a NATS message carries {most}", question.len());
        return Err(Error::new(Exit::Usage, what).hint("send fewer commands at once, or smaller ones"));
    }
    let mut pauses = PAUSES_MS.into_iter();
    loop {
        let mut request = Request::new().payload(question.clone()).timeout(Some(timeout));
        if let Some(headers) = traced(trace) {
            request = request.headers(headers);
        }
        let asked = journal.permitted(&subject, client.send_request(subject.clone(), request)).await;
        let error = match asked.map_err(|denied| journal_error(&denied))? {
            Ok(message) => return serde_json::from_slice(&message.payload).map_err(|error| not_ours(&error)),
            Err(error) => error,
        };
        let pause = match error.kind() {
            RequestErrorKind::NoResponders => pauses.next(),
            RequestErrorKind::TimedOut => {
                left = left.saturating_sub(1);
                (left > 0).then_some(0)
            }
            _ => None,
        };
        if let Some(pause) = pause {
            tracing::debug!(%error, role, "asking again");
            tokio::time::sleep(Duration::from_millis(pause)).await;
            continue;
        }
        let hint = match error.kind() {
            RequestErrorKind::NoResponders => {
                format!(
                    "start one with: hubledger serve all --config FILE, or serve {role}; {REPEATING_IS_SAFE}"
                )
            }
            _ => format!("its end is not known; {REPEATING_IS_SAFE}"),
        };
        let what = format!("no {role} answered for {ledger}");
        return Err(Error::new(Exit::Unavailable, what).why(error).hint(hint));
    }
}

/// Connects to JetStream to read; what reads can lose nothing.
///
/// # Errors
/// When nobody answers.
pub(crate) async fn connect(url: &str, place: &Place) -> Result<JetStream, Error> {
    let settings = jetstream::Settings {
        url: url.to_owned(),
        replicas: 1,
        nkey_file: place.nkey.clone(),
        accept_unchecked_sync: true,
    };
    JetStream::connect(settings).await.map_err(|error| journal_error(&error))
}
