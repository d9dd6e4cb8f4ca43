//! The limit of what a loader can do on a machine: a bare loop that only moves pixels, for benchmarks to stand beside.
//!
//! Each thread gathers random images, converts them with one multiply-add per value (which is not torchvision's answer for
//! every value) or copies them, and writes them into a warm ring of batches; nothing else. Nobody is handed anything.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::ops::DType;
use crate::{Error, Result};

const BATCH: usize = 128;
/// Batches that a thread writes to in turns.
const RING: usize = 4;
/// Of the rings of all threads: more than caches hold. Where batches of 128 images need more, they have fewer.
const RING_BYTES: usize = 640 << 20;
/// Of the images that are read: more than most caches hold. Where more are asked for, the first ones stand for all.
const IMAGE_BYTES: usize = 160_000_000;
const FEWEST_IMAGES: usize = 4;
const MOST_PIXELS: usize = 1 << 24;
const MOST_THREADS: usize = 1024;
/// How long a thread runs.
const TIME: Duration = Duration::from_millis(200);

/// Images of random pixels, whose values do not matter, channels last.
#[derive(Debug)]
pub struct Images {
    bytes: Vec<u8>,
    /// How many there are.
    count: usize,
    /// Bytes of one.
    len: usize,
    channels: usize,
}

impl Images {
    /// As many as a loader has, since caches hold few images and not many, or 160 MB if that is less; of 1 or 3 channels
    /// and up to 2²⁴ pixels or voxels.
    pub fn new(count: usize, pixels: usize, channels: usize) -> Result<Self> {
        if count == 0 {
            return Err(Error::invalid("images = 0; allowed: 1 or more"));
        }
        if !(1..=MOST_PIXELS).contains(&pixels) {
            return Err(Error::invalid(format!("pixels = {pixels}; allowed: 1 to {MOST_PIXELS}")));
        }
        if ![1, 3].contains(&channels) {
            return Err(Error::invalid(format!("channels = {channels}; allowed: 1, 3")));
        }
        let len = pixels * channels;
        let count = count.min((IMAGE_BYTES / len).max(FEWEST_IMAGES));
        let bytes = (0..count * len).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
        Ok(Self { bytes, count, len, channels })
    }

    /// All of them, one after the other.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Images per second of 1 to 1024 threads together, in some 0.2 s: copies for [`DType::U8`], planes for
    /// [`DType::F32`].
    pub fn roof(&self, dtype: DType, threads: usize) -> Result<f64> {
        match (dtype, self.channels) {
            (DType::U8, _) => self.rate(threads, |indices, out| self.each(indices, out, <[u8]>::copy_from_slice)),
            (DType::F32, 1) => self.rate(threads, |indices, out| self.each(indices, out, planes::<1>)),
            (DType::F32, _) => self.rate(threads, |indices, out| self.each(indices, out, planes::<3>)),
            _ => Err(Error::invalid(format!("dtype = {}; allowed: float32, uint8", dtype.name()))),
        }
    }

    /// The same of another way to make a batch of these images: `fill` is given their indices and where they go, as many
    /// values of an image as it has bytes.
    pub fn rate<T: Copy + Default + Send>(
        &self,
        threads: usize,
        fill: impl Fn(&[u32], &mut [T]) + Sync,
    ) -> Result<f64> {
        if !(1..=MOST_THREADS).contains(&threads) {
            return Err(Error::invalid(format!("num_threads = {threads}; allowed: 1 to {MOST_THREADS}")));
        }
        let batch = (RING_BYTES / (threads * RING * self.len * size_of::<T>())).clamp(1, BATCH);
        let start = Barrier::new(threads);
        Ok(std::thread::scope(|scope| {
            let runs: Vec<_> = (1..)
                .take(threads)
                .map(|seed| {
                    let (start, fill) = (&start, &fill);
                    scope.spawn(move || self.run(batch, seed, start, fill))
                })
                .collect();
            runs.into_iter().map(|run| run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).sum()
        }))
    }

    /// One thread: images per second.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts, and indices below one")]
    fn run<T: Copy + Default>(
        &self,
        batch: usize,
        seed: u32,
        start: &Barrier,
        fill: &impl Fn(&[u32], &mut [T]),
    ) -> f64 {
        let mut ring = vec![vec![T::default(); batch * self.len]; RING];
        // Written once, so that no page is fresh.
        ring.iter_mut().flatten().for_each(|value| *value = std::hint::black_box(T::default()));
        let mut state = seed;
        let mut indices = vec![0; batch];
        let mut batches = 0;
        start.wait();
        let clock = Instant::now();
        loop {
            for index in &mut indices {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *index = ((u64::from(state) * self.count as u64) >> 32) as u32;
            }
            fill(&indices, &mut ring[batches % RING]);
            batches += 1;
            let elapsed = clock.elapsed();
            if elapsed >= TIME {
                return (batches * batch) as f64 / elapsed.as_secs_f64();
            }
        }
    }

