//! Items drawn by their weights, with and without replacement.

use std::sync::Arc;

use crate::random::{Key, Purpose, Stream};
use crate::{Error, Result};

/// The weights divided by the largest of them, so that neither their sum nor its product with a draw can overflow or
/// lose its digits.
pub(super) fn relative(weights: &[f64]) -> Result<Vec<f64>> {
    for (index, &weight) in weights.iter().enumerate() {
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(Error::invalid(format!("weights[{index}] = {weight}; allowed: finite numbers of at least 0")));
        }
    }
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return Err(Error::invalid(format!("none of {} weights is above 0; allowed: at least one", weights.len())));
    }
    Ok(weights.iter().map(|weight| weight / largest).collect())
}

/// The sum of the weights up to and with each of them.
pub(super) fn cumulative(mut weights: Vec<f64>) -> Arc<[f64]> {
    let mut sum = 0.0;
    for weight in &mut weights {
        sum += *weight;
        *weight = sum;
    }
    weights.into()
}

/// The item whose stretch of the cumulative weights a random point falls into; a weight of 0 has no stretch.
#[allow(clippy::cast_possible_truncation, reason = "there are fewer than 2³² items")]
pub(super) fn draw(cumulative: &[f64], mut stream: Stream) -> u32 {
    // Below the total, also after rounding: a draw is at most 1 - 2⁻⁵³, and the total at least 1.
    let point = stream.unit() * cumulative.last().copied().unwrap_or_default();
    cumulative.partition_point(|&sum| sum <= point) as u32
}

/// `num_samples` different items, in the order in which one after the other would be drawn: each gets an exponentially
/// distributed key whose rate is its weight, and the smallest keys come first (Efraimidis and Spirakis, "Weighted
/// random sampling with a reservoir", 2006). There are at least as many positive weights.
pub(super) fn distinct(weights: &[f64], num_samples: usize, key: Key) -> Vec<u32> {
    let mut stream = key.stream(Purpose::Order, 0);
    let mut keyed: Vec<(f64, u32)> = weights
        .iter()
        .zip(0..)
        .filter(|&(&weight, _)| weight > 0.0)
        .map(|(weight, item)| (-(1.0 - stream.unit()).ln() / weight, item))
        .collect();
    let by_key = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if num_samples < keyed.len() {
        keyed.select_nth_unstable_by(num_samples, by_key);
        keyed.truncate(num_samples);
    }
    keyed.sort_unstable_by(by_key);
    keyed.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(weights: &[f64], count: u32, key: Key) -> Vec<u32> {
        let cumulative = cumulative(relative(weights).expect("weights"));
        (0..count).map(|position| draw(&cumulative, key.stream(Purpose::Order, position))).collect()
    }

    #[test]
    fn frequencies_are_those_of_the_weights() {
        let weights = [0.0, 3.0, 0.5, 0.0, 1.5, 0.0];
        let mut counts = [0u32; 6];
        for item in draws(&weights, 100_000, Key { seed: 1, epoch: 0 }) {
            counts[item as usize] += 1;
        }
        for (weight, count) in weights.iter().zip(counts) {
            let p = weight / 5.0;
            // Six standard deviations of the binomial; none at all for a weight of 0.
            assert!((f64::from(count) - p * 1e5).abs() <= 6.0 * (1e5 * p * (1.0 - p)).sqrt(), "{counts:?}");
        }
    }

    #[test]
    fn extreme_weights_neither_overflow_nor_vanish() {
        let key = Key { seed: 1, epoch: 0 };
        for weights in [[f64::MAX; 3], [5e-324; 3]] {
            let mut drawn = draws(&weights, 100, key);
            drawn.sort_unstable();
            drawn.dedup();
            assert_eq!(drawn, [0, 1, 2]);
            let mut all = distinct(&relative(&weights).expect("weights"), 3, key);
            all.sort_unstable();
            assert_eq!(all, [0, 1, 2]);
        }
    }

    /// The end of the last stretch is never reached, whatever the total is rounded to.
    #[test]
    fn the_largest_draw_is_below_every_total() {
        let largest = 1.0 - 2f64.powi(-53);
        for total in (0..1000).map(|step| 1.0 + f64::from(step) * 0.37).chain([1.0 + f64::EPSILON, 4e9 - 1e-6]) {
            assert!(largest * total < total, "{total}");
        }
    }

    #[test]
    fn without_replacement_the_first_two_follow_the_weights() {
        let weights = [1.0, 2.0, 0.0, 3.0];
        let mut counts = std::collections::HashMap::new();
        for seed in 0..60_000 {
            let order = distinct(&weights, 2, Key { seed, epoch: 0 });
            *counts.entry((order[0] as usize, order[1] as usize)).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 6);
        for ((first, second), count) in counts {
            // The second is drawn from what the first leaves.
            let p = weights[first] / 6.0 * weights[second] / (6.0 - weights[first]);
            let bound = 6.0 * (6e4 * p * (1.0 - p)).sqrt();
            assert!((f64::from(count) - 6e4 * p).abs() < bound, "{first}, {second}: {count}");
        }
    }

    #[test]
    fn fewer_samples_are_the_beginning_of_more() {
        let weights: Vec<f64> = (0..50).map(|item| f64::from(item % 7)).collect();
        let key = Key { seed: 9, epoch: 4 };
        let all = distinct(&weights, 42, key);
        for num_samples in 1..42 {
            assert_eq!(distinct(&weights, num_samples, key), all[..num_samples]);
        }
    }

    #[test]
    fn a_seed_is_a_promise_across_versions() {
        let weights = [1.0, 0.0, 2.0, 3.0, 0.5, 4.0];
        let key = Key { seed: 0, epoch: 1 };
        assert_eq!(draws(&weights, 10, key), [2, 5, 3, 2, 0, 3, 2, 5, 3, 0]);
        assert_eq!(distinct(&weights, 5, key), [3, 4, 5, 0, 2]);
    }
}
