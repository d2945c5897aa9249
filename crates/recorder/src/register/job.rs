//! Work done beside the ledger's task: writing a run, merging runs.

use std::thread::JoinHandle;

use super::RegisterError;

/// A thread with a result. Dropping it waits, so that no thread that nobody knows writes files.
pub(super) struct Job<T> {
    thread: Option<JoinHandle<Result<T, RegisterError>>>,
}

impl<T: Send + 'static> Job<T> {
    pub(super) fn start(work: impl FnOnce() -> Result<T, RegisterError> + Send + 'static) -> Self {
        Self { thread: Some(std::thread::spawn(work)) }
    }

    pub(super) fn is_done(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    pub(super) fn wait(mut self) -> Result<T, RegisterError> {
        let ended = self.thread.take().map(JoinHandle::join);
        match ended {
            Some(Ok(result)) => result,
            Some(Err(_)) | None => Err(RegisterError::Damaged("a write ended without a result")),
        }
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // Its outcome has nobody to go to; what it wrote counts only through a bookmark.
            let _ = thread.join();
        }
    }
}