    fn each<T>(&self, indices: &[u32], out: &mut [T], convert: impl Fn(&mut [T], &[u8])) {
        for (&index, out) in indices.iter().zip(out.chunks_exact_mut(self.len)) {
            convert(out, &self.bytes[index as usize * self.len..][..self.len]);
        }
    }
}

/// Planes of `x * factor + term`.
#[inline(never)]
fn planes<const CHANNELS: usize>(out: &mut [f32], image: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        // SAFETY: the processor has what the function is compiled for.
        unsafe {
            planes_avx2::<CHANNELS>(out, image);
        }
        return;
    }
    planes_baseline::<CHANNELS>(out, image);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn planes_avx2<const CHANNELS: usize>(out: &mut [f32], image: &[u8]) {
    planes_baseline::<CHANNELS>(out, image);
}

#[allow(clippy::inline_always, reason = "compiled for two sets of instructions")]
#[inline(always)]
fn planes_baseline<const CHANNELS: usize>(out: &mut [f32], image: &[u8]) {
    let (pixels, _) = image.as_chunks::<CHANNELS>();
    for (channel, plane) in out.chunks_exact_mut(pixels.len()).enumerate() {
        for (value, pixel) in plane.iter_mut().zip(pixels) {
            *value = f32::from(pixel[channel]).mul_add(2.0 / 255.0, -1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_gathered_and_become_planes() {
        let images =
            Images { bytes: vec![0, 255, 51, 102, 204, 0, 255, 0, 255, 0, 255, 0], count: 2, len: 6, channels: 3 };
        let mut out = [0.0; 12];
        images.each(&[1, 0], &mut out, planes::<3>);
        let expected = [1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -0.2, 1.0, 0.6, -0.6, -1.0];
        for (found, expected) in out.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{out:?}");
        }
        let mut out = [0.0; 6];
        images.each(&[0], &mut out, planes::<1>);
        assert!((out[1] - 1.0).abs() < 1e-6 && (out[2] + 0.6).abs() < 1e-6, "{out:?}");
        let mut out = [0; 12];
        images.each(&[1, 0], &mut out, <[u8]>::copy_from_slice);
        assert_eq!(out, [255, 0, 255, 0, 255, 0, 0, 255, 51, 102, 204, 0]);
    }

    #[test]
    fn every_thread_fills_whole_batches_of_images_there_are() {
        let images = Images::new(1000, 9, 3).expect("valid");
        assert_eq!((images.count, images.bytes().len()), (1000, 1000 * 27));
        let rate = images.rate(3, |indices, out: &mut [u8]| {
            assert_eq!((indices.len(), out.len()), (128, 128 * 27));
            assert!(indices.iter().all(|&index| index < 1000));
        });
        assert!(rate.expect("3 threads can be had") > 0.0);
    }

    #[test]
    fn large_images_need_no_more_memory_than_a_ring_may_have() {
        let images = Images::new(10_000, 1 << 20, 1).expect("valid");
        assert_eq!(images.count, 152);
        let rate = images.rate(2, |indices, out: &mut [f32]| assert_eq!((indices.len(), out.len()), (20, 20 << 20)));
        assert!(rate.expect("2 threads can be had") > 0.0);
    }

    #[test]
    fn every_kind_has_a_roof() {
        for (channels, dtype) in [(1, DType::F32), (3, DType::F32), (1, DType::U8), (3, DType::U8)] {
            let roof = Images::new(100, 64, channels).and_then(|images| images.roof(dtype, 2));
            assert!(roof.expect("valid") > 0.0);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let said = |result: Result<f64>| result.expect_err("nonsense").to_string();
        assert_eq!(said(Images::new(1, 0, 3).map(|_| 0.0)), "pixels = 0; allowed: 1 to 16777216");
        assert_eq!(
            said(Images::new(1, usize::MAX, 1).map(|_| 0.0)),
            format!("pixels = {}; allowed: 1 to 16777216", usize::MAX)
        );
        assert_eq!(said(Images::new(1, 1, 2).map(|_| 0.0)), "channels = 2; allowed: 1, 3");
        assert_eq!(said(Images::new(0, 4, 1).map(|_| 0.0)), "images = 0; allowed: 1 or more");
        let images = Images::new(4, 4, 1).expect("valid");
        assert_eq!(said(images.roof(DType::F16, 1)), "dtype = float16; allowed: float32, uint8");
        assert_eq!(said(images.roof(DType::F32, 0)), "num_threads = 0; allowed: 1 to 1024");
    }
}
