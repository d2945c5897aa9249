//! A small disk for one test: a tmpfs that can be made larger.
//!
//! Mounting is allowed to few, so such a test runs itself again in a mount namespace of its own, where it may, and
//! where every mount goes with its last process.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Names the test that runs in a namespace of its own.
const APART: &str = "HUBLEDGER_TEST_APART";
/// As whoever may mount, and as a user who is let in by the kernel.
const WAYS: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
/// Whether a mount is possible there.
const TRY: &str = "mount -t tmpfs -o size=64k tmpfs \"$0\" && umount \"$0\"";

/// Tells this story where it may mount. Where nobody may, says so, and the story is not told.
pub fn apart(test: &str, story: impl FnOnce()) {
    if std::env::var_os(APART).is_some_and(|apart| apart == test) {
        return story();
    }
    let folder = tempfile::tempdir().unwrap();
    let may = |way: &&&[&str]| {
        let tried = Command::new("unshare").args(**way).args(["sh", "-c", TRY]).arg(folder.path()).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let Some(way) = WAYS.iter().find(may) else {
        // Straight to stderr: what a test prints is shown only when it fails.
        let why = "nothing can be mounted on this machine, not even after `unshare -Urm`";
        let said = format!("NOT TESTED: {test}: {why}\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    let mut again = Command::new("unshare");
    again.args(*way).arg(std::env::current_exe().unwrap()).env(APART, test);
    let ran = again.args([test, "--exact", "--nocapture"]).output().unwrap();
    let said = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    println!("{said}");
    assert!(ran.status.success() && said.contains("1 passed"), "{test} failed apart: {said}");
}

/// A mounted tmpfs. Whatever runs on it must end before it does.
pub struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Of so many KiB.
    pub fn of(kib: u64) -> Self {
        let disk = Self { folder: tempfile::tempdir().unwrap() };
        disk.mount(&["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"]);
        disk
    }

    /// Gives it room.
    pub fn grow(&self, kib: u64) {
        self.mount(&["-o", &format!("remount,size={kib}k")]);
    }

    fn mount(&self, how: &[&str]) {
        let mounted = Command::new("mount").args(how).arg(self.path()).output().unwrap();
        assert!(mounted.status.success(), "{}", String::from_utf8_lossy(&mounted.stderr));
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether a file of so many KiB finds no room.
    pub fn is_without(&self, kib: usize) -> bool {
        let path = self.path().join("one-more");
        let written = std::fs::write(&path, vec![1; kib * 1024]);
        std::fs::remove_file(&path).unwrap();
        written.is_err_and(|error| error.kind() == ErrorKind::StorageFull)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Without waiting for a process of a test that has failed.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}
