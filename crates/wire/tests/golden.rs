//! The frozen formats: what stands in `tests/golden` is read and written again byte by byte, for ever.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by failing")]

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::version::newest;
use proof::Hash;
use wire::{
    Body, Commit, Interpreted, LedgerKeys, Origin, RecordedEvent, Submission, Verifier, decode, frame, schema,
};

/// The events of the golden commit.
const EVENTS: &str = include_str!("golden/events.ndjson");
const COMMIT: &str = include_str!("golden/commit.txt");

/// All lines of the files in a folder of `golden`, one file a kind of thing.
fn lines(folder: &str) -> Vec<String> {
    let folder = format!("{}/tests/golden/{folder}", env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Every golden event: of the commit, and of things that came later.
fn events() -> Vec<String> {
    EVENTS.lines().map(str::to_owned).chain(lines("events")).collect()
}

fn event(line: &str) -> RecordedEvent {
    match decode::one(line).unwrap() {
        Interpreted::Event(event) => *event,
        Interpreted::Unknown { kind, why, .. } => panic!("{kind}: {why}"),
    }
}

fn verifier() -> Verifier {
    let slug = |text: &str| text.parse().unwrap();
    Verifier::new(Origin { deployment: slug("sample"), ledger: slug("azul-usd") }, 1)
}

fn commit() -> Commit {
    let mut body = Body::new();
    EVENTS.lines().for_each(|line| body.push(&event(line)).unwrap());
    Commit::after(&verifier(), body.finish())
}

#[test]
fn every_event_is_written_as_it_was_read() {
    for line in events() {
        let mut written = Vec::new();
        wire::encode::event(&event(&line), &mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), line);
    }
}

#[test]
fn there_is_a_golden_line_for_every_version_of_every_event_and_for_every_command() {
    let said = |line: &String| (event(line).fact.event.name(), event(line).fact.event.version());
    let versions = |name| (1..=newest(name)).map(move |version| (name, version));
    let names: BTreeSet<(&str, u16)> = events().iter().map(said).collect();
    assert_eq!(names, schema::events().into_iter().flat_map(versions).collect());
    let value = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let commands = lines("commands");
    let names: BTreeSet<String> =
        commands.iter().map(|line| value(line)["command"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, schema::commands().into_iter().map(str::to_owned).collect());
}

#[test]
fn every_event_and_command_meets_its_own_schema() {
    for line in events() {
        let said = event(&line).fact.event;
        for version in 1..=newest(said.name()) {
            let schema = schema::event(said.name(), version).unwrap();
            assert_eq!(meets(&schema, &line).is_ok(), version == said.version(), "{line}");
        }
    }
    for line in lines("commands") {
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        meets(&schema::command(value["command"].as_str().unwrap()).unwrap(), &line).unwrap();
    }
}

fn meets(schema: &serde_json::Value, line: &str) -> Result<(), String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    let value = serde_json::from_str(line).unwrap();
    let faults: Vec<String> =
        validator.iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path)).collect();
    if faults.is_empty() { Ok(()) } else { Err(format!("{line}\n{}", faults.join("\n"))) }
}

