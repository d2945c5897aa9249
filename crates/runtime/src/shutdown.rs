//! The wish to stop: by signal, or by whoever holds the trigger.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells everybody who listens that it is time to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown {
    wish: watch::Sender<bool>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { wish: watch::Sender::new(false) }
    }
}

impl Shutdown {
    /// A shutdown that SIGINT and SIGTERM trigger; a second signal ends the process at once, with 130.
    ///
    /// # Errors
    /// When the signals can't be listened to.
    pub fn on_signals() -> std::io::Result<Self> {
        let shutdown = Self::default();
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let trigger = shutdown.clone();
        #[expect(clippy::disallowed_methods, reason = "it lives as long as the process")]
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if trigger.is_triggered() {
                    std::process::exit(130);
                }
                trigger.trigger();
            }
        });
        Ok(shutdown)
    }

    /// Says that it is time.
    pub fn trigger(&self) {
        self.wish.send_replace(true);
    }

    /// Whether it is time.
    pub fn is_triggered(&self) -> bool {
        *self.wish.borrow()
    }

    /// Waits until it is time.
    pub async fn triggered(&self) {
        // The sender lives in `self`, so the channel can't close while this waits.
        let _ = self.wish.subscribe().wait_for(|wish| *wish).await;
    }
}
