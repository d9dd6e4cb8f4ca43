//! Samples in the order of their scores: the area under the ROC curve and the average precision.
//!
//! [`Sides`] knows which scores there are, for one area quickly; [`Ranking`] whose they are, for any resample.

use super::count;

/// Samples by falling score, for one class.
pub(super) struct Ranking(Vec<Entry>);

#[derive(Clone, Copy)]
struct Entry {
    sample: u32,
    is_positive: bool,
    /// Whether the next score is a smaller one.
    ends_ties: bool,
}

/// What a ranking is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Worth {
    /// The probability that a positive sample scores higher than a negative one, ties counting half (Hanley and McNeil,
    /// "The meaning and use of the area under a ROC curve", 1982); NaN where all are positive or all negative.
    pub(super) auc: f64,
    /// The sum of precisions, each weighted with the recall that its threshold adds; NaN where none is positive.
    pub(super) average_precision: f64,
}

impl Ranking {
    /// Of fewer than 2³² samples, positive or not, and their scores, which must not be NaN.
    #[allow(clippy::cast_possible_truncation, reason = "the lower half of a key is the sample")]
    pub(super) fn new(samples: impl Iterator<Item = (bool, f64)> + Clone) -> Self {
        // Whole numbers sort twice as fast as pairs of a float and an index.
        let scores = samples.clone().map(|(_, score)| descending(score));
        let mut keys: Vec<u128> = (0u128..).zip(scores).map(|(sample, key)| u128::from(key) << 32 | sample).collect();
        keys.sort_unstable();
        let positive: Vec<bool> = samples.map(|(is_positive, _)| is_positive).collect();
        let next = keys.iter().skip(1).map(|key| Some(key >> 32)).chain([None]);
        Self(
            keys.iter()
                .zip(next)
                .map(|(&key, next)| {
                    let sample = key as u32;
                    Entry { sample, is_positive: positive[sample as usize], ends_ties: next != Some(key >> 32) }
                })
                .collect(),
        )
    }

    /// With each sample counted as often as `counts` says, less than 2³² times in all.
    ///
    /// Both equal scikit-learn's `roc_auc_score` and `average_precision_score` to 1e-12.
    pub(super) fn measure(&self, counts: &[u32]) -> Worth {
        let [mut positives, mut negatives] = [0u32; 2];
        let [mut positives_above, mut negatives_above] = [0u32; 2];
        // Exact: twice the area in pairs of samples, of which 2³² samples have at most 2⁶².
        let mut pairs = 0u64;
        let mut precisions = 0.0;
        for entry in &self.0 {
            let n = counts[entry.sample as usize];
            let positive = n * u32::from(entry.is_positive);
            positives += positive;
            negatives += n - positive;
            if entry.ends_ties {
                pairs += u64::from(negatives - negatives_above) * (u64::from(positives) + u64::from(positives_above));
                let precision = f64::from(positives) / f64::from((positives + negatives).max(1));
                precisions += f64::from(positives - positives_above) * precision;
                [positives_above, negatives_above] = [positives, negatives];
            }
        }
        Worth {
            auc: count(pairs) / (2.0 * f64::from(positives) * f64::from(negatives)),
            average_precision: precisions / f64::from(positives),
        }
    }
}

/// Scores of the samples that are positive and of those that are not.
#[derive(Clone, Default)]
pub(super) struct Sides {
    positive: Vec<u64>,
    negative: Vec<u64>,
}

impl Sides {
    pub(super) fn push(&mut self, is_positive: bool, score: f64) {
        if is_positive { &mut self.positive } else { &mut self.negative }.push(descending(score));
    }