#[test]
fn commit_id_root_and_frame_are_what_they_were() {
    let commit = commit();
    let mut verifier = verifier();
    let head = verifier.accept(&commit).unwrap();
    let frame = frame::encode(&commit);
    let found = format!(
        "commit-id {}\nroot {}\nframe-header {}\nframe-trailer {}\n",
        commit.id(),
        head.root,
        hex(&frame[..frame::HEADER_BYTES]),
        hex(&frame[frame.len() - frame::TRAILER_BYTES..]),
    );
    assert_eq!(found, COMMIT);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_frame_is_read_back_and_no_flipped_bit_of_it_passes() {
    let commit = commit();
    let frame = frame::encode(&commit);
    assert_eq!(read(&frame), Some(commit));
    for at in 0..frame.len() {
        let mut damaged = frame.clone();
        damaged[at] ^= 1 << (at % 8);
        assert_eq!(read(&damaged), None, "byte {at}");
    }
}

fn read(frame: &[u8]) -> Option<Commit> {
    let (header, rest) = frame.split_first_chunk::<{ frame::HEADER_BYTES }>()?;
    let header = frame::header(header).ok()?;
    frame::commit(&header, Bytes::copy_from_slice(rest)).ok()
}

#[test]
fn no_flipped_bit_of_a_commit_keeps_both_its_id_and_its_root() {
    let commit = commit();
    let root = verifier().accept(&commit).unwrap().root;
    for at in (0..commit.body.len()).step_by(7) {
        let mut body = commit.body.to_vec();
        body[at] ^= 1;
        let damaged = Commit::new(commit.epoch, commit.number, commit.size, commit.root, body.into());
        assert_ne!(damaged.id(), commit.id());
        assert!(verifier().accept(&damaged).map_or(true, |head| head.root != root), "byte {at}");
    }
    let other_root =
        Commit::new(commit.epoch, commit.number, commit.size, Hash([1; 32]), commit.body.clone());
    assert!(verifier().accept(&other_root).is_err());
}

#[test]
fn a_verifier_survives_its_bytes_and_refuses_what_is_out_of_place() {
    let first = commit();
    let mut reader = verifier();
    reader.accept(&first).unwrap();
    let kept = Verifier::from_bytes(reader.origin().clone(), &reader.to_bytes()).unwrap();
    assert_eq!(kept, reader);
    // The same events again would have the wrong positions.
    let again = Commit::after(&reader, first.body.clone());
    assert_eq!(reader.accept(&again).unwrap_err().kind, wire::BrokenKind::Misplaced);
    let elsewhere = |epoch, number| Commit::new(epoch, number, again.size, again.root, again.body.clone());
    assert_eq!(reader.accept(&elsewhere(1, 3)).unwrap_err().kind, wire::BrokenKind::Gap);
    assert_eq!(reader.accept(&elsewhere(2, 2)).unwrap_err().kind, wire::BrokenKind::Epoch);
    assert_eq!(kept, reader);
}

#[test]
fn an_event_of_a_later_version_is_verified_and_not_interpreted() {
    let line = EVENTS.lines().next().unwrap().replace("ledger-opened.v1", "ledger-opened.v3");
    let commit = Commit::after(&verifier(), format!("[{line}]").into());
    assert_eq!(verifier().accept(&commit).unwrap().position, 1);
    let events = verifier().accept_events(&commit).unwrap();
    assert!(matches!(&events[..], [Interpreted::Unknown { position: 1, .. }]));
}

#[test]
fn an_event_that_says_less_or_more_than_its_version_is_not_interpreted() {
    let old = EVENTS.lines().next().unwrap();
    for line in [
        old.replace("ledger-opened.v1", "ledger-opened.v2"),
        old.replace("\"late_days_max\":400", "\"late_days_max\":400,\"persons\":\"enrolled\""),
        old.replace("\"late_days_max\":400", "\"late_days_max\":400,\"persons\":\"any\""),
    ] {
        assert_ne!(line, old);
        assert!(matches!(decode::one(&line), Ok(Interpreted::Unknown { .. })), "{line}");
    }
}

#[test]
fn a_sealed_member_has_its_place_from_the_first_byte() {
    let mut sealed = event(EVENTS.lines().next().unwrap());
    sealed.sealed.insert("/note".into(), "AQ".into());
    let mut written = Vec::new();
    wire::encode::event(&sealed, &mut written).unwrap();
    assert_eq!(event(std::str::from_utf8(&written).unwrap()), sealed);
}

#[test]
fn every_golden_command_passes_the_door_and_its_hash_ignores_spelling() {
    let (ledger, keys) = ("azul-usd".parse().unwrap(), LedgerKeys { command: [1; 32], source: [2; 32] });
    for line in lines("commands") {
        let submission = Submission::from_json(line.as_bytes(), &ledger, &keys).unwrap();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        assert_eq!(Submission::from_json(&pretty, &ledger, &keys).unwrap(), submission);
    }
}

#[test]
fn what_must_be_unchanged_is_no_part_of_the_hash_and_must_be_a_thing() {
    let (ledger, keys) = ("azul-usd".parse().unwrap(), LedgerKeys { command: [1; 32], source: [2; 32] });
    let line = lines("commands").into_iter().find(|line| line.contains("close-site")).unwrap();
    let read = |text: &str| Submission::from_json(text.as_bytes(), &ledger, &keys);
    let with = |subject: &str| {
        let unchanged = format!("\"unchanged\":{{\"subject\":\"{subject}\",\"since\":317}},\"body\"");
        read(&line.replacen("\"body\"", &unchanged, 1))
    };
    let (plain, conditional) =
        (read(&line).unwrap(), with("site/018f0000-0000-7000-8000-000000000001").unwrap());
    assert_eq!(conditional.unchanged.map(|unchanged| unchanged.since), Some(317));
    assert_eq!(Submission { unchanged: None, ..conditional }, plain);
    let reply = with("school/7").unwrap_err();
    assert_eq!(
        (reply.code.as_str(), reply.field.as_deref()),
        ("malformed-command", Some("/unchanged/subject"))
    );
}

#[test]
fn the_door_refuses_a_basis_that_names_no_ground() {
    let (ledger, keys) = ("azul-usd".parse().unwrap(), LedgerKeys { command: [1; 32], source: [2; 32] });
    let line = lines("commands").into_iter().find(|line| line.contains("record-delivery")).unwrap();
    let with = |basis: &str| line.replacen("\"body\"", &format!("\"basis\":\"{basis}\",\"body\""), 1);
    for (basis, accepted) in
        [("law:wic-5600", true), ("law:", false), ("wic-5600", false), ("consent:1", false)]
    {
        let answer = Submission::from_json(with(basis).as_bytes(), &ledger, &keys);
        assert_eq!(answer.is_ok(), accepted, "{basis}");
        let field = answer.err().and_then(|reply| reply.field);
        assert_eq!(field.as_deref(), (!accepted).then_some("/basis"));
    }
}

#[test]
fn the_door_refuses_what_has_two_meanings() {
    let (ledger, keys) = ("azul-usd".parse().unwrap(), LedgerKeys { command: [1; 32], source: [2; 32] });
    let line = lines("commands").into_iter().find(|line| line.contains("record-delivery")).unwrap();
    let refused = |text: &str| Submission::from_json(text.as_bytes(), &ledger, &keys).unwrap_err();
    for (from, to, word) in [
        ("\"minutes\":45", "\"minutes\":45,\"minutes\":46", "twice"),
        ("\"minutes\":45", "\"minutes\":45.5", "whole number"),
        ("\"minutes\":45", "\"minuts\":45", "unknown field"),
        ("\"version\":1", "\"version\":1,\"verison\":1", "unknown field"),
        ("azul-sis", "caf\u{65}\u{301}", "form C"),
    ] {
        let reply = refused(&line.replacen(from, to, 1));
        assert!(reply.message.contains(word), "{}", reply.message);
    }
    assert_eq!(refused(&line.replace("record-delivery", "record-deliveries")).code, "unknown-command");
}
