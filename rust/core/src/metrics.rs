//! Scores of a model's predictions, as scikit-learn computes them.

use crate::{Error, Result};

/// What the labels of a data set mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// One of several classes, ordered or not: one label, one score per class.
    MultiClass,
    /// One label, 0 or 1; the last column of scores is the one of class 1.
    Binary,
    /// Several independent labels, 0 or 1, and as many scores.
    MultiLabel,
}

/// Scores of a model on a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Area under the ROC curve: per class, per label, or one value for a binary task.
    pub auc: Vec<f64>,
    /// Share of right predictions (the mean over labels of that share, for several labels).
    pub acc: f64,
}

/// Scores `scores` (rows of `columns`) against `labels` (rows of `labels_per_sample`), as `medmnist.evaluator` does:
/// the largest score wins, and a binary score is a yes above 0.5.
pub fn evaluate(
    task: Task,
    labels: &[i64],
    labels_per_sample: usize,
    scores: &[f64],
    columns: usize,
) -> Result<Scores> {
    let fits = |task| match task {
        Task::MultiLabel => columns == labels_per_sample,
        Task::MultiClass | Task::Binary => columns > 0 && labels_per_sample == 1,
    };
    if !fits(task) || labels.is_empty() || labels.len() / labels_per_sample != scores.len() / columns {
        return Err(Error::invalid("labels and scores do not fit together, or are empty"));
    }
    if let Some(position) = scores.iter().position(|score| score.is_nan()) {
        let [row, column] = [position / columns, position % columns];
        return Err(Error::invalid(format!("the score in row {row}, column {column} is NaN; allowed: numbers")));
    }
    let labels = labels.chunks_exact(labels_per_sample);
    let rows = || labels.clone().zip(scores.chunks_exact(columns));
    let auc_of = |is_positive: &dyn Fn(&[i64]) -> bool, column: usize| {
        roc_auc(rows().map(|(labels, scores)| (is_positive(labels), scores[column])))
    };
    Ok(match task {
        Task::MultiClass => Scores {
            auc: (0..).zip(0..columns).map(|(class, column)| auc_of(&|labels| labels[0] == class, column)).collect(),
            acc: accuracy(rows().map(|(labels, scores)| usize::try_from(labels[0]) == Ok(argmax(scores)))),
        },
        Task::Binary => Scores {
            auc: vec![auc_of(&|labels| labels[0] == 1, columns - 1)],
            acc: accuracy(rows().map(|(labels, scores)| labels[0] == i64::from(scores[columns - 1] > 0.5))),
        },
        Task::MultiLabel => {
            let accuracies = (0..columns)
                .map(|label| accuracy(rows().map(|(labels, scores)| labels[label] == i64::from(scores[label] > 0.5))));
            Scores {
                auc: (0..columns).map(|label| auc_of(&|labels| labels[label] == 1, label)).collect(),
                acc: accuracies.sum::<f64>() / count(columns),
            }
        }
    })
}

/// The index of the largest score; the first of equal ones, as `numpy.argmax`.
fn argmax(scores: &[f64]) -> usize {
    scores.iter().enumerate().fold(0, |best, (index, score)| if *score > scores[best] { index } else { best })
}

fn accuracy(hits: impl ExactSizeIterator<Item = bool>) -> f64 {
    let len = hits.len();
    count(hits.filter(|&hit| hit).count()) / count(len)
}

/// Area under the ROC curve of one class: the probability that a positive sample scores higher than a negative one,
/// ties counting half (Hanley and McNeil, "The meaning and use of the area under a ROC curve", 1982).
///
/// Equals `sklearn.metrics.roc_auc_score` to 1e-12; NaN where all samples are positive or all negative. Scores must
/// not be NaN.
fn roc_auc(samples: impl Iterator<Item = (bool, f64)>) -> f64 {
    let mut samples: Vec<(bool, f64)> = samples.collect();
    samples.sort_unstable_by(|a, b| a.1.total_cmp(&b.1));
    let positives = samples.iter().filter(|sample| sample.0).count();
    let negatives = samples.len() - positives;
    // Ranks are whole or half numbers and their sum stays far below 2^53: this is exact up to the last division.
    let mut rank_sum = 0.0;
    let mut before = 0;
    #[allow(clippy::float_cmp, reason = "only equal scores are ties; -0.0 == 0.0 too, as in NumPy")]
    for ties in samples.chunk_by(|a, b| a.1 == b.1) {
        let positive_ties = ties.iter().filter(|sample| sample.0).count();
        rank_sum += count(positive_ties) * (count(before) + f64::midpoint(count(ties.len()), 1.0));
        before += ties.len();
    }
    let [positives, negatives] = [positives, negatives].map(count);
    (rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives)
}

#[allow(clippy::cast_precision_loss, reason = "sample counts are far below 2^53")]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "these are exact")]
    fn known_curves() {
        let auc = |samples: &[(bool, f64)]| roc_auc(samples.iter().copied());
        assert_eq!(auc(&[(false, 0.1), (true, 0.9)]), 1.0);
        assert_eq!(auc(&[(true, 0.1), (false, 0.9)]), 0.0);
        assert_eq!(auc(&[(true, 0.5), (false, 0.5)]), 0.5);
        // The example of scikit-learn's documentation.
        assert_eq!(auc(&[(false, 0.1), (false, 0.4), (true, 0.35), (true, 0.8)]), 0.75);
        assert_eq!(auc(&[(true, -0.0), (false, 0.0)]), 0.5);
        assert!(auc(&[(true, 0.5)]).is_nan());
        assert!(auc(&[]).is_nan());
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(accuracy([true, false, false, true].into_iter()), 0.5);
    }

    proptest! {
        /// The definition, pair by pair.
        #[test]
        fn equals_the_share_of_ordered_pairs(samples in prop::collection::vec((any::<bool>(), 0u8..6), 2..60)) {
            let samples: Vec<(bool, f64)> = samples.into_iter().map(|(label, score)| (label, f64::from(score))).collect();
            let (mut won, mut pairs) = (0.0, 0.0);
            for positive in samples.iter().filter(|sample| sample.0) {
                for negative in samples.iter().filter(|sample| !sample.0) {
                    pairs += 1.0;
                    won += match positive.1.total_cmp(&negative.1) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
                }
            }
            prop_assume!(pairs > 0.0);
            prop_assert!((roc_auc(samples.iter().copied()) - won / pairs).abs() < 1e-12);
        }
    }
}
