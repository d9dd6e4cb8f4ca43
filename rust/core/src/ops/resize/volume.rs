//! Resizing volumes: `torch.nn.functional.interpolate` with `align_corners=False`, modes `trilinear` and `nearest`.
//!
//! One axis after the other, the last one first. Of the image so far only two slices and two rows are kept.

use crate::ops::simd::Simd;
use crate::{Error, Result};

/// How a voxel of the result is made of voxels of the volume; PyTorch's `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeFilter {
    /// The voxel at `floor(place * scale)`.
    Nearest,
    /// Linear between neighbours along each axis, without a wider filter where the volume gets smaller.
    Trilinear,
}

/// Resizes `uint8` volumes (depth, height, width) of one size.
#[derive(Debug, Clone)]
pub struct ResizeVolume {
    simd: Simd,
    from: [usize; 3],
    /// For each axis, the taps of each place of the result.
    taps: [Vec<Tap>; 3],
}

/// Two neighbours and how far a place of the result is from the first to the second.
#[derive(Debug, Clone, Copy)]
struct Tap {
    first: usize,
    second: usize,
    part: f32,
}

/// Slots for the two slices, and for the two rows, that the places at hand lie between; which they hold.
struct Held([Option<usize>; 2]);

impl Held {
    /// The slot that holds `wanted`; or, after `fill`, the one that held something other than `other`.
    fn slot(&mut self, wanted: usize, other: usize, fill: impl FnOnce(usize)) -> usize {
        if let Some(slot) = self.0.iter().position(|&held| held == Some(wanted)) {
            return slot;
        }
        let slot = usize::from(self.0[0] == Some(other));
        fill(slot);
        self.0[slot] = Some(wanted);
        slot
    }
}

impl ResizeVolume {
    /// Resizes volumes of `from` to `to` (depth, height, width).
    pub fn new(filter: VolumeFilter, from: [usize; 3], to: [usize; 3]) -> Result<Self> {
        for (what, size) in [("a volume to resize", from), ("size to resize to", to)] {
            let bytes = size.iter().try_fold(size_of::<f32>(), |bytes, &length| bytes.checked_mul(length));
            if bytes.is_none_or(|bytes| bytes == 0 || isize::try_from(bytes).is_err()) {
                let [depth, height, width] = size;
                return Err(Error::invalid(format!(
                    "{what}: {depth} x {height} x {width} voxels; allowed: lengths of at least 1, and no more voxels \
                     than memory can hold"
                )));
            }
        }
        let taps = std::array::from_fn(|axis| taps(filter, from[axis], to[axis]));
        Ok(Self { simd: Simd::get()?, from, taps })
    }

