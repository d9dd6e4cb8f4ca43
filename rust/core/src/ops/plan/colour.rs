//! Random colours and blur.

use super::super::colour::{blur, grey};
use super::super::steps::Step;
use super::edit::{Edit, Sampling};
use super::op::{Draw, PixelOp};
use super::state::State;
use super::warp::NO_SAMPLING;
use super::work::Work;
use crate::{Error, Result};

/// Grey to three channels.
#[derive(Debug)]
pub(super) struct Expand;

impl PixelOp for Expand {
    fn run(&self, work: &mut Work<'_>, _draw: Draw) {
        let [_, height, width] = work.view.len;
        work.map([height, width], 3, |image, out, _| grey::to_rgb(image.pixels, out.pixels));
    }
}

/// RGB to its luma, in 1 or 3 channels.
#[derive(Debug)]
pub(super) struct Luma {
    pub channels: usize,
}

impl PixelOp for Luma {
    fn run(&self, work: &mut Work<'_>, _draw: Draw) {
        let [_, height, width] = work.view.len;
        if self.channels == 3 {
            work.edit(|image| grey::repeat_in_place(image.pixels));
        } else {
            work.map([height, width], 1, |image, out, _| grey::from_rgb(image.pixels, out.pixels));
        }
    }
}

/// An operation with a probability.
#[derive(Debug)]
struct Chance {
    p: f64,
    edit: Edit,
    sampling: Sampling,
}

impl PixelOp for Chance {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        if draw.stream().chance(self.p) {
            self.edit.apply(work, self.sampling);
        }
    }
}

/// torchvision's `ColorJitter`: brightness, contrast, saturation and hue, in random order.
#[derive(Debug)]
struct Jitter {
    factors: [Option<[f64; 2]>; 4],
}

impl PixelOp for Jitter {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        const EDITS: [fn(f64) -> Edit; 4] = [Edit::Brightness, Edit::Contrast, Edit::Saturation, Edit::Hue];
        let mut stream = draw.stream();
        let mut order = [0, 1, 2, 3];
        stream.shuffle(&mut order);
        let drawn = self.factors.map(|range| range.map(|[low, high]| stream.uniform(low, high)));
        for which in order {
            if let Some(factor) = drawn[which] {
                EDITS[which](factor).apply(work, NO_SAMPLING);
            }
        }
    }
}

/// torchvision's `GaussianBlur`.
#[derive(Debug)]
struct Blur {
    kernel: [usize; 2],
    sigma: [f64; 2],
}

impl PixelOp for Blur {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        let sigma = draw.stream().uniform(self.sigma[0], self.sigma[1]);
        let [_, height, width] = work.view.len;
        let [along_x, along_y] = self.kernel;
        let mut floats = std::mem::take(&mut work.buffers.floats);
        work.map([height, width], work.channels, |image, mut out, _| {
            let len = along_x + along_y + blur::scratch_len(image, along_x);
            if floats.len() < len {
                floats.resize(len, 0.0);
            }
            let (x, rest) = floats[..len].split_at_mut(along_x);
            let (y, scratch) = rest.split_at_mut(along_y);
            blur::weights(sigma, x);
            blur::weights(sigma, y);
            blur::gaussian_blur(image, x, y, scratch, &mut out);
        });
        work.buffers.floats = floats;
    }
}

pub(super) fn chance(state: &mut State, p: f64, edit: Edit) -> Result<String> {
    state.need_image()?;
    state.need_pixels()?;
    state.push_pixel(Chance { p, edit, sampling: NO_SAMPLING });
    Ok(match edit {
        Edit::Invert | Edit::Posterize(_) | Edit::Solarize(_) => "table, no pass",
        Edit::AutoContrast => "extrema, then a table",
        Edit::Equalize => "histogram, then a table",
        Edit::Sharpness(_) => "3 x 3 filter",
        _ => "in place",
    }
    .into())
}

pub(super) fn jitter(state: &mut State, factors: [Option<[f64; 2]>; 3], hue: Option<[f64; 2]>) -> Result<String> {
    state.need_image()?;
    state.need_pixels()?;
    if hue.is_some() {
        state.need_rgb("hue: ")?;
    }
    let [brightness, contrast, saturation] = factors;
    state.push_pixel(Jitter { factors: [brightness, contrast, saturation, hue] });
    Ok("tables; saturation and hue in place".into())
}

pub(super) fn blur(state: &mut State, kernel: [usize; 2], sigma: [f64; 2]) -> Result<String> {
    state.need_image()?;
    state.need_pixels()?;
    for (size, axis) in kernel.into_iter().zip([2, 1]) {
        if size / 2 >= state.len[axis] {
            return Err(Error::invalid(format!(
                "kernel_size {size} for an axis of {}; allowed: at most {}",
                state.len[axis],
                2 * state.len[axis] - 1
            )));
        }
    }
    state.push_pixel(Blur { kernel, sigma });
    Ok("rows, then columns, in float32".into())
}

/// Luma in 1 or 3 channels.
pub(super) fn grayscale(state: &mut State, channels: usize) -> Result<String> {
    state.need_image()?;
    state.need_pixels()?;
    let inside = state.inside.is_some();
    if inside && channels != state.channels {
        return Err(Error::invalid("changes the number of channels; it cannot stand inside another step"));
    }
    if state.stored == 3 {
        // Grey that stands for RGB is spelt out where other steps may or may not have run.
        let stored = if inside { channels } else { 1 };
        state.push_pixel(Luma { channels: stored });
        state.stored = stored;
    }
    state.channels = channels;
    Ok("luma".into())
}

/// The steps of this file.
pub(super) fn add(state: &mut State, step: &Step) -> Result<String> {
    match *step {
        Step::ColorJitter { factors, hue } => jitter(state, factors, hue),
        Step::GaussianBlur { kernel, sigma } => blur(state, kernel, sigma),
        Step::Grayscale { channels } => grayscale(state, channels),
        Step::RandomGrayscale { p } => chance(state, p, Edit::Grey),
        Step::RandomInvert { p } => chance(state, p, Edit::Invert),
        Step::RandomPosterize { bits, p } => chance(state, p, Edit::Posterize(bits.into())),
        Step::RandomSolarize { threshold, p } => chance(state, p, Edit::Solarize(threshold)),
        Step::RandomAdjustSharpness { factor, p } => chance(state, p, Edit::Sharpness(factor)),
        Step::RandomAutocontrast { p } => chance(state, p, Edit::AutoContrast),
        Step::RandomEqualize { p } => chance(state, p, Edit::Equalize),
        _ => unreachable!("a step of another file"),
    }
}
