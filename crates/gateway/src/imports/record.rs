//! What is known of an import, and how it goes from one phase to the next. Pure: whoever changes a record writes it
//! with the revision that it read, so of two who change it one is told.

use std::collections::BTreeSet;

use domain::Slug;
use intake::Ended;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::range::Part;
use super::store::Segment;
use crate::problem::Problem;

/// How long whoever works on an import may be silent before somebody else goes on, in microseconds. A clock that is
/// off makes two work at once, which costs time and changes nothing.
pub(crate) const LEASE: i64 = 6_000_000;
/// Code of the problem that whoever asked for work may not any more.
const REVOKED: &str = "credential-revoked";
/// Parts that one file may come in.
const PARTS_MAX: usize = 10_000;

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Does {
    /// Its rows are decided against the ledger as it stands, and nothing is recorded.
    Check,
    /// Its rows are recorded.
    Commit,
}

/// Rows by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) repeated: u64,
    pub(crate) refused: u64,
    pub(crate) passed_over: u64,
}

impl Counts {
    pub(crate) const fn count(&mut self, ended: Ended) {
        match ended {
            Ended::Accepted => self.accepted += 1,
            Ended::Repeated => self.repeated += 1,
            Ended::Refused => self.refused += 1,
            Ended::PassedOver => self.passed_over += 1,
        }
    }

    pub(crate) const fn rows(&self) -> u64 {
        self.accepted + self.repeated + self.refused + self.passed_over
    }
}

/// Why work ended before it was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trouble {
    /// Code of a problem.
    pub(crate) code: String,
    /// A sentence.
    pub(crate) message: String,
}

impl Trouble {
    /// Whoever asked for the work may not any more.
    pub(crate) fn revoked() -> Self {
        let message = "the token that asked for this was revoked or has expired; what was recorded before stays; \
                       ask again with another token";
        Self { code: REVOKED.to_owned(), message: message.to_owned() }
    }

    /// Whether nothing is wrong with the file, only with who asked.
    pub(crate) fn is_of_asker(&self) -> bool {
        self.code == REVOKED
    }
}

/// Who works on it, and when it was last heard of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) worker: Uuid,
    /// Microseconds UTC.
    pub(crate) beat: i64,
}

/// For whom work is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asker {
    pub(crate) actor: String,
    pub(crate) credential: Option<String>,
    /// The ledger that the token was made in, if it was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) home: Option<Slug>,
    /// Commands that the token allows, where rows may be of any; none where all are allowed.
    pub(crate) may: Option<BTreeSet<String>>,
}

/// The work that was asked for last, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) does: Does,
    pub(crate) asker: Asker,
    /// Bytes of the file whose rows have ended, and the number of the last of these rows.
    pub(crate) offset: u64,
    pub(crate) row: u64,
    pub(crate) counts: Counts,
    pub(crate) report: Vec<Segment>,
    pub(crate) errors: Vec<Segment>,
    pub(crate) holder: Option<Holder>,
    /// What it waits for.
    pub(crate) waits: Option<String>,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) has_ended: bool,
}

impl Job {
    fn new(does: Does, asker: Asker) -> Self {
        let (report, errors, counts) = (Vec::new(), Vec::new(), Counts::default());
        let (holder, waits, trouble, has_ended) = (None, None, None, false);
        Self { does, asker, offset: 0, row: 0, counts, report, errors, holder, waits, trouble, has_ended }
    }
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Import {
    pub(crate) id: Uuid,
    pub(crate) ledger: Slug,
    /// The principal whose it is; nobody else sends its file, reads its reports or has it recorded.
    pub(crate) maker: String,
    pub(crate) format: String,
    pub(crate) source: String,
    pub(crate) name: Option<String>,
    /// What the sender says that the file's digest is.
    pub(crate) claimed: Option<String>,
    /// Microseconds UTC.
    pub(crate) created: i64,
    /// Writers so far: each writes chunks of its own, so that one that was given up can't spoil another's.
    pub(crate) runs: u32,
    pub(crate) data: Vec<Segment>,
    pub(crate) received: u64,
    pub(crate) total: Option<u64>,
    /// Of the whole file, once somebody has read it.
    pub(crate) digest: Option<String>,
    /// What a check of exactly this data found.
    pub(crate) checked: Option<Counts>,
    pub(crate) job: Option<Job>,
}

/// Where an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    Uploading,
    Uploaded,
    Checking,
    Checked,
    Committing,
    Committed,
    Unusable,
}

impl Import {
    /// Where it is.
    pub(crate) fn phase(&self) -> Phase {
        match &self.job {
            Some(Job { has_ended: true, trouble: Some(trouble), .. }) if trouble.is_of_asker() => {
                if self.checked.is_some() { Phase::Checked } else { Phase::Uploaded }
            }
            Some(Job { has_ended: true, trouble: Some(_), .. }) => Phase::Unusable,
            Some(Job { has_ended, does: Does::Commit, .. }) => {
                if *has_ended {
                    Phase::Committed
                } else {
                    Phase::Committing
                }
            }
            Some(Job { has_ended: false, does: Does::Check, .. }) => Phase::Checking,
            _ if self.total != Some(self.received) => Phase::Uploading,
            Some(_) => Phase::Checked,
            None => Phase::Uploaded,
        }
    }

    /// Whether it is worked on, or waits for somebody who works on it.
    pub(crate) fn is_open(&self) -> bool {
        self.job.as_ref().is_some_and(|job| !job.has_ended)
    }

    /// A writer begins; its number.
    pub(crate) const fn begin_run(&mut self) -> u32 {
        self.runs += 1;
        self.runs
    }

