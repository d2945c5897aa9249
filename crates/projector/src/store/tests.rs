//! Pages hold what a plain map holds, whatever is written in which order.

use proptest::prelude::*;

use super::*;

fn row() -> impl Strategy<Value = Stored> {
    let key = prop::collection::vec(0_u8..4, 0..6);
    (key, any::<u8>(), 0_usize..3_000).prop_map(|(key, byte, length)| {
        // Some are larger than a page.
        (key, vec![byte; if length == 0 { 40_000 } else { length }])
    })
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn rows_are_found_and_listed_as_in_a_map(
        writes in prop::collection::vec(prop::collection::vec(row(), 1..40), 1..8),
        asked in prop::collection::vec(prop::collection::vec(0_u8..4, 0..6), 20),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::try_open(folder.path(), 1 << 20).unwrap();
        let ledger = slug("azusa-usd");
        // Prefixes that lie around it, so that a step too far shows.
        let around = [rows_prefix(&ledger, "reacg", 1), rows_prefix(&ledger, "reach", 0), rows_prefix(&ledger, "reach", 2)];
        for prefix in &around {
            store.write(&ledger, vec![(prefix.clone(), vec![(vec![], b"other".to_vec())])], None).unwrap();
        }
        let prefix = rows_prefix(&ledger, "reach", 1);
        let mut expected = BTreeMap::new();
        for rows in writes {
            let rows: BTreeMap<_, _> = rows.into_iter().collect();
            expected.extend(rows.clone());
            store.write(&ledger, vec![(prefix.clone(), rows.into_iter().collect())], None).unwrap();
        }
        let source = store.source(prefix.clone());
        for key in &asked {
            prop_assert_eq!(&source.load(key).unwrap(), &expected.get(key).cloned());
            let listed: Vec<Stored> = source.scan(key).map(Result::unwrap).collect();
            let below = expected.iter().filter(|(found, _)| found.starts_with(key));
            prop_assert_eq!(listed, below.map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>());
        }
        store.clear(&prefix).unwrap();
        prop_assert_eq!(source.scan(&[]).count(), 0);
        for prefix in around {
            prop_assert_eq!(store.source(prefix).scan(&[]).count(), 1);
        }
    }
}

#[test]
fn alike_rows_take_a_fraction_of_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::try_open(folder.path(), 1 << 20).unwrap();
    let rows: Vec<Stored> = (0_u32..10_000)
        .map(|n| {
            (n.to_be_bytes().to_vec(), format!("{{\"deliveries\":{n},\"minutes\":{}}}", 30 * n).into_bytes())
        })
        .collect();
    let logical: usize = rows.iter().map(|(key, value)| key.len() + value.len()).sum();
    store.write(&slug("azusa-usd"), vec![(b"azusa-usd\0rreach".to_vec(), rows)], None).unwrap();
    let stored: usize = store.tree.iter().map(|page| page.unwrap().1.len()).sum();
    assert!(stored * 2 < logical, "{stored} bytes for {logical}");
}

#[test]
fn a_page_that_is_not_what_was_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::try_open(folder.path(), 1 << 20).unwrap();
    let prefix = rows_prefix(&slug("azusa-usd"), "reach", 0);
    store.tree.insert(&prefix, b"\xff\xff\0\0rubbish").unwrap();
    let source = store.source(prefix);
    source.load(b"c").unwrap_err();
    assert!(source.scan(&[]).all(|row| row.is_err()));
}
