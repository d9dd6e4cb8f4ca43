//! Operations on an image whose parameters are known: what random steps and policies draw from.

use super::super::colour::{enhance, grey, histogram, hue, tables};
use super::super::geometry::affine::{Interpolation, Matrix, affine};
use super::super::geometry::rotate::{Rotation, rotation};
use super::work::Work;

/// One operation, named as in `PIL.ImageEnhance` and `PIL.ImageOps`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Edit {
    Brightness(f64),
    Contrast(f64),
    Saturation(f64),
    /// In turns, -0.5…0.5.
    Hue(f64),
    Sharpness(f64),
    Invert,
    Posterize(u32),
    Solarize(f64),
    AutoContrast,
    Equalize,
    /// Luma, in as many channels as before.
    Grey,
    /// In degrees, counter-clockwise, about the centre or another point.
    Rotate(f64, Option<[f64; 2]>),
    Affine(Matrix),
}

/// How images are sampled between pixels, and what is outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sampling {
    pub interpolation: Interpolation,
    pub fill: [u8; 3],
}

impl Edit {
    /// Does it, as a table or a view where that is enough.
    #[allow(clippy::cast_possible_truncation, reason = "Pillow's factors are float32")]
    pub(super) fn apply(self, work: &mut Work<'_>, sampling: Sampling) {
        match self {
            Self::Brightness(factor) => work.look_up(&[enhance::brightness(factor as f32); 3]),
            Self::Contrast(factor) => {
                let image = work.image();
                let mean = enhance::mean_grey(image.pixels, image.channels);
                work.look_up(&[enhance::contrast(mean, factor as f32); 3]);
            }
            Self::Saturation(_) | Self::Hue(_) | Self::Grey if work.channels == 1 => {}
            Self::Saturation(factor) => {
                work.edit(|image| enhance::colour(image.pixels, image.channels, factor as f32));
            }
            Self::Hue(factor) => work.edit(|image| hue::adjust(image.pixels, hue::shift(factor))),
            Self::Grey => work.edit(|image| grey::repeat_in_place(image.pixels)),
            Self::Sharpness(factor) => {
                let [_, height, width] = work.view.len;
                work.map([height, width], work.channels, |image, mut out, _| {
                    enhance::sharpness(image, factor as f32, &mut out);
                });
            }
            Self::Invert => work.look_up(&[tables::invert(); 3]),
            Self::Posterize(bits) => work.look_up(&[tables::posterize(bits); 3]),
            Self::Solarize(threshold) => work.look_up(&[tables::solarize(threshold); 3]),
            Self::AutoContrast => stretch(work),
            Self::Equalize => equalize(work),
            Self::Rotate(angle, center) => {
                let [_, height, width] = work.view.len;
                match rotation(height, width, angle, false, center) {
                    #[allow(clippy::cast_possible_truncation, reason = "0 to 3")]
                    Rotation::Turns(turns) => work.view.rot90(turns as u32, [1, 2]),
                    Rotation::Affine { matrix, .. } => warp(work, &matrix, sampling),
                }
            }
            Self::Affine(matrix) => warp(work, &matrix, sampling),
        }
    }
}

fn stretch(work: &mut Work<'_>) {
    let image = work.image();
    let luts = match image.channels {
        3 => histogram::extrema::<3>(image.pixels).map(|extrema| extrema.map(tables::autocontrast)),
        _ => histogram::extrema::<1>(image.pixels).map(|[extrema]| [tables::autocontrast(extrema); 3]),
    };
    if let Some(luts) = luts {
        work.look_up(&luts);
    }
}

fn equalize(work: &mut Work<'_>) {
    let image = work.image();
    let luts = match image.channels {
        3 => histogram::histograms::<3>(image.pixels).each_ref().map(tables::equalize),
        _ => [tables::equalize(&histogram::histograms::<1>(image.pixels)[0]); 3],
    };
    work.look_up(&luts);
}

fn warp(work: &mut Work<'_>, matrix: &Matrix, Sampling { interpolation, fill }: Sampling) {
    let [_, height, width] = work.view.len;
    work.map([height, width], work.channels, |image, mut out, _| {
        affine(image, matrix, interpolation, fill, &mut out);
    });
}
