//! Who of one role is there, and who of them holds a ledger. Pure: time and what was heard come in as values.
//!
//! Everybody computes the same from the same members. That two disagree for a while costs work and nothing else: an
//! append is guarded, and whoever answers has read the log.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use domain::Slug;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A running server, by a number that it draws when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instance(pub(crate) u64);

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Instance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = u64::from_str_radix(text, 16).map(Self);
        number
            .ok()
            .filter(|instance| instance.to_string() == text)
            .ok_or_else(|| format!("{text} is no instance"))
    }
}

/// What an instance says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Says {
    /// It listens, and reads up on what it is going to hold.
    Comes,
    /// It takes requests.
    Here,
    /// It takes no more.
    Leaves,
}

/// What became of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It takes requests from now on.
    Came(Instance),
    /// It does no longer.
    Went(Instance),
}

/// Everybody who was heard lately, as one of them sees it.
#[derive(Debug)]
pub(crate) struct Members {
    me: Instance,
    lease: Duration,
    /// Time in which this one could hear: it goes on when its own message comes round.
    passed: Duration,
    /// When that last was.
    echoed: Option<Duration>,
    /// Whether that said that this one takes requests.
    here: bool,
    others: BTreeMap<Instance, Heard>,
}

#[derive(Debug, Clone, Copy)]
struct Heard {
    at: Duration,
    here: bool,
}

impl Members {
    /// Nobody was heard yet.
    pub(crate) const fn new(me: Instance, lease: Duration) -> Self {
        Self { me, lease, passed: Duration::ZERO, echoed: None, here: false, others: BTreeMap::new() }
    }

    /// Takes in what an instance said, this one too. `now` is a time that never steps.
    pub(crate) fn hear(&mut self, instance: Instance, says: Says, now: Duration) -> Vec<Change> {
        if instance == self.me {
            return self.echo(says, now);
        }
        let was = self.others.get(&instance).is_some_and(|heard| heard.here);
        let here = says == Says::Here;
        if says == Says::Leaves {
            self.others.remove(&instance);
        } else {
            self.others.insert(instance, Heard { at: self.time(now), here });
        }
        match (was, here) {
            (false, true) => vec![Change::Came(instance)],
            (true, false) => vec![Change::Went(instance)],
            _ => Vec::new(),
        }
    }

    /// Its own message came round, so it has also heard what others said before: whoever said nothing for the time of
    /// a lease is gone. Time in which this one stood still, or had no connection, ends nobody's lease.
    fn echo(&mut self, says: Says, now: Duration) -> Vec<Change> {
        self.passed = self.time(now);
        self.echoed = Some(now);
        let was = std::mem::replace(&mut self.here, says == Says::Here);
        let mut changes = Vec::new();
        if !was && self.here {
            changes.push(Change::Came(self.me));
        }
        let (passed, lease) = (self.passed, self.lease);
        let gone = |heard: &Heard| passed.saturating_sub(heard.at) >= lease;
        changes.extend(self.others.iter().filter(|(_, h)| gone(h) && h.here).map(|(i, _)| Change::Went(*i)));
        self.others.retain(|_, heard| !gone(heard));
        changes
    }

    fn time(&self, now: Duration) -> Duration {
        let since = self.echoed.map_or(Duration::ZERO, |echoed| now.saturating_sub(echoed));
        self.passed + since.min(self.lease / 2)
    }

    /// Whether this one takes requests, as the others know by now.
    pub(crate) const fn is_here(&self) -> bool {
        self.here
    }

    /// Whether that one does.
    pub(crate) fn has(&self, instance: Instance) -> bool {
        if instance == self.me {
            self.here
        } else {
            self.others.get(&instance).is_some_and(|heard| heard.here)
        }
    }

    /// Whether that one was heard lately, whatever it said.
    pub(crate) fn knows(&self, instance: Instance) -> bool {
        self.others.contains_key(&instance)
    }

    /// How many take requests.
    pub(crate) fn count(&self) -> usize {
        self.here().count()
    }

    /// Who holds a ledger, the first of them first.
    pub(crate) fn holders(&self, ledger: &Slug, count: usize) -> Vec<Instance> {
        highest(ledger, self.here(), count)
    }

    /// Who would hold it if everybody who comes were there.
    pub(crate) fn heirs(&self, ledger: &Slug, count: usize) -> Vec<Instance> {
        highest(ledger, self.others.keys().copied().chain([self.me]), count)
    }

    fn here(&self) -> impl Iterator<Item = Instance> {
        let others = self.others.iter().filter(|(_, heard)| heard.here).map(|(instance, _)| *instance);
        others.chain(self.here.then_some(self.me))
    }
}

