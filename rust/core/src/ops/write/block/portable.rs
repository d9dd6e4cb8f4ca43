//! Plain Rust, which NEON's compiler makes vectors of.

use bytemuck::Pod;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::{BLOCK, Block, Floats, source};

/// An array.
#[derive(Clone, Copy)]
pub(in crate::ops::write) struct Portable([f32; BLOCK]);

impl Floats for Portable {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; BLOCK])
    }

    #[inline(always)]
    fn mul_add(mut self, factor: Self, term: Self) -> Self {
        for ((value, factor), term) in self.0.iter_mut().zip(factor.0).zip(term.0) {
            *value = value.mul_add(factor, term);
        }
        self
    }
}

impl Block for Portable {
    #[inline(always)]
    fn from_floats(values: [f32; BLOCK]) -> Self {
        Self(values)
    }

    #[inline(always)]
    fn from_bytes(values: [u8; BLOCK]) -> Self {
        Self(values.map(f32::from))
    }

    #[inline(always)]
    fn to_f32(self) -> [f32; BLOCK] {
        self.0
    }

    #[inline(always)]
    fn to_f16(self) -> [f16; BLOCK] {
        let mut halves = [f16::ZERO; BLOCK];
        halves.convert_from_f32_slice(&self.0);
        halves
    }

    /// The upper half of the bits, after adding half of what the lower one can hold.
    #[inline(always)]
    fn to_bf16(self) -> [bf16; BLOCK] {
        let mut halves = [bf16::ZERO; BLOCK];
        for (half, float) in halves.iter_mut().zip(self.0) {
            let bits = float.to_bits();
            #[allow(clippy::cast_possible_truncation, reason = "the upper half is all that is left")]
            let upper = (bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) >> 16) as u16;
            *half = bf16::from_bits(upper);
        }
        halves
    }

    #[inline(always)]
    fn arranged<const STORED: usize, const FORWARDS: bool, const INTERLEAVED: bool>(
        pixels: &[[u8; STORED]; BLOCK],
    ) -> [[u8; BLOCK]; 3] {
        let mut thirds = [[0; BLOCK]; 3];
        for (third, values) in thirds.iter_mut().enumerate() {
            for (lane, value) in values.iter_mut().enumerate() {
                *value = pixels.as_flattened()[source(STORED, FORWARDS, INTERLEAVED, third, lane)];
            }
        }
        thirds
    }

    /// There is no such store in plain Rust.
    #[inline(always)]
    fn stream<T: Pod>(to: &mut [T; BLOCK], elements: [T; BLOCK]) {
        *to = elements;
    }
}
