//! How often each person occurs in a cell, as binary digits: one bitmap per digit.
//!
//! A plain bitmap could not take a person out again: a voided delivery may be one of three. With counts it can,
//! and distinct people are still the union of bitmaps.

use roaring::RoaringBitmap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A multiset of numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Digits {
    // The lowest digit first.
    digits: Vec<RoaringBitmap>,
}

impl Digits {
    /// Adds one of each.
    pub fn add(&mut self, numbers: &RoaringBitmap) {
        let mut carry = numbers.clone();
        for digit in &mut self.digits {
            if carry.is_empty() {
                return;
            }
            let next = &*digit & &carry;
            *digit ^= &carry;
            carry = next;
        }
        if !carry.is_empty() {
            self.digits.push(carry);
        }
    }

    /// Takes one of each out; of what is not there nothing is taken.
    pub fn remove(&mut self, numbers: &RoaringBitmap) {
        let mut borrow = numbers & &self.distinct();
        for digit in &mut self.digits {
            if borrow.is_empty() {
                break;
            }
            let next = &borrow - &*digit;
            *digit ^= &borrow;
            borrow = next;
        }
        while self.digits.last().is_some_and(RoaringBitmap::is_empty) {
            self.digits.pop();
        }
    }

    /// The numbers that occur at all.
    pub fn distinct(&self) -> RoaringBitmap {
        self.digits.iter().fold(RoaringBitmap::new(), |all, digit| all | digit)
    }

    /// Whether nothing occurs.
    pub fn is_empty(&self) -> bool {
        self.digits.is_empty()
    }
}

impl Serialize for Digits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |digit: &RoaringBitmap| {
            let mut bytes = Vec::with_capacity(digit.serialized_size());
            // Writing to a vector can't fail.
            let _ = digit.serialize_into(&mut bytes);
            let hex = |digit: u8| char::from_digit(digit.into(), 16).unwrap_or_default();
            bytes.iter().flat_map(|byte| [hex(byte >> 4), hex(byte & 15)]).collect::<String>()
        };
        self.digits.iter().map(text).collect::<Vec<_>>().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let read = |text: String| {
            let bytes: Option<Vec<u8>> = (0..text.len() / 2)
                .map(|i| u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok())
                .collect();
            RoaringBitmap::deserialize_from(bytes?.as_slice()).ok()
        };
        let texts = Vec::<String>::deserialize(deserializer)?;
        let digits: Option<Vec<_>> = texts.into_iter().map(read).collect();
        Ok(Self { digits: digits.ok_or_else(|| D::Error::custom("not a bitmap"))? })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn digits_count_as_a_multiset_does(steps in prop::collection::vec((any::<bool>(), prop::collection::btree_set(0_u32..40, 0..12)), 0..60)) {
            let (mut digits, mut counts) = (Digits::default(), BTreeMap::<u32, u32>::new());
            for (add, numbers) in steps {
                let bitmap: RoaringBitmap = numbers.iter().copied().collect();
                if add { digits.add(&bitmap) } else { digits.remove(&bitmap) }
                for number in numbers {
                    let count = counts.entry(number).or_default();
                    *count = if add { *count + 1 } else { count.saturating_sub(1) };
                }
            }
            let present: RoaringBitmap = counts.iter().filter(|(_, n)| **n > 0).map(|(n, _)| *n).collect();
            prop_assert_eq!(digits.distinct(), present);
            let json = serde_json::to_string(&digits).unwrap();
            prop_assert_eq!(serde_json::from_str::<Digits>(&json).unwrap(), digits);
        }
    }
}
