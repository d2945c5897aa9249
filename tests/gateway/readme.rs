//! The README's example of a district, run as it is printed.

use std::ffi::OsString;
use std::process::Command;

use tests::binary::{self, Serving};
use tests::http::Port;
use tests::nats::root;

/// The lines between these two headings that are for a terminal.
fn lines(from: &str, to: &str) -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once(from).unwrap();
    let (part, _) = rest.split_once(to).unwrap();
    // Those in a language begin with its name.
    part.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix('\n')).collect()
}

#[test]
fn the_readme_s_district_delivers_a_night_line_by_line() {
    // With the machine's curl, if it has one, and with a few lines of our own in its place.
    let (here, ours) =
        (std::env::var_os("PATH").unwrap(), root().join("tests/gateway/readme").into_os_string());
    district([here.clone(), ours.clone()]);
    district([ours, here]);
}

/// Runs the example with programs from these folders.
fn district([first, second]: [OsString; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let all = lines("\n## Over HTTP\n", "\n## Tokens\n");
    let (serve, rest) = all.split_once('\n').unwrap();
    assert_eq!(serve, "HUBLEDGER__GATEWAY__LISTEN=127.0.0.1:8080 hubledger serve all");
    let mut server = binary::command(&["serve", "all"]);
    server.env("HUBLEDGER__GATEWAY__LISTEN", "127.0.0.1:0").current_dir(folder.path());
    let server = Serving::spawn(server).unwrap();
    // All but the line that goes on until somebody ends it; the port may be taken on this machine.
    let (endless, script): (Vec<&str>, Vec<&str>) =
        rest.lines().partition(|line| line.starts_with("auth -N $L/events/live"));
    assert_eq!(endless.len(), 1);
    let script = script.join("\n").replace("localhost:8080", &Port::of_gateway(&server).0.to_string());

    let mut bash = Command::new("bash");
    let paths = [binary::path().parent().unwrap().as_os_str(), &first, &second].join(":".as_ref());
    bash.args(["-eu", "-c", &script]).env("PATH", paths).current_dir(folder.path());
    let ran = bash.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && !out.contains("/problems/"), "{out}\n{err}");
    assert_eq!(out.matches("{\"receipt\":").count(), 4, "{out}");
    // One delivery by its address, one by the night's file.
    assert!(out.contains("\n{\"ledger\":\"madrona-usd\",\"epoch\":1,"), "{out}");
    assert!(out.contains("\"rows\":[{\"agreement\":") && out.contains("\n2,,accepted,"), "{out}");
    assert!(out.contains("\"phase\":\"committed\""), "{out}");
}
