//! What is known of a sample between two steps while a pipeline is compiled.

use super::super::dtype::DType;
use super::super::shape::SampleShape;
use super::super::simd::Simd;
use super::super::write::Table;
use super::op::{FloatOp, Numbered, PixelOp};
use crate::{Error, Result};

/// The sample so far, and the steps compiled so far.
#[derive(Debug)]
pub(super) struct State {
    pub simd: Simd,
    pub spatial_dims: usize,
    pub len: [usize; 3],
    /// Channels in memory: 1 as long as a grey image that stands for RGB need not be spelt out.
    pub stored: usize,
    pub channels: usize,
    /// What pixel values become, per channel, since there is `float32`.
    pub tables: Option<Vec<Table>>,
    pub dtype: DType,
    pub pixel: Vec<Numbered<dyn PixelOp>>,
    pub float: Vec<Numbered<dyn FloatOp>>,
    /// Lengths where the first step on `float32` values begins, and the largest number of values since.
    pub written: Option<[usize; 3]>,
    pub most: usize,
    /// Whether the steps inside another one work on pixels or on `float32` values.
    pub inside: Option<bool>,
    /// Number of the step that is being compiled, and of the next one.
    pub number: u16,
    pub next: u16,
    /// Steps that resize, of which each thread has resizers of its own.
    resizers: usize,
}

impl State {
    pub(super) fn new(simd: Simd, shape: SampleShape, to_rgb: bool) -> Self {
        Self {
            simd,
            spatial_dims: shape.spatial().len(),
            len: shape.len(),
            stored: shape.channels(),
            channels: if to_rgb { 3 } else { shape.channels() },
            tables: None,
            dtype: DType::U8,
            pixel: Vec::new(),
            float: Vec::new(),
            written: None,
            most: 0,
            inside: None,
            number: 0,
            next: 0,
            resizers: 0,
        }
    }

    /// A new number for a step.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.number = self.next;
        self.next = self.next.checked_add(1).ok_or_else(|| Error::invalid("is one too many; allowed: 65535"))?;
        Ok(())
    }

    /// A slot for the resizers of one more step.
    pub(super) fn new_resizer(&mut self) -> usize {
        self.resizers += 1;
        self.resizers - 1
    }

    /// Whether a step that may work on pixels or on values works on pixels: those that only move pixels do until
    /// something happened to values that is no table.
    pub(super) fn on_pixels(&self, only_moves: bool) -> bool {
        self.inside.unwrap_or(self.tables.is_none() || only_moves && self.written.is_none())
    }

    pub(super) fn push_pixel(&mut self, op: impl PixelOp + 'static) {
        self.pixel.push(Numbered { number: self.number, op: Box::new(op) });
    }

    pub(super) fn push_float(&mut self, op: impl FloatOp + 'static) {
        self.written.get_or_insert(self.len);
        self.measure();
        self.float.push(Numbered { number: self.number, op: Box::new(op) });
    }

    /// Notes how many values there are.
    pub(super) fn measure(&mut self) {
        self.most = self.most.max(self.channels * self.len.iter().product::<usize>());
    }

    /// Refuses `float32`.
    pub(super) fn need_pixels(&self) -> Result<()> {
        if self.tables.is_none() {
            return Ok(());
        }
        Err(Error::invalid(format!("got {}; it takes uint8, so put it before ToTensor", self.dtype.name())))
    }

    /// Refuses `uint8` and 16-bit types.
    pub(super) fn need_floats(&self) -> Result<()> {
        match self.dtype {
            DType::F32 => Ok(()),
            DType::U8 => Err(Error::invalid("got uint8; it takes float32, so put ToTensor before it")),
            half => Err(Error::invalid(format!(
                "got {}; it takes float32, so put the ConvertImageDtype after it",
                half.name()
            ))),
        }
    }

    pub(super) fn need_image(&self) -> Result<()> {
        if self.spatial_dims == 2 { Ok(()) } else { Err(Error::invalid("got a volume; it takes images")) }
    }

    pub(super) fn need_volume(&self) -> Result<()> {
        if self.spatial_dims == 3 { Ok(()) } else { Err(Error::invalid("got an image; it takes volumes")) }
    }

    pub(super) fn need_rgb(&self, what: &str) -> Result<()> {
        if self.channels == 3 {
            Ok(())
        } else {
            Err(Error::invalid(format!("{what}got 1 channel (grey); it takes RGB")))
        }
    }

    /// Refuses a number of values that is neither 1 nor that of the channels.
    pub(super) fn need_per_channel(&self, what: &str, given: usize) -> Result<()> {
        let channels = self.channels;
        if given == 1 || given == channels {
            return Ok(());
        }
        Err(Error::invalid(format!("{given} values of {what} for {channels}-channel data; allowed: 1 or {channels}")))
    }

    /// Values for pixels: whole numbers of 0…255.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    pub(super) fn pixel_values(&self, what: &str, values: &[f64]) -> Result<[u8; 3]> {
        self.need_per_channel(what, values.len())?;
        if let Some(bad) = values.iter().find(|value| value.fract() != 0.0 || !(0.0..=255.0).contains(*value)) {
            return Err(Error::invalid(format!("{what} {bad} for uint8 pixels; allowed: whole numbers in 0 to 255")));
        }
        Ok(std::array::from_fn(|channel| values[if values.len() == 1 { 0 } else { channel }] as u8))
    }

    /// Lengths for the spatial axes: one for all, or one for each.
    pub(super) fn lengths(&self, size: &[usize]) -> Result<[usize; 3]> {
        let dims = self.spatial_dims;
        match *size {
            [edge] if dims == 2 => Ok([1, edge, edge]),
            [edge] => Ok([edge; 3]),
            [height, width] if dims == 2 => Ok([1, height, width]),
            [depth, height, width] if dims == 3 => Ok([depth, height, width]),
            _ => {
                let what = if dims == 2 { "an image" } else { "a volume" };
                Err(Error::invalid(format!("size = {size:?} for {what}; allowed: 1 or {dims} lengths")))
            }
        }
    }

    /// An axis of the sample by its number, from the front or from the back, as one of D, H, W.
    pub(super) fn axis(&self, axis: isize) -> Result<usize> {
        let dims = self.spatial_dims.cast_signed();
        if !(-dims..dims).contains(&axis) {
            return Err(Error::invalid(format!(
                "axis {axis} of a sample with {dims} spatial axes; allowed: {} to {}",
                -dims,
                dims - 1
            )));
        }
        Ok((axis.rem_euclid(dims) + 3 - dims).cast_unsigned())
    }

    /// The sample as people write it.
    pub(super) fn describe(&self) -> String {
        let axes: Vec<String> = self.len[3 - self.spatial_dims..].iter().map(ToString::to_string).collect();
        format!("({}, {}) {}", axes.join(", "), self.channels, self.dtype.name())
    }
}
