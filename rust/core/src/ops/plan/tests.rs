use proptest::prelude::*;

use super::super::steps::{PadMode, Size};
use super::super::{DType, Filter, Output, SampleShape, Step};
use super::{Plan, Stores};
use crate::cache::Level;
use crate::random::Key;

const KEY: Key = Key { seed: 5, epoch: 1 };
const GREY: SampleShape = SampleShape::Image { height: 2, width: 3, channels: 1 };
const RGB: SampleShape = SampleShape::Image { height: 1, width: 2, channels: 3 };
const VOLUME: SampleShape = SampleShape::Volume { depth: 2, height: 1, width: 3 };

fn compile(steps: &[Step], shape: SampleShape, to_rgb: bool) -> Plan {
    Plan::compile(steps, shape, to_rgb, Output::default()).expect("fits")
}

fn run(steps: &[Step], shape: SampleShape, to_rgb: bool, image: &[u8]) -> Vec<u8> {
    let plan = compile(steps, shape, to_rgb);
    let mut out = vec![0f32; plan.output_len().div_ceil(4)];
    let bytes = &mut bytemuck::cast_slice_mut(&mut out)[..plan.output_len()];
    plan.fill(image, std::iter::once(0), KEY, bytes);
    bytes.to_vec()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().copied().map(f32::from_ne_bytes).collect()
}

fn flip(p: f64) -> Step {
    Step::random_horizontal_flip(p).expect("valid")
}

#[test]
fn channels_come_first_and_grey_becomes_rgb() {
    assert_eq!(run(&[], RGB, false, &[1, 2, 3, 4, 5, 6]), [1, 4, 2, 5, 3, 6]);
    assert_eq!(run(&[], GREY, true, &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6].repeat(3));
    assert_eq!(run(&[Step::ToRgb], GREY, false, &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6].repeat(3));
}

/// Samples of a batch, written past the caches, in whole lines, or not, are those that are made one by one, with none to be
/// asked for meanwhile.
#[test]
fn samples_are_made_in_batches_as_by_themselves() {
    let volume = |side| SampleShape::Volume { depth: side, height: side, width: side };
    let image = |height, width, channels| SampleShape::Image { height, width, channels };
    let shapes =
        [volume(28), volume(29), volume(32), volume(34), image(30, 60, 1), image(28, 28, 3), image(70, 9, 3), RGB];
    let large = [image(112, 112, 3), image(192, 192, 1), image(120, 97, 3)];
    for (shape, channels_last) in shapes.into_iter().chain(large).flat_map(|shape| [(shape, false), (shape, true)]) {
        let count = 24;
        let images: Vec<u8> =
            (0..count as usize * shape.byte_len()).map(|at| (at * 167 % 253).to_le_bytes()[0]).collect();
        let axes = if matches!(shape, SampleShape::Volume { .. }) { vec![-1, -2, -3] } else { vec![-1, -2] };
        let moves = [Step::random_flip(0.5, axes), Step::random_rotate90(0.5, None)];
        let steps = moves.into_iter().map(|step| step.expect("valid"));
        let to_floats = [Step::ToTensor, Step::normalize(&[0.5], &[0.25]).expect("valid")];
        // Those of an image that is not square would have another shape.
        let fits = shape.len()[1] == shape.len()[2];
        let steps: Vec<Step> = steps.take(if fits { 2 } else { 1 }).chain(to_floats).collect();
        for dtype in [DType::F32, DType::F16, DType::BF16, DType::U8] {
            let steps = if dtype == DType::U8 { &steps[..steps.len() - 2] } else { &steps };
            let plan = Plan::compile(steps, shape, false, Output { dtype: Some(dtype), channels_last });
            let plan = plan.expect("fits");
            let fill = |stores, together| {
                let len = count as usize * plan.output_len();
                let mut out = vec![0u8; len + 64];
                // Whole lines are written to places that begin with one.
                let start = out.as_ptr().align_offset(64);
                let bytes = &mut out[start..start + len];
                let sample = |index| images.chunks_exact(shape.byte_len()).nth(index as usize);
                for (first, bytes) in (0..).step_by(together).zip(bytes.chunks_mut(together * plan.output_len())) {
                    plan.fill_samples(first..count, sample, KEY, |_| {}, stores, bytes);
                }
                bytes.to_vec()
            };
            let alone = fill(Stores::Near, 1);
            for stores in [Stores::Near, Stores::Ahead(Level::First), Stores::Ahead(Level::Second), Stores::Past] {
                let found = fill(stores, count as usize);
                assert!(found == alone, "{shape:?}, {dtype:?}, channels last: {channels_last}, {stores:?}");
            }
        }
    }
}

