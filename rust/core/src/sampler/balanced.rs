//! As many samples of each class, however many a class has.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::shuffle;
use crate::random::{Key, Purpose};

/// The items of each class that is present, by class.
pub(super) fn items_by_class(classes: &[i64]) -> Arc<[Vec<u32>]> {
    let mut items = BTreeMap::<i64, Vec<u32>>::new();
    for (class, item) in classes.iter().zip(0..) {
        items.entry(*class).or_default().push(item);
    }
    items.into_values().collect()
}

/// The share of each class, and of each item within its class, is the same but for one.
pub(super) fn order(classes: &[Vec<u32>], num_samples: usize, key: Key) -> Vec<u32> {
    let mut stream = key.stream(Purpose::Order, 0);
    let (share, remainder) = (num_samples / classes.len(), num_samples % classes.len());
    // Which classes get one more is drawn anew each epoch.
    let mut classes: Vec<&Vec<u32>> = classes.iter().collect();
    stream.shuffle(&mut classes);
    let mut order = Vec::new();
    for (number, items) in classes.into_iter().enumerate() {
        shuffle::repeat(items, share + usize::from(number < remainder), &mut stream, &mut order);
    }
    stream.shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items 0 to 29: ten, two and eighteen of the classes -1, 0 and 7.
    fn classes() -> Vec<i64> {
        [vec![-1; 10], vec![0; 2], vec![7; 18]].concat()
    }

    fn counts(order: &[u32], items: usize) -> Vec<usize> {
        let mut counts = vec![0; items];
        for &item in order {
            counts[item as usize] += 1;
        }
        counts
    }

    #[test]
    fn classes_and_the_items_of_each_differ_by_at_most_one() {
        let items = items_by_class(&classes());
        for num_samples in [1, 2, 3, 30, 31, 32, 300, 1000] {
            let order = order(&items, num_samples, Key { seed: 2, epoch: 0 });
            assert_eq!(order.len(), num_samples);
            let counts = counts(&order, 30);
            let spread = |counts: &[usize]| counts.iter().flat_map(|a| counts.iter().map(|b| a.abs_diff(*b))).max();
            let of_class = [&counts[..10], &counts[10..12], &counts[12..]];
            assert!(of_class.iter().all(|counts| spread(counts) <= Some(1)), "{counts:?}");
            assert!(spread(&of_class.map(|counts| counts.iter().sum::<usize>())) <= Some(1), "{counts:?}");
        }
    }

    #[test]
    fn over_epochs_the_remainder_and_the_items_are_spread_evenly() {
        let items = items_by_class(&classes());
        let mut total = vec![0; 30];
        for epoch in 0..9000 {
            for (sum, count) in total.iter_mut().zip(counts(&order(&items, 4, Key { seed: 3, epoch }), 30)) {
                *sum += count;
            }
        }
        for (range, size) in [(0..10, 10.0), (10..12, 2.0), (12..30, 18.0)] {
            // 36,000 samples in three classes; six standard deviations of a Poisson count, which is wider.
            let expected = 12_000.0 / size;
            for item in range {
                let count = f64::from(u32::try_from(total[item]).expect("few"));
                assert!((count - expected).abs() < 6.0 * f64::sqrt(expected), "{item}: {total:?}");
            }
        }
    }

    #[test]
    fn classes_come_in_any_order() {
        let items = items_by_class(&classes());
        let mut first = [0u32; 3];
        for epoch in 0..9000 {
            let item = order(&items, 30, Key { seed: 4, epoch })[0];
            first[usize::from(item >= 10) + usize::from(item >= 12)] += 1;
        }
        // Six standard deviations of the binomial: 6 * sqrt(9000 / 3 * 2 / 3) = 268.
        assert!(first.iter().all(|count| count.abs_diff(3000) < 268), "{first:?}");
    }

    #[test]
    fn a_seed_is_a_promise_across_versions() {
        let items = items_by_class(&[5, 5, 5, 5, 1, 1, 9]);
        assert_eq!(order(&items, 10, Key { seed: 0, epoch: 1 }), [6, 5, 3, 1, 2, 6, 4, 0, 5, 6]);
    }
}
