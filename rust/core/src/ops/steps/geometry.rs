//! Steps that move pixels.

use super::check::{fill, probability, range, require, size};
use super::{Filter, Step};
use crate::Result;

/// What lies outside an image, as torchvision's `padding_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PadMode {
    /// A value.
    Constant,
    /// The last pixel.
    Edge,
    /// Mirrored, the last pixel once.
    Reflect,
    /// Mirrored, the last pixel twice.
    Symmetric,
}

/// What an image is resized to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Size {
    /// The shorter edge, and what the longer one may have; all axes of a volume.
    Shorter(usize, Option<usize>),
    /// Every axis.
    Exactly(Vec<usize>),
}

/// Parameters of `RandomAffine`.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    /// Range of the angle; about each axis of a volume.
    pub degrees: [f64; 2],
    /// Largest shift along each axis (x, y, as torchvision's; D, H, W for volumes), as shares of its length.
    pub translate: Option<Vec<f64>>,
    /// Range of the scale.
    pub scale: Option<[f64; 2]>,
    /// Ranges of the shear along x and along y, in degrees.
    pub shear: Option<[[f64; 2]; 2]>,
    /// Nearest, bilinear or bicubic.
    pub filter: Filter,
    /// Outside the image.
    pub fill: Vec<f64>,
    /// (x, y) of what stays in place; by default the centre.
    pub center: Option<[f64; 2]>,
}

impl Step {
    /// Mirrors the last axis with probability `p`, as torchvision's `RandomHorizontalFlip`.
    pub fn random_horizontal_flip(p: f64) -> Result<Self> {
        let name = "RandomHorizontalFlip";
        Ok(Self::RandomFlip { name, p: probability(name, p)?, axes: vec![-1] })
    }

    /// Mirrors the last axis but one with probability `p`, as torchvision's `RandomVerticalFlip`.
    pub fn random_vertical_flip(p: f64) -> Result<Self> {
        let name = "RandomVerticalFlip";
        Ok(Self::RandomFlip { name, p: probability(name, p)?, axes: vec![-2] })
    }

    /// Mirrors each of `axes` (of the spatial ones, as NumPy counts) with probability `p`, independently.
    pub fn random_flip(p: f64, axes: Vec<isize>) -> Result<Self> {
        let name = "RandomFlip";
        require(!axes.is_empty() && axes.len() <= 3, name, format!("axes = {axes:?}"), "1 to 3 spatial axes")?;
        Ok(Self::RandomFlip { name, p: probability(name, p)?, axes })
    }

    /// With probability `p` one to three quarter turns, from the first of `axes` to the second as `numpy.rot90`; by
    /// default in the plane of an image, or in a random one of a volume's three.
    pub fn random_rotate90(p: f64, axes: Option<[isize; 2]>) -> Result<Self> {
        Ok(Self::RandomRotate90 { p: probability("RandomRotate90", p)?, axes })
    }

    /// The middle, as torchvision's `CenterCrop`, which puts zeros around what is too small.
    pub fn center_crop(lengths: Vec<usize>) -> Result<Self> {
        Ok(Self::CenterCrop { size: size("CenterCrop", lengths)? })
    }

    /// A random part, as torchvision's `RandomCrop`. `padding` is left, top, right, bottom.
    pub fn random_crop(
        lengths: Vec<usize>,
        padding: Option<[usize; 4]>,
        pad_if_needed: bool,
        values: Vec<f64>,
        mode: PadMode,
    ) -> Result<Self> {
        let size = size("RandomCrop", lengths)?;
        require(padding.is_none_or(small), "RandomCrop", format!("padding = {padding:?}"), PADDING)?;
        Ok(Self::RandomCrop { size, padding, pad_if_needed, fill: fill("RandomCrop", values)?, mode })
    }

    /// A border of left, top, right, bottom pixels, as torchvision's `Pad`.
    pub fn pad(padding: [usize; 4], values: Vec<f64>, mode: PadMode) -> Result<Self> {
        require(small(padding), "Pad", format!("padding = {padding:?}"), PADDING)?;
        Ok(Self::Pad { padding, fill: fill("Pad", values)?, mode })
    }