/// Rendezvous hashing: each member draws a number for the ledger, and the highest hold it. So a member that comes takes
/// ledgers and moves none between others.
fn highest(ledger: &Slug, members: impl Iterator<Item = Instance>, count: usize) -> Vec<Instance> {
    let draw = |instance: &Instance| -> [u8; 32] {
        Sha256::new().chain_update(instance.0.to_be_bytes()).chain_update(ledger.as_str()).finalize().into()
    };
    let mut members: Vec<Instance> = members.collect();
    members.sort_by_cached_key(|instance| (Reverse(draw(instance)), *instance));
    members.truncate(count);
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(6);

    fn slug(number: u32) -> Slug {
        format!("ledger-{number}").parse().unwrap()
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// What `me` knows once it has heard all of these.
    fn knowing(me: u64, all: impl IntoIterator<Item = u64>) -> Members {
        let mut members = Members::new(Instance(me), LEASE);
        for instance in all {
            members.hear(Instance(instance), Says::Here, seconds(0));
        }
        members
    }

    #[test]
    fn everybody_agrees_in_whatever_order_they_were_heard() {
        let (one, two) = (knowing(1, 1..=5), knowing(4, [3, 5, 1, 2, 4]));
        for ledger in (0..200).map(slug) {
            assert_eq!(one.holders(&ledger, 3), two.holders(&ledger, 3));
            assert_eq!(one.heirs(&ledger, 3), two.holders(&ledger, 3));
        }
    }

    #[test]
    fn a_member_that_comes_takes_its_share_and_moves_nothing_between_others() {
        for members in 1..8 {
            let (before, after) = (knowing(1, 1..=members), knowing(1, 1..=members + 1));
            let new = Instance(members + 1);
            let mut taken = 0;
            for ledger in (0..400).map(slug) {
                let (old, now) = (before.holders(&ledger, 1), after.holders(&ledger, 1));
                assert!(old == now || now == [new], "{ledger} moved from {old:?} to {now:?}");
                taken += u64::from(now == [new]);
                // The second holder is who holds it when the first has gone.
                let both = after.holders(&ledger, 2);
                assert!(now != [new] || both == [new, old[0]]);
            }
            let share = 400 / (members + 1);
            assert!((share / 2..=share * 2).contains(&taken), "{taken} of 400 for one of {}", members + 1);
        }
    }

    #[test]
    fn who_is_not_heard_for_the_time_of_a_lease_is_gone() {
        let (me, other) = (Instance(1), Instance(2));
        let mut members = knowing(1, [1, 2]);
        for second in [2, 4] {
            assert_eq!(members.hear(me, Says::Here, seconds(second)), []);
        }
        assert!(members.has(other));
        assert_eq!(members.hear(me, Says::Here, seconds(6)), [Change::Went(other)]);
        assert_eq!((members.has(other), members.count()), (false, 1));
        assert_eq!(members.hear(other, Says::Here, seconds(7)), [Change::Came(other)]);
        assert_eq!(members.hear(other, Says::Leaves, seconds(8)), [Change::Went(other)]);
        assert_eq!(members.hear(other, Says::Leaves, seconds(8)), []);
    }

    #[test]
    fn who_was_away_itself_ends_nobody_s_lease() {
        let (me, other) = (Instance(1), Instance(2));
        let mut members = knowing(1, [1, 2]);
        // Stopped for an hour, or without a connection; its own message is the first to come round.
        assert_eq!(members.hear(me, Says::Here, seconds(3600)), []);
        assert_eq!(members.hear(other, Says::Here, seconds(3601)), []);
        assert!(members.has(other));
        // Without its own message it does not know whether it hears.
        assert_eq!(members.hear(Instance(3), Says::Here, seconds(7200)), [Change::Came(Instance(3))]);
        assert!(members.has(other));
    }

    #[test]
    fn who_comes_is_reckoned_with_and_not_asked_yet() {
        let mut members = knowing(1, [1]);
        assert_eq!(members.hear(Instance(2), Says::Comes, seconds(0)), []);
        let moves = (0..50).map(slug).filter(|ledger| members.heirs(ledger, 1) == [Instance(2)]).count();
        assert!(moves > 0);
        assert!((0..50).map(slug).all(|ledger| members.holders(&ledger, 1) == [Instance(1)]));
        // One that comes asks others, if there are any.
        let coming = knowing(3, [1, 2]);
        assert!((0..50).map(slug).all(|ledger| !coming.holders(&ledger, 2).contains(&Instance(3))));
        assert!(!coming.is_here());
    }

    #[test]
    fn an_instance_is_written_in_one_way() {
        assert_eq!("00000000000000ff".parse(), Ok(Instance(255)));
        for other in ["ff", "00000000000000FF", "+0000000000000ff", "", "x"] {
            assert!(other.parse::<Instance>().is_err(), "{other}");
        }
    }
}
