//! `RandomErasing`: a rectangle of a value, or of noise.

use super::float::FloatWork;
use super::op::{Draw, FloatOp, PixelOp};
use super::work::Work;
use crate::random::Stream;

/// Where it erases, as torchvision draws it.
#[derive(Debug, Clone)]
pub(super) struct Rectangle {
    pub p: f64,
    pub scale: [f64; 2],
    pub ratio: [f64; 2],
}

impl Rectangle {
    /// Row, column, height and width; `None` where nothing is erased, as after ten rectangles that are too large.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "sizes")]
    fn draw(&self, height: usize, width: usize, stream: &mut Stream) -> Option<[usize; 4]> {
        if !stream.chance(self.p) {
            return None;
        }
        let area = (height * width) as f64;
        for _ in 0..10 {
            let erased = area * stream.uniform(self.scale[0], self.scale[1]);
            let ratio = stream.uniform(self.ratio[0].ln(), self.ratio[1].ln()).exp();
            let rows = (erased * ratio).sqrt().round_ties_even() as usize;
            let columns = (erased / ratio).sqrt().round_ties_even() as usize;
            if rows < height && columns < width {
                let top = stream.below((height - rows) as u32 + 1) as usize;
                let left = stream.below((width - columns) as u32 + 1) as usize;
                return Some([top, left, rows, columns]);
            }
        }
        None
    }
}

/// On pixels: a value per channel.
#[derive(Debug)]
pub(super) struct PixelErase(pub Rectangle, pub [u8; 3]);

impl PixelOp for PixelErase {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        let Self(rectangle, value) = self;
        let [_, height, width] = work.view.len;
        let Some([top, left, rows, columns]) = rectangle.draw(height, width, &mut draw.stream()) else { return };
        work.edit(|image| {
            for row in image.pixels.chunks_exact_mut(width * image.channels).skip(top).take(rows) {
                for pixel in row.chunks_exact_mut(image.channels).skip(left).take(columns) {
                    pixel.copy_from_slice(&value[..image.channels]);
                }
            }
        });
    }
}

/// On `float32` values: a value for all channels or for each, or noise.
#[derive(Debug)]
pub(super) struct FloatErase(pub Rectangle, pub Option<Vec<f32>>);

impl FloatOp for FloatErase {
    #[allow(clippy::cast_possible_truncation, reason = "noise is float32")]
    fn run(&self, work: &mut FloatWork<'_>, draw: Draw) {
        let Self(rectangle, value) = self;
        let mut stream = draw.stream();
        let [_, height, width] = work.len;
        let Some([top, left, rows, columns]) = rectangle.draw(height, width, &mut stream) else { return };
        for (channel, plane) in work.planes().enumerate() {
            for row in plane.chunks_exact_mut(width).skip(top).take(rows) {
                let row = &mut row[left..left + columns];
                match value {
                    Some(value) => row.fill(value[channel.min(value.len() - 1)]),
                    None => row.iter_mut().for_each(|element| *element = stream.normals()[0] as f32),
                }
            }
        }
    }
}
