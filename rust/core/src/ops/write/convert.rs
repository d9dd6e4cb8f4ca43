//! From a block of pixel values to the elements they become.

use bytemuck::Pod;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::arithmetic::Formula;

/// Values handled at a time.
pub(super) const BLOCK: usize = 16;

/// What pixel values become, per channel of the destination.
pub(super) trait Convert {
    type Out: Pod + Default;

    /// A single value.
    fn one(&self, channel: usize, value: u8) -> Self::Out;

    /// A block of them.
    fn block(&self, channel: usize, values: [u8; BLOCK]) -> [Self::Out; BLOCK];
}

/// Pixels as they are.
pub(super) struct Same;

impl Convert for Same {
    type Out = u8;

    #[inline(always)]
    fn one(&self, _channel: usize, value: u8) -> u8 {
        value
    }

    #[inline(always)]
    fn block(&self, _channel: usize, values: [u8; BLOCK]) -> [u8; BLOCK] {
        values
    }
}

/// By the tables.
pub(super) struct Lookup<'a, T> {
    pub tables: &'a [[T; 256]],
}

impl<T: Pod + Default> Convert for Lookup<'_, T> {
    type Out = T;

    #[inline(always)]
    fn one(&self, channel: usize, value: u8) -> T {
        self.tables[channel][usize::from(value)]
    }

    #[inline(always)]
    fn block(&self, channel: usize, values: [u8; BLOCK]) -> [T; BLOCK] {
        let table = &self.tables[channel];
        let mut out = [T::default(); BLOCK];
        for (element, value) in out.iter_mut().zip(values) {
            *element = table[usize::from(value)];
        }
        out
    }
}

/// By formulas; single values by the tables, which say the same.
pub(super) struct Compute<'a, T, F> {
    pub tables: &'a [[T; 256]],
    pub formulas: &'a [F],
}

impl<T: Pod + FromFloats, F: Formula> Convert for Compute<'_, T, F> {
    type Out = T;

    #[inline(always)]
    fn one(&self, channel: usize, value: u8) -> T {
        self.tables[channel][usize::from(value)]
    }

    #[inline(always)]
    fn block(&self, channel: usize, values: [u8; BLOCK]) -> [T; BLOCK] {
        let formula = self.formulas[channel];
        let mut floats = [0.0; BLOCK];
        for (float, value) in floats.iter_mut().zip(values) {
            *float = formula.apply(f32::from(value));
        }
        T::from_floats(floats)
    }
}

/// What a `float32` is rounded to, to nearest, ties to even.
pub(super) trait FromFloats: Copy + Default {
    fn from_floats(floats: [f32; BLOCK]) -> [Self; BLOCK];
}

impl FromFloats for f32 {
    #[inline(always)]
    fn from_floats(floats: [f32; BLOCK]) -> [Self; BLOCK] {
        floats
    }
}

impl FromFloats for f16 {
    #[inline(always)]
    fn from_floats(floats: [f32; BLOCK]) -> [Self; BLOCK] {
        let mut halves = [Self::ZERO; BLOCK];
        halves.convert_from_f32_slice(&floats);
        halves
    }
}

impl FromFloats for bf16 {
    /// The upper half of the bits, after adding half of what the lower one can hold; what is finite stays so unless it
    /// rounds to infinity.
    #[inline(always)]
    fn from_floats(floats: [f32; BLOCK]) -> [Self; BLOCK] {
        let mut halves = [Self::ZERO; BLOCK];
        for (half, float) in halves.iter_mut().zip(floats) {
            let bits = float.to_bits();
            #[allow(clippy::cast_possible_truncation, reason = "the upper half is all that is left")]
            let upper = (bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) >> 16) as u16;
            *half = Self::from_bits(upper);
        }
        halves
    }
}
