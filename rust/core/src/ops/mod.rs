//! Pixels: the steps of a pipeline, and the plan that they are compiled to once per data set.

#[macro_use]
mod versions;

pub mod colour;
pub mod geometry;
pub mod image;
mod plan;
mod planes;
pub mod resize;
mod shape;
pub(crate) mod simd;
mod step;
mod table;
mod whole;

pub use plan::{DType, Plan};
pub use shape::SampleShape;
pub use step::Step;