    /// [`Worth::auc`], to the same bit.
    pub(super) fn auc(self) -> f64 {
        let Self { mut positive, mut negative } = self;
        positive.sort_unstable();
        negative.sort_unstable();
        let all = 2 * positive.len() as u64 * negative.len() as u64;
        let [mut above, mut not_below] = [0; 2];
        let mut lost = 0;
        for score in positive {
            above += negative[above..].iter().take_while(|&&other| other < score).count();
            not_below = above.max(not_below);
            not_below += negative[not_below..].iter().take_while(|&&other| other == score).count();
            lost += (above + not_below) as u64;
        }
        count(all - lost) / count(all)
    }
}

/// A number whose order is that of falling scores; one for both zeros, which are equal.
fn descending(score: f64) -> u64 {
    // The bits of positive floats rise with them, those of negative ones fall.
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 0 { !bits & !(1 << 63) } else { bits }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn measure(samples: &[(bool, f64)]) -> Worth {
        Ranking::new(samples.iter().copied()).measure(&vec![1; samples.len()])
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "these are exact")]
    fn known_curves() {
        assert_eq!(measure(&[(false, 0.1), (true, 0.9)]), Worth { auc: 1.0, average_precision: 1.0 });
        assert_eq!(measure(&[(true, 0.1), (false, 0.9)]), Worth { auc: 0.0, average_precision: 0.5 });
        assert_eq!(measure(&[(true, 0.5), (false, 0.5)]), Worth { auc: 0.5, average_precision: 0.5 });
        // The example of scikit-learn's documentation.
        let worth = measure(&[(false, 0.1), (false, 0.4), (true, 0.35), (true, 0.8)]);
        assert_eq!(worth.auc, 0.75);
        assert!((worth.average_precision - 5.0 / 6.0).abs() < 1e-15);
        assert_eq!(measure(&[(true, -0.0), (false, 0.0)]).auc, 0.5);
        assert!(measure(&[(true, 0.5)]).auc.is_nan());
        assert_eq!(measure(&[(true, 0.5)]).average_precision, 1.0);
        assert!(measure(&[(false, 0.5)]).average_precision.is_nan());
        assert!(measure(&[]).auc.is_nan());
    }

    #[test]
    fn descending_is_the_order_of_falling_scores() {
        let falling = [f64::INFINITY, f64::MAX, 1.0, f64::MIN_POSITIVE, 5e-324, 0.0, -5e-324, -1.0, f64::NEG_INFINITY];
        assert!(falling.map(descending).is_sorted_by(|a, b| a < b));
        assert_eq!(descending(0.0), descending(-0.0));
    }

    proptest! {
        /// The definition, pair by pair, and counts as so many copies of a sample.
        #[test]
        fn equals_the_share_of_ordered_pairs(
            samples in prop::collection::vec((any::<bool>(), 0u8..6, 0u32..4), 2..60),
        ) {
            let counts: Vec<u32> = samples.iter().map(|sample| sample.2).collect();
            let copies = samples.iter().flat_map(|&(label, score, n)| (0..n).map(move |_| (label, f64::from(score))));
            let copies: Vec<(bool, f64)> = copies.collect();
            let (mut won, mut pairs) = (0.0, 0.0);
            for positive in copies.iter().filter(|sample| sample.0) {
                for negative in copies.iter().filter(|sample| !sample.0) {
                    pairs += 1.0;
                    won += match positive.1.total_cmp(&negative.1) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
                }
            }
            prop_assume!(pairs > 0.0);
            let ranking = Ranking::new(samples.iter().map(|&(label, score, _)| (label, f64::from(score))));
            let worth = ranking.measure(&counts);
            prop_assert!((worth.auc - won / pairs).abs() < 1e-12);
            let mut sides = Sides::default();
            for &(label, score) in &copies {
                sides.push(label, score);
            }
            prop_assert_eq!(sides.auc().to_bits(), worth.auc.to_bits());
            let expected = measure(&copies);
            prop_assert!((worth.auc - expected.auc).abs() < 1e-12);
            prop_assert!((worth.average_precision - expected.average_precision).abs() < 1e-12);
        }
    }
}
