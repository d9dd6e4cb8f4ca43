//! Other sizes: fixed ones, and random parts.

use super::super::resize::{Crop, Filter, Resize};
use super::super::shape::SampleShape;
use super::super::steps::Size;
use super::super::view::View;
use super::op::{Draw, PixelOp};
use super::reads::Reads;
use super::state::State;
use super::work::Work;
use crate::random::Stream;
use crate::{Error, Result};

/// A step's resizer: each thread has one of its own, which begins as this one.
#[derive(Debug)]
struct Resizer {
    /// Which of a thread's.
    slot: usize,
    first: Resize,
}

/// Weights are the same for all samples.
#[derive(Debug)]
struct Fixed(Resizer);

impl PixelOp for Fixed {
    fn run(&self, work: &mut Work<'_>, _draw: Draw) {
        work.resize(self.0.slot, &self.0.first, None);
    }

    fn reads(&self, view: &mut View, _draw: Draw) -> Reads {
        Reads::all(view)
    }
}

/// torchvision's `RandomResizedCrop`.
#[derive(Debug)]
struct Random {
    scale: [f64; 2],
    ratio: [f64; 2],
    resizer: Resizer,
}

impl PixelOp for Random {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        let [_, height, width] = work.view.len;
        let crop = self.draw(height, width, &mut draw.stream());
        work.resize(self.resizer.slot, &self.resizer.first, Some(crop));
    }

    fn reads(&self, view: &mut View, draw: Draw) -> Reads {
        let [_, height, width] = view.len;
        Reads::Part(self.draw(height, width, &mut draw.stream()))
    }
}

impl Random {
    /// Ten tries of an area and a log-uniform aspect ratio; then the middle, at the nearest ratio allowed.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "sizes")]
    fn draw(&self, height: usize, width: usize, stream: &mut Stream) -> Crop {
        let area = (height * width) as f64;
        for _ in 0..10 {
            let target = area * stream.uniform(self.scale[0], self.scale[1]);
            let ratio = stream.uniform(self.ratio[0].ln(), self.ratio[1].ln()).exp();
            let columns = (target * ratio).sqrt().round_ties_even() as usize;
            let rows = (target / ratio).sqrt().round_ties_even() as usize;
            if 0 < columns && columns <= width && 0 < rows && rows <= height {
                let top = stream.below((height - rows) as u32 + 1) as usize;
                let left = stream.below((width - columns) as u32 + 1) as usize;
                return Crop { top, left, height: rows, width: columns };
            }
        }
        let ratio = width as f64 / height as f64;
        let (columns, rows) = if ratio < self.ratio[0] {
            (width, (width as f64 / self.ratio[0]).round_ties_even() as usize)
        } else if ratio > self.ratio[1] {
            ((height as f64 * self.ratio[1]).round_ties_even() as usize, height)
        } else {
            (width, height)
        };
        // A ratio far from the image's would leave nothing of an axis.
        let (columns, rows) = (columns.clamp(1, width), rows.clamp(1, height));
        Crop { top: (height - rows) / 2, left: (width - columns) / 2, height: rows, width: columns }
    }
}

/// Resizers of one thread, by their slots.
#[derive(Debug, Default)]
pub(super) struct Resizers(Vec<Option<Resize>>);

impl Resizers {
    /// The one in a slot, which begins as `first`; for a part of an image if there is one.
    pub(super) fn set(&mut self, slot: usize, first: &Resize, crop: Option<Crop>) -> &Resize {
        if self.0.len() <= slot {
            self.0.resize(slot + 1, None);
        }
        let resize = self.0[slot].get_or_insert_with(|| first.clone());
        if let Some(crop) = crop {
            resize.set_crop(crop, resize.size()).expect("a crop inside the image");
        }
        resize
    }

    /// The one in a slot that was set.
    pub(super) fn get(&self, slot: usize) -> &Resize {
        self.0[slot].as_ref().expect("set before")
    }
}

pub(super) fn fixed(state: &mut State, size: &Size, filter: Filter, region: Option<[f32; 4]>) -> Result<String> {
    state.need_image()?;
    state.need_pixels()?;
    let [_, height, width] = state.resized(size)?;
    SampleShape::new(2, &[height, width, 3])?;
    let resize = Resize::new(filter, (state.len[1], state.len[2]), region, (height, width))?;
    let resizer = Resizer { slot: state.new_resizer(), first: resize };
    state.push_pixel(Fixed(resizer));
    state.len = [1, height, width];
    Ok(format!("resize, {filter:?}, weights made once").to_lowercase())
}

pub(super) fn random(
    state: &mut State,
    [height, width]: [usize; 2],
    scale: [f64; 2],
    ratio: [f64; 2],
    filter: Filter,
) -> Result<String> {
    state.need_image()?;
    state.need_pixels()?;
    if scale[1] == 0.0 {
        return Err(Error::invalid("scale (0.0, 0.0); allowed: more than 0"));
    }
    let resize = Resize::new(filter, (state.len[1], state.len[2]), None, (height, width))?.for_crops();
    let weights = if resize.keeps_crops() { "weights made once for each length" } else { "weights per sample" };
    let resizer = Resizer { slot: state.new_resizer(), first: resize };
    state.push_pixel(Random { scale, ratio, resizer });
    state.len = [1, height, width];
    Ok(format!("crop and resize in one, {filter:?}, {weights}").to_lowercase())
}
