//! Pixels: the steps of a pipeline, and the plan that they are compiled to once per data set.

#[macro_use]
mod versions;

mod ahead;
mod colour;
mod dtype;
mod gather;
mod geometry;
pub mod image;
mod plan;
pub mod resize;
mod shape;
pub(crate) mod simd;
mod steps;
mod view;
mod whole;
mod write;

pub use dtype::{DType, Output};
pub use plan::Plan;
pub use resize::Filter;
pub use shape::SampleShape;
pub use steps::{Affine, AugMix, PadMode, Policy, Size, Step};
pub use write::stores::Stores;

/// The names of the back-ends that this processor can run: what `MEDMNIST_FAST_SIMD` may say.
#[must_use]
pub fn available_backends() -> Vec<&'static str> {
    simd::Simd::available().map(simd::Simd::name).collect()
}
