//! Random permutations: Fisher–Yates (Durstenfeld 1964, Knuth's algorithm P) driven by a counter-based stream.

use crate::random::Stream;

/// Appends `count` items to `out`: random orders of all of `items`, one after the other, so that the counts of two items
/// differ by at most one.
pub(super) fn repeat(items: &[u32], count: usize, stream: &mut Stream, out: &mut Vec<u32>) {
    let end = out.len() + count;
    while out.len() < end {
        let start = out.len();
        out.extend_from_slice(items);
        stream.shuffle(&mut out[start..]);
    }
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};

    fn permutation(len: u32, key: Key) -> Vec<u32> {
        let mut order = Vec::new();
        let items: Vec<u32> = (0..len).collect();
        repeat(&items, items.len(), &mut key.stream(Purpose::Order, 0), &mut order);
        order
    }

    fn is_permutation(len: u32, key: Key) -> bool {
        let mut seen = vec![false; len as usize];
        let order = permutation(len, key);
        order.len() == len as usize && order.iter().all(|&index| !std::mem::replace(&mut seen[index as usize], true))
    }

    #[test]
    fn every_length_gives_a_permutation() {
        let key = Key { seed: 3, epoch: 1 };
        let powers = (1..=17).flat_map(|k| [(1 << k) - 1, 1 << k, (1 << k) + 1]);
        for len in (0..=5000).step_by(7).chain(0..200).chain(powers) {
            assert!(is_permutation(len, key), "{len}");
        }
    }

    #[test]
    fn all_orders_of_four_are_equally_likely() {
        let mut counts = std::collections::HashMap::new();
        for seed in 0..24_000 {
            *counts.entry(permutation(4, Key { seed, epoch: 0 })).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // Six standard deviations of a cell of expectation 1000.
        assert!(counts.values().all(|count| count.abs_diff(1000) < 190), "{counts:?}");
    }

    #[test]
    fn a_seed_is_a_promise_across_versions() {
        for (seed, epoch, expected) in [
            (0, 0, [3, 6, 7, 1, 2, 8, 5, 4, 0, 9]),
            (0, 1, [4, 9, 5, 0, 7, 1, 6, 8, 3, 2]),
            (1, 0, [9, 1, 3, 4, 5, 6, 8, 7, 2, 0]),
        ] {
            assert_eq!(permutation(10, Key { seed, epoch }), expected);
        }
    }

    #[test]
    fn rounds_follow_each_other_and_the_last_is_cut() {
        let mut stream = Key { seed: 5, epoch: 0 }.stream(Purpose::Order, 0);
        let mut order = vec![99];
        repeat(&[10, 20, 30], 8, &mut stream, &mut order);
        assert_eq!((order.len(), order[0]), (9, 99));
        for round in [&order[1..4], &order[4..7]] {
            let mut round = round.to_vec();
            round.sort_unstable();
            assert_eq!(round, [10, 20, 30]);
        }
        assert_ne!(order[7], order[8]);
    }
}
