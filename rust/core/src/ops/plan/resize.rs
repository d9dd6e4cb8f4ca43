//! Other sizes: fixed ones, and random parts.

use super::super::resize::{Crop, Filter, Resize};
use super::super::shape::SampleShape;
use super::super::steps::Size;
use super::op::{Draw, PixelOp};
use super::state::State;
use super::work::Work;
use crate::random::Stream;
use crate::{Error, Result};

/// Weights are the same for all samples.
#[derive(Debug)]
struct Fixed(Resize);

impl PixelOp for Fixed {
    fn run(&self, work: &mut Work<'_>, _draw: Draw) {
        let (height, width) = self.0.size();
        work.map([height, width], work.channels, |image, out, kernel| self.0.run(image, kernel, out));
    }
}

/// torchvision's `RandomResizedCrop`.
#[derive(Debug)]
struct Random {
    scale: [f64; 2],
    ratio: [f64; 2],
    /// Which of a thread's resizers is this step's, and what it begins as.
    slot: usize,
    resize: Resize,
}

impl PixelOp for Random {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        let [_, height, width] = work.view.len;
        let crop = self.draw(height, width, &mut draw.stream());
        let (rows, columns) = self.resize.size();
        let mut resize = work.buffers.resizers.take(self.slot, &self.resize);
        resize.set_crop(crop, (rows, columns)).expect("a crop inside the image");
        work.map([rows, columns], work.channels, |image, out, kernel| resize.run(image, kernel, out));
        work.buffers.resizers.put_back(self.slot, resize);
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

/// Resizers of one thread, whose weights change from sample to sample.
#[derive(Debug, Default)]
pub(super) struct Resizers(Vec<Option<Resize>>);

impl Resizers {
    fn take(&mut self, slot: usize, first: &Resize) -> Resize {
        if self.0.len() <= slot {
            self.0.resize(slot + 1, None);
        }
        self.0[slot].take().unwrap_or_else(|| first.clone())
    }

    fn put_back(&mut self, slot: usize, resize: Resize) {
        self.0[slot] = Some(resize);
    }
}

pub(super) fn fixed(state: &mut State, size: &Size, filter: Filter, region: Option<[f32; 4]>) -> Result<String> {
    state.need_image()?;
    state.need_pixels()?;
    let [_, height, width] = state.resized(size)?;
    SampleShape::new(2, &[height, width, 3])?;
    let resize = Resize::new(filter, (state.len[1], state.len[2]), region, (height, width))?;
    state.push_pixel(Fixed(resize));
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
    let resize = Resize::new(filter, (state.len[1], state.len[2]), None, (height, width))?;
    let slot = state.resizers;
    state.resizers += 1;
    state.push_pixel(Random { scale, ratio, slot, resize });
    state.len = [1, height, width];
    Ok(format!("crop and resize in one, {filter:?}, weights per sample").to_lowercase())
}
