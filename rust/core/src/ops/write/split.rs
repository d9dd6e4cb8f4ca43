//! Interleaved RGB to channels, one block at a time.

use super::convert::BLOCK;

/// How sixteen pixels become three channels.
pub(super) trait Split {
    /// The channels of sixteen pixels, in their order or (`FORWARDS` false) in the opposite one.
    fn split<const FORWARDS: bool>(block: &[[u8; 3]; BLOCK]) -> [[u8; BLOCK]; 3];
}

/// Plain Rust.
pub(super) struct Portable;

impl Split for Portable {
    #[inline(always)]
    fn split<const FORWARDS: bool>(block: &[[u8; 3]; BLOCK]) -> [[u8; BLOCK]; 3] {
        let mut channels = [[0; BLOCK]; 3];
        for (lane, pixel) in block.iter().enumerate() {
            let lane = if FORWARDS { lane } else { BLOCK - 1 - lane };
            for (channel, value) in channels.iter_mut().zip(pixel) {
                channel[lane] = *value;
            }
        }
        channels
    }
}

/// Three loads, nine byte shuffles.
#[cfg(target_arch = "x86_64")]
pub(super) struct Shuffles;

#[cfg(target_arch = "x86_64")]
impl Split for Shuffles {
    #[inline(always)]
    fn split<const FORWARDS: bool>(block: &[[u8; 3]; BLOCK]) -> [[u8; BLOCK]; 3] {
        // SAFETY: this type is used only by functions that are compiled for AVX2, which includes SSSE3.
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        unsafe {
            shuffles::<FORWARDS>(block)
        }
    }
}

/// For each channel and each third of the 48 bytes: where its bytes go. 0x80 gives 0.
#[cfg(target_arch = "x86_64")]
const fn masks(forwards: bool) -> [[[u8; 16]; 3]; 3] {
    let mut masks = [[[0x80; 16]; 3]; 3];
    let mut byte = 0;
    while byte < 48 {
        let lane = if forwards { byte / 3 } else { 15 - byte / 3 };
        #[allow(clippy::cast_possible_truncation, reason = "below 16")]
        let from = (byte % 16) as u8;
        masks[byte % 3][byte / 16][lane] = from;
        byte += 1;
    }
    masks
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "ssse3")]
#[inline]
fn shuffles<const FORWARDS: bool>(block: &[[u8; 3]; BLOCK]) -> [[u8; BLOCK]; 3] {
    use std::arch::x86_64::{__m128i, _mm_or_si128, _mm_shuffle_epi8};

    let masks = const { [masks(false), masks(true)] }[usize::from(FORWARDS)];
    let bytes: &[[u8; 16]; 3] = bytemuck::must_cast_ref(block);
    let thirds: [__m128i; 3] =
        [bytemuck::must_cast(bytes[0]), bytemuck::must_cast(bytes[1]), bytemuck::must_cast(bytes[2])];
    let mut channels = [[0; BLOCK]; 3];
    // A loop and no closures: those would be calls.
    for (channel, masks) in channels.iter_mut().zip(masks) {
        let a = _mm_shuffle_epi8(thirds[0], bytemuck::must_cast(masks[0]));
        let b = _mm_shuffle_epi8(thirds[1], bytemuck::must_cast(masks[1]));
        let c = _mm_shuffle_epi8(thirds[2], bytemuck::must_cast(masks[2]));
        *channel = bytemuck::must_cast(_mm_or_si128(_mm_or_si128(a, b), c));
    }
    channels
}
