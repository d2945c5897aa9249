//! An import from phase to phase.

use super::*;

fn import() -> Import {
    Import {
        id: Uuid::from_u128(1),
        ledger: "azusa-usd".parse().unwrap(),
        maker: "svc:sis".to_owned(),
        format: "sites".to_owned(),
        source: "cde".to_owned(),
        name: None,
        claimed: None,
        created: 0,
        runs: 0,
        data: Vec::new(),
        received: 0,
        total: None,
        digest: None,
        checked: None,
        job: None,
    }
}

fn asker() -> Asker {
    Asker { actor: "svc:sis".to_owned(), credential: None, home: None, may: None }
}

fn part(first: u64, bytes: u64, total: u64) -> Part {
    Part { first, bytes: Some(bytes), total: Some(total), is_whole: false }
}

fn whole() -> Import {
    let mut import = import();
    let run = import.begin_run();
    import.receive(&part(0, 9, 9), Segment { run, bytes: 9 }, Some(9));
    import
}

fn checked(refused: u64) -> Import {
    let mut import = whole();
    import.ask_check(asker()).unwrap();
    import.claim(Uuid::from_u128(7), 0).unwrap();
    import.job.as_mut().unwrap().counts = Counts { accepted: 3, refused, ..Counts::default() };
    import.end(None);
    import
}

#[test]
fn parts_follow_one_another_and_another_place_is_told() {
    let mut import = import();
    assert_eq!(import.phase(), Phase::Uploading);
    assert!(import.may_receive(&part(3, 3, 9)).is_err());
    let run = import.begin_run();
    // A part that goes on is the same segment, longer.
    import.receive(&part(0, 4, 9), Segment { run, bytes: 2 }, Some(9));
    import.receive(&part(0, 4, 9), Segment { run, bytes: 4 }, Some(9));
    assert_eq!((import.received, import.data.len()), (4, 1));
    for wrong in [part(0, 4, 9), part(5, 4, 9), part(4, 4, 8)] {
        let problem = import.may_receive(&wrong).unwrap_err();
        assert_eq!((problem.code(), problem.status), ("upload-elsewhere", 409));
    }
    import.may_receive(&part(4, 5, 9)).unwrap();
    let run = import.begin_run();
    import.receive(&part(4, 5, 9), Segment { run, bytes: 5 }, Some(9));
    assert_eq!((import.phase(), import.received, import.data.len()), (Phase::Uploaded, 9, 2));
}

#[test]
fn the_whole_file_takes_the_place_of_what_came_before_and_of_its_check() {
    let mut import = checked(0);
    let again = Part { first: 0, bytes: Some(5), total: Some(5), is_whole: true };
    import.may_receive(&again).unwrap();
    let run = import.begin_run();
    import.receive(&again, Segment { run, bytes: 5 }, Some(5));
    assert_eq!((import.data.as_slice(), import.received), (&[Segment { run, bytes: 5 }][..], 5));
    assert_eq!((import.phase(), import.checked), (Phase::Uploaded, None));
}

#[test]
fn a_commit_needs_a_check_of_this_data_without_refused_rows_or_a_word_that_a_part_will_do() {
    let refused = |mut import: Import| import.ask_commit(asker(), false).unwrap_err().code().to_owned();
    assert_eq!([refused(import()), refused(whole()), refused(checked(1))], ["import-not-ready"; 3]);
    for (mut good, partial) in [(checked(0), false), (checked(1), true), (whole(), true)] {
        good.ask_commit(asker(), partial).unwrap();
        assert_eq!(good.phase(), Phase::Committing);
        // Asked again it goes on as it was.
        let before = good.clone();
        good.ask_commit(asker(), false).unwrap();
        assert_eq!(good, before);
        assert!(good.may_receive(&part(9, 1, 10)).is_err() && good.ask_check(asker()).is_err());
    }
    let unheld = Import { claimed: Some("sha-256=:x:".to_owned()), ..whole() };
    assert!(unheld.clone().ask_commit(asker(), true).is_err());
}

#[test]
fn work_is_taken_over_once_nobody_was_heard_of_it_for_a_while() {
    let mut import = checked(0);
    import.ask_commit(asker(), false).unwrap();
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let first = import.claim(one, 1_000).unwrap();
    import.job.as_mut().unwrap().offset = 5;
    assert_eq!(import.claim(other, 1_000 + LEASE - 1), None);
    let second = import.claim(other, 1_000 + LEASE).unwrap();
    assert!(second > first);
    assert_eq!(import.job.as_ref().unwrap().offset, 5);
    import.end(None);
    assert_eq!((import.claim(one, i64::MAX), import.phase()), (None, Phase::Committed));
}

#[test]
fn a_check_that_is_taken_over_begins_anew() {
    let mut import = whole();
    import.ask_check(asker()).unwrap();
    import.claim(Uuid::from_u128(1), 0).unwrap();
    import.job.as_mut().unwrap().offset = 5;
    import.claim(Uuid::from_u128(2), LEASE).unwrap();
    assert_eq!(import.job.unwrap().offset, 0);
}

#[test]
fn a_file_that_can_t_be_used_is_not_recorded_until_another_comes() {
    let mut import = whole();
    import.ask_check(asker()).unwrap();
    import.end(Some(Trouble { code: "columns-missing".to_owned(), message: String::new() }));
    assert_eq!((import.phase(), import.checked), (Phase::Unusable, None));
    assert!(import.ask_commit(asker(), true).is_err());
    let again = Part { first: 0, bytes: None, total: None, is_whole: true };
    import.may_receive(&again).unwrap();
    let run = import.begin_run();
    import.receive(&again, Segment { run, bytes: 2 }, Some(2));
    assert_eq!(import.phase(), Phase::Uploaded);
}

#[test]
fn work_that_ends_because_of_who_asked_leaves_the_file_as_it_was() {
    for (mut import, phase) in [(whole(), Phase::Uploaded), (checked(0), Phase::Checked)] {
        import.ask_commit(asker(), true).unwrap();
        import.end(Some(Trouble::revoked()));
        assert_eq!((import.phase(), import.is_open()), (phase, false));
        import.ask_commit(asker(), true).unwrap();
        assert_eq!(import.phase(), Phase::Committing);
        assert_eq!(import.job.unwrap().trouble, None);
    }
    let mut import = whole();
    import.ask_check(asker()).unwrap();
    import.end(Some(Trouble::revoked()));
    assert_eq!((import.phase(), import.checked), (Phase::Uploaded, None));
}
