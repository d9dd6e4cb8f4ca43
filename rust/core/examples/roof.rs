//! How near a plan comes to the roof of [`medmnist_core::roof`]: `cargo run --release --example roof`.
//!
//! The plan does the same as the roof with the exact answer. RGB images, two threads, interleaved, medians of seven
//! rounds.

use medmnist_core::Result;
use medmnist_core::ops::{DType, Output, Plan, SampleShape, Step};
use medmnist_core::random::Key;
use medmnist_core::roof::Images;

/// As `BloodMNIST` has at 28 and 64 pixels.
const IMAGES: usize = 11_959;
const THREADS: usize = 2;
const ROUNDS: usize = 7;

fn main() -> Result<()> {
    [28, 64, 224].into_iter().try_for_each(compare)
}

fn compare(side: usize) -> Result<()> {
    let images = Images::new(IMAGES, side * side, 3)?;
    let shape = SampleShape::Image { height: side, width: side, channels: 3 };
    let steps = [Step::ToTensor, Step::normalize(&[0.5], &[0.5])?];
    let plan = Plan::compile(&steps, shape, false, Output::default())?;
    let (mut roofs, mut plans) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let plan = images.rate(THREADS, |indices, out: &mut [f32]| {
            let key = Key { seed: 0, epoch: 0 };
            plan.fill(images.bytes(), indices.iter().copied(), key, bytemuck::cast_slice_mut(out));
        })?;
        let roof = images.roof(DType::F32, THREADS)?;
        // The first round warms up.
        if round > 0 {
            roofs.push(roof);
            plans.push(plan);
        }
    }
    let (roof, plan) = (median(roofs), median(plans));
    println!("{side:>3} pixels, RGB to f32: roof {roof:>10.0} images/s, plan {plan:>10.0} = {:.2}", plan / roof);
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
