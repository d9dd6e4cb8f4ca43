//! Whether probabilities mean what they say.

use super::count;

/// Bins of equal width over 0 to 1, as many as usual (Guo et al., "On calibration of modern neural networks", 2017).
const BINS: u8 = 15;

/// The confidence of each sample beside what came true.
pub(super) struct Calibration {
    /// Bin, and confidence minus 1 for a hit, 0 for a miss.
    samples: Vec<(u8, f64)>,
}

impl Calibration {
    /// Of confidences and whether they came true; `None` if one is outside 0 to 1, and so no probability.
    pub(super) fn new(samples: impl Iterator<Item = (f64, bool)>) -> Option<Self> {
        samples
            .map(|(confidence, is_hit)| {
                let gap = confidence - f64::from(u8::from(is_hit));
                (0.0..=1.0).contains(&confidence).then(|| (bin(confidence), gap))
            })
            .collect::<Option<_>>()
            .map(|samples| Self { samples })
    }

    /// The mean distance of confidence and hit rate over the bins, weighted with their samples, each of which counts as
    /// often as `counts` says.
    pub(super) fn expected_error(&self, counts: &[u32]) -> f64 {
        let mut gaps = [0.0; BINS as usize];
        let mut total = 0u64;
        for (&(bin, gap), &n) in self.samples.iter().zip(counts) {
            gaps[usize::from(bin)] += gap * f64::from(n);
            total += u64::from(n);
        }
        gaps.into_iter().map(f64::abs).sum::<f64>() / count(total)
    }
}

/// A confidence on an edge is in the bin below, as for scikit-learn's `calibration_curve` and Guo et al.
fn bin(confidence: f64) -> u8 {
    let width = 1.0 / f64::from(BINS);
    // The product of a number and this rounded width is `numpy.linspace`'s edge.
    (1..BINS).take_while(|&edge| f64::from(edge) * width < confidence).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_belong_to_the_bin_below() {
        for (confidence, expected) in [(0.0, 0), (1.0 / 15.0, 0), (0.067, 1), (0.2, 2), (0.5, 7), (1.0, 14)] {
            assert_eq!(bin(confidence), expected, "{confidence}");
        }
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "these are exact")]
    fn errors_by_hand() {
        let calibration = Calibration::new([(0.75, true), (0.75, false), (0.25, false)].into_iter()).expect("in range");
        assert_eq!(calibration.expected_error(&[1, 1, 1]), (0.5 + 0.25) / 3.0);
        assert_eq!(calibration.expected_error(&[3, 1, 0]), 0.0);
        assert!(Calibration::new([(0.5, true), (1.5, true)].into_iter()).is_none());
    }
}
