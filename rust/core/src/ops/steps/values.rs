//! Steps on values: types, normalisation, channels, noise and erasing.

use super::check::{number, probability, range, require};
use super::{DType, Step};
use crate::{Error, Result};

impl Step {
    /// `(x - mean) / std` per channel in `float32`, as torchvision's `Normalize`: one value, or one per channel.
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

    /// `uint8` to a floating type in 0…1, as torchvision's `ConvertImageDtype`; 16 bits are the rounded `float32`.
    pub fn convert_image_dtype(dtype: DType) -> Result<Self> {
        require(dtype.is_float(), "ConvertImageDtype", dtype.name(), "float32, float16, bfloat16")?;
        Ok(Self::ConvertImageDtype { dtype })
    }

    /// Luma of an RGB image in 1 or 3 channels, as torchvision's `Grayscale` on PIL images.
    pub fn grayscale(channels: usize) -> Result<Self> {
        require(matches!(channels, 1 | 3), "Grayscale", format!("num_output_channels = {channels}"), "1 or 3")?;
        Ok(Self::Grayscale { channels })
    }

    /// Normally distributed noise, as torchvision's v2 `GaussianNoise`, on `uint8` or `float32`.
    pub fn gaussian_noise(mean: f64, sigma: f64, clip: bool) -> Result<Self> {
        let fits = mean.is_finite() && sigma.is_finite() && sigma >= 0.0;
        let found = format!("mean = {}, sigma = {}", number(mean), number(sigma));
        require(fits, "GaussianNoise", found, "finite numbers, sigma at least 0")?;
        Ok(Self::GaussianNoise { mean, sigma, clip })
    }

    /// A rectangle of one value, one per channel, or (`None`) normally distributed noise, as `RandomErasing`.
    pub fn random_erasing(p: f64, scale: [f64; 2], ratio: [f64; 2], value: Option<Vec<f64>>) -> Result<Self> {
        const NAME: &str = "RandomErasing";
        let values = value.as_deref().unwrap_or(&[0.0]);
        let fits = matches!(values.len(), 1 | 3) && values.iter().all(|value| value.is_finite());
        require(fits, NAME, format!("value = {values:?}"), "a finite number, one per channel, or 'random'")?;
        let ratio = range(NAME, "ratio", ratio, 1e-6, 1e6)?;
        Ok(Self::RandomErasing {
            p: probability(NAME, p)?,
            scale: range(NAME, "scale", scale, 0.0, 1.0)?,
            ratio,
            value,
        })
    }
}