/// A resize whose rows are made when they are written, and what moves its view, equal the same on the resized image.
#[test]
fn what_comes_after_a_large_resize_sees_its_pixels() {
    let (from, to) = ([60, 70, 3], [97, 97, 3]);
    let image: Vec<u8> = (0..from.iter().product()).map(|at: usize| (at * 167 % 253).to_le_bytes()[0]).collect();
    let shape = |[height, width, channels]: [usize; 3]| SampleShape::Image { height, width, channels };
    let resize = || Step::resize(Size::Exactly(vec![to[0], to[1]]), Filter::Bilinear, None).expect("valid");
    let as_it_is = Output { dtype: Some(DType::U8), channels_last: true };
    let fill = |steps: &[Step], shape, output, image: &[u8], seed| {
        let plan = Plan::compile(steps, shape, false, output).expect("fits");
        let mut out = vec![0f32; plan.output_len().div_ceil(4)];
        let bytes = &mut bytemuck::cast_slice_mut(&mut out)[..plan.output_len()];
        plan.fill(image, std::iter::once(0), Key { seed, epoch: 0 }, bytes);
        bytes.to_vec()
    };
    let resized = fill(&[resize()], shape(from), as_it_is, &image, 0);
    let after = [
        vec![],
        vec![flip(1.0)],
        vec![Step::random_vertical_flip(1.0).expect("valid")],
        vec![Step::center_crop(vec![50, 40]).expect("valid"), flip(1.0)],
        vec![Step::random_solarize(100.0, 1.0).expect("valid"), flip(1.0)],
        vec![Step::random_rotate90(1.0, None).expect("valid")],
    ];
    for steps in after {
        let floats = [Step::ToTensor, Step::normalize(&[0.4], &[0.3]).expect("valid")];
        for (tail, output) in [(&[][..], as_it_is), (&floats, Output::default())] {
            // A first step that does nothing, so that the draws are the same.
            let direct = [&[resize()], &steps[..], tail].concat();
            let second = [&[Step::ToRgb], &steps[..], tail].concat();
            for seed in 0..6 {
                let found = fill(&direct, shape(from), output, &image, seed);
                assert!(found == fill(&second, shape(to), output, &resized, seed), "{direct:?}");
            }
        }
    }
}

