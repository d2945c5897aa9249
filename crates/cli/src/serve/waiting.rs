//! Waiting, at start, for a log that is out of reach: roles that keep nothing of their own wait for a broker that is away,
//! or whose servers have no leader yet, as they do while they serve. What waiting does not cure ends the start at once.

use std::time::Duration;

use runtime::Shutdown;

use crate::error::Error;
use crate::exit::Exit;

/// Pause before the next try.
const PAUSE: Duration = Duration::from_secs(1);

/// What `get` comes to once it is to be had; nothing if it is time to stop before that. The log of the process says what is
/// waited for, and again when it is something else.
///
/// # Errors
/// Any but [`Exit::Unavailable`].
pub(crate) async fn patiently<T>(
    shutdown: &Shutdown,
    get: impl AsyncFn() -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut told = None;
    loop {
        let error = tokio::select! {
            biased;
            () = shutdown.triggered() => return Ok(None),
            got = get() => match got {
                Ok(got) => return Ok(Some(got)),
                Err(error) if error.exit() == Exit::Unavailable => error,
                Err(error) => return Err(error),
            },
        };
        let (what, why, _) = error.parts();
        let why = Some(why.unwrap_or(what).to_owned());
        if told != why {
            tracing::warn!(why, "waiting for the log");
            told = why;
        }
        tokio::select! {
            () = shutdown.triggered() => return Ok(None),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_out_of_reach_is_tried_again_and_what_is_wrong_is_not() {
        let tries = Cell::new(0);
        let third = async || {
            tries.set(tries.get() + 1);
            if tries.get() < 3 { Err(Error::new(Exit::Unavailable, "away")) } else { Ok(tries.get()) }
        };
        assert_eq!(patiently(&Shutdown::default(), third).await.unwrap(), Some(3));
        let wrong = async || Err::<(), _>(Error::new(Exit::SetupMissing, "no key"));
        assert_eq!(patiently(&Shutdown::default(), wrong).await.unwrap_err().exit(), Exit::SetupMissing);
    }

    #[tokio::test]
    async fn who_waits_still_stops_when_it_is_time() {
        let shutdown = Shutdown::default();
        let away = async || {
            shutdown.trigger();
            Err::<(), _>(Error::new(Exit::Unavailable, "away"))
        };
        assert!(patiently(&shutdown, away).await.unwrap().is_none());
    }
}
