//! Scores of a model's predictions, as scikit-learn computes them.

mod bootstrap;
mod calibration;
mod confusion;
mod ranking;
mod scorer;

use confusion::mean;
use ranking::Sides;
pub use scorer::{Measures, Scorer};

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

/// Scores of a model beside the labels that they are about.
#[derive(Debug, Clone, Copy)]
pub struct Predictions<'a> {
    task: Task,
    samples: u32,
    labels: &'a [i64],
    labels_per_sample: usize,
    scores: &'a [f64],
    columns: usize,
    threshold: f64,
}

/// What the official evaluation says of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Area under the ROC curve: per class, per label, or one value for a binary task.
    pub auc: Vec<f64>,
    /// Share of right predictions (the mean over labels of that share, for several labels).
    pub acc: f64,
}

impl<'a> Predictions<'a> {
    /// Rows of `labels_per_sample` labels and of `columns` scores. The largest score wins; a binary score is a yes above
    /// `threshold`.
    pub fn new(
        task: Task,
        labels: &'a [i64],
        labels_per_sample: usize,
        scores: &'a [f64],
        columns: usize,
        threshold: f64,
    ) -> Result<Self> {
        let fits = match task {
            Task::MultiLabel => columns == labels_per_sample,
            Task::MultiClass | Task::Binary => columns > 0 && labels_per_sample == 1,
        };
        if !fits || labels.is_empty() || labels.len() / labels_per_sample != scores.len() / columns {
            return Err(Error::invalid("labels and scores do not fit together, or are empty"));
        }
        let samples = u32::try_from(labels.len() / labels_per_sample)
            .map_err(|_| Error::invalid("2^32 samples or more; allowed: fewer"))?;
        if let Some(position) = scores.iter().position(|score| score.is_nan()) {
            let [row, column] = [position / columns, position % columns];
            return Err(Error::invalid(format!("the score in row {row}, column {column} is NaN; allowed: numbers")));
        }
        Ok(Self { task, samples, labels, labels_per_sample, scores, columns, threshold })
    }

    fn rows(self) -> impl ExactSizeIterator<Item = (&'a [i64], &'a [f64])> + Clone {
        self.labels.chunks_exact(self.labels_per_sample).zip(self.scores.chunks_exact(self.columns))
    }

    /// AUC and accuracy as `medmnist.evaluator` computes them.
    ///
    /// In one pass over the rows: columns of a table that does not fit the caches are slow to read one by one.
    #[must_use]
    pub fn evaluate(self) -> Scores {
        let curves = if self.task == Task::Binary { 1 } else { self.columns };
        let mut sides = vec![Sides::default(); curves];
        let mut right = vec![0u64; if self.task == Task::MultiClass { 1 } else { curves }];
        for (labels, scores) in self.rows() {
            if self.task == Task::MultiClass {
                for (class, (sides, &score)) in (0..).zip(sides.iter_mut().zip(scores)) {
                    sides.push(labels[0] == class, score);
                }
                right[0] += u64::from(usize::try_from(labels[0]) == Ok(argmax(scores)));
            } else {
                let scores = &scores[self.columns - curves..];
                for ((sides, right), (&label, &score)) in
                    sides.iter_mut().zip(&mut right).zip(labels.iter().zip(scores))
                {
                    sides.push(label == 1, score);
                    *right += u64::from(label == i64::from(score > self.threshold));
                }
            }
        }
        let samples = f64::from(self.samples);
        Scores {
            auc: sides.into_iter().map(Sides::auc).collect(),
            acc: mean(right.into_iter().map(|right| count(right) / samples)),
        }
    }
}

/// The index of the largest score; the first of equal ones, as `numpy.argmax`.
fn argmax(scores: &[f64]) -> usize {
    scores.iter().enumerate().fold(0, |best, (index, score)| if *score > scores[best] { index } else { best })
}

/// Counts of samples and of pairs of them are exact below 2^53, and right to 1e-16 above.
trait Count {
    fn float(self) -> f64;
}

macro_rules! counts {
    ($($integer:ty),*) => {$(
        impl Count for $integer {
            #[allow(clippy::cast_precision_loss, reason = "see the trait")]
            fn float(self) -> f64 {
                self as f64
            }
        }
    )*};
}
counts!(usize, u64);

fn count(n: impl Count) -> f64 {
    n.float()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "these are exact")]
    fn the_largest_score_wins_and_a_yes_is_above_the_threshold() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        let scores = [0.5, 0.75, 0.25];
        let binary = Predictions::new(Task::Binary, &[1, 1, 0], 1, &scores, 1, 0.5).expect("they fit");
        assert_eq!(binary.evaluate(), Scores { auc: vec![1.0], acc: 2.0 / 3.0 });
    }
}
