//! Rows of pixels into planes or interleaved channels, in blocks, compiled once per back-end.

use super::Target;
use super::convert::{BLOCK, Convert};
use crate::ops::simd::Simd;
use crate::ops::view::View;

/// Writes all rows of a view with the instructions of `simd`.
pub(super) fn write<C: Convert>(
    simd: Simd,
    convert: &C,
    source: &[u8],
    view: &View,
    target: Target,
    out: &mut [C::Out],
) {
    match simd {
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        // SAFETY: `Simd` is Avx512 only where the processor has what the function is compiled for.
        Simd::Avx512 => unsafe { avx512(convert, source, view, target, out) },
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        // SAFETY: as above, for Avx2.
        Simd::Avx2 => unsafe { avx2(convert, source, view, target, out) },
        _ => portable(convert, source, view, target, out),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,fma,f16c")]
fn avx512<C: Convert>(convert: &C, source: &[u8], view: &View, target: Target, out: &mut [C::Out]) {
    portable(convert, source, view, target, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2<C: Convert>(convert: &C, source: &[u8], view: &View, target: Target, out: &mut [C::Out]) {
    portable(convert, source, view, target, out);
}

#[inline(always)]
fn portable<C: Convert>(convert: &C, source: &[u8], view: &View, target: Target, out: &mut [C::Out]) {
    let forwards = view.step[2] >= 0;
    match (target, forwards) {
        (Target { stored: 3, channels_last: false, .. }, true) => {
            each::<C, 3, true, false>(convert, source, view, target, out)
        }
        (Target { stored: 3, channels_last: false, .. }, false) => {
            each::<C, 3, false, false>(convert, source, view, target, out)
        }
        (Target { stored: 3, .. }, true) => each::<C, 3, true, true>(convert, source, view, target, out),
        (Target { stored: 3, .. }, false) => each::<C, 3, false, true>(convert, source, view, target, out),
        (Target { channels_last: true, channels: 3, .. }, true) => {
            each::<C, 1, true, true>(convert, source, view, target, out)
        }
        (Target { channels_last: true, channels: 3, .. }, false) => {
            each::<C, 1, false, true>(convert, source, view, target, out)
        }
        (_, true) => each::<C, 1, true, false>(convert, source, view, target, out),
        (_, false) => each::<C, 1, false, false>(convert, source, view, target, out),
    }
}

/// All rows; those of a packed view are one.
#[inline(always)]
fn each<C: Convert, const STORED: usize, const FORWARDS: bool, const INTERLEAVED: bool>(
    convert: &C,
    source: &[u8],
    view: &View,
    target: Target,
    out: &mut [C::Out],
) {
    let plane = view.pixels();
    let packed = FORWARDS && view.is_packed(STORED);
    let len = if packed { plane } else { view.len[2] };
    for (number, first) in view.rows().take(if packed { 1 } else { usize::MAX }).enumerate() {
        let first = if FORWARDS { first } else { first - (len - 1) * STORED };
        let row = source[first..first + len * STORED].as_chunks::<STORED>().0;
        let at = number * len;
        if INTERLEAVED {
            interleaved::<C, STORED, FORWARDS>(convert, row, &mut out[at * 3..(at + len) * 3]);
        } else {
            for (channel, plane) in out.chunks_exact_mut(plane).take(target.channels).enumerate() {
                let from = if STORED == 3 { channel } else { 0 };
                planar::<C, STORED, FORWARDS>(convert, row, from, channel, &mut plane[at..at + len]);
            }
        }
    }
}

/// The start of each block of a row of `len`: the last one overlaps the one before.
fn starts(len: usize) -> impl Iterator<Item = usize> {
    (0..len / BLOCK).map(|block| block * BLOCK).chain((!len.is_multiple_of(BLOCK)).then(|| len - BLOCK))
}

/// One channel of the pixels that fill the block of the destination at `start`.
#[inline(always)]
fn lanes<const STORED: usize, const FORWARDS: bool>(row: &[[u8; STORED]], start: usize, channel: usize) -> [u8; BLOCK] {
    let mut lanes = [0; BLOCK];
    if FORWARDS {
        let block: &[[u8; STORED]; BLOCK] = row[start..].first_chunk().expect("inside the row");
        for (lane, pixel) in lanes.iter_mut().zip(block) {
            *lane = pixel[channel];
        }
    } else {
        let block: &[[u8; STORED]; BLOCK] = row[row.len() - start - BLOCK..].first_chunk().expect("inside the row");
        for (lane, pixel) in lanes.iter_mut().rev().zip(block) {
            *lane = pixel[channel];
        }
    }
    lanes
}

#[inline(always)]
fn planar<C: Convert, const STORED: usize, const FORWARDS: bool>(
    convert: &C,
    row: &[[u8; STORED]],
    from: usize,
    channel: usize,
    out: &mut [C::Out],
) {
    if row.len() < BLOCK {
        for (position, element) in out.iter_mut().enumerate() {
            let at = if FORWARDS { position } else { row.len() - 1 - position };
            *element = convert.one(channel, row[at][from]);
        }
        return;
    }
    for start in starts(row.len()) {
        let block = convert.block(channel, lanes::<STORED, FORWARDS>(row, start, from));
        out[start..start + BLOCK].copy_from_slice(&block);
    }
}

#[inline(always)]
fn interleaved<C: Convert, const STORED: usize, const FORWARDS: bool>(
    convert: &C,
    row: &[[u8; STORED]],
    out: &mut [C::Out],
) {
    let (out, _) = out.as_chunks_mut::<3>();
    if row.len() < BLOCK {
        for (position, pixel) in out.iter_mut().enumerate() {
            let at = if FORWARDS { position } else { row.len() - 1 - position };
            *pixel = std::array::from_fn(|channel| convert.one(channel, row[at][channel % STORED]));
        }
        return;
    }
    for start in starts(row.len()) {
        let blocks: [_; 3] = std::array::from_fn(|channel| {
            convert.block(channel, lanes::<STORED, FORWARDS>(row, start, channel % STORED))
        });
        for (lane, pixel) in out[start..start + BLOCK].iter_mut().enumerate() {
            *pixel = [blocks[0][lane], blocks[1][lane], blocks[2][lane]];
        }
    }
}
