//! Samples of one channel whose planes are of 28 x 28 pixels, turned or mirrored: from memory through registers into the batch,
//! four rows at a time, which fill seven blocks. To put pixels into C order first, for loops that know nothing of them,
//! took 1.6 times as long for mirrored volumes (Zen 4, one thread, two batches of 128 in turns).

#![allow(unsafe_code, reason = "loads of parts of registers")]

use std::arch::x86_64::{
    __m512i, _mm256_maskz_loadu_epi8, _mm512_loadu_si512, _mm512_permutex2var_epi8, _mm512_permutexvar_epi8,
};

use super::Rows;
use super::block::{Avx512, BLOCK, Lanes};
use super::convert::Convert;
use super::source::Source;
use super::stores::{AheadToNearest, AheadToSecond, LINE, Near, Past, Store, Stores};
use crate::cache::Level;
use crate::ops::ahead::Ahead;
use crate::ops::gather::halves::joined;
use crate::ops::gather::transpose::x86::planes::{MOST, Planes};
use crate::ops::view::View;

/// Pixels of a row, and rows of a plane: those of the smallest samples of `MedMNIST`.
const SIDE: usize = 28;

/// Rows that are written together, and the blocks they fill.
const ROWS: usize = 4;
const BLOCKS: usize = ROWS * SIDE / BLOCK;

/// Bytes of a register, which holds two rows of up to [`MOST`] bytes.
const REGISTER: usize = 64;

/// Where the values of each block come from, as 32 bits, of rows that run forwards or backwards.
static POSITIONS: [[[u8; REGISTER]; BLOCKS]; 2] = [positions(false), positions(true)];

#[allow(clippy::cast_possible_truncation, reason = "below 128")]
const fn positions(are_reversed: bool) -> [[u8; REGISTER]; BLOCKS] {
    // Behind a row are zeros.
    let mut positions = [[SIDE as u8; REGISTER]; BLOCKS];
    let mut at = 0;
    while at < ROWS * SIDE {
        let (row, column) = (at / SIDE, at % SIDE);
        let column = if are_reversed { SIDE - 1 - column } else { column };
        positions[at / BLOCK][at % BLOCK * 4] = (row * MOST + column) as u8;
        at += 1;
    }
    positions
}

/// Writes all of such a sample; false if it is another.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx2,fma,f16c")]
pub(super) fn write<C: Convert>(convert: &C, source: &mut Source<'_>, rows: Rows, out: &mut [C::Out]) -> bool {
    let Some((bytes, view, made, ahead)) = source.gathered() else { return false };
    let along = (0..3).find(|&axis| view.step[axis].abs() == 1 && view.len[axis] == SIDE);
    let Some(along) = along.filter(|_| rows.target.channels == 1 && view.len[1..] == [SIDE, SIDE]) else {
        return false;
    };
    assert_eq!(out.len(), view.pixels(), "as large as the view");
    ahead.begin(out.len() / (ROWS * SIDE));
    let sample = Sample { bytes, view, along, made };
    let out = out.as_chunks_mut::<BLOCK>().0.as_chunks_mut().0;
    match rows.stores {
        Stores::Near => sample.write::<Near, C>(convert, ahead, out),
        Stores::Ahead(Level::First) => sample.write::<AheadToNearest, C>(convert, ahead, out),
        Stores::Ahead(Level::Second) => sample.write::<AheadToSecond, C>(convert, ahead, out),
        Stores::Past => sample.write::<Past, C>(convert, ahead, out),
    }
    true
}

struct Sample<'a> {
    bytes: &'a [u8],
    view: View,
    /// The axis along which pixels are neighbours in memory.
    along: usize,
    /// Memory to work in.
    made: &'a mut Vec<u8>,
}

impl Sample<'_> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx2,fma,f16c")]
    fn write<S: Store, C: Convert>(self, convert: &C, ahead: &mut Ahead<'_>, out: &mut [[[C::Out; BLOCK]; BLOCKS]]) {
        let Self { bytes, view, along, made } = self;
        let by = convert.ready::<Avx512>([0; BLOCK]);
        let order = &POSITIONS[usize::from(along == 2 && view.step[2] < 0)];
        // SAFETY: 64 bytes are read of arrays of as many.
        let order = order.each_ref().map(|positions| unsafe { _mm512_loadu_si512(positions.as_ptr().cast()) });
        let mut groups = out.iter_mut();
        let put = |rows: [__m512i; 2]| {
            ahead.tick();
            let places = groups.next().expect("as many as there are rows");
            for (block, place) in places.iter_mut().enumerate() {
                let values = Lanes(self::block(rows, order[block], block));
                S::put::<Avx512, _>(place, convert.block(by, values), 1);
            }
        };
        match along {
            2 => by_rows(bytes, &view, put),
            1 => by_planes(&Planes::new(bytes, &view, 1), view.len[0], put),
            _ => {
                // The rows of a plane end up in as many planes. Each is put into half a line.
                let len = SIDE * SIDE * MOST;
                if made.len() < len + LINE {
                    made.resize(len + LINE, 0);
                }
                let start = made.as_ptr().align_offset(LINE);
                let made = &mut made[start..][..len];
                Planes::new(bytes, &view, 0).copy(made, MOST);
                let mut rows = View::packed([SIDE, SIDE, MOST], 1);
                rows.crop(2, 0, SIDE);
                by_rows(made, &rows, put);
            }
        }
    }
}

