//! Times one resize at a time on one thread: `cargo run --release --example resize` (`MEDMNIST_FAST_SIMD=scalar` and so
//! on for one back-end). Microseconds for one image: making the weights, and using them; the best of some rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use medmnist_core::Result;
use medmnist_core::ops::image::{Image, ImageMut};
use medmnist_core::ops::resize::{Filter, Resize};

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(20);

fn main() -> Result<()> {
    println!("{:24} {:>8} {:>9} {:>9}", "", "channels", "weights", "pixels");
    for channels in [3, 1] {
        for (from, to) in [(256, 32), (256, 224), (28, 224), (224, 64), (224, 28), (64, 224), (28, 28), (181, 224)] {
            time(Filter::Bilinear, from, to, channels)?;
        }
    }
    for filter in [Filter::Nearest, Filter::Box, Filter::Hamming, Filter::Bicubic, Filter::Lanczos] {
        time(filter, 256, 224, 3)?;
    }
    Ok(())
}

/// Resizes all but a margin of an image, so that no size is trivial.
fn time(filter: Filter, from: u16, to: usize, channels: usize) -> Result<()> {
    let side = usize::from(from);
    let pixels: Vec<u8> = (0..side * side * channels).map(|index| index.wrapping_mul(167).to_le_bytes()[0]).collect();
    let mut out = vec![0; to * to * channels];
    let mut scratch = Vec::new();
    let region = Some([0.0, 0.0, f32::from(from), f32::from(from) - 0.25]);
    let mut resize = Resize::new(filter, (side, side), region, (to, to))?;
    let weights = best(|| resize.set_region(black_box(region), (to, to)).is_ok());
    let pixels = best(|| {
        let image = Image { pixels: black_box(&pixels), height: side, width: side, channels };
        resize.run(image, &mut scratch, ImageMut { pixels: black_box(&mut out), height: to, width: to, channels });
    });
    println!("{:24} {channels:8} {weights:9.2} {pixels:9.2}", format!("{filter:?} {from} to {to}"));
    Ok(())
}

/// Microseconds of one call.
fn best<T>(mut call: impl FnMut() -> T) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let (begin, mut calls) = (Instant::now(), 0);
        while begin.elapsed() < ROUND {
            for _ in 0..8 {
                black_box(call());
                calls += 1;
            }
        }
        best = best.min(begin.elapsed().as_secs_f64() * 1e6 / f64::from(calls));
    }
    best
}
