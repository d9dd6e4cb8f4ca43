//! Kernels, each as a plan of the one step that uses it: a plan's last pass comes with it, which is `write/`'s.

use medmnist_core::ops::{Affine, DType, Filter, Output, Plan, Policy, SampleShape, Size, Step};
use medmnist_core::random::Key;

use crate::{Amount, Case, Failure, Run};

/// Bytes that a run reads about: an image in the nearest caches, with its result.
const BYTES: usize = 100_000;
/// So that random steps meet most of what they can draw, and as many as a plan's two buffers make no difference to.
const FEWEST: usize = 4;

const U8: Output = Output { dtype: Some(DType::U8), channels_last: true };
const FLOATS: Output = Output { dtype: None, channels_last: false };

pub(crate) fn cases() -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for group in [write()?, geometry()?, resize()?, colour()?, policies()?, volumes()?] {
        cases.extend(group);
    }
    Ok(cases)
}

fn write() -> Result<Vec<Case>, Failure> {
    let floats = || -> Result<_, Failure> { Ok(vec![Step::ToTensor, Step::normalize(&[0.5], &[0.5])?]) };
    let of = |dtype, channels_last| Output { dtype: Some(dtype), channels_last };
    Ok(vec![
        case("write/u8_28", image(28, 3), vec![], U8),
        case("write/u8_planes_28", image(28, 3), vec![], of(DType::U8, false)),
        case("write/f32_28", image(28, 3), floats()?, of(DType::F32, false)),
        case("write/f32_28_grey", image(28, 1), floats()?, of(DType::F32, false)),
        case("write/f32_28_channels_last", image(28, 3), floats()?, of(DType::F32, true)),
        case("write/f16_28", image(28, 3), floats()?, of(DType::F16, false)),
        case("write/bf16_28", image(28, 3), floats()?, of(DType::BF16, false)),
        case("write/f32_224", image(224, 3), floats()?, of(DType::F32, false)),
        // Not a power of two, so that another formula is needed.
        case(
            "write/f32_28_imagenet",
            image(28, 3),
            vec![Step::ToTensor, Step::normalize(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225])?],
            FLOATS,
        ),
        case("write/noise_28", image(28, 3), vec![Step::ToTensor, Step::gaussian_noise(0.0, 0.1, true)?], FLOATS),
        case(
            "write/erasing_28",
            image(28, 3),
            vec![Step::ToTensor, Step::random_erasing(1.0, [0.02, 0.33], [0.3, 3.3], Some(vec![0.0]))?],
            FLOATS,
        ),
    ])
}

fn geometry() -> Result<Vec<Case>, Failure> {
    let affine = |filter| {
        Step::random_affine(Affine {
            degrees: [-30.0, 30.0],
            translate: Some(vec![0.1, 0.1]),
            scale: Some([0.9, 1.1]),
            shear: None,
            filter,
            fill: vec![0.0],
            center: None,
        })
    };
    Ok(vec![
        case("geometry/horizontal_flip_28", image(28, 3), vec![Step::random_horizontal_flip(1.0)?], U8),
        case("geometry/horizontal_flip_224", image(224, 3), vec![Step::random_horizontal_flip(1.0)?], U8),
        case("geometry/vertical_flip_224", image(224, 3), vec![Step::random_vertical_flip(1.0)?], U8),
        case("geometry/rotate90_28", image(28, 3), vec![Step::random_rotate90(1.0, None)?], U8),
        case("geometry/rotate90_224", image(224, 3), vec![Step::random_rotate90(1.0, None)?], U8),
        case("geometry/center_crop_224_to_192", image(224, 3), vec![Step::center_crop(vec![192, 192])?], U8),
        case("geometry/random_resized_crop_28", image(28, 3), vec![crop(28)?], U8),
        case("geometry/random_resized_crop_224", image(224, 3), vec![crop(224)?], U8),
        case("geometry/affine_nearest_64", image(64, 3), vec![affine(Filter::Nearest)?], U8),
        case("geometry/affine_bilinear_64", image(64, 3), vec![affine(Filter::Bilinear)?], U8),
        case("geometry/affine_bicubic_64", image(64, 3), vec![affine(Filter::Bicubic)?], U8),
        case("geometry/affine_bilinear_64_grey", image(64, 1), vec![affine(Filter::Bilinear)?], U8),
    ])
}

fn crop(side: usize) -> Result<Step, Failure> {
    Ok(Step::random_resized_crop([side, side], [0.08, 1.0], [0.75, 4.0 / 3.0], Filter::Bilinear)?)
}

