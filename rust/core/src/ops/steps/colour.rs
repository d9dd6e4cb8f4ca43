//! Steps that change colours, and blur.

use super::Step;
use super::check::{number, probability, range, require};
use crate::Result;

impl Step {
    /// Random brightness, contrast and saturation (ranges of factors; `None` leaves it alone) and hue (in -0.5…0.5), in
    /// random order, as torchvision's `ColorJitter` on PIL images.
    pub fn color_jitter(factors: [Option<[f64; 2]>; 3], hue: Option<[f64; 2]>) -> Result<Self> {
        const NAME: &str = "ColorJitter";
        for (name, factor) in ["brightness", "contrast", "saturation"].into_iter().zip(factors) {
            factor.map(|factor| range(NAME, name, factor, 0.0, f64::INFINITY)).transpose()?;
        }
        let hue = hue.map(|hue| range(NAME, "hue", hue, -0.5, 0.5)).transpose()?;
        Ok(Self::ColorJitter { factors, hue })
    }

    /// Grey in as many channels as before with probability `p`, as torchvision's `RandomGrayscale`.
    pub fn random_grayscale(p: f64) -> Result<Self> {
        Ok(Self::RandomGrayscale { p: probability("RandomGrayscale", p)? })
    }

    /// A Gaussian of `kernel` (x, y) pixels and a random sigma, as torchvision's `GaussianBlur`.
    pub fn gaussian_blur(kernel: [usize; 2], sigma: [f64; 2]) -> Result<Self> {
        const NAME: &str = "GaussianBlur";
        let fits = kernel.iter().all(|size| size % 2 == 1 && *size < 1 << 12);
        require(fits, NAME, format!("kernel_size = {kernel:?}"), "odd numbers of at least 1 and at most 4095")?;
        let sigma = range(NAME, "sigma", sigma, f64::NEG_INFINITY, f64::INFINITY)?;
        require(sigma[0] > 0.0, NAME, format!("sigma = {}", number(sigma[0])), "more than 0")?;
        Ok(Self::GaussianBlur { kernel, sigma })
    }

    /// The negative, with probability `p`.
    pub fn random_invert(p: f64) -> Result<Self> {
        Ok(Self::RandomInvert { p: probability("RandomInvert", p)? })
    }

    /// Keeps the upper `bits`, with probability `p`.
    pub fn random_posterize(bits: u8, p: f64) -> Result<Self> {
        require((1..=8).contains(&bits), "RandomPosterize", format!("bits = {bits}"), "1 to 8")?;
        Ok(Self::RandomPosterize { bits, p: probability("RandomPosterize", p)? })
    }

    /// The negative of values of at least `threshold`, with probability `p`.
    pub fn random_solarize(threshold: f64, p: f64) -> Result<Self> {
        require(threshold.is_finite(), "RandomSolarize", format!("threshold = {threshold}"), "a finite number")?;
        Ok(Self::RandomSolarize { threshold, p: probability("RandomSolarize", p)? })
    }

    /// Sharper (more than 1) or softer by `factor`, with probability `p`.
    pub fn random_adjust_sharpness(factor: f64, p: f64) -> Result<Self> {
        const NAME: &str = "RandomAdjustSharpness";
        let fits = factor.is_finite() && factor >= 0.0;
        require(fits, NAME, format!("sharpness_factor = {}", number(factor)), "a finite number of at least 0")?;
        Ok(Self::RandomAdjustSharpness { factor, p: probability(NAME, p)? })
    }

    /// Stretches each channel to 0…255, with probability `p`.
    pub fn random_autocontrast(p: f64) -> Result<Self> {
        Ok(Self::RandomAutocontrast { p: probability("RandomAutocontrast", p)? })
    }

    /// Equalises each channel's histogram, with probability `p`.
    pub fn random_equalize(p: f64) -> Result<Self> {
        Ok(Self::RandomEqualize { p: probability("RandomEqualize", p)? })
    }
}
