//! The hot path touches no fresh memory: filling a batch allocates the same for one sample as for many.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use medmnist_core::ops::{Output, Plan, SampleShape, Step};
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
        let plan = Plan::compile(&steps, shape, false, Output::default()).expect("fits");
        assert_eq!(
            {
                allocations(&plan, 1);
                allocations(&plan, 1)
            },
            allocations(&plan, 128),
            "{shape:?}"
        );
    }
}