/// Calls `put` with four rows at a time of a view whose rows run through memory, in its order.
///
/// # Panics
/// If it is not inside `bytes`, or rows are not of [`SIDE`] neighbours.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn by_rows(bytes: &[u8], view: &View, mut put: impl FnMut([__m512i; 2])) {
    assert!(view.is_inside(1, bytes.len()) && view.len[2] == SIDE && view.step[2].abs() == 1, "rows inside");
    let before = if view.step[2] < 0 { SIDE - 1 } else { 0 };
    for plane in 0..view.len[0] {
        let mut row = bytes.as_ptr().wrapping_add(view.byte(0, plane) - before);
        let mut next = || {
            // SAFETY: these are the bytes of a row, which is inside `bytes`; those behind it are not read.
            let values = unsafe { _mm256_maskz_loadu_epi8(u32::MAX >> (MOST - SIDE), row.cast()) };
            row = row.wrapping_offset(view.step[1]);
            values
        };
        for _ in 0..view.len[1] / ROWS {
            put([joined(next(), next()), joined(next(), next())]);
        }
    }
}

/// The same for one whose rows are columns in memory.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
fn by_planes(planes: &Planes<'_>, count: usize, mut put: impl FnMut([__m512i; 2])) {
    for plane in 0..count {
        let rows = planes.rows::<SIDE>(plane);
        for group in 0..SIDE / ROWS {
            put([rows[2 * group].0, rows[2 * group + 1].0]);
        }
    }
}

/// The values of a block of four rows.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi")]
fn block([first, second]: [__m512i; 2], order: __m512i, number: usize) -> __m512i {
    let (start, end) = (number * BLOCK, (number + 1) * BLOCK);
    if end <= 2 * SIDE {
        _mm512_permutexvar_epi8(order, first)
    } else if start >= 2 * SIDE {
        _mm512_permutexvar_epi8(order, second)
    } else {
        _mm512_permutex2var_epi8(first, order, second)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Origin, Target, Writer, normalize, to_tensor};
    use super::*;
    use crate::ops::dtype::DType;
    use crate::ops::gather::{Gathered, cases};
    use crate::ops::simd::Simd;

    proptest! {
        /// Every turn and flip of a volume or an image, in every type and way to store it, is what plain Rust makes of it.
        #[test]
        fn equals_the_scalar_back_end(
            depth in prop::sample::select(vec![1, 3, SIDE]),
            moves in cases::moves(),
            (dtype, size) in prop::sample::select(vec![(DType::F32, 4), (DType::F16, 2), (DType::BF16, 2), (DType::U8, 1)]),
            stores in prop::sample::select(vec![
                Stores::Near, Stores::Ahead(Level::First), Stores::Ahead(Level::Second), Stores::Past,
            ]),
            (mean, std) in (0f32..1.0, prop_oneof![0.1f32..1.0, Just(0.5)]),
            has_next: bool,
        ) {
            let len = [depth, SIDE, SIDE];
            let bytes = cases::pixels(len, 1);
            let view = cases::moved(len, 1, moves);
            let mut table = to_tensor();
            normalize(&mut table, mean, std);
            let tables = [table];
            let tables = (dtype != DType::U8).then_some(&tables[..]);
            let write = |simd| {
                let mut made = Vec::new();
                let gathered = Gathered::new(&bytes, view, 1, None, LINE / size, &mut made);
                let rows = gathered.rows();
                let ahead = if has_next { Ahead::new(&bytes, &view, 1) } else { Ahead::default() };
                let mut out = vec![0f32; bytes.len() * size / 4];
                let target = Target { stored: 1, channels: 1, channels_last: false };
                let mut source = Source::new(Origin::Gathered(gathered), ahead);
                Writer::new(simd, target, tables, dtype).write(&mut source, &rows, stores, bytemuck::cast_slice_mut(&mut out));
                // Bits, as NaN is not itself.
                bytemuck::cast_slice::<f32, u32>(&out).to_vec()
            };
            for simd in Simd::available() {
                prop_assert!(write(simd) == write(Simd::Scalar), "{simd:?}, {view:?}");
            }
        }
    }
}
