//! How often which class was taken for which, and what follows from that.

use super::count;

/// True and predicted class of each sample.
pub(super) struct Outcomes {
    classes: usize,
    /// True class × classes + predicted class.
    cells: Vec<usize>,
}

impl Outcomes {
    /// Of true and predicted classes, all below `classes`.
    pub(super) fn new(classes: usize, samples: impl Iterator<Item = (usize, usize)>) -> Self {
        Self { classes, cells: samples.map(|(truth, predicted)| truth * classes + predicted).collect() }
    }

    /// The table of each sample counted as often as `counts` says.
    pub(super) fn confusion(&self, counts: &[u32]) -> Confusion {
        let mut cells = vec![0; self.classes * self.classes];
        for (&cell, &n) in self.cells.iter().zip(counts) {
            cells[cell] += u64::from(n);
        }
        Confusion { classes: self.classes, cells }
    }
}

/// Samples by true class (rows) and predicted class (columns).
pub(super) struct Confusion {
    classes: usize,
    pub(super) cells: Vec<u64>,
}

/// What one class got right and wrong.
#[derive(Clone, Copy)]
pub(super) struct Hits {
    true_positives: u64,
    /// True positives and false negatives.
    support: u64,
    /// True and false positives.
    predicted: u64,
}

impl Confusion {
    pub(super) fn hits(&self) -> impl Iterator<Item = Hits> {
        (0..self.classes).map(|class| Hits {
            true_positives: self.cells[class * self.classes + class],
            support: self.row(class),
            predicted: self.column(class),
        })
    }

    pub(super) fn accuracy(&self) -> f64 {
        let right: u64 = self.hits().map(|hits| hits.true_positives).sum();
        count(right) / count(self.cells.iter().sum::<u64>())
    }

    /// The mean recall of the classes that occur.
    pub(super) fn balanced_accuracy(&self) -> f64 {
        let recalls = self.hits().filter(|hits| hits.support > 0);
        mean(recalls.map(|hits| count(hits.true_positives) / count(hits.support)))
    }

    /// Cohen's kappa with the squared distance of the classes as weight ("Weighted kappa", 1968); NaN where chance
    /// would make no mistake either.
    pub(super) fn quadratic_weighted_kappa(&self) -> f64 {
        let total = count(self.cells.iter().sum::<u64>());
        let [rows, columns]: [Vec<u64>; 2] = [
            (0..self.classes).map(|class| self.row(class)).collect(),
            (0..self.classes).map(|class| self.column(class)).collect(),
        ];
        let [mut found, mut by_chance] = [0.0; 2];
        for (cell, &n) in self.cells.iter().enumerate() {
            let [truth, predicted] = [cell / self.classes, cell % self.classes];
            let weight = count(truth.abs_diff(predicted).pow(2));
            found += weight * count(n);
            by_chance += weight * count(rows[truth]) * count(columns[predicted]) / total;
        }
        1.0 - found / by_chance
    }

    fn row(&self, class: usize) -> u64 {
        self.cells.iter().skip(class * self.classes).take(self.classes).sum()
    }

    fn column(&self, class: usize) -> u64 {
        self.cells.iter().skip(class).step_by(self.classes).sum()
    }
}

impl Hits {
    /// The harmonic mean of precision and recall; NaN where the class neither occurs nor is predicted.
    pub(super) fn f1(self) -> f64 {
        2.0 * count(self.true_positives) / count(self.support + self.predicted)
    }

    pub(super) fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self { true_positives: 0, support: 0, predicted: 0 }, |a, b| Self {
            true_positives: a.true_positives + b.true_positives,
            support: a.support + b.support,
            predicted: a.predicted + b.predicted,
        })
    }
}

/// NaN if there are none.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum) = values.fold((0usize, 0.0), |(n, sum), value| (n + 1, sum + value));
    sum / count(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of scikit-learn's user guide on confusion matrices, and counts that leave a class out.
    #[test]
    #[allow(clippy::float_cmp, reason = "these are exact")]
    fn known_tables() {
        let outcomes = Outcomes::new(3, [2, 0, 2, 2, 0, 1].into_iter().zip([0, 0, 2, 2, 0, 2]));
        let all = outcomes.confusion(&[1; 6]);
        assert_eq!(all.cells, [2, 0, 0, 0, 0, 1, 1, 0, 2]);
        assert_eq!(all.accuracy(), 4.0 / 6.0);
        assert_eq!(all.balanced_accuracy(), (1.0 + 0.0 + 2.0 / 3.0) / 3.0);
        let f1: Vec<f64> = all.hits().map(Hits::f1).collect();
        assert_eq!(f1, [0.8, 0.0, 2.0 / 3.0]);
        let some = outcomes.confusion(&[0, 2, 0, 0, 1, 0]);
        assert_eq!(some.cells, [3, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(some.balanced_accuracy(), 1.0);
        assert!(some.hits().skip(1).all(|hits| hits.f1().is_nan()));
        assert!(some.quadratic_weighted_kappa().is_nan());
        assert_eq!(Hits::sum(all.hits()).f1(), all.accuracy());
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "these are exact")]
    fn kappa_is_1_for_agreement_and_0_for_chance() {
        let agreement = Outcomes::new(3, (0..3).map(|class| (class, class)));
        assert_eq!(agreement.confusion(&[1; 3]).quadratic_weighted_kappa(), 1.0);
        let chance = Outcomes::new(2, [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter());
        assert_eq!(chance.confusion(&[1; 4]).quadratic_weighted_kappa(), 0.0);
    }
}
