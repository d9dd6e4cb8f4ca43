//! The hot path touches no fresh memory: filling a batch allocates the same for one sample as for many.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use medmnist_core::ops::{Filter, Output, PadMode, Plan, Policy, SampleShape, Size, Step};
use medmnist_core::random::Key;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator as it came.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(plan: &Plan, samples: usize) -> usize {
    let images = vec![7; samples * plan.input_shape().byte_len()];
    let mut out = vec![0f32; samples * plan.output_len() / 4];
    let before = ALLOCATIONS.get();
    let indices = 0..u32::try_from(samples).expect("few");
    plan.fill(&images, indices, Key { seed: 0, epoch: 0 }, bytemuck::cast_slice_mut(&mut out));
    ALLOCATIONS.get() - before
}

/// Buffers and weights grow for the first samples; from then on nothing does.
fn never_allocates_per_sample(steps: &[Step], shape: SampleShape) {
    let plan = Plan::compile(steps, shape, false, Output::default()).expect("fits");
    allocations(&plan, 128);
    assert_eq!(allocations(&plan, 1), allocations(&plan, 128), "{shape:?}\n{plan}");
}

#[test]
fn nothing_is_allocated_per_sample() {
    let steps = [
        Step::random_horizontal_flip(0.5).expect("valid"),
        Step::ToTensor,
        Step::normalize(&[0.5], &[0.5]).expect("valid"),
    ];
    for shape in [
        SampleShape::Image { height: 8, width: 8, channels: 1 },
        SampleShape::Image { height: 8, width: 8, channels: 3 },
        SampleShape::Volume { depth: 4, height: 4, width: 4 },
    ] {
        never_allocates_per_sample(&steps, shape);
    }
}

#[test]
fn not_by_kernels_either() {
    let fill = || vec![0.0];
    let policy = |rand| Step::random_policy(Policy { rand, bins: 31, filter: Filter::Bilinear, fill: fill() });
    let steps = [
        Step::random_resized_crop([12, 10], [0.2, 1.0], [0.75, 1.4], Filter::Bicubic),
        Step::random_rotation([-30.0, 30.0], Filter::Bilinear, None, fill()),
        Step::random_crop(vec![10], Some([2; 4]), false, fill(), PadMode::Reflect),
        Step::random_rotate90(0.5, None),
        Step::color_jitter([Some([0.5, 1.5]); 3], Some([-0.2, 0.2])),
        Step::gaussian_blur([3, 3], [0.1, 2.0]),
        policy(None),
        policy(Some((2, 9))),
        Step::resize(Size::Exactly(vec![14, 9]), Filter::Lanczos, None),
        Ok(Step::ToTensor),
        Step::gaussian_noise(0.0, 0.1, true),
        Step::random_erasing(0.5, [0.02, 0.33], [0.3, 3.3], None),
        Step::random_horizontal_flip(0.5),
    ]
    .map(|step| step.expect("valid"));
    for channels in [1, 3] {
        let steps: Vec<Step> =
            steps.iter().filter(|step| channels == 3 || !matches!(step, Step::ColorJitter { .. })).cloned().collect();
        never_allocates_per_sample(&steps, SampleShape::Image { height: 16, width: 17, channels });
    }
    let size = Step::resize(Size::Shorter(6, None), Filter::Bilinear, None).expect("valid");
    let steps = [Step::ToTensor, size, Step::RandomIntensityScale { train: true }];
    never_allocates_per_sample(&steps, SampleShape::Volume { depth: 4, height: 4, width: 4 });
}