    /// Whether these bytes may come now.
    ///
    /// # Errors
    /// When the file is in use or recorded, or the upload goes on elsewhere.
    pub(crate) fn may_receive(&self, part: &Part) -> Result<(), Problem> {
        if matches!(self.phase(), Phase::Checking | Phase::Committing | Phase::Committed) {
            return Err(not_ready("its data can't change any more, or not while it is worked on"));
        }
        let known = self.total.filter(|_| self.received > 0);
        let is_next = part.first == self.received && known.is_none_or(|total| part.total == Some(total));
        if part.is_whole || (is_next && self.data.len() < PARTS_MAX) {
            return Ok(());
        }
        let total = known.map_or_else(|| "<total>".to_owned(), |total| total.to_string());
        let what = format!("{} bytes are here", self.received);
        let hint =
            format!("send Content-Range: bytes {}-<last>/{total}, or the whole without one", self.received);
        Err(Problem::new("upload-elsewhere", what).hint(hint).at("Content-Range"))
    }

    /// Bytes have come: all that this run has brought so far.
    pub(crate) fn receive(&mut self, part: &Part, segment: Segment, total: Option<u64>) {
        if part.is_whole && self.data.iter().any(|known| known.run != segment.run) {
            self.data.clear();
        }
        let first = part.first + segment.bytes;
        match self.data.last_mut().filter(|last| last.run == segment.run) {
            Some(last) => *last = segment,
            None => self.data.push(segment),
        }
        (self.received, self.total, self.digest) = (first, total, None);
        (self.checked, self.job) = (None, None);
    }

    /// What a run has brought is refused; whether any of it was taken for good.
    pub(crate) fn give_back(&mut self, run: u32) -> bool {
        let before = self.data.len();
        self.data.retain(|segment| segment.run != run);
        if self.data.len() == before {
            return false;
        }
        self.received = self.data.iter().map(|segment| segment.bytes).sum();
        if self.received == 0 {
            self.total = None;
        }
        true
    }

    /// A check is asked for; nothing changes when it is under way or done.
    ///
    /// # Errors
    /// When the file is not whole, or recorded.
    pub(crate) fn ask_check(&mut self, asker: Asker) -> Result<(), Problem> {
        match self.phase() {
            Phase::Uploading => Err(not_ready("the file is not whole yet")),
            Phase::Committing | Phase::Committed => Err(not_ready("it is recorded already, or about to be")),
            Phase::Checking => Ok(()),
            Phase::Uploaded | Phase::Checked | Phase::Unusable => {
                self.checked = None;
                self.job = Some(Job::new(Does::Check, asker));
                Ok(())
            }
        }
    }

    /// Recording is asked for; nothing changes when it is under way or done. Some rows may be refused if that is said.
    ///
    /// # Errors
    /// When the file was not checked, or the check refused rows, and it is not said that a part will do.
    pub(crate) fn ask_commit(&mut self, asker: Asker, partial: bool) -> Result<(), Problem> {
        let all_well = self.checked.is_some_and(|counts| counts.refused == 0);
        match self.phase() {
            Phase::Committing | Phase::Committed => return Ok(()),
            Phase::Uploading => return Err(not_ready("the file is not whole yet")),
            Phase::Checking => return Err(not_ready("the check is not done yet")),
            Phase::Unusable => return Err(not_ready("the file can't be used as it is")),
            Phase::Uploaded | Phase::Checked => {}
        }
        if self.claimed.is_some() && self.digest.is_none() {
            return Err(not_ready("nobody has held the file against the digest that you named")
                .hint("POST …/check first"));
        }
        if !all_well && !partial {
            let refused = self.checked.map_or(0, |counts| counts.refused);
            let why = match self.checked {
                Some(_) => format!("the check refused {refused} rows"),
                None => "this file was not checked".to_owned(),
            };
            let hint = match self.checked {
                Some(_) => "mend the rows of errors.csv, send the file again and check it",
                None => "POST …/check first, also again after other data were sent",
            };
            let hint = format!("{hint}; {{\"partial\": true}} records whatever is not refused");
            return Err(not_ready(&why).hint(hint));
        }
        self.job = Some(Job::new(Does::Commit, asker));
        Ok(())
    }

    /// Takes the work on, unless somebody else is at it; the number of the run. A check begins anew, because nobody
    /// remembers what it has hashed; recording goes on where it was.
    pub(crate) fn claim(&mut self, worker: Uuid, now: i64) -> Option<u32> {
        let run = self.runs + 1;
        let job = self.job.as_mut().filter(|job| !job.has_ended)?;
        let held = job
            .holder
            .as_ref()
            .is_some_and(|holder| holder.worker != worker && now.saturating_sub(holder.beat) < LEASE);
        if held {
            return None;
        }
        if job.does == Does::Check {
            *job = Job::new(Does::Check, job.asker.clone());
        }
        job.holder = Some(Holder { worker, beat: now });
        self.runs = run;
        Some(run)
    }

    /// The work has ended, with what is wrong with the file if something is.
    pub(crate) fn end(&mut self, trouble: Option<Trouble>) {
        let Some(job) = &mut self.job else { return };
        (job.holder, job.waits, job.has_ended) = (None, None, true);
        if job.does == Does::Check && trouble.is_none() {
            self.checked = Some(job.counts);
        }
        job.trouble = trouble;
    }
}

fn not_ready(why: &str) -> Problem {
    Problem::new("import-not-ready", why)
}

#[cfg(test)]
mod tests;