#[test]
fn flips_mirror_rows_and_undo_each_other() {
    let flips = [flip(1.0), flip(1.0)];
    assert_eq!(run(&flips[..1], GREY, false, &[1, 2, 3, 4, 5, 6]), [3, 2, 1, 6, 5, 4]);
    assert_eq!(run(&flips[..1], RGB, false, &[1, 2, 3, 4, 5, 6]), [4, 1, 5, 2, 6, 3]);
    assert_eq!(run(&flips[..1], VOLUME, false, &[1, 2, 3, 4, 5, 6]), [3, 2, 1, 6, 5, 4]);
    assert_eq!(run(&flips, GREY, false, &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
}

#[test]
#[allow(clippy::float_cmp, reason = "exactness is the point")]
fn normalises_each_channel_in_the_order_of_the_reference() {
    let normalize = Step::normalize(&[0.5, 0.25, 0.0], &[0.5, 0.25, 2.0]).expect("valid");
    let out = floats(&run(&[Step::ToTensor, normalize], RGB, false, &[0, 51, 255, 102, 204, 7]));
    let expected = [
        (0.0 - 0.5) / 0.5,
        (102.0 / 255.0 - 0.5) / 0.5,
        (51.0 / 255.0 - 0.25) / 0.25,
        (204.0 / 255.0 - 0.25) / 0.25,
        0.5,
        (7.0f32 / 255.0) / 2.0,
    ];
    assert_eq!(out, expected);
}

#[test]
fn geometry_after_arithmetic_gives_what_it_gives_before() {
    let crop = || Step::random_crop(vec![1, 2], None, false, vec![0.0], PadMode::Constant).expect("valid");
    let normalize = || Step::normalize(&[0.4], &[0.3]).expect("valid");
    let image = [1, 2, 3, 4, 5, 6];
    let after = run(&[Step::ToTensor, normalize(), crop(), flip(1.0)], GREY, false, &image);
    // The same positions in the pipeline, hence the same draws.
    let before = run(&[Step::ToRgb, Step::ToRgb, crop(), flip(1.0), Step::ToTensor, normalize()], GREY, false, &image);
    assert_eq!(after.repeat(3), before);
}

#[test]
fn steps_on_floats_work_in_place_and_through_buffers() {
    let noise = Step::gaussian_noise(0.5, 0.0, false).expect("valid");
    let steps = [Step::ToTensor, noise, flip(1.0), Step::normalize(&[0.5], &[1.0]).expect("valid")];
    let expected: Vec<f32> = [3u8, 2, 1, 6, 5, 4].iter().map(|&value| f32::from(value) / 255.0 + 0.5 - 0.5).collect();
    assert_eq!(floats(&run(&steps, GREY, false, &[1, 2, 3, 4, 5, 6])), expected);
    let output = Output { dtype: Some(DType::F32), channels_last: true };
    let plan = Plan::compile(&steps, GREY, true, output).expect("fits");
    assert_eq!(plan.output_axes(), [2, 3, 3]);
    let mut out = vec![0f32; 18];
    plan.fill(&[1, 2, 3, 4, 5, 6], std::iter::once(0), KEY, bytemuck::cast_slice_mut(&mut out));
    assert_eq!(out, expected.iter().flat_map(|&value| [value; 3]).collect::<Vec<_>>());
}

#[test]
fn refuses_what_does_not_fit_and_names_the_step() {
    let three = Step::normalize(&[0.5; 3], &[0.5; 3]).expect("valid");
    let crop = Step::random_crop(vec![3], None, false, vec![0.0], PadMode::Constant).expect("valid");
    let turn = Step::random_rotate90(0.5, None).expect("valid");
    let resize = Step::resize(Size::Shorter(5, None), Filter::Bilinear, None).expect("valid");
    let reflect = Step::pad([3, 0, 0, 0], vec![0.0], PadMode::Reflect).expect("valid");
    for (steps, message) in [
        (vec![three.clone()], "step 1 of the transform, Normalize: got uint8"),
        (vec![Step::ToTensor, three], "step 2 of the transform, Normalize: 3 values of mean and std for 1-channel"),
        (vec![Step::ToTensor, Step::ToTensor], "step 2 of the transform, ToTensor: got float32"),
        (vec![crop.clone()], "step 1 of the transform, RandomCrop: size = [3, 3] of samples of [2, 3]; allowed"),
        (vec![turn], "step 1 of the transform, RandomRotate90: got lengths 2 and 3"),
        (vec![Step::ToTensor, resize.clone()], "step 2 of the transform, Resize: got float32; it takes uint8"),
        (vec![reflect], "step 1 of the transform, Pad: padding 3 of an axis of 3; allowed with this padding_mode"),
        (
            vec![Step::random_apply(0.5, vec![flip(0.5), resize]).expect("valid")],
            "step 1 of the transform, RandomApply: makes (5, 7, 1) uint8 or (2, 3, 1) uint8, by chance",
        ),
        (
            vec![Step::random_apply(0.5, vec![flip(0.5), crop]).expect("valid")],
            "step 1 of the transform, RandomApply: step 2 inside it, RandomCrop: size",
        ),
    ] {
        let error = Plan::compile(&steps, GREY, false, Output::default()).expect_err(message).to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn refuses_parameters_out_of_range() {
    for step in [
        Step::normalize(&[], &[]),
        Step::normalize(&[0.5], &[0.5, 0.5]),
        Step::normalize(&[f64::NAN], &[0.5]),
        Step::normalize(&[0.5], &[0.0]),
        // Rounds to 0 in float32.
        Step::normalize(&[0.5], &[1e-60]),
        Step::random_horizontal_flip(-0.1),
        Step::random_horizontal_flip(f64::NAN),
        Step::center_crop(vec![0]),
        Step::gaussian_blur([4, 3], [0.1, 2.0]),
        Step::gaussian_blur([3, 3], [0.0, 2.0]),
        Step::random_erasing(0.5, [0.5, 0.2], [0.3, 3.3], None),
        Step::color_jitter([Some([-1.0, 1.0]), None, None], None),
        Step::color_jitter([None; 3], Some([-0.6, 0.1])),
        Step::random_posterize(9, 0.5),
        Step::random_choice(vec![0.0], vec![vec![]]),
        Step::random_rotation([-10.0, 10.0], Filter::Lanczos, None, vec![0.0]),
    ] {
        let error = step.expect_err("out of range").to_string();
        assert!(error.contains("allowed"), "{error}");
    }
}

#[test]
fn says_what_became_of_each_step() {
    let plan = compile(&[flip(0.5), Step::ToTensor, Step::normalize(&[0.5], &[0.5]).expect("valid")], RGB, false);
    let text = plan.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert!(lines[1].contains("RandomHorizontalFlip") && lines[1].contains("(1, 2, 3) uint8"), "{text}");
    assert!(lines[4].contains("float32, channels first"), "{text}");
}

proptest! {
    /// Each sample of a batch is what it is alone, wherever it stands.
    #[test]
    fn a_sample_does_not_depend_on_its_batch(
        (height, width, channels) in (1usize..6, 1usize..6, prop_oneof![Just(1usize), Just(3)]),
        indices in prop::collection::vec(0u32..4, 1..9),
        bytes in prop::collection::vec(any::<u8>(), 4 * 5 * 5 * 3),
    ) {
        let shape = SampleShape::Image { height, width, channels };
        let steps = [
            flip(0.5),
            Step::random_resized_crop([5, 4], [0.1, 1.0], [0.5, 2.0], Filter::Bicubic).expect("valid"),
            Step::random_crop(vec![5], Some([1; 4]), true, vec![7.0], PadMode::Constant).expect("valid"),
            Step::random_rotate90(0.5, None).expect("valid"),
            Step::random_erasing(0.5, [0.02, 0.3], [0.3, 3.3], Some(vec![3.0])).expect("valid"),
        ];
        let plan = compile(&steps, shape, false);
        let images = &bytes[..4 * shape.byte_len()];
        let mut batch = vec![0; indices.len() * plan.output_len()];
        plan.fill(images, indices.iter().copied(), KEY, &mut batch);
        for (index, sample) in indices.iter().zip(batch.chunks_exact(plan.output_len())) {
            let mut alone = vec![0; plan.output_len()];
            plan.fill(images, std::iter::once(*index), KEY, &mut alone);
            prop_assert_eq!(sample, alone);
        }
    }
}
