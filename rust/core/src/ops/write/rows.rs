//! Rows of pixels into planes or interleaved channels, in blocks, compiled once per back-end.

use bytemuck::Pod;

#[cfg(target_arch = "x86_64")]
use super::block::{Avx2, Avx512};
use super::block::{BLOCK, Block, Portable, arranged};
use super::convert::Convert;
#[cfg(target_arch = "x86_64")]
use super::small;
use super::stores::{AheadToNearest, AheadToSecond, LINE, Near, Past, Store, Stores};
use super::{Rows, Source, Target};
use crate::cache::Level;
use crate::ops::simd::Simd;
use crate::ops::view::View;

/// Writes all rows of a view with the instructions of `simd`.
pub(super) fn write<C: Convert>(
    simd: Simd,
    convert: &C,
    source: &mut Source<'_>,
    view: &View,
    target: Rows,
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
        _ => all::<C, Portable>(convert, source, view, target, out),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx2,fma,f16c")]
fn avx512<C: Convert>(convert: &C, source: &mut Source<'_>, view: &View, target: Rows, out: &mut [C::Out]) {
    if !small::write(convert, source, target, out) {
        all::<C, Avx512>(convert, source, view, target, out);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn avx2<C: Convert>(convert: &C, source: &mut Source<'_>, view: &View, target: Rows, out: &mut [C::Out]) {
    all::<C, Avx2>(convert, source, view, target, out);
}

#[inline(always)]
fn all<C: Convert, B: Block>(convert: &C, source: &mut Source<'_>, view: &View, target: Rows, out: &mut [C::Out]) {
    let Target { stored, channels, channels_last } = target.target;
    match (stored == 3, channels_last && channels == 3, view.step[2] >= 0) {
        (true, false, true) => each::<C, B, 3, true, false>(convert, source, view, target, out),
        (true, false, false) => each::<C, B, 3, false, false>(convert, source, view, target, out),
        (true, true, true) => each::<C, B, 3, true, true>(convert, source, view, target, out),
        (true, true, false) => each::<C, B, 3, false, true>(convert, source, view, target, out),
        (false, true, true) => each::<C, B, 1, true, true>(convert, source, view, target, out),
        (false, true, false) => each::<C, B, 1, false, true>(convert, source, view, target, out),
        (false, false, true) => each::<C, B, 1, true, false>(convert, source, view, target, out),
        (false, false, false) => each::<C, B, 1, false, false>(convert, source, view, target, out),
    }
}

/// All rows, as long as they can be.
#[inline(always)]
fn each<C: Convert, B: Block, const STORED: usize, const FORWARDS: bool, const INTERLEAVED: bool>(
    convert: &C,
    source: &mut Source<'_>,
    view: &View,
    target: Rows,
    out: &mut [C::Out],
) {
    let plane = view.pixels();
    let view = source.begin(view);
    let len = view.len[2];
    // Rows that end within a line would leave parts of lines to memory: a quarter of the speed of plain stores.
    let row_len = len * size_of::<C::Out>() * if INTERLEAVED { 3 } else { 1 };
    let fills_lines = row_len.is_multiple_of(LINE);
    let stores = if target.stores == Stores::Past && !fills_lines { Stores::ahead() } else { target.stores };
    let rows = view.rows().enumerate().map(|(number, first)| (first, number * len..(number + 1) * len));
    if INTERLEAVED {
        let by = ready::<C, B, INTERLEAVED, 3>(convert);
        for (first, to) in rows {
            let row = source.row::<STORED>(first, &view);
            let mut out = Pixels(out[to.start * 3..to.end * 3].as_chunks_mut().0);
            one_row::<C, B, STORED, FORWARDS, INTERLEAVED, 3>(convert, by, row, &mut out, stores);
        }
    } else if target.target.channels == 3 {
        let by = ready::<C, B, INTERLEAVED, 3>(convert);
        let (red, others) = out.split_at_mut(plane);
        let (green, blue) = others.split_at_mut(plane);
        for (first, to) in rows {
            let row = source.row::<STORED>(first, &view);
            let mut out = Planes([&mut red[to.clone()], &mut green[to.clone()], &mut blue[to]]);
            one_row::<C, B, STORED, FORWARDS, INTERLEAVED, 3>(convert, by, row, &mut out, stores);
        }
    } else {
        let by = ready::<C, B, INTERLEAVED, 1>(convert);
        for (first, to) in rows {
            let row = source.row::<STORED>(first, &view);
            if C::COPIES && STORED == 1 && FORWARDS {
                copy::<B>(row.as_flattened(), bytemuck::cast_slice_mut(&mut out[to]), stores);
                continue;
            }
            let mut out = Planes([&mut out[to]]);
            one_row::<C, B, STORED, FORWARDS, INTERLEAVED, 1>(convert, by, row, &mut out, stores);
        }
    }
}

/// A row as it is.
#[inline(always)]
fn copy<B: Block>(row: &[u8], out: &mut [u8], stores: Stores) {
    if stores != Stores::Past {
        return out.copy_from_slice(row);
    }
    let (lines, rest) = row.as_chunks::<LINE>();
    let (places, end) = out.as_chunks_mut::<LINE>();
    for (place, line) in places.iter_mut().zip(lines) {
        B::stream::<[u8; LINE / BLOCK]>(bytemuck::must_cast_mut(place), bytemuck::must_cast(*line));
    }
    end.copy_from_slice(rest);
}

/// What converts each sixteen values of a block.
#[inline(always)]
fn ready<C: Convert, B: Block, const INTERLEAVED: bool, const CHANNELS: usize>(convert: &C) -> [C::Ready<B>; 3] {
    let channels = const {
        let mut channels = [[0; BLOCK]; 3];
        let mut at = 0;
        while at < 3 * BLOCK {
            let part = at / BLOCK;
            channels[part][at % BLOCK] = (if INTERLEAVED { at } else { part }) % CHANNELS;
            at += 1;
        }
        channels
    };
    [convert.ready(channels[0]), convert.ready(channels[1]), convert.ready(channels[2])]
}

/// Where a row goes.
trait Sink<T, const CHANNELS: usize> {
    /// A single value.
    fn one(&mut self, at: usize, channel: usize) -> &mut T;

    /// Sixteen values of the block that begins at pixel `start`.
    fn sixteen(&mut self, start: usize, part: usize) -> &mut [T; BLOCK];

    /// Writes the blocks of a row from its beginning on; those of a row that runs backwards come in memory's order, too.
    fn blocks<S: Store, C: Convert<Out = T>, B: Block, const STORED: usize, const FORWARDS: bool>(
        &mut self,
        convert: &C,
        by: [C::Ready<B>; 3],
        blocks: &[[[u8; STORED]; BLOCK]],
    );
}

/// Channels first: the same row of each plane.
struct Planes<'a, T, const CHANNELS: usize>([&'a mut [T]; CHANNELS]);

impl<T: Pod, const CHANNELS: usize> Sink<T, CHANNELS> for Planes<'_, T, CHANNELS> {
    #[inline(always)]
    fn one(&mut self, at: usize, channel: usize) -> &mut T {
        &mut self.0[channel][at]
    }

    #[inline(always)]
    fn sixteen(&mut self, start: usize, part: usize) -> &mut [T; BLOCK] {
        self.0[part][start..].first_chunk_mut().expect("inside the row")
    }

    #[inline(always)]
    fn blocks<S: Store, C: Convert<Out = T>, B: Block, const STORED: usize, const FORWARDS: bool>(
        &mut self,
        convert: &C,
        by: [C::Ready<B>; 3],
        blocks: &[[[u8; STORED]; BLOCK]],
    ) {
        let planes = self.0.each_mut().map(|plane| &mut plane.as_chunks_mut().0[..blocks.len()]);
        for at in 0..blocks.len() {
            let block = &blocks[if FORWARDS { at } else { blocks.len() - 1 - at }];
            let values = arranged::<B, STORED, FORWARDS, false>(block);
            // A loop and no closure: that would be a call.
            for channel in 0..CHANNELS {
                let place = &mut planes[channel][at];
                S::put::<B, _>(place, convert.block(by[channel], values[channel]), CHANNELS);
            }
        }
    }
}