    /// Another size, as torchvision's `Resize` on PIL images; `region` is Pillow's `box`: left, upper, right, lower.
    pub fn resize(target: Size, filter: Filter, region: Option<[f32; 4]>) -> Result<Self> {
        match &target {
            Size::Exactly(lengths) => {
                require((2..=3).contains(&lengths.len()), "Resize", format!("size = {lengths:?}"), "1 to 3 lengths")?;
                size("Resize", lengths.clone())?;
            }
            Size::Shorter(length, most) => {
                size("Resize", vec![*length])?;
                let fits = most.is_none_or(|most| most > *length);
                require(fits, "Resize", format!("max_size = {most:?}"), &format!("more than size = {length}"))?;
            }
        }
        Ok(Self::Resize { size: target, filter, region })
    }

    /// A random part at another size, as torchvision's `RandomResizedCrop` on PIL images.
    pub fn random_resized_crop(lengths: [usize; 2], scale: [f64; 2], ratio: [f64; 2], filter: Filter) -> Result<Self> {
        const NAME: &str = "RandomResizedCrop";
        size(NAME, lengths.to_vec())?;
        let scale = range(NAME, "scale", scale, 0.0, 1.0)?;
        Ok(Self::RandomResizedCrop { size: lengths, scale, ratio: range(NAME, "ratio", ratio, 1e-6, 1e6)?, filter })
    }

    /// A random angle in degrees, counter-clockwise, as torchvision's `RandomRotation` on PIL images.
    pub fn random_rotation(
        degrees: [f64; 2],
        filter: Filter,
        center: Option<[f64; 2]>,
        values: Vec<f64>,
    ) -> Result<Self> {
        const NAME: &str = "RandomRotation";
        warps(NAME, filter)?;
        let degrees = range(NAME, "degrees", degrees, f64::NEG_INFINITY, f64::INFINITY)?;
        finite(NAME, "center", center.as_ref().map(<[f64; 2]>::as_slice))?;
        Ok(Self::RandomRotation { degrees, filter, center, fill: fill(NAME, values)? })
    }

    /// A random affine map, as torchvision's `RandomAffine` on PIL images.
    pub fn random_affine(affine: Affine) -> Result<Self> {
        const NAME: &str = "RandomAffine";
        warps(NAME, affine.filter)?;
        range(NAME, "degrees", affine.degrees, f64::NEG_INFINITY, f64::INFINITY)?;
        if let Some(translate) = &affine.translate {
            let fits = matches!(translate.len(), 2 | 3) && translate.iter().all(|share| (0.0..=1.0).contains(share));
            require(fits, NAME, format!("translate = {translate:?}"), "2 or 3 shares in 0 to 1")?;
        }
        if let Some(scale) = affine.scale {
            range(NAME, "scale", scale, 1e-6, 1e6)?;
        }
        for shear in affine.shear.iter().flatten() {
            range(NAME, "shear", *shear, f64::NEG_INFINITY, f64::INFINITY)?;
        }
        finite(NAME, "center", affine.center.as_ref().map(<[f64; 2]>::as_slice))?;
        fill(NAME, affine.fill.clone())?;
        Ok(Self::RandomAffine(affine))
    }
}

const PADDING: &str = "at most 1048576 pixels on each side";

fn small(padding: [usize; 4]) -> bool {
    padding.iter().all(|&pixels| pixels <= 1 << 20)
}

/// Refuses filters that need a scale.
fn warps(step: &str, filter: Filter) -> Result<()> {
    let fits = matches!(filter, Filter::Nearest | Filter::Bilinear | Filter::Bicubic);
    require(fits, step, format!("interpolation = {filter:?}"), "nearest, bilinear, bicubic")
}

fn finite(step: &str, name: &str, values: Option<&[f64]>) -> Result<()> {
    let values = values.unwrap_or_default();
    require(values.iter().all(|value| value.is_finite()), step, format!("{name} = {values:?}"), "finite numbers")
}
