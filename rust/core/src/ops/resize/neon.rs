//! Both passes for NEON, which multiplies 32 bits by 32 bits and so needs no tricks.

#![allow(unsafe_code, reason = "vectors are read and written through pointers")]

use std::arch::aarch64::{
    int32x4_t, uint8x16_t, vaddvq_s32, vcombine_s16, vcombine_u8, vdup_n_u8, vdupq_n_s32, vget_high_u8, vget_high_u16,
    vget_lane_u32, vget_low_u8, vget_low_u16, vld1q_s32, vld1q_u8, vmlaq_n_s32, vmlaq_s32, vmovl_u8, vmovl_u16,
    vqmovn_s32, vqmovun_s16, vreinterpret_u8_u32, vreinterpret_u32_u8, vreinterpretq_s32_u32, vset_lane_u32,
    vshrq_n_s32, vst1q_u8,
};

use super::axis::{Axis, HALF, PRECISION};
use super::rows::Rows;

const PLACES: i32 = PRECISION.cast_signed();

/// Bytes that the vertical pass works on at a time.
const BLOCK: usize = 16;

/// Taps of grey pixels that are multiplied at a time.
const TAPS: usize = 4;

/// Makes rows of `axis.length` pixels of the rows of `source`, whose first pixel is the `first` of the axis.
#[target_feature(enable = "neon")]
pub(super) fn horizontal<const CHANNELS: usize>(source: Rows<'_>, first: usize, axis: &Axis, out: &mut [u8]) {
    for (index, out) in out.chunks_exact_mut(axis.length * CHANNELS).enumerate() {
        let row = source.onward(index);
        for (place, out) in out.chunks_exact_mut(CHANNELS).enumerate() {
            let (start, weights) = axis.taps(place);
            let bytes = &row[(start - first) * CHANNELS..];
            let pixel = if CHANNELS == 1 { grey(bytes, weights) } else { colour(bytes, weights) };
            out.copy_from_slice(&pixel[..CHANNELS]);
        }
    }
}

/// A pixel of three channels; the fourth byte stands for nothing.
#[inline]
#[target_feature(enable = "neon")]
fn colour(mut bytes: &[u8], weights: &[i32]) -> [u8; 4] {
    let mut sums = vdupq_n_s32(HALF);
    for &weight in weights {
        let pixel = match bytes {
            [r, g, b, x, ..] => [*r, *g, *b, *x],
            [r, g, b] => [*r, *g, *b, 0],
            _ => break,
        };
        sums = vmlaq_n_s32(sums, widened(pixel), weight);
        bytes = &bytes[3..];
    }
    clipped(sums)
}

/// A pixel of one channel; it is the first byte.
#[inline]
#[target_feature(enable = "neon")]
fn grey(bytes: &[u8], weights: &[i32]) -> [u8; 4] {
    let mut sums = vdupq_n_s32(0);
    let (pixels, last_pixels) = bytes[..weights.len()].as_chunks::<TAPS>();
    let (weights, last_weights) = weights.as_chunks::<TAPS>();
    for (pixels, weights) in pixels.iter().zip(weights) {
        // SAFETY: 16 bytes are read of an array of 16 bytes.
        let weights = unsafe { vld1q_s32(weights.as_ptr()) };
        sums = vmlaq_s32(sums, widened(*pixels), weights);
    }
    let last: i32 = last_pixels.iter().zip(last_weights).map(|(pixel, weight)| i32::from(*pixel) * weight).sum();
    clipped(vdupq_n_s32(vaddvq_s32(sums) + last + HALF))
}

#[inline]
#[target_feature(enable = "neon")]
fn widened(bytes: [u8; 4]) -> int32x4_t {
    let bytes = vset_lane_u32::<0>(u32::from_le_bytes(bytes), vreinterpret_u32_u8(vdup_n_u8(0)));
    vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vreinterpret_u8_u32(bytes)))))
}

#[inline]
#[target_feature(enable = "neon")]
fn clipped(sums: int32x4_t) -> [u8; 4] {
    let words = vqmovn_s32(vshrq_n_s32::<PLACES>(sums));
    vget_lane_u32::<0>(vreinterpret_u32_u8(vqmovun_s16(vcombine_s16(words, words)))).to_le_bytes()
}

/// Makes rows of the result from the `place`-th on, as many as `out` holds, of the rows of `source`, whose first row is the
/// `first` of the axis.
#[target_feature(enable = "neon")]
pub(super) fn vertical(source: Rows<'_>, first: usize, axis: &Axis, place: usize, out: &mut [u8]) {
    for (place, out) in (place..).zip(out.chunks_exact_mut(source.len())) {
        let (start, weights) = axis.taps(place);
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let mut sums = [vdupq_n_s32(HALF); 4];
            for (tap, &weight) in weights.iter().enumerate() {
                let bytes = load(&source.row(start - first + tap)[block * BLOCK..]);
                let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_u8(vget_high_u8(bytes)));
                let words = [
                    vmovl_u16(vget_low_u16(low)),
                    vmovl_u16(vget_high_u16(low)),
                    vmovl_u16(vget_low_u16(high)),
                    vmovl_u16(vget_high_u16(high)),
                ];
                for (sum, words) in sums.iter_mut().zip(words) {
                    *sum = vmlaq_n_s32(*sum, vreinterpretq_s32_u32(words), weight);
                }
            }
            let [a, b, c, d] = sums.map(|sum| vqmovn_s32(vshrq_n_s32::<PLACES>(sum)));
            store(out, vcombine_u8(vqmovun_s16(vcombine_s16(a, b)), vqmovun_s16(vcombine_s16(c, d))));
        }
    }
}

/// The first 16 bytes, or 0 where there are not as many.
#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8]) -> uint8x16_t {
    let mut padded = [0; BLOCK];
    let bytes = bytes.first_chunk::<BLOCK>().unwrap_or_else(|| {
        padded[..bytes.len()].copy_from_slice(bytes);
        &padded
    });
    // SAFETY: 16 bytes are read of an array of 16 bytes.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// Writes the first 16 bytes, or as many as there are.
#[inline]
#[target_feature(enable = "neon")]
fn store(bytes: &mut [u8], value: uint8x16_t) {
    let mut padded = [0; BLOCK];
    // SAFETY: 16 bytes are written to an array of 16 bytes.
    unsafe { vst1q_u8(padded.as_mut_ptr(), value) };
    bytes.copy_from_slice(&padded[..bytes.len()]);
}
