//! Learned and random policies.

use super::check::{fill, require};
use super::{Filter, Step};
use crate::Result;

/// `RandAugment` and `TrivialAugmentWide`.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// `RandAugment`'s number of operations and magnitude; `None` for `TrivialAugmentWide`.
    pub rand: Option<(usize, usize)>,
    /// Number of magnitudes.
    pub bins: usize,
    /// Nearest, bilinear or bicubic.
    pub filter: Filter,
    /// Outside the image.
    pub fill: Vec<f64>,
}

impl Policy {
    pub(super) fn name(&self) -> &'static str {
        if self.rand.is_some() { "RandAugment" } else { "TrivialAugmentWide" }
    }
}

/// Parameters of `AugMix`.
#[derive(Debug, Clone, PartialEq)]
pub struct AugMix {
    /// Magnitudes are drawn from the first `severity` of ten.
    pub severity: usize,
    /// Number of chains.
    pub width: usize,
    /// Operations per chain; `None` draws 1 to 3.
    pub depth: Option<usize>,
    /// Of the beta and Dirichlet distributions of the weights.
    pub alpha: f64,
    /// Brightness, contrast, colour and sharpness too.
    pub all_ops: bool,
    /// Nearest, bilinear or bicubic.
    pub filter: Filter,
    /// Outside the image.
    pub fill: Vec<f64>,
}

const FILTERS: &str = "nearest, bilinear, bicubic";

fn warps(filter: Filter) -> bool {
    matches!(filter, Filter::Nearest | Filter::Bilinear | Filter::Bicubic)
}

impl Step {
    /// Random operations of torchvision's op space, as `RandAugment` or `TrivialAugmentWide` on PIL images.
    pub fn random_policy(policy: Policy) -> Result<Self> {
        let name = policy.name();
        let bins = policy.bins;
        require((2..=1000).contains(&bins), name, format!("num_magnitude_bins = {bins}"), "2 to 1000")?;
        require(warps(policy.filter), name, format!("interpolation = {:?}", policy.filter), FILTERS)?;
        fill(name, policy.fill.clone())?;
        if let Some((operations, magnitude)) = policy.rand {
            require(operations <= 1000, name, format!("num_ops = {operations}"), "0 to 1000")?;
            let allowed = format!("less than num_magnitude_bins = {bins}");
            require(magnitude < bins, name, format!("magnitude = {magnitude}"), &allowed)?;
        }
        Ok(Self::RandomPolicy(policy))
    }

    /// A weighted mean of the image and of chains of operations, as torchvision's `AugMix` on PIL images.
    pub fn aug_mix(mix: AugMix) -> Result<Self> {
        const NAME: &str = "AugMix";
        require((1..=10).contains(&mix.severity), NAME, format!("severity = {}", mix.severity), "1 to 10")?;
        require((1..=16).contains(&mix.width), NAME, format!("mixture_width = {}", mix.width), "1 to 16")?;
        let depth = mix.depth.unwrap_or(1);
        require((1..=1000).contains(&depth), NAME, format!("chain_depth = {depth}"), "1 to 1000, or -1 for 1 to 3")?;
        let fits = mix.alpha.is_finite() && mix.alpha > 0.0;
        require(fits, NAME, format!("alpha = {}", mix.alpha), "a finite number above 0")?;
        require(warps(mix.filter), NAME, format!("interpolation = {:?}", mix.filter), FILTERS)?;
        fill(NAME, mix.fill.clone())?;
        Ok(Self::AugMix(mix))
    }
}
