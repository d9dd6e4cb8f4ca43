//! Everything a report says, for a data set and for any resample of it.

use super::calibration::Calibration;
use super::confusion::{Confusion, Hits, Outcomes, mean};
use super::ranking::{Ranking, Worth};
use super::{Predictions, Task, argmax};
use crate::{Error, Result};

/// Labels and scores, sorted and binned once.
pub struct Scorer {
    task: Task,
    pub(super) samples: u32,
    /// One per class or label; of a binary task both classes.
    rankings: Vec<Ranking>,
    /// One, or one per label of a multi-label task; so are `calibrations`.
    outcomes: Vec<Outcomes>,
    /// `None` if scores are no probabilities.
    calibrations: Option<Vec<Calibration>>,
}

/// Scores of one resample, or of all samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// AUC, accuracy, balanced accuracy, F1 (macro, micro), quadratic weighted kappa, average precision, expected
    /// calibration error.
    pub summary: [f64; 8],
    /// AUC, average precision and F1 of each class or label.
    pub classes: Vec<[f64; 3]>,
}

impl Scorer {
    /// Sorts the scores of each class.
    pub fn new(predictions: Predictions<'_>) -> Result<Self> {
        let Predictions { task, samples, labels, scores, threshold, .. } = predictions;
        let classes = if task == Task::Binary { 2 } else { predictions.columns };
        let largest = if task == Task::MultiClass { classes } else { 2 };
        let classes_of = || labels.iter().map(|&label| usize::try_from(label).ok().filter(|&label| label < largest));
        if let Some(row) = classes_of().position(|label| label.is_none()) {
            let [label, last] = [labels[row].to_string(), (largest - 1).to_string()];
            return Err(Error::invalid(format!("label {label}; allowed: 0 to {last}")));
        }
        let truths: Vec<usize> = classes_of().flatten().collect();
        let column = |column: usize| scores.iter().skip(column).step_by(predictions.columns).copied();
        let last = predictions.columns - 1;
        let is = |class: usize| truths.iter().map(move |&truth| truth == class);
        Ok(match task {
            Task::MultiClass => {
                let winners: Vec<usize> = predictions.rows().map(|(_, scores)| argmax(scores)).collect();
                let pairs = || truths.iter().copied().zip(winners.iter().copied());
                let confidences = predictions.rows().map(|(_, scores)| scores[argmax(scores)]);
                let hits = confidences.zip(pairs().map(|(truth, winner)| truth == winner));
                let in_range = scores.iter().all(|score| (0.0..=1.0).contains(score));
                Self {
                    task,
                    samples,
                    rankings: (0..classes).map(|class| Ranking::new(is(class).zip(column(class)))).collect(),
                    outcomes: vec![Outcomes::new(classes, pairs())],
                    calibrations: Calibration::new(hits).filter(|_| in_range).map(|one| vec![one]),
                }
            }
            Task::Binary => Self {
                task,
                samples,
                rankings: vec![
                    Ranking::new(is(0).zip(column(last).map(|score| -score))),
                    Ranking::new(is(1).zip(column(last))),
                ],
                outcomes: vec![Outcomes::new(
                    2,
                    truths.iter().copied().zip(column(last).map(|score| usize::from(score > threshold))),
                )],
                calibrations: Calibration::new(column(last).zip(is(1))).map(|one| vec![one]),
            },
            Task::MultiLabel => {
                let truth = |label: usize| truths.iter().skip(label).step_by(classes).copied();
                let positive = |label: usize| truth(label).map(|truth| truth == 1);
                Self {
                    task,
                    samples,
                    rankings: (0..classes).map(|label| Ranking::new(positive(label).zip(column(label)))).collect(),
                    outcomes: (0..classes)
                        .map(|label| {
                            let predicted = column(label).map(|score| usize::from(score > threshold));
                            Outcomes::new(2, truth(label).zip(predicted))
                        })
                        .collect(),
                    calibrations: (0..classes)
                        .map(|label| Calibration::new(column(label).zip(positive(label))))
                        .collect(),
                }
            }
        })
    }

    /// Number of classes, or of labels of a multi-label task.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.rankings.len()
    }

    /// All samples, by true (rows) and predicted class; of a multi-label task a table of 2 × 2 for each label.
    #[must_use]
    pub fn confusion(&self) -> Vec<u64> {
        let once = vec![1; self.samples as usize];
        self.outcomes.iter().flat_map(|outcomes| outcomes.confusion(&once).cells).collect()
    }

    /// Scores of all samples.
    #[must_use]
    pub fn measure(&self) -> Measures {
        self.measure_counts(&vec![1; self.samples as usize])
    }

    /// Scores with each sample counted as often as `counts` says.
    pub(super) fn measure_counts(&self, counts: &[u32]) -> Measures {
        let ranked: Vec<Worth> = self.rankings.iter().map(|ranking| ranking.measure(counts)).collect();
        let tables: Vec<Confusion> = self.outcomes.iter().map(|outcomes| outcomes.confusion(counts)).collect();
        let is_multi_label = self.task == Task::MultiLabel;
        // Of a label's two classes, the one that it is about.
        let hits = || tables.iter().flat_map(|table| table.hits().skip(usize::from(is_multi_label)));
        let over_tables = |measure: fn(&Confusion) -> f64| mean(tables.iter().map(measure));
        let average_precision = match (self.task, ranked.last()) {
            (Task::Binary, Some(of_class_1)) => of_class_1.average_precision,
            _ => mean(ranked.iter().map(|worth| worth.average_precision)),
        };
        let summary = [
            mean(ranked.iter().map(|worth| worth.auc)),
            over_tables(Confusion::accuracy),
            over_tables(Confusion::balanced_accuracy),
            mean(hits().map(Hits::f1).filter(|f1| !f1.is_nan())),
            Hits::sum(hits()).f1(),
            if is_multi_label { f64::NAN } else { over_tables(Confusion::quadratic_weighted_kappa) },
            average_precision,
            self.calibrations.as_ref().map_or(f64::NAN, |calibrations| {
                mean(calibrations.iter().map(|calibration| calibration.expected_error(counts)))
            }),
        ];
        let classes = ranked.iter().zip(hits()).map(|(worth, hits)| [worth.auc, worth.average_precision, hits.f1()]);
        Measures { summary, classes: classes.collect() }
    }
}
