//! Looking values up in tables.

use super::tables::Table;
use crate::ops::simd::Simd;
use crate::ops::versions::simd;

/// Looks every value up, in place: in one table, or in one per channel of interleaved pixels.
///
/// # Panics
/// If there are neither 1 nor 3 tables.
pub(in crate::ops) fn apply(pixels: &mut [u8], tables: &[Table]) {
    apply_with(simd(), pixels, tables);
}

fn apply_with(simd: Simd, pixels: &mut [u8], tables: &[Table]) {
    match (simd, tables) {
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "calls what is compiled for more than the least processor")]
        (Simd::Avx512, [table]) => {
            // SAFETY: a `Simd` is one of `Simd::available`, so the processor has these instructions.
            unsafe { avx512::apply_one(pixels, table) }
        }
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "calls what is compiled for more than the least processor")]
        (Simd::Avx512, [red, green, blue]) => {
            // SAFETY: as above.
            unsafe { avx512::apply_three(pixels, [red, green, blue]) }
        }
        (_, [table]) => {
            // Three at a time only so that the loop is unrolled.
            let (pixels, rest) = pixels.as_chunks_mut::<3>();
            for [red, green, blue] in pixels {
                [*red, *green, *blue] = [*red, *green, *blue].map(|value| table[usize::from(value)]);
            }
            for value in rest {
                *value = table[usize::from(*value)];
            }
        }
        (_, [red, green, blue]) => {
            for pixel in pixels.as_chunks_mut::<3>().0 {
                let [r, g, b] = pixel.map(usize::from);
                *pixel = [red[r], green[g], blue[b]];
            }
        }
        (_, other) => panic!("{} tables; allowed: 1 or 3", other.len()),
    }
}

/// A table is four registers, and one instruction of VBMI looks 64 values up in two of them.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "loads and stores of registers")]
mod avx512 {
    use std::arch::x86_64::{
        __m512i, _mm512_loadu_si512, _mm512_mask_blend_epi8, _mm512_movepi8_mask, _mm512_permutex2var_epi8,
        _mm512_storeu_si512,
    };

    use super::Table;

    /// Values in a register.
    const LEN: usize = 64;

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn load(values: &[u8; LEN]) -> __m512i {
        // SAFETY: the array is as long as the register, which may lie anywhere.
        unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn store(values: &mut [u8; LEN], register: __m512i) {
        // SAFETY: as for `load`.
        unsafe { _mm512_storeu_si512(values.as_mut_ptr().cast(), register) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn load_table(table: &Table) -> [__m512i; 4] {
        let (quarters, _) = table.as_chunks::<LEN>();
        [load(&quarters[0]), load(&quarters[1]), load(&quarters[2]), load(&quarters[3])]
    }

    /// The instruction looks at 7 bits of a value; the eighth decides between the halves of the table.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn look_up([t0, t1, t2, t3]: [__m512i; 4], values: __m512i) -> __m512i {
        let lower = _mm512_permutex2var_epi8(t0, values, t1);
        let upper = _mm512_permutex2var_epi8(t2, values, t3);
        _mm512_mask_blend_epi8(_mm512_movepi8_mask(values), lower, upper)
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub(super) fn apply_one(pixels: &mut [u8], table: &Table) {
        let registers = load_table(table);
        let (blocks, rest) = pixels.as_chunks_mut::<LEN>();
        for block in blocks {
            store(block, look_up(registers, load(block)));
        }
        for value in rest {
            *value = table[usize::from(*value)];
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub(super) fn apply_three(pixels: &mut [u8], tables: [&Table; 3]) {
        /// Every third byte of a register, from byte 0 on.
        const THIRDS: u64 = 0x9249_2492_4924_9249;
        let [red, green, blue] = [load_table(tables[0]), load_table(tables[1]), load_table(tables[2])];
        let (blocks, rest) = pixels.as_chunks_mut::<{ 3 * LEN }>();
        for block in blocks {
            for (i, values) in block.as_chunks_mut::<LEN>().0.iter_mut().enumerate() {
                // Register i begins with channel i, since 64 is one more than a multiple of 3.
                let is_green = THIRDS << ((4 - i) % 3);
                let is_blue = THIRDS << ((5 - i) % 3);
                let register = load(values);
                let mixed = _mm512_mask_blend_epi8(is_green, look_up(red, register), look_up(green, register));
                store(values, _mm512_mask_blend_epi8(is_blue, mixed, look_up(blue, register)));
            }
        }
        for pixel in rest.as_chunks_mut::<3>().0 {
            for (value, table) in pixel.iter_mut().zip(tables) {
                *value = table[usize::from(*value)];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ops::colour::tables;

    proptest! {
        /// Every back-end looks up what indexing gives, whatever the length.
        #[test]
        fn is_indexing(bytes in prop::collection::vec(any::<u8>(), 0..700), factor in 1u8..) {
            let table = |add: u8| tables::from_fn(|value| value.wrapping_mul(factor | 1).wrapping_add(add));
            let three = [table(0), table(77), table(200)];
            let pixels = &bytes[..bytes.len() / 3 * 3];
            for simd in Simd::available() {
                let mut one = bytes.clone();
                apply_with(simd, &mut one, &three[..1]);
                let expected: Vec<u8> = bytes.iter().map(|&value| three[0][usize::from(value)]).collect();
                prop_assert_eq!(one, expected);
                let mut all = pixels.to_vec();
                apply_with(simd, &mut all, &three);
                let expected: Vec<u8> =
                    pixels.iter().enumerate().map(|(i, &value)| three[i % 3][usize::from(value)]).collect();
                prop_assert_eq!(all, expected);
            }
        }
    }
}
