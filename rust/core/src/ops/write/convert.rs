//! From a block of pixel values to the elements they become.

use bytemuck::Pod;
use half::{bf16, f16};

use super::arithmetic::{Constants, Formula};
use super::block::{BLOCK, Block};

/// Sixteen pixel values, as bytes or already in the registers of a back-end.
pub(super) trait Values<B: Block>: Copy {
    fn bytes(self) -> [u8; BLOCK];

    fn floats(self) -> B;
}

impl<B: Block> Values<B> for [u8; BLOCK] {
    #[inline(always)]
    fn bytes(self) -> Self {
        self
    }

    #[inline(always)]
    fn floats(self) -> B {
        B::from_bytes(self)
    }
}

/// What pixel values become, per channel of the destination.
pub(super) trait Convert {
    type Out: Pod + Default;

    /// What it needs for a block, in registers.
    type Ready<B: Block>: Copy;

    /// Whether elements are the pixels' values, so that rows of one channel can be copied.
    const COPIES: bool = false;

    /// For blocks whose values are of these channels.
    fn ready<B: Block>(&self, channels: [usize; BLOCK]) -> Self::Ready<B>;

    fn block<B: Block>(&self, ready: Self::Ready<B>, values: impl Values<B>) -> [Self::Out; BLOCK];

    /// A single value.
    fn one(&self, channel: usize, value: u8) -> Self::Out;
}

/// Pixels as they are.
pub(super) struct Same;

impl Convert for Same {
    type Out = u8;
    type Ready<B: Block> = ();
    const COPIES: bool = true;

    #[inline(always)]
    fn ready<B: Block>(&self, _channels: [usize; BLOCK]) {}

    #[inline(always)]
    fn block<B: Block>(&self, (): (), values: impl Values<B>) -> [u8; BLOCK] {
        values.bytes()
    }

    #[inline(always)]
    fn one(&self, _channel: usize, value: u8) -> u8 {
        value
    }
}

/// By a formula; single values by the tables, which say the same.
pub(super) struct Compute<'a, T, F> {
    pub tables: &'a [[T; 256]],
    pub formula: F,
    pub constants: &'a [Constants<f32>],
}

impl<T: FromFloats, F: Formula> Convert for Compute<'_, T, F> {
    type Out = T;
    type Ready<B: Block> = Constants<B>;

    #[inline(always)]
    fn ready<B: Block>(&self, channels: [usize; BLOCK]) -> Constants<B> {
        let mut constants = [[0.0; BLOCK]; 3];
        // Loops and no closures: those would be calls.
        for (lane, channel) in channels.into_iter().enumerate() {
            for (constants, constant) in constants.iter_mut().zip(self.constants[channel]) {
                constants[lane] = constant;
            }
        }
        let [first, second, third] = constants;
        [B::from_floats(first), B::from_floats(second), B::from_floats(third)]
    }

    #[inline(always)]
    fn block<B: Block>(&self, constants: Constants<B>, values: impl Values<B>) -> [T; BLOCK] {
        T::from_floats(self.formula.apply(constants, values.floats()))
    }

    #[inline(always)]
    fn one(&self, channel: usize, value: u8) -> T {
        self.tables[channel][usize::from(value)]
    }
}

/// What a `float32` is rounded to, to nearest, ties to even.
pub(super) trait FromFloats: Pod + Default {
    fn from_floats<B: Block>(floats: B) -> [Self; BLOCK];
}

impl FromFloats for f32 {
    #[inline(always)]
    fn from_floats<B: Block>(floats: B) -> [Self; BLOCK] {
        floats.to_f32()
    }
}

impl FromFloats for f16 {
    #[inline(always)]
    fn from_floats<B: Block>(floats: B) -> [Self; BLOCK] {
        floats.to_f16()
    }
}

impl FromFloats for bf16 {
    #[inline(always)]
    fn from_floats<B: Block>(floats: B) -> [Self; BLOCK] {
        floats.to_bf16()
    }
}
