//! Steps that only move pixels: turns, crops and borders against the lengths of the sample.

use super::super::shape::SampleShape;
use super::super::steps::{PadMode, Size};
use super::compile::{Kernel, VIEW};
use super::geometry::{Crop, Move, Moved, Turn};
use super::pad::{Border, FloatPad, PixelPad};
use super::state::State;
use crate::{Error, Result};

impl State {
    pub(super) fn moves(&mut self, moves: impl Move + 'static) -> Kernel {
        if self.on_pixels(true) {
            self.push_pixel(Moved(moves));
            VIEW.into()
        } else {
            self.push_float(Moved(moves));
            "copy".into()
        }
    }

    pub(super) fn turn(&mut self, p: f64, axes: Option<[isize; 2]>) -> Result<Kernel> {
        let planes = match axes {
            Some([first, second]) => vec![[self.axis(first)?, self.axis(second)?]],
            None if self.spatial_dims == 2 => vec![[1, 2]],
            None => vec![[0, 1], [0, 2], [1, 2]],
        };
        for &[first, second] in &planes {
            if first == second {
                return Err(Error::invalid(format!("axes = {axes:?}; allowed: two different ones")));
            }
            if self.len[first] != self.len[second] {
                return Err(Error::invalid(format!(
                    "got lengths {} and {}, which a quarter turn exchanges; allowed: equal ones",
                    self.len[first], self.len[second]
                )));
            }
        }
        Ok(self.moves(Turn { p, planes }))
    }

    pub(super) fn center_crop(&mut self, size: &[usize]) -> Result<Kernel> {
        let size = self.lengths(size)?;
        let missing = |axis: usize| size[axis].saturating_sub(self.len[axis]);
        if (0..3).any(|axis| missing(axis) > 0) {
            self.need_image()?;
            let border = Border {
                before: [missing(1) / 2, missing(2) / 2],
                after: [missing(1).div_ceil(2), missing(2).div_ceil(2)],
                mode: PadMode::Constant,
            };
            self.pad(border, &[0.0])?;
        }
        // Python's round(): ties to even.
        let start = std::array::from_fn(|axis| {
            let left = self.len[axis] - size[axis];
            left / 2 + usize::from(left % 4 == 3)
        });
        Ok(self.crop(Crop { size, start: Some(start) }))
    }

    fn crop(&mut self, crop: Crop) -> Kernel {
        let size = crop.size;
        let kernel = self.moves(crop);
        self.len = size;
        kernel
    }

    pub(super) fn random_crop(
        &mut self,
        size: &[usize],
        padding: Option<[usize; 4]>,
        pad_if_needed: bool,
        fill: &[f64],
        mode: PadMode,
    ) -> Result<Kernel> {
        let size = self.lengths(size)?;
        let mut kernel = String::new();
        if let Some([left, top, right, bottom]) = padding {
            kernel = self.pad(Border { before: [top, left], after: [bottom, right], mode }, fill)? + ", then ";
        }
        // torchvision pads by what is missing on both sides, one axis after the other.
        for axis in [2, 1] {
            let missing = size[axis].saturating_sub(self.len[axis]);
            if pad_if_needed && missing > 0 {
                let both = if axis == 1 { [missing, 0] } else { [0, missing] };
                kernel = self.pad(Border { before: both, after: both, mode }, fill)? + ", then ";
            }
        }
        if (0..3).any(|axis| size[axis] > self.len[axis]) {
            let [wanted, found] = [size, self.len].map(|len| len[3 - self.spatial_dims..].to_vec());
            return Err(Error::invalid(format!(
                "size = {wanted:?} of samples of {found:?}; allowed: at most that, or padding, or pad_if_needed"
            )));
        }
        Ok(kernel + &self.crop(Crop { size, start: None }))
    }

    pub(super) fn pad(&mut self, border: Border, fill: &[f64]) -> Result<Kernel> {
        self.need_image()?;
        let size = [self.len[1], self.len[2]];
        let reach = usize::from(border.mode == PadMode::Reflect);
        if matches!(border.mode, PadMode::Reflect | PadMode::Symmetric) {
            for (axis, length) in size.into_iter().enumerate() {
                let widest = border.before[axis].max(border.after[axis]);
                if widest + reach > length {
                    return Err(Error::invalid(format!(
                        "padding {widest} of an axis of {length}; allowed with this padding_mode: at most {}",
                        length - reach
                    )));
                }
            }
        }
        let [height, width] = border.around(size);
        // Fails where the result does not fit into memory.
        SampleShape::new(2, &[height, width, 3])?;
        if self.on_pixels(border.mode != PadMode::Constant) {
            let fill = self.pixel_values("fill", fill)?;
            if fill != [fill[0]; 3] {
                self.expand();
            }
            self.push_pixel(PixelPad(border, fill));
            self.len = [1, height, width];
        } else {
            self.need_per_channel("fill", fill.len())?;
            #[allow(clippy::cast_possible_truncation, reason = "values are float32")]
            let fill = fill.iter().map(|&value| value as f32).collect();
            self.push_float(FloatPad(border, fill));
            self.len = [1, height, width];
            self.measure();
        }
        Ok("copy with a border".into())
    }

    /// The lengths that a `Size` means, as torchvision computes them.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "lengths")]
    pub(super) fn resized(&self, size: &Size) -> Result<[usize; 3]> {
        let [_, height, width] = self.len;
        match size {
            Size::Exactly(lengths) => self.lengths(lengths),
            Size::Shorter(edge, None) if self.spatial_dims == 3 => Ok([*edge; 3]),
            Size::Shorter(..) if self.spatial_dims == 3 => Err(Error::invalid("max_size for a volume; allowed: None")),
            Size::Shorter(edge, most) => {
                let (short, long) = (height.min(width), height.max(width));
                let (mut new_short, mut new_long) = (*edge, (*edge as f64 * long as f64 / short as f64) as usize);
                if let Some(most) = most.filter(|&most| new_long > most) {
                    (new_short, new_long) = ((most as f64 * new_short as f64 / new_long as f64) as usize, most);
                }
                Ok(if width <= height { [1, new_long, new_short] } else { [1, new_short, new_long] })
            }
        }
    }
}
