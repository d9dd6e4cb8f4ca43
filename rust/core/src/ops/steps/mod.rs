//! The steps a pipeline is made of, with torchvision's names, parameters and distributions. A constructor refuses
//! parameters that no data could make right; what fits which data is found out when a pipeline is compiled.

mod check;
mod colour;
mod geometry;
mod nested;
mod policy;
mod values;

pub use geometry::{Affine, PadMode, Size};
pub use policy::{AugMix, Policy};

use super::dtype::DType;
use super::resize::Filter;

/// One transform.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "fields are named as torchvision's parameters, which the constructors describe")]
pub enum Step {
    ToTensor,
    ConvertImageDtype { dtype: DType },
    Normalize { mean: Vec<f32>, std: Vec<f32> },
    Grayscale { channels: usize },
    ToRgb,
    RandomFlip { name: &'static str, p: f64, axes: Vec<isize> },
    RandomRotate90 { p: f64, axes: Option<[isize; 2]> },
    CenterCrop { size: Vec<usize> },
    RandomCrop { size: Vec<usize>, padding: Option<[usize; 4]>, pad_if_needed: bool, fill: Vec<f64>, mode: PadMode },
    Pad { padding: [usize; 4], fill: Vec<f64>, mode: PadMode },
    Resize { size: Size, filter: Filter, region: Option<[f32; 4]> },
    RandomResizedCrop { size: [usize; 2], scale: [f64; 2], ratio: [f64; 2], filter: Filter },
    RandomRotation { degrees: [f64; 2], filter: Filter, center: Option<[f64; 2]>, fill: Vec<f64> },
    RandomAffine(Affine),
    ColorJitter { factors: [Option<[f64; 2]>; 3], hue: Option<[f64; 2]> },
    RandomGrayscale { p: f64 },
    GaussianBlur { kernel: [usize; 2], sigma: [f64; 2] },
    GaussianNoise { mean: f64, sigma: f64, clip: bool },
    RandomErasing { p: f64, scale: [f64; 2], ratio: [f64; 2], value: Option<Vec<f64>> },
    RandomInvert { p: f64 },
    RandomPosterize { bits: u8, p: f64 },
    RandomSolarize { threshold: f64, p: f64 },
    RandomAdjustSharpness { factor: f64, p: f64 },
    RandomAutocontrast { p: f64 },
    RandomEqualize { p: f64 },
    RandomPolicy(Policy),
    AugMix(AugMix),
    RandomIntensityScale { train: bool },
    RandomApply { p: f64, steps: Vec<Self> },
    RandomChoice { weights: Vec<f64>, branches: Vec<Vec<Self>> },
    RandomOrder { branches: Vec<Vec<Self>> },
}

impl Step {
    /// As in Python.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ToTensor => "ToTensor",
            Self::ConvertImageDtype { .. } => "ConvertImageDtype",
            Self::Normalize { .. } => "Normalize",
            Self::Grayscale { .. } => "Grayscale",
            Self::ToRgb => "ToRGB",
            Self::RandomFlip { name, .. } => name,
            Self::RandomRotate90 { .. } => "RandomRotate90",
            Self::CenterCrop { .. } => "CenterCrop",
            Self::RandomCrop { .. } => "RandomCrop",
            Self::Pad { .. } => "Pad",
            Self::Resize { .. } => "Resize",
            Self::RandomResizedCrop { .. } => "RandomResizedCrop",
            Self::RandomRotation { .. } => "RandomRotation",
            Self::RandomAffine(_) => "RandomAffine",
            Self::ColorJitter { .. } => "ColorJitter",
            Self::RandomGrayscale { .. } => "RandomGrayscale",
            Self::GaussianBlur { .. } => "GaussianBlur",
            Self::GaussianNoise { .. } => "GaussianNoise",
            Self::RandomErasing { .. } => "RandomErasing",
            Self::RandomInvert { .. } => "RandomInvert",
            Self::RandomPosterize { .. } => "RandomPosterize",
            Self::RandomSolarize { .. } => "RandomSolarize",
            Self::RandomAdjustSharpness { .. } => "RandomAdjustSharpness",
            Self::RandomAutocontrast { .. } => "RandomAutocontrast",
            Self::RandomEqualize { .. } => "RandomEqualize",
            Self::RandomPolicy(policy) => policy.name(),
            Self::AugMix(_) => "AugMix",
            Self::RandomIntensityScale { .. } => "RandomIntensityScale",
            Self::RandomApply { .. } => "RandomApply",
            Self::RandomChoice { .. } => "RandomChoice",
            Self::RandomOrder { .. } => "RandomOrder",
        }
    }

    /// The steps inside, branch by branch.
    pub(super) fn branches(&self) -> &[Vec<Self>] {
        match self {
            Self::RandomApply { steps, .. } => std::slice::from_ref(steps),
            Self::RandomChoice { branches, .. } | Self::RandomOrder { branches } => branches,
            _ => &[],
        }
    }

    /// Whether it moves pixels and changes none, so that it may as well come before any arithmetic on them.
    pub(super) fn only_moves_pixels(&self) -> bool {
        match self {
            Self::RandomFlip { .. }
            | Self::RandomRotate90 { .. }
            | Self::RandomCrop { padding: None, pad_if_needed: false, .. } => true,
            Self::RandomCrop { mode, .. } | Self::Pad { mode, .. } => *mode != PadMode::Constant,
            Self::RandomApply { .. } | Self::RandomChoice { .. } | Self::RandomOrder { .. } => {
                self.branches().iter().flatten().all(Self::only_moves_pixels)
            }
            _ => false,
        }
    }
}
