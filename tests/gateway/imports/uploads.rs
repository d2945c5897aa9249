//! Bytes on their way in.

use std::io::{Read as _, Write as _};

use serde_json::json;

use super::{HEADER, ask, counts, create, digest, ended, night, path, ready, report, send};
use crate::kit::{Answer, Gateway, LEDGER, code};

fn part(first: usize, part: &str, total: usize) -> String {
    format!(
        "Content-Range: bytes {first}-{}/{total}\r\nContent-Digest: {}\r\n",
        first + part.len() - 1,
        digest(part)
    )
}

fn offset(gateway: &Gateway, number: u32) -> usize {
    let head = gateway.port.ask("HEAD", &path(number, "/data"), "Connection: close\r\n");
    assert_eq!(head.status, 200);
    head.header("upload-offset").unwrap().parse().unwrap()
}

/// Sends a file that is no text.
fn send_bytes(gateway: &Gateway, number: u32, bytes: &[u8]) -> Answer {
    let (mut stream, mut text) = (gateway.port.connect(), String::new());
    let (path, length) = (path(number, "/data"), bytes.len());
    let head =
        format!("PUT {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), bytes].concat()).unwrap();
    stream.read_to_string(&mut text).unwrap();
    Answer::of(&text).unwrap()
}

#[test]
fn a_file_comes_in_parts_in_order() {
    let gateway = ready();
    let file = night(2_000);
    let new = json!({ "format": "deliveries", "digest": digest(&file) });
    assert_eq!(create(&gateway, 1, &new).status, 201);
    let (one, rest) = file.split_at(50_001);
    let (two, three) = rest.split_at(1);
    assert_eq!(send(&gateway, 1, &part(0, one, file.len()), one).status, 200);
    let ahead = send(&gateway, 1, &part(50_002, three, file.len()), three);
    assert_eq!(
        (ahead.status, code(&ahead), ahead.header("upload-offset")),
        (409, "upload-elsewhere".to_owned(), Some("50001"))
    );
    let not_whole = ask(&gateway, 1, "check", "");
    assert_eq!((not_whole.status, code(&not_whole)), (409, "import-not-ready".to_owned()));
    assert_eq!(send(&gateway, 1, &part(50_001, two, file.len()), two).status, 200);
    let last = send(&gateway, 1, &part(50_002, three, file.len()), three).json();
    assert_eq!(
        (&last["phase"], &last["received"], &last["digest"]),
        (&json!("uploaded"), &json!(file.len()), &json!(null))
    );
    assert_eq!(
        ask(&gateway, 1, "commit", "{\"partial\":true}").status,
        409,
        "nobody has read it against its digest"
    );
    assert_eq!(ask(&gateway, 1, "check", "").status, 202);
    let check = ended(&gateway, 1);
    assert_eq!((counts(&check), &check["digest"]), ([2_000, 0, 0], &json!(digest(&file))));
}

#[test]
fn a_broken_upload_goes_on_where_it_stopped() {
    let gateway = ready();
    let file = night(30_000);
    assert!(file.len() > 1_200_000);
    assert_eq!(create(&gateway, 1, &json!({ "format": "deliveries" })).status, 201);
    let mut stream = gateway.port.connect();
    let head =
        format!("PUT {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", path(1, "/data"), file.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&file.as_bytes()[..1_200_000]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    drop(stream.read_to_end(&mut Vec::new()));
    drop(stream);
    let mut came = 0;
    while came == 0 {
        came = offset(&gateway, 1);
    }
    assert!(came <= 1_200_000);
    let rest = &file[came..];
    let range = format!("Content-Range: bytes {came}-{}/{}\r\n", file.len() - 1, file.len());
    assert_eq!(send(&gateway, 1, &range, rest).json()["phase"], "uploaded");
    assert_eq!(ask(&gateway, 1, "check", "").status, 202);
    let check = ended(&gateway, 1);
    assert_eq!((counts(&check), &check["digest"]), ([30_000, 0, 0], &json!(digest(&file))));
    // The report is longer than a chunk.
    let report = report(&gateway, 1, "/report.csv");
    assert_eq!((report.len(), report[29_999].as_str()), (30_000, "30001,,accepted,,,,"));
}

#[test]
fn a_wrong_digest_is_refused_and_nothing_kept() {
    let gateway = ready();
    let file = night(3);
    let new = json!({ "format": "deliveries", "digest": digest(&file) });
    assert_eq!(create(&gateway, 1, &new).status, 201);
    let header = format!("Content-Digest: {}\r\n", digest("another"));
    let wrong = send(&gateway, 1, &header, &file);
    assert_eq!((wrong.status, code(&wrong)), (422, "digest-mismatch".to_owned()));
    // Nor a file that is another than was said at first.
    let other = send(&gateway, 1, "", &night(4));
    assert_eq!((other.status, code(&other), offset(&gateway, 1)), (422, "digest-mismatch".to_owned(), 0));
    // In parts it shows when they are read together.
    let other = night(3).replace("45", "46");
    let (one, two) = other.split_at(9);
    send(&gateway, 1, &part(0, one, other.len()), one);
    assert_eq!(send(&gateway, 1, &part(9, two, other.len()), two).status, 200);
    assert_eq!(ask(&gateway, 1, "check", "").status, 202);
    let check = ended(&gateway, 1);
    assert_eq!(
        (&check["phase"], &check["problem"]["type"]),
        (&json!("unusable"), &json!("/problems/digest-mismatch"))
    );
    assert_eq!(ask(&gateway, 1, "commit", "{\"partial\":true}").status, 409);
    assert_eq!(send(&gateway, 1, "", &file).status, 200);
    assert_eq!(offset(&gateway, 1), file.len());
}

#[test]
fn another_file_or_one_of_people_is_refused_before_any_of_it_is_kept() {
    let gateway = ready();
    create(&gateway, 1, &json!({ "format": "deliveries" }));
    let other = send(&gateway, 1, "", "a,b\n1,2\n");
    assert_eq!((other.status, code(&other), offset(&gateway, 1)), (422, "columns-missing".to_owned(), 0));
    create(&gateway, 2, &json!({ "format": "oneroster", "name": "users.csv" }));
    let users = "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName\n1,,,true,ada,,Ada,L\n";
    let people = send(&gateway, 2, "", users);
    assert_eq!((people.status, code(&people), offset(&gateway, 2)), (422, "people-not-taken".to_owned(), 0));
    assert!(!people.body.contains("Ada"));
    let packed = send(&gateway, 1, "Content-Encoding: gzip\r\n", HEADER);
    assert_eq!((packed.status, code(&packed)), (415, "unsupported-media-type".to_owned()));
    for (first, is) in [(&b"\x1f\x8b\x08\0"[..], "gzip"), (b"PK\x03\x04", "xlsx")] {
        let packed = send_bytes(&gateway, 1, first);
        assert_eq!((packed.status, code(&packed)), (422, "not-plain-text".to_owned()), "{packed:?}");
        assert!(packed.body.contains(is) && packed.json()["hint"].is_string(), "{packed:?}");
        assert_eq!(offset(&gateway, 1), 0);
    }
    let huge = send(&gateway, 1, "Content-Range: bytes 0-2/5000000000\r\n", "key");
    assert_eq!((huge.status, code(&huge)), (413, "too-large".to_owned()));
    // A part so small that it says nothing yet is taken, and the check finds out.
    let (one, two) = users.split_at(4);
    assert_eq!(send(&gateway, 2, &part(0, one, users.len()), one).status, 200);
    assert_eq!(send(&gateway, 2, &part(4, two, users.len()), two).status, 200);
    assert_eq!(ask(&gateway, 2, "check", "").status, 202);
    assert_eq!(ended(&gateway, 2)["problem"]["type"], "/problems/people-not-taken");
    assert_eq!(offset(&gateway, 2), 0);
    assert_eq!(gateway.get(&format!("/v1/{LEDGER}/imports/2")).status, 404);
}
