//! Borders: which pixel stands for one that is outside.

use super::super::steps::PadMode;
use super::float::FloatWork;
use super::op::{Draw, FloatOp, PixelOp};
use super::work::Work;

/// A border of `before` and `after` pixels along rows (0) and columns (1).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Border {
    pub before: [usize; 2],
    pub after: [usize; 2],
    pub mode: PadMode,
}

impl Border {
    /// Lengths with the border.
    pub(super) fn around(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        [height + self.before[0] + self.after[0], width + self.before[1] + self.after[1]]
    }

    /// Where in an axis of `len` the pixel at `position` of the bordered one comes from; `None`: from nowhere.
    fn source(&self, axis: usize, position: usize, len: usize) -> Option<usize> {
        let before = self.before[axis];
        if (before..before + len).contains(&position) {
            return Some(position - before);
        }
        // Distance to the nearest pixel inside, at least 1.
        let (end, outside) =
            if position < before { (0, before - position) } else { (len - 1, position + 1 - before - len) };
        let inwards = |distance: usize| if end == 0 { distance } else { len - 1 - distance };
        match self.mode {
            PadMode::Constant => None,
            PadMode::Edge => Some(end),
            PadMode::Reflect => Some(inwards(outside)),
            PadMode::Symmetric => Some(inwards(outside - 1)),
        }
    }

    /// Rows and columns of the bordered image, `value` where there is nothing.
    fn fill<T: Copy>(&self, [height, width]: [usize; 2], from: impl Fn(usize, usize) -> T, value: T, out: &mut [T]) {
        let [_, wide] = self.around([height, width]);
        for (y, row) in out.chunks_exact_mut(wide).enumerate() {
            let Some(y) = self.source(0, y, height) else {
                row.fill(value);
                continue;
            };
            for (x, pixel) in row.iter_mut().enumerate() {
                *pixel = self.source(1, x, width).map_or(value, |x| from(y, x));
            }
        }
    }
}

/// A border around pixels, of a value per channel where it is constant.
#[derive(Debug)]
pub(super) struct PixelPad(pub Border, pub [u8; 3]);

impl PixelOp for PixelPad {
    fn run(&self, work: &mut Work<'_>, _draw: Draw) {
        let Self(border, fill) = self;
        let size = [work.view.len[1], work.view.len[2]];
        work.map(border.around(size), work.channels, |image, out, _| {
            if image.channels == 3 {
                let pixels = image.pixels.as_chunks::<3>().0;
                border.fill(size, |y, x| pixels[y * image.width + x], *fill, out.pixels.as_chunks_mut().0);
            } else {
                border.fill(size, |y, x| image.pixels[y * image.width + x], fill[0], out.pixels);
            }
        });
    }
}

/// The same around `float32` values.
#[derive(Debug)]
pub(super) struct FloatPad(pub Border, pub Vec<f32>);

impl FloatOp for FloatPad {
    fn run(&self, work: &mut FloatWork<'_>, _draw: Draw) {
        let Self(border, fill) = self;
        let size = [work.len[1], work.len[2]];
        let [height, width] = border.around(size);
        work.map([1, height, width], |channel, plane, out| {
            border.fill(size, |y, x| plane[y * size[1] + x], fill[channel.min(fill.len() - 1)], out);
        });
    }

    fn in_place(&self) -> bool {
        false
    }
}
