//! The steps a pipeline is made of, with torchvision's names and parameters.

use crate::{Error, Result};

/// One transform. The constructors refuse parameters that no data could make right.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// `uint8` in 0…255 to `float32` in 0…1 by division by 255, as torchvision's `ToTensor`.
    ToTensor,
    /// `(x - mean) / std` per channel in `float32`, as torchvision's `Normalize`.
    Normalize {
        /// One value, or one per channel.
        mean: Vec<f32>,
        /// As many as there are means; finite and not 0.
        std: Vec<f32>,
    },
    /// Mirrors the last axis with probability `p`, as torchvision's `RandomHorizontalFlip`.
    RandomHorizontalFlip {
        /// In 0…1.
        p: f64,
    },
}

impl Step {
    /// [`Step::Normalize`] of parameters that have been checked.
    #[allow(clippy::cast_possible_truncation, reason = "torchvision rounds the parameters to float32 too")]
    pub fn normalize(mean: &[f64], std: &[f64]) -> Result<Self> {
        if mean.is_empty() || mean.len() != std.len() {
            let [means, stds] = [mean.len(), std.len()];
            return Err(Error::invalid(format!(
                "Normalize: {means} values of mean and {stds} of std; allowed: as many of each, one or one per channel"
            )));
        }
        let [mean, std] = [mean, std].map(|values| values.iter().map(|&value| value as f32).collect::<Vec<f32>>());
        if let Some(bad) = mean.iter().find(|value| !value.is_finite()) {
            return Err(Error::invalid(format!("Normalize: mean {bad}; allowed: finite numbers")));
        }
        if let Some(bad) = std.iter().find(|&&value| !value.is_finite() || value == 0.0) {
            return Err(Error::invalid(format!("Normalize: std {bad}; allowed: finite numbers other than 0")));
        }
        Ok(Self::Normalize { mean, std })
    }

    /// [`Step::RandomHorizontalFlip`] of a probability that has been checked.
    pub fn random_horizontal_flip(p: f64) -> Result<Self> {
        if (0.0..=1.0).contains(&p) {
            Ok(Self::RandomHorizontalFlip { p })
        } else {
            Err(Error::invalid(format!("RandomHorizontalFlip: p = {p}; allowed: a probability in 0 to 1")))
        }
    }
}
