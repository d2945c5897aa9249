//! The tree against an implementation that is not ours.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proof::{CompactRange, Hash, consistency, inclusion, leaf_hash, verify_consistency, verify_inclusion};
use proptest::prelude::*;
use sha2_of_ct_merkle::Sha256;

fn both(leaves: &[Vec<u8>]) -> (Vec<Hash>, CompactRange, MemoryBackedTree<Sha256, Vec<u8>>) {
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let mut range = CompactRange::new();
    let mut theirs = MemoryBackedTree::new();
    for (leaf, hash) in leaves.iter().zip(&hashes) {
        range.push(*hash);
        theirs.push(leaf.clone());
    }
    (hashes, range, theirs)
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

proptest! {
    #[test]
    fn roots_and_proofs_equal_the_second_implementation(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..130),
        at in any::<prop::sample::Index>(),
    ) {
        let (hashes, range, theirs) = both(&leaves);
        prop_assert_eq!(range.root().0.to_vec(), theirs.root().as_bytes().to_vec());
        let at = at.index(leaves.len());
        let ours = inclusion(&hashes, at).unwrap();
        prop_assert_eq!(bytes(&ours), theirs.prove_inclusion(at).as_bytes().to_vec());
        prop_assert_eq!(verify_inclusion(hashes[at], at as u64, leaves.len() as u64, &ours, range.root()), Ok(()));
        let old = at + 1;
        let ours = consistency(&hashes, old).unwrap();
        prop_assert_eq!(bytes(&ours), theirs.prove_consistency(leaves.len() - old).as_bytes().to_vec());
    }

    #[test]
    fn a_range_survives_its_bytes(size in 0_usize..300) {
        let mut range = CompactRange::new();
        (0..size).for_each(|n| range.push(leaf_hash(&n.to_be_bytes())));
        prop_assert_eq!(CompactRange::from_bytes(&range.to_bytes()), Ok(range.clone()));
        let mut cut = range.to_bytes();
        cut.pop();
        prop_assert!(CompactRange::from_bytes(&cut).is_err());
    }
}

#[test]
fn every_pair_of_sizes_to_64_is_consistent_and_no_other_root_is() {
    let leaves: Vec<Vec<u8>> = (0..64_u8).map(|n| vec![n]).collect();
    let roots: Vec<Hash> = (1..=64).map(|size| both(&leaves[..size]).1.root()).collect();
    let (hashes, _, _) = both(&leaves);
    for new in 1..=64_usize {
        for old in 1..=new {
            let proof = consistency(&hashes[..new], old).unwrap();
            let check = |a: Hash, b: Hash| verify_consistency(old as u64, new as u64, &proof, a, b);
            assert_eq!(check(roots[old - 1], roots[new - 1]), Ok(()));
            assert!(check(Hash([7; 32]), roots[new - 1]).is_err());
            assert!(check(roots[old - 1], Hash([7; 32])).is_err());
        }
    }
}
