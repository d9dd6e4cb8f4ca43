//! The limit of what a loader can do, and how near a plan comes to it: `cargo run --release --example roof`, or with
//! `28 f32` (a size; f32 or u8) behind `--` the limit alone, for `make bench`.
//!
//! The roof is a bare loop on two threads: gather a random RGB image, convert it with one multiply-add per value (which
//! is not torchvision's answer for every value) or copy it, write it into a warm ring of batches; nothing else. The plan
//! does the same with the exact answer. Interleaved, medians of seven rounds.

use std::time::Instant;

use medmnist_core::ops::{Output, Plan, SampleShape, Step};
use medmnist_core::random::Key;

const THREADS: usize = 2;
const BATCH: usize = 128;
/// Batches that a thread writes to in turns.
const RING: usize = 4;
const ROUNDS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => [28, 64, 224].into_iter().for_each(compare),
        [size, "f32"] => println!("{:.0}", Images::new(side(size)).roof()),
        [size, "u8"] => println!("{:.0}", Images::new(side(size)).roof_of_copies()),
        _ => panic!("{arguments:?}; allowed: nothing, or a size, and f32 or u8"),
    }
}

fn side(size: &str) -> usize {
    size.parse().expect("a size in pixels")
}

fn compare(side: usize) {
    let images = Images::new(side);
    let normalize = Step::normalize(&[0.5], &[0.5]).expect("valid");
    let shape = SampleShape::Image { height: side, width: side, channels: 3 };
    let plan = Plan::compile(&[Step::ToTensor, normalize], shape, false, Output::default()).expect("fits");
    let (mut roofs, mut plans) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let plan = images.rate(|indices, out: &mut [f32]| {
            let key = Key { seed: 0, epoch: 0 };
            plan.fill(&images.bytes, indices.iter().copied(), key, bytemuck::cast_slice_mut(out));
        });
        let roof = images.roof();
        // The first round warms up.
        if round > 0 {
            roofs.push(roof);
            plans.push(plan);
        }
    }
    let (roof, plan) = (median(roofs), median(plans));
    println!("{side:>3} pixels, RGB to f32: roof {roof:>10.0} images/s, plan {plan:>10.0} = {:.2}", plan / roof);
}

struct Images {
    bytes: Vec<u8>,
    count: usize,
    /// Bytes of one.
    len: usize,
}

impl Images {
    fn new(side: usize) -> Self {
        let (count, len) = (if side < 100 { 8192 } else { 1024 }, side * side * 3);
        let bytes = (0..count * len).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
        Self { bytes, count, len }
    }

    fn image(&self, index: u32) -> &[u8] {
        &self.bytes[index as usize * self.len..][..self.len]
    }

    fn roof(&self) -> f64 {
        self.rate(|indices, out: &mut [f32]| self.each(indices, out, bare))
    }

    fn roof_of_copies(&self) -> f64 {
        self.rate(|indices, out: &mut [u8]| self.each(indices, out, |image, out| out.copy_from_slice(image)))
    }

    fn each<T>(&self, indices: &[u32], out: &mut [T], convert: impl Fn(&[u8], &mut [T])) {
        for (&index, out) in indices.iter().zip(out.chunks_exact_mut(self.len)) {
            convert(self.image(index), out);
        }
    }

    /// Images per second of both threads together, over some 0.2 s; `fill` makes a batch.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts")]
    fn rate<T: Copy + Default + Send>(&self, fill: impl Fn(&[u32], &mut [T]) + Sync) -> f64 {
        let batches = (300_000_000 / self.len / BATCH / THREADS).max(1);
        let start = std::sync::Barrier::new(THREADS);
        let seconds: Vec<f64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (1..=THREADS)
                .map(|thread| {
                    let (start, fill) = (&start, &fill);
                    scope.spawn(move || {
                        let mut ring = vec![vec![T::default(); BATCH * self.len]; RING];
                        // Written once, so that no page is fresh.
                        ring.iter_mut().flatten().for_each(|value| *value = std::hint::black_box(T::default()));
                        let mut state = thread as u32;
                        let mut indices = [0; BATCH];
                        start.wait();
                        let clock = Instant::now();
                        for batch in 0..batches {
                            for index in &mut indices {
                                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                                *index = ((u64::from(state) * self.count as u64) >> 32) as u32;
                            }
                            fill(&indices, &mut ring[batch % RING]);
                        }
                        clock.elapsed().as_secs_f64()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        (batches * BATCH * THREADS) as f64 / seconds.into_iter().fold(0.0, f64::max)
    }
}

/// Planes of `x * factor + term`.
#[inline(never)]
fn bare(image: &[u8], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        #[allow(unsafe_code, reason = "the call of a function compiled for more than the baseline")]
        // SAFETY: the processor has what the function is compiled for.
        unsafe {
            bare_avx2(image, out);
        }
        return;
    }
    planes(image, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn bare_avx2(image: &[u8], out: &mut [f32]) {
    planes(image, out);
}

#[allow(clippy::inline_always, reason = "compiled for two sets of instructions")]
#[inline(always)]
fn planes(image: &[u8], out: &mut [f32]) {
    let (pixels, _) = image.as_chunks::<3>();
    for (channel, plane) in out.chunks_exact_mut(pixels.len()).enumerate() {
        for (value, pixel) in plane.iter_mut().zip(pixels) {
            *value = f32::from(pixel[channel]).mul_add(2.0 / 255.0, -1.0);
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