    /// (depth, height, width) of the result.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        [0, 1, 2].map(|axis| self.taps[axis].len())
    }

    /// Resizes `volume` into `out`, and multiplies by `scale`: 1 keeps 0 to 255. Within 1e-5 of the range of PyTorch's.
    ///
    /// # Panics
    ///
    /// There are not as many voxels as in the sizes this was made for.
    pub fn run_f32(&self, volume: &[u8], scale: f32, scratch: &mut Vec<f32>, out: &mut [f32]) {
        self.run(volume, scale, scratch, out, |value| value);
    }

    /// Resizes `volume` into `out`, rounded to the nearest whole number, halves to the even one.
    ///
    /// # Panics
    ///
    /// As [`Self::run_f32`].
    pub fn run_u8(&self, volume: &[u8], scratch: &mut Vec<f32>, out: &mut [u8]) {
        self.run(volume, 1.0, scratch, out, rounded);
    }

    #[allow(unsafe_code, reason = "calls of what a processor may lack")]
    fn run<T>(&self, volume: &[u8], scale: f32, scratch: &mut Vec<f32>, out: &mut [T], finish: impl Fn(f32) -> T) {
        assert_eq!(volume.len(), self.from.iter().product(), "voxels of the volume");
        assert_eq!(out.len(), self.size().iter().product(), "voxels of the result");
        match self.simd {
            // SAFETY: a `Simd` is one of `Simd::available`, so the processor has these instructions.
            #[cfg(target_arch = "x86_64")]
            Simd::Avx512 => unsafe { self.run_avx512(volume, scale, scratch, out, finish) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Simd::Avx2 => unsafe { self.run_avx2(volume, scale, scratch, out, finish) },
            _ => self.run_with(volume, scale, scratch, out, finish),
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl")]
    fn run_avx512<T>(
        &self,
        volume: &[u8],
        scale: f32,
        scratch: &mut Vec<f32>,
        out: &mut [T],
        finish: impl Fn(f32) -> T,
    ) {
        self.run_with(volume, scale, scratch, out, finish);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn run_avx2<T>(&self, volume: &[u8], scale: f32, scratch: &mut Vec<f32>, out: &mut [T], finish: impl Fn(f32) -> T) {
        self.run_with(volume, scale, scratch, out, finish);
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled once for each back-end")]
    fn run_with<T>(&self, volume: &[u8], scale: f32, scratch: &mut Vec<f32>, out: &mut [T], finish: impl Fn(f32) -> T) {
        let [depths, rows, columns] = &self.taps;
        let [_, height, width] = self.from;
        let area = rows.len() * columns.len();
        if scratch.len() < 2 * (area + columns.len()) {
            scratch.resize(2 * (area + columns.len()), 0.0);
        }
        let (slices, held_rows) = scratch.split_at_mut(2 * area);
        let held_rows = &mut held_rows[..2 * columns.len()];
        let mut held = Held([None; 2]);
        for (out, depth) in out.chunks_exact_mut(area).zip(depths) {
            let [first, second] = [(depth.first, depth.second), (depth.second, depth.first)].map(|(wanted, other)| {
                held.slot(wanted, other, |slot| {
                    let slice = &volume[wanted * height * width..][..height * width];
                    let out = &mut slices[slot * area..][..area];
                    resize_slice(slice, width, [rows, columns], scale, held_rows, out);
                })
            });
            let (first, second) = (&slices[first * area..][..area], &slices[second * area..][..area]);
            for ((out, first), second) in out.iter_mut().zip(first).zip(second) {
                *out = finish(first + (second - first) * depth.part);
            }
        }
    }
}

/// One slice, of rows of `width` voxels, to the height and width of the result.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled once for each back-end")]
fn resize_slice(
    slice: &[u8],
    width: usize,
    [rows, columns]: [&[Tap]; 2],
    scale: f32,
    held_rows: &mut [f32],
    out: &mut [f32],
) {
    let len = columns.len();
    let mut held = Held([None; 2]);
    for (out, row) in out.chunks_exact_mut(len).zip(rows) {
        let [first, second] = [(row.first, row.second), (row.second, row.first)].map(|(wanted, other)| {
            held.slot(wanted, other, |slot| {
                let row = &slice[wanted * width..][..width];
                for (out, column) in held_rows[slot * len..][..len].iter_mut().zip(columns) {
                    let [first, second] = [column.first, column.second].map(|place| f32::from(row[place]));
                    *out = (first + (second - first) * column.part) * scale;
                }
            })
        });
        let (first, second) = (&held_rows[first * len..][..len], &held_rows[second * len..][..len]);
        for ((out, first), second) in out.iter_mut().zip(first).zip(second) {
            *out = first + (second - first) * row.part;
        }
    }
}

/// Taps of an axis; the operations of `area_pixel_compute_source_index` and `nearest_neighbor_compute_source_index` in
/// PyTorch's `UpSample.h`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the reference computes places as float32 and truncates"
)]
fn taps(filter: VolumeFilter, from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f32 / to as f32;
    let last = from - 1;
    let tap = |place: usize| match filter {
        VolumeFilter::Nearest => {
            let place = ((place as f32 * scale).floor() as usize).min(last);
            Tap { first: place, second: place, part: 0.0 }
        }
        VolumeFilter::Trilinear => {
            let place = (scale * (place as f32 + 0.5) - 0.5).max(0.0);
            let first = (place as usize).min(last);
            Tap { first, second: (first + 1).min(last), part: place - first as f32 }
        }
    };
    (0..to).map(tap).collect()
}

/// The nearest whole number, halves to the even one, of 0 to 255.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled once for each back-end")]
#[allow(clippy::cast_possible_truncation, reason = "the low bits are the integer")]
fn rounded(value: f32) -> u8 {
    // 2^23: a sum with it has no binary places.
    (value + 8_388_608.0).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(filter: VolumeFilter, from: [usize; 3], to: [usize; 3], volume: &[u8]) -> (Vec<f32>, Vec<u8>) {
        let resize = ResizeVolume::new(filter, from, to).expect("fits");
        let (mut floats, mut bytes) = (vec![-1.0; to.iter().product()], vec![7; to.iter().product()]);
        let mut scratch = Vec::new();
        resize.run_f32(volume, 1.0, &mut scratch, &mut floats);
        resize.run_u8(volume, &mut scratch, &mut bytes);
        (floats, bytes)
    }

    #[test]
    fn equals_pytorch() {
        let volume = [0, 187, 119, 51, 239, 171, 102, 34, 222, 154, 86, 17];
        let expected = [
            [0.0, 116.875, 161.5, 119.0, 51.0, 168.5, 213.5, 171.0],
            [51.0, 88.188, 133.0, 170.5, 102.5, 140.0, 136.812, 94.0],
            [102.0, 59.5, 104.5, 222.0, 154.0, 111.5, 60.125, 17.0],
        ];
        let (floats, bytes) = run(VolumeFilter::Trilinear, [2, 2, 3], [3, 2, 4], &volume);
        for (expected, found) in expected.as_flattened().iter().zip(floats) {
            assert!((expected - found).abs() < 1e-3, "{found} for {expected}");
        }
        assert_eq!(bytes[..8], [0, 117, 162, 119, 51, 168, 214, 171], "halves to the even number");
        let (_, bytes) = run(VolumeFilter::Nearest, [2, 2, 3], [3, 2, 4], &volume);
        assert_eq!(bytes[..8], [0, 0, 187, 119, 51, 51, 239, 171]);
        assert_eq!(bytes[8..16], bytes[..8]);
        assert_eq!(bytes[16..], [102, 102, 34, 222, 154, 154, 86, 17]);
    }

    #[test]
    fn a_volume_without_voxels_is_refused() {
        let message = ResizeVolume::new(VolumeFilter::Nearest, [3, 0, 2], [1, 1, 1]).expect_err("empty").to_string();
        assert!(
            message.starts_with("a volume to resize: 3 x 0 x 2 voxels; allowed: lengths of at least 1"),
            "{message}"
        );
    }

    proptest! {
        #[test]
        fn is_the_sum_of_eight_neighbours(
            from in [1_usize..9, 1_usize..9, 1_usize..9],
            to in [1_usize..12, 1_usize..12, 1_usize..40],
            seed in any::<u64>(),
        ) {
            let byte = |index: usize| (index as u64).wrapping_mul(seed | 1).to_be_bytes()[2];
            let volume: Vec<u8> = (0..from.iter().product()).map(byte).collect();
            let (floats, bytes) = run(VolumeFilter::Trilinear, from, to, &volume);
            let taps: [Vec<Tap>; 3] = std::array::from_fn(|axis| taps(VolumeFilter::Trilinear, from[axis], to[axis]));
            for (index, (&float, &byte)) in floats.iter().zip(&bytes).enumerate() {
                let place = [index / (to[1] * to[2]), index / to[2] % to[1], index % to[2]];
                let mut sum = 0.0;
                for corner in 0..8 {
                    let (mut at, mut weight) = (0, 1.0);
                    for axis in 0..3 {
                        let Tap { first, second, part } = taps[axis][place[axis]];
                        let is_second = corner >> axis & 1 == 1;
                        at = at * from[axis] + if is_second { second } else { first };
                        weight *= f64::from(if is_second { part } else { 1.0 - part });
                    }
                    sum += f64::from(volume[at]) * weight;
                }
                prop_assert!((f64::from(float) - sum).abs() < 255e-5, "{float} for {sum}");
                prop_assert!((f64::from(byte) - sum).abs() < 0.5 + 255e-5, "{byte} for {sum}");
            }
        }
    }
}