/// Channels last.
struct Pixels<'a, T>(&'a mut [[T; 3]]);

impl<T: Pod> Sink<T, 3> for Pixels<'_, T> {
    #[inline(always)]
    fn one(&mut self, at: usize, channel: usize) -> &mut T {
        &mut self.0[at][channel]
    }

    #[inline(always)]
    fn sixteen(&mut self, start: usize, part: usize) -> &mut [T; BLOCK] {
        let block = self.0[start..start + BLOCK].as_flattened_mut();
        block[part * BLOCK..].first_chunk_mut().expect("inside the block")
    }

    #[inline(always)]
    fn blocks<S: Store, C: Convert<Out = T>, B: Block, const STORED: usize, const FORWARDS: bool>(
        &mut self,
        convert: &C,
        by: [C::Ready<B>; 3],
        blocks: &[[[u8; STORED]; BLOCK]],
    ) {
        let parts = self.0.as_flattened_mut().as_chunks_mut::<BLOCK>().0;
        let places = &mut parts.as_chunks_mut::<3>().0[..blocks.len()];
        for at in 0..blocks.len() {
            let block = &blocks[if FORWARDS { at } else { blocks.len() - 1 - at }];
            let values = arranged::<B, STORED, FORWARDS, true>(block);
            for part in 0..3 {
                S::put::<B, _>(&mut places[at][part], convert.block(by[part], values[part]), 1);
            }
        }
    }
}

/// A row in blocks; the last one may overlap the one before. Rows shorter than a block go value by value.
#[inline(always)]
fn one_row<
    C: Convert,
    B: Block,
    const STORED: usize,
    const FORWARDS: bool,
    const INTERLEAVED: bool,
    const CHANNELS: usize,
>(
    convert: &C,
    by: [C::Ready<B>; 3],
    row: &[[u8; STORED]],
    out: &mut impl Sink<C::Out, CHANNELS>,
    stores: Stores,
) {
    if row.len() < BLOCK {
        for at in 0..row.len() {
            let pixel = row[if FORWARDS { at } else { row.len() - 1 - at }];
            for channel in 0..CHANNELS {
                *out.one(at, channel) = convert.one(channel, pixel[channel % STORED]);
            }
        }
        return;
    }
    let blocks = if FORWARDS { row.as_chunks().0 } else { row.as_rchunks().1 };
    match stores {
        Stores::Near => out.blocks::<Near, C, B, STORED, FORWARDS>(convert, by, blocks),
        Stores::Ahead(Level::First) => out.blocks::<AheadToNearest, C, B, STORED, FORWARDS>(convert, by, blocks),
        Stores::Ahead(Level::Second) => out.blocks::<AheadToSecond, C, B, STORED, FORWARDS>(convert, by, blocks),
        Stores::Past => out.blocks::<Past, C, B, STORED, FORWARDS>(convert, by, blocks),
    }
    if row.len().is_multiple_of(BLOCK) {
        return;
    }
    let block = if FORWARDS { row.last_chunk() } else { row.first_chunk() };
    let values = arranged::<B, STORED, FORWARDS, INTERLEAVED>(block.expect("as long as a block"));
    for part in 0..CHANNELS {
        *out.sixteen(row.len() - BLOCK, part) = convert.block(by[part], values[part]);
    }
}
