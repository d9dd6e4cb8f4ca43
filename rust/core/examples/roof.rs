//! The limit of what a loader can do, and how near a plan comes to it: `cargo run --release --example roof`.
//!
//! The roof is a bare loop on two threads: gather a random image, convert it with one multiply-add per value (which is
//! not torchvision's answer for every value), write it into a warm ring of batches; nothing else. The plan does the same
//! with the exact answer. Interleaved, medians of seven rounds.

use std::time::Instant;

use medmnist_core::ops::{Output, Plan, SampleShape, Step};
use medmnist_core::random::Key;

const THREADS: usize = 2;
const BATCH: usize = 128;
/// Batches that a thread writes to in turns.
const RING: usize = 4;
const ROUNDS: usize = 7;

fn main() {
    let images_of = |size: usize| if size < 100 { 8192 } else { 1024 };
    for size in [28, 64, 224] {
        let (count, len) = (images_of(size), size * size * 3);
        let images: Vec<u8> = (0..count * len).map(|at| (at * 2_654_435_761).to_le_bytes()[2]).collect();
        let normalize = Step::normalize(&[0.5], &[0.5]).expect("valid");
        let shape = SampleShape::Image { height: size, width: size, channels: 3 };
        let plan = Plan::compile(&[Step::ToTensor, normalize], shape, false, Output::default()).expect("fits");
        let roof = |index: u32, out: &mut [f32]| bare(&images[index as usize * len..][..len], out);
        let ours = |index: u32, out: &mut [f32]| {
            plan.fill(&images, std::iter::once(index), Key { seed: 0, epoch: 0 }, bytemuck::cast_slice_mut(out));
        };
        let (mut roofs, mut plans) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let (roof, plan) = (rate(count, len, &roof), rate(count, len, &ours));
            // The first round warms up.
            if round > 0 {
                roofs.push(roof);
                plans.push(plan);
            }
        }
        let (roof, plan) = (median(roofs), median(plans));
        println!("{size:>3} pixels, RGB to f32: roof {roof:>10.0} images/s, plan {plan:>10.0} = {:.2}", plan / roof);
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

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for the vector unit of its caller")]
fn planes(image: &[u8], out: &mut [f32]) {
    let (pixels, _) = image.as_chunks::<3>();
    for (channel, plane) in out.chunks_exact_mut(pixels.len()).enumerate() {
        for (value, pixel) in plane.iter_mut().zip(pixels) {
            *value = f32::from(pixel[channel]).mul_add(2.0 / 255.0, -1.0);
        }
    }
}

/// Images per second of both threads together, over some 0.2 s.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts")]
fn rate(count: usize, len: usize, convert: &(impl Fn(u32, &mut [f32]) + Sync)) -> f64 {
    let batches = (300_000_000 / len / BATCH / THREADS).max(1);
    let start = std::sync::Barrier::new(THREADS);
    let seconds: Vec<f64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS)
            .map(|thread| {
                let start = &start;
                scope.spawn(move || {
                    let mut ring = vec![vec![1f32; BATCH * len]; RING];
                    let mut state = thread;
                    start.wait();
                    let clock = Instant::now();
                    for batch in 0..batches {
                        for out in ring[batch % RING].chunks_exact_mut(len) {
                            // Numerical Recipes' generator; its upper bits are the random ones.
                            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) & 0xFFFF_FFFF;
                            convert(((state as u64 * count as u64) >> 32) as u32, out);
                        }
                    }
                    clock.elapsed().as_secs_f64()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    (batches * BATCH * THREADS) as f64 / seconds.into_iter().fold(0.0, f64::max)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
