//! Random rotations and affine maps of images.

use super::super::geometry::affine::{Interpolation, Matrix};
use super::super::geometry::rotate::{AffineParameters, inverse_affine_matrix};
use super::super::resize::Filter;
use super::super::steps::{self, Affine};
use super::super::view::View;
use super::edit::{Edit, Sampling};
use super::op::{Draw, PixelOp};
use super::reads::Reads;
use super::state::State;
use super::work::Work;
use crate::Result;
use crate::random::Stream;

/// For operations that sample nothing.
pub(super) const NO_SAMPLING: Sampling = Sampling { interpolation: Interpolation::Nearest, fill: [0; 3] };

/// torchvision's `RandomRotation`.
#[derive(Debug)]
struct Rotate {
    degrees: [f64; 2],
    center: Option<[f64; 2]>,
    sampling: Sampling,
}

impl PixelOp for Rotate {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        let angle = draw.stream().uniform(self.degrees[0], self.degrees[1]);
        Edit::Rotate(angle, self.center).apply(work, self.sampling);
    }

    fn reads(&self, view: &mut View, _draw: Draw) -> Reads {
        Reads::all(view)
    }
}

/// torchvision's `RandomAffine`.
#[derive(Debug)]
struct RandomAffine {
    affine: Affine,
    sampling: Sampling,
}

impl PixelOp for RandomAffine {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        let [_, height, width] = work.view.len;
        let matrix = self.draw(height, width, &mut draw.stream());
        Edit::Affine(matrix).apply(work, self.sampling);
    }

    fn reads(&self, view: &mut View, _draw: Draw) -> Reads {
        Reads::all(view)
    }
}

impl RandomAffine {
    #[allow(clippy::cast_precision_loss, reason = "lengths")]
    fn draw(&self, height: usize, width: usize, stream: &mut Stream) -> Matrix {
        let Affine { degrees, translate, scale, shear, center, .. } = &self.affine;
        let angle = stream.uniform(degrees[0], degrees[1]);
        let translate = match translate.as_deref() {
            Some(&[x, y]) => [(x, width), (y, height)].map(|(share, length)| {
                let most = share * length as f64;
                stream.uniform(-most, most).round_ties_even()
            }),
            _ => [0.0; 2],
        };
        let scale = scale.map_or(1.0, |[low, high]| stream.uniform(low, high));
        let shear = shear.map_or([0.0; 2], |shear| shear.map(|[low, high]| stream.uniform(low, high)));
        let center = center.unwrap_or([width as f64 * 0.5, height as f64 * 0.5]);
        inverse_affine_matrix(&AffineParameters { angle, translate, scale, shear, center })
    }
}

/// Nearest, bilinear or bicubic; the steps' constructors allow no other.
pub(super) fn interpolation(filter: Filter) -> Interpolation {
    match filter {
        Filter::Bilinear => Interpolation::Bilinear,
        Filter::Bicubic => Interpolation::Bicubic,
        _ => Interpolation::Nearest,
    }
}

/// How a step samples, after checking its fill; a grey image that stands for RGB is spelt out if it is to be coloured.
pub(super) fn sampling(state: &mut State, filter: Filter, fill: &[f64]) -> Result<Sampling> {
    state.need_image()?;
    state.need_pixels()?;
    let fill = state.pixel_values("fill", fill)?;
    if fill != [fill[0]; 3] {
        state.expand();
    }
    Ok(Sampling { interpolation: interpolation(filter), fill })
}

pub(super) fn rotation(
    state: &mut State,
    degrees: [f64; 2],
    filter: Filter,
    center: Option<[f64; 2]>,
    fill: &[f64],
) -> Result<String> {
    let sampling = sampling(state, filter, fill)?;
    state.push_pixel(Rotate { degrees, center, sampling });
    Ok(format!("affine, {filter:?}; quarter turns of squares move the view").to_lowercase())
}

pub(super) fn affine(state: &mut State, affine: &steps::Affine) -> Result<String> {
    let sampling = sampling(state, affine.filter, &affine.fill)?;
    if affine.translate.as_ref().is_some_and(|translate| translate.len() != 2) {
        return Err(crate::Error::invalid("translate has 3 shares for an image; allowed: 2, along x and y"));
    }
    state.push_pixel(RandomAffine { affine: affine.clone(), sampling });
    Ok(format!("affine, {:?}", affine.filter).to_lowercase())
}