fn resize() -> Result<Vec<Case>, Failure> {
    let to = |from: usize, to: usize, filter: Filter| -> Result<Case, Failure> {
        let step = Step::resize(Size::Exactly(vec![to, to]), filter, None)?;
        let name = format!("resize/{}_{from}_to_{to}", format!("{filter:?}").to_lowercase());
        Ok(case(&name, image(from, 3), vec![step], U8))
    };
    [(256, 32), (256, 224), (28, 224), (224, 64)]
        .map(|(from, target)| to(from, target, Filter::Bilinear))
        .into_iter()
        .chain(
            [Filter::Nearest, Filter::Box, Filter::Hamming, Filter::Bicubic, Filter::Lanczos]
                .map(|filter| to(256, 224, filter)),
        )
        .collect()
}

fn colour() -> Result<Vec<Case>, Failure> {
    let only = |place: usize| {
        let mut factors = [None; 3];
        factors[place] = Some([1.5, 1.5]);
        Step::color_jitter(factors, None)
    };
    let steps = [
        ("brightness", only(0)?),
        ("contrast", only(1)?),
        ("saturation", only(2)?),
        ("hue", Step::color_jitter([None; 3], Some([0.25, 0.25]))?),
        ("grayscale", Step::random_grayscale(1.0)?),
        ("invert", Step::random_invert(1.0)?),
        ("posterize", Step::random_posterize(3, 1.0)?),
        ("solarize", Step::random_solarize(128.0, 1.0)?),
        ("autocontrast", Step::random_autocontrast(1.0)?),
        ("equalize", Step::random_equalize(1.0)?),
        ("sharpness", Step::random_adjust_sharpness(2.0, 1.0)?),
        ("blur_5", Step::gaussian_blur([5, 5], [1.0, 1.0])?),
        ("blur_23", Step::gaussian_blur([23, 23], [3.0, 3.0])?),
    ];
    Ok(steps.into_iter().map(|(name, step)| case(&format!("colour/{name}_64"), image(64, 3), vec![step], U8)).collect())
}

fn policies() -> Result<Vec<Case>, Failure> {
    let trivial = Policy { rand: None, bins: 31, filter: Filter::Nearest, fill: vec![0.0] };
    let rand = Policy { rand: Some((2, 9)), ..trivial.clone() };
    Ok(vec![
        case("policy/trivial_augment_wide_28", image(28, 3), vec![Step::random_policy(trivial)?], U8),
        case("policy/rand_augment_28", image(28, 3), vec![Step::random_policy(rand)?], U8),
    ])
}

fn volumes() -> Result<Vec<Case>, Failure> {
    let shape = SampleShape::Volume { depth: 28, height: 28, width: 28 };
    let affine = Affine {
        degrees: [-15.0, 15.0],
        translate: None,
        scale: None,
        shear: None,
        filter: Filter::Bilinear,
        fill: vec![0.0],
        center: None,
    };
    Ok(vec![
        case("volume/write_28", shape, vec![], FLOATS),
        case("volume/flip_28", shape, vec![Step::random_flip(1.0, vec![0, 1, 2])?], FLOATS),
        case("volume/flip_u8_28", shape, vec![Step::random_flip(1.0, vec![0, 1, 2])?], U8),
        case("volume/rotate90_28", shape, vec![Step::random_rotate90(1.0, None)?], FLOATS),
        case("volume/affine_28", shape, vec![Step::ToTensor, Step::random_affine(affine)?], FLOATS),
    ])
}

fn image(side: usize, channels: usize) -> SampleShape {
    SampleShape::Image { height: side, width: side, channels }
}

fn case(name: &str, shape: SampleShape, steps: Vec<Step>, output: Output) -> Case {
    let is_random = name.starts_with("policy/") || name.contains("random_") || name.contains("affine");
    let count = if is_random { 16 * FEWEST } else { (BYTES / shape.byte_len()).max(FEWEST) };
    Case {
        name: name.into(),
        amount: Amount::Images(count as u64),
        is_countable: true,
        make: Box::new(move || fill(&steps, shape, output, count)),
    }
}

fn fill(steps: &[Step], shape: SampleShape, output: Output, count: usize) -> Result<Run, Failure> {
    let plan = Plan::compile(steps, shape, false, output)?;
    let images: Vec<u8> =
        (0..count * shape.byte_len()).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let mut out = vec![0; count * plan.output_len()];
    let indices = 0..u32::try_from(count)?;
    Ok(Box::new(move || {
        plan.fill(&images, indices.clone(), Key { seed: 0, epoch: 0 }, &mut out);
        std::hint::black_box(&mut out);
    }))
}
